"""How long records are kept: the default of each type, rules of the country, and the last day of one record.

All of it is pure. What is known of a date counts to its end: a month, a year or a range ends with its last day. No part
of the dictionary's digest: two releases may differ in their defaults and still exchange records."""

import calendar
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, NamedTuple

UPDATED: Final = "updated"
"""Counted from the day of a record's last change, in place of one of its dates."""
MONTHS_MOST: Final = 1200
_PRECISION: Final = {"date": "date_precision"}


class Keep(NamedTuple):
    """For how many months after which date a record is kept; `after` is a date of the record, or UPDATED."""

    months: int
    after: str = UPDATED


DEFAULTS: Final[Mapping[str, Keep]] = {
    "case": Keep(120, "date"),
    "person": Keep(60),
    "company": Keep(60),
    "conveyance": Keep(60),
    "suspect": Keep(12, "valid_until"),
    "operation": Keep(60, "ends"),
    "message": Keep(36),
    "request": Keep(60, "answer_by"),
    "topic": Keep(36),
    "post": Keep(36),
    "link": Keep(60),
    "watch_entry": Keep(12, "valid_until"),
    "sighting": Keep(36, "at"),
    "proposal": Keep(12),
    "arrival": Keep(24, "expected_at"),
}
"""Where the country has no rule. They err on keeping: a law that asks for less is a rule."""

_SETTING: Final = "A setting of the network, which concerns no case."
KEPT: Final[Mapping[str, str]] = {
    "attachment": "It goes with the record it belongs to.",
    "library_item": "It is withdrawn by who published it.",
    "watch_list": "Its entries have an end of their own.",
    "rule": _SETTING,
    "unit": _SETTING,
    "user": "Who wrote a record stays known as long as the record.",
    "code_entry": _SETTING,
    "code_edition": _SETTING,
    "price": _SETTING,
    "equivalent": _SETTING,
    "agreement": _SETTING,
    "site": _SETTING,
    "retention_rule": _SETTING,
    "national_setting": _SETTING,
}
"""Types without a default, and why. A rule, or the day in a record itself, counts there too."""

NEEDING: Final = frozenset({"case", "suspect", "operation", "watch_entry"})
"""Types whose records keep what they name: a person is needed as long as a case that names the person."""


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of the country. `basis` "" is for every legal basis that has no rule of its own; `halves` are those that
    are erased: 1 the rest, 2 what names people, 3 both."""

    type: str
    basis: str
    months: int
    after: str
    halves: int = 3
    record: str = ""
    """The record that holds it."""


class KeptUntil(NamedTuple):
    """The last day on which a record is kept, and why. `counted` is the day it is counted from, `after` the date
    meant; `undated`: that date is missing, and the day of the last change stands for it."""

    day: str
    by: Literal["record", "rule", "default"]
    after: str = ""
    counted: str = ""
    months: int = 0
    halves: int = 3
    undated: bool = False


Rules = Mapping[tuple[str, str], Rule]
"""By type and folded legal basis."""


def basis_key(basis: str) -> str:
    """A legal basis as rules are looked up by it: in small letters, single spaces."""
    return " ".join(basis.casefold().split())


def rules_by_key(rules: Iterable[Rule]) -> Rules:
    """Rules as `kept_until` looks them up; of two for the same, the first."""
    found: dict[tuple[str, str], Rule] = {}
    for rule in rules:
        found.setdefault((rule.type, basis_key(rule.basis)), rule)
    return found


def kept_until(type: str, document: Mapping[str, Any], updated: str, rules: Rules) -> KeptUntil | None:
    """The last day on which a record is kept; None where nobody has said anything for its type. `updated` is the day
    of its last change (UTC)."""
    own = _day(document.get("retention"))
    basis = document.get("legal_basis")
    rule = rules.get((type, basis_key(basis) if isinstance(basis, str) else "")) or rules.get((type, ""))
    keep: Keep | Rule | None = rule or DEFAULTS.get(type)
    halves = rule.halves if rule else 3
    if own:
        return KeptUntil(own, "record", "retention", own, 0, halves)
    if keep is None:
        return None
    counted = end_of(document, keep.after) if keep.after != UPDATED else updated
    day = add_months(counted or updated, keep.months)
    by: Literal["rule", "default"] = "rule" if rule else "default"
    return KeptUntil(day, by, keep.after, counted or updated, keep.months, halves, undated=not counted)


def end_of(document: Mapping[str, Any], name: str) -> str:
    """The last day that a date of a document can be; "" where it has none."""
    first = _day(document.get(name))
    if not first:
        return ""
    first = max(first, _day(document.get(f"{name}_to")))
    known = document.get(_PRECISION.get(name, f"{name}_precision"))
    if known == "year":
        return f"{first[:4]}-12-31"
    if known == "month":
        year, month = int(first[:4]), int(first[5:7])
        return f"{first[:7]}-{calendar.monthrange(year, month)[1]:02}"
    return first


def add_months(day: str, months: int) -> str:
    """The same day so many months later; the last of the month where it is the last of its own, or that month is
    shorter. Days beyond the year 9999 are its last one."""
    there = int(day[:4]) * 12 + int(day[5:7]) - 1 + months
    year, month = divmod(there, 12)
    if year > 9999:
        return "9999-12-31"
    if year < 1:
        return "0001-01-01"
    last = calendar.monthrange(year, month + 1)[1]
    is_last = int(day[8:10]) == calendar.monthrange(int(day[:4]), int(day[5:7]))[1]
    return f"{year:04}-{month + 1:02}-{last if is_last else min(int(day[8:10]), last):02}"


def _day(value: object) -> str:
    """The day of a date or moment; "" for what is none."""
    if not isinstance(value, str):
        return ""
    try:
        return date.fromisoformat(value[:10]).isoformat()
    except ValueError:
        return ""
