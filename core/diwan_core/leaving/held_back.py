"""Records of which nothing leaves without personal data, whatever their columns are: exercises, and those that are
marked for fewer readers than another administration is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, N_

HANDLING: Final = "handling"
#: TLP 2.0: RED is for the recipients it names, AMBER+STRICT for one organisation alone. The stricter one stands last.
_HELD: Final[Mapping[str, str]] = {
    "amber_strict": N_("marked TLP:AMBER+STRICT, for this administration only"),
    "red": N_("marked TLP:RED, for the named recipients only"),
}
_LEAVING: Final = ("clear", "green", "amber")
READERS: Final = (*_LEAVING, *_HELD)
"""The marks from the most readers to the fewest."""
_UNKNOWN: Final = N_("marked with a handling that this release does not know")
_EXERCISE: Final = N_("exercises")
#: Every reason there is.
REASONS: Final = (*_HELD.values(), _UNKNOWN, _EXERCISE)


def why_held_back(document: Mapping[str, Any]) -> str:
    """Why nothing of a record leaves, in English for the catalogue; "" where something may. A mark that is not known
    may be stricter than those that are."""
    if document.get("exercise") is True:
        return _EXERCISE
    mark = document.get(HANDLING)
    return "" if mark is None or mark in _LEAVING else _HELD.get(str(mark), _UNKNOWN)


def strictest(marks: Iterable[object]) -> object:
    """The mark for the fewest readers among several, where two nodes have set different ones; one that is not known is
    the strictest."""

    def rank(mark: object) -> int:
        return -1 if mark is None else READERS.index(str(mark)) if mark in READERS else len(READERS)

    return max(marks, key=rank, default=None)


def held_codes() -> frozenset[str]:
    """The codes of handling that keep a record back, for a list's filter."""
    return frozenset(code for code in DICTIONARY.codes(HANDLING) if code not in _LEAVING)


class HeldBack(Exception):
    """Nothing of this record leaves without personal data. `reason` is for the catalogue."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(f"Nothing of this record leaves without personal data: {reason}.")
