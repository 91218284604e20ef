"""What is accepted but looks mistyped, said while it is typed, on the record's page and to whoever checks it. It stops
nobody: a container may be painted wrong, and the clock of a machine may be."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.i18n import N_, _, said

MOST: Final = 8
TO_COME: Final = N_("The date is still to come by the clock of this machine: {date}. Check both.")
LONG_AGO: Final = N_("The date lies more than ten years back: {date}. Check it.")
_TEN_YEARS: Final = timedelta(days=3653)


@dataclass(frozen=True)
class Doubt:
    """`path` is that of the control it is about."""

    path: str
    text: str


def doubts_of(kind: str, document: Mapping[str, Any], today: date | None = None) -> list[Doubt]:
    """The first few of a document, valid or not; `today` is this machine's day."""
    found = _of_the_day(kind, document, today or date.today())
    found += [Doubt(problem.path, said(problem)) for problem in DICTIONARY.type(kind).warnings(document)]
    return found[:MOST]


def _of_the_day(kind: str, document: Mapping[str, Any], today: date) -> list[Doubt]:
    try:
        day = date.fromisoformat(str(document.get("date"))) if kind == "case" else today
    except ValueError:  # none yet, or the validator says what is wrong with it
        return []
    if day > today:
        return [Doubt("date", _(TO_COME, date=day.isoformat()))]
    if day < today - _TEN_YEARS and "source_key" not in document:  # archives are imported
        return [Doubt("date", _(LONG_AGO, date=day.isoformat()))]
    return []
