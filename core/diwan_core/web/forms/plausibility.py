"""Warnings about values that are accepted but look mistyped, shown while typing, on the record's page and when a case
is checked. They stop nobody: a container may be painted wrongly, and a machine's clock may be wrong."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final, NamedTuple

from diwan_core.dictionary import DICTIONARY, Amounts, NotADecimal, amounts_of, decimal_text
from diwan_core.dictionary.amounts import MEASURES, OF_UNIT, PART, has_amounts
from diwan_core.dictionary.plausible_amounts import too_much
from diwan_core.dictionary.scopes import scope_of_unit
from diwan_core.dictionary.units import OPENED
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import DEPARTMENT, unit_codes
from diwan_core.web.kit.trusted_moment import today
from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import N_, _, language, said
from diwan_core.web.language.quantities import in_words

MOST: Final = 8
TO_COME: Final = N_("By the clock of this machine, the date is in the future: {date}. Check both.")
NO_CLOCK: Final = N_("The clock of this machine is wrong. Enter the day yourself, and tell your technician.")
NOT_OPENED: Final = N_("{quantity} × {packages}: it is not known how much is in each. Count or weigh it.")
LONG_AGO: Final = N_("The date is more than ten years ago: {date}. Check it.")
TOO_MUCH: Final = N_("This is far more than is usual: {amount}. Check the number and its unit.")
NO_UNIT: Final = N_(
    "No department and no unit of posts has the code {code}. The unit says which posts read the record."
)
_TEN_YEARS: Final = timedelta(days=3653)


class Offer(NamedTuple):
    """A code that may have been meant, with its label."""

    code: str
    label: str


@dataclass(frozen=True)
class Doubt:
    """`path` is that of the control it is about."""

    path: str
    text: str
    offers: "tuple[Offer, ...]" = ()
    """What may have been meant; pressing one fills it in."""


def doubts_of(kind: str, document: Mapping[str, Any]) -> list[Doubt]:
    """The first few of a document, valid or not."""
    day, this_day = kind_of(kind).day, today()
    found = _of_the_day(document, day, this_day) if day else []
    found += [doubt for doubt in _to_come(kind, document, this_day) if doubt.path != day]
    found += _of_unit(document)
    found += _of_packages(kind, document)
    found += _of_amounts(kind, document)
    found += [Doubt(problem.path, said(problem)) for problem in DICTIONARY.type(kind).warnings(document)]
    return found[:MOST]


def _to_come(kind: str, document: Mapping[str, Any], today: date | None) -> list[Doubt]:
    """Days that have been, such as a birth or the end of a range, and that are still to come."""
    if today is None:
        return []
    found = DICTIONARY.type(kind).days_to_come(document, today.isoformat())
    return [Doubt(one.path, _(TO_COME, date=show_day(_at(document, one.path)))) for one in found]


def _at(document: Mapping[str, Any], path: str) -> str:
    found: Any = document
    for step in path.split("."):
        found = found[step]
    return str(found)


def _of_unit(document: Mapping[str, Any]) -> list[Doubt]:
    """A unit that nobody has: the record would be for no other post, or for another than was meant."""
    code = document.get(DEPARTMENT)
    if not isinstance(code, str) or not code.strip():
        return []
    known = unit_codes()
    if code.strip().lower() in known or (not known and scope_of_unit(code) is not None):
        return []
    return [Doubt(DEPARTMENT, _(NO_UNIT, code=code[:40]))]


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


def _of_amounts(kind: str, document: Mapping[str, Any]) -> list[Doubt]:
    """Goods of which nobody seizes so much at once."""
    if not has_amounts(DICTIONARY.type(kind)):
        return []
    unit_of = dict(zip(MEASURES, OF_UNIT, strict=True))
    return [
        Doubt(f"{PART}.{key}.quantity", _(TOO_MUCH, amount=in_words(f"{amount.normalize():f}", unit_of[measure])))
        for key, measure, amount in too_much(document)
    ]


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
