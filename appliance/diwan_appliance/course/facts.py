"""Reads what officers did at an exercise post from its register and its log of reads; nothing is written."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from diwan_core.register import Register
from diwan_core.trust.access_log.events import typed_in
from diwan_core.trust.access_log.log_row import Logged, typed_words

from diwan_appliance.course.course import Course
from diwan_appliance.course.grading import Case, Did


def did(register: Register, looks: Iterable[Logged], course: Course) -> dict[str, Did]:
    """The work of everybody, by account; `looks` are the rows of the log of reads. Raises RegisterError,
    AuditUnusable."""
    cases: dict[str, list[Case]] = {}
    for record in register.ids("case"):
        if record != course.record and (case := _case(register, record)) is not None:
            cases.setdefault(case.author, []).append(case)
    searched: dict[str, set[str]] = {}
    opened: set[str] = set()
    for row in looks:
        if row.how == "search" and row.detail is not None:
            words = typed_words(row.how, row.detail) if (given := typed_in(row.detail)) is None else given
            searched.setdefault(row.person, set()).add(words.strip().upper())
        elif row.how == "page" and row.record == course.record:
            opened.add(row.person)
    people = {*cases, *searched, *opened}
    return {name: Did(tuple(cases.get(name, ())), frozenset(searched.get(name, ())), name in opened) for name in people}


def _case(register: Register, record: str) -> Case | None:
    history = register.history(record)
    found = register.get(record)
    if not history or found is None:
        return None
    author = history[0].author
    first = {path: after for path, (_before, after) in history[0].changes.items()}
    corrected = any(entry.author == author for entry in history[1:])
    pictures = [
        row for row in register.find("attachment", {"subject": record}, limit=50)
        if row.columns.get("status") != "withdrawn" and register.history(row.id)[0].author == author
    ]  # fmt: skip
    return Case(author, _plain(first), _plain(dict(_flat(found.values))), corrected, len(pictures))


def _flat(values: Mapping[str, Any], before: str = "") -> Iterator[tuple[str, Any]]:
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{before}{name}.")
        else:
            yield f"{before}{name}", value


def _plain(values: Mapping[str, Any]) -> dict[str, frozenset[str]]:
    """All values of a path without the numbers of its parts: goods.1.unit and goods.2.unit are one."""
    found: dict[str, set[str]] = {}
    for path, value in values.items():
        if value is not None:
            steps = path.split(".")
            plain = ".".join(steps[::2] if len(steps) == 3 else steps)
            found.setdefault(plain, set()).add(str(value))
    return {path: frozenset(held) for path, held in found.items()}
