"""The rows of a code list, and what an edition of a list that is loaded from outside has to answer."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class CodeTable:
    """The rows of a list, held by column: a mapping for a column has an entry only where there is something to say."""

    labels: Mapping[str, Mapping[str, str]]  # language -> code -> label; "en" has every code, in the list's order
    parents: Mapping[str, str] = field(default_factory=dict)
    synonyms: Mapping[str, str] = field(default_factory=dict)  # words by which people also look for it
    positions: Mapping[str, str] = field(default_factory=dict)  # "lat,lon" of a place
    withdrawn: frozenset[str] = frozenset()  # still valid in old records, offered last
    since: Mapping[str, int] = field(default_factory=dict)  # the dictionary's version that brought a code, if not 1
    retired: Mapping[str, int] = field(default_factory=dict)  # the version that retired it; it is withdrawn since
    replaced: Mapping[str, str] = field(default_factory=dict)  # retired code -> the one that says the same today
    applies: Mapping[str, frozenset[str]] = field(
        default_factory=dict
    )  # where a code is usual; one without is usual everywhere

    def digest(self) -> str:
        """Which codes there are, as 16 hexadecimal digits; labels do not count."""
        rows = sorted(f"{code}>{self.parents.get(code, '')}" for code in self.labels["en"])
        return hashlib.sha256("\n".join(rows).encode()).hexdigest()[:16]

    def as_of(self, version: int) -> "CodeTable":
        """The rows that an earlier version of the dictionary had, none of them retired later."""
        known = [code for code in self.labels["en"] if self.since.get(code, 1) <= version]
        retired = {code: when for code, when in self.retired.items() if when <= version}

        def kept(column: Mapping[str, Any]) -> dict[str, Any]:
            return {code: column[code] for code in known if code in column}

        return replace(
            self,
            labels={language: kept(labels) for language, labels in self.labels.items()},
            parents=kept(self.parents),
            synonyms=kept(self.synonyms),
            since=kept(self.since),
            retired=retired,
            replaced={code: new for code, new in self.replaced.items() if code in retired},
            withdrawn=self.withdrawn - self.retired.keys() | retired.keys(),
        )


class CodeSource(Protocol):
    """An edition of a list that a node has loaded from outside this room; it may change at any moment."""

    def count(self) -> int:
        """How many codes it has; 0 where no edition is loaded."""
        ...

    def label(self, code: str) -> str | None:
        """The label of a code; None where it has no such code."""
        ...

    def synonyms(self, code: str) -> str:
        """Other words for it, divided by commas."""
        ...

    def parent(self, code: str) -> str:
        """The code this one belongs under; "" when none."""
        ...

    def position(self, code: str) -> str:
        """ "lat,lon" of a place, "" when not known."""
        ...

    def withdrawn(self, code: str) -> bool:
        """Whether it is valid in old records only."""
        ...

    def prefixes(self) -> frozenset[str]:
        """The first two characters of its codes."""
        ...

    def search(self, text: str, limit: int) -> list[str]:
        """Codes that fit what was typed, best first."""
        ...
