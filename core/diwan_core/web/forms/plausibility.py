"""Warnings about values that are accepted but look mistyped, shown while typing, on the record's page and when a case
is checked. They stop nobody: a container may be painted wrongly, and a machine's clock may be wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Amounts, NotADecimal, amounts_of, decimal_text
from diwan_core.dictionary.amounts import MEASURES, PART, has_amounts
from diwan_core.dictionary.units import OPENED
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.trusted_moment import today
from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import N_, _, language, said

MOST: Final = 8
TO_COME: Final = N_("By the clock of this machine, the date is in the future: {date}. Check both.")
NO_CLOCK: Final = N_("The clock of this machine is wrong. Enter the day yourself, and tell your technician.")
NOT_OPENED: Final = N_("{quantity} × {packages}: it is not known how much is in each. Count or weigh it.")
LONG_AGO: Final = N_("The date is more than ten years ago: {date}. Check it.")
_TEN_YEARS: Final = timedelta(days=3653)


@dataclass(frozen=True)
class Doubt:
    """`path` is that of the control it is about."""

    path: str
    text: str


def doubts_of(kind: str, document: Mapping[str, Any]) -> list[Doubt]:
    """The first few of a document, valid or not."""
    day = kind_of(kind).day
    found = _of_the_day(document, day, today()) if day else []
    found += _of_packages(kind, document)
    found += [Doubt(problem.path, said(problem)) for problem in DICTIONARY.type(kind).warnings(document)]
    return found[:MOST]


def _of_packages(kind: str, document: Mapping[str, Any]) -> list[Doubt]:
    """Goods that are counted in packages while nothing says how much is in them."""
    lines = document.get(PART) if has_amounts(DICTIONARY.type(kind)) else None
    found = []
    for key, line in lines.items() if isinstance(lines, Mapping) else ():
        unit = line.get("unit") if isinstance(line, Mapping) else None
        if not isinstance(unit, str) or unit not in OPENED or not _is_number(line.get("quantity")):
            continue
        if not any((amounts_of(line) or Amounts())[: len(MEASURES)]):
            packages = DICTIONARY.codes("unit").label(unit, language())
            said = _(NOT_OPENED, quantity=str(line["quantity"])[:40], packages=packages)
            found.append(Doubt(f"{PART}.{key}.per_package", said))
    return found


def _is_number(value: object) -> bool:
    """Whether a quantity was understood; the validator says what is wrong with another."""
    try:
        return value is not None and bool(decimal_text(str(value), exact=True))
    except NotADecimal:
        return False


def _of_the_day(document: Mapping[str, Any], name: str, today: date | None) -> list[Doubt]:
    try:
        day = date.fromisoformat(str(document.get(name) or ""))
    except ValueError:  # none yet, or the validator says what is wrong with it
        return [Doubt(name, _(NO_CLOCK))] if today is None else []
    if today is None:
        return []
    if day > today:
        return [Doubt(name, _(TO_COME, date=show_day(day.isoformat())))]
    if day < today - _TEN_YEARS and "source_key" not in document:  # archives are imported
        return [Doubt(name, _(LONG_AGO, date=show_day(day.isoformat())))]
    return []
