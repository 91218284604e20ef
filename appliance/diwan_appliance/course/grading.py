"""Grades the tasks of an officer: which are done, and which fields are to be corrected. A pure function."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from diwan_appliance.course.tasks import EXPECTED, TASKS, Assignment

Values = Mapping[str, frozenset[str]]


@dataclass(frozen=True)
class Case:
    """A case somebody reported: its values at first and now, whether its author changed it since, pictures of it."""

    author: str
    first: Values
    now: Values
    changed: bool
    pictures: int


@dataclass(frozen=True)
class Did:
    """The work of one person: cases, searches in capitals, whether the case of the course was opened."""

    cases: tuple[Case, ...] = ()
    searched: frozenset[str] = frozenset()
    opened: bool = False


@dataclass(frozen=True)
class Grade:
    """One task: `again` are fields to look at again, where something was done and is not right yet."""

    task: str
    passed: bool
    again: tuple[str, ...] = ()


def grade(did: Did, given: Assignment) -> tuple[Grade, ...]:
    """The grades of somebody, in the order of the tasks."""
    right = [case for case in did.cases if not _differs(case, given)]
    nearest = min(((_differs(case, given)) for case in did.cases), key=len, default=())
    searched = any(given.word in words for words in did.searched)
    corrected = any(case.changed and given.corrected in _numbers(case.now) for case in right)
    tried = any(case.changed for case in right)
    found = {
        "report": Grade("report", bool(right), () if right else tuple(nearest)),
        "picture": Grade("picture", any(case.pictures for case in right)),
        "correct": Grade("correct", corrected, ("goods.quantity",) if tried and not corrected else ()),
        "search": Grade("search", searched and did.opened),
    }
    return tuple(found[task] for task in TASKS)


def is_through(grades: tuple[Grade, ...]) -> bool:
    """Whether all tasks are done."""
    return all(one.passed for one in grades)


def _differs(case: Case, given: Assignment) -> tuple[str, ...]:
    """The fields of a case that are not as the task says, as it was first sent."""
    wrong = [path for path, value in EXPECTED.items() if value not in case.first.get(path, frozenset())]
    if given.country not in case.first.get("leg.country", frozenset()):
        wrong.append("leg.country")
    if given.quantity not in _numbers(case.first):
        wrong.append("goods.quantity")
    return tuple(wrong)


def _numbers(values: Values) -> set[Decimal]:
    found = set()
    for text in values.get("goods.quantity", frozenset()):
        try:
            found.add(Decimal(text))
        except InvalidOperation:
            continue
    return found
