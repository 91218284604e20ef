"""Which records are due for erasure, one page at a time, and what keeps a due record from it.

A page reads the table of each type in its order and stops when it is full: 100,000 due records cost no more memory
than one page."""

from __future__ import annotations

import hashlib
from collections.abc import Container, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final, Literal, NamedTuple

import msgspec

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.retention import DEFAULTS, NEEDING, UPDATED, KeptUntil, Rules, add_months, kept_until
from diwan_core.register.erasure.erase import attachments_of
from diwan_core.register.index.references import pack
from diwan_core.register.journal import clock, trusted_time
from diwan_core.register.records import merge
from diwan_core.register.records.apply import load_state
from diwan_core.register.records.record import heads_text
from diwan_core.register.records.type_plan import PLANS, TypePlan
from diwan_core.register.storage.database import Store, Transaction

_READ_AT_ONCE: Final = 500
_SLACK_DAYS: Final = 4
"""A table is asked for more than is due, since months differ in length; each record is then judged exactly."""
_NAMERS_MOST: Final = 1_000
"""Records that are looked at to learn whether one is still needed; where there are more, it counts as needed."""

Stop = Literal["", "held", "needed", "contested"]
"""What keeps a due record: somebody holds it back, a record that stays names it, or two versions of a date stand side
by side."""


class DuePlace(NamedTuple):
    """The place of a record in the list: its type and its number."""

    type: str = ""
    number: int = 0


def place_of(text: str) -> DuePlace | None:
    """The place in words such as "case.1204"; None for anything else."""
    type, _dot, number = text.partition(".")
    fits = type in DICTIONARY.types and number.isascii() and number.isdigit() and len(number) < 16
    return DuePlace(type, int(number)) if fits else None


@dataclass(frozen=True, slots=True)
class Due:
    """A record that is due. `content` is the digest of what it and its attachments hold now; `stop` says what keeps
    it, `by` the id of the record that needs it."""

    id: str
    type: str
    number: int
    kept: KeptUntil
    basis: str
    content: bytes
    stop: Stop = ""
    by: str = ""


class Question(NamedTuple):
    """What decides whether a record is due: the day that is over everywhere (`over`), the rules, and the ids of
    records that somebody holds back."""

    over: str
    rules: Rules
    held: Container[str] = frozenset()


class DuePage(NamedTuple):
    """A page of the list; `after` is the place where the next one begins, None at the end."""

    rows: list[Due]
    after: DuePlace | None


def day_over(transaction: Transaction, role: str) -> str:
    """The last day that is over everywhere on Earth, as year-month-day; "" where no clock here is sure of it."""
    latest = trusted_time.last_day(transaction, clock.boot_identity(), role)
    # 14 hours ahead of UTC and 12 hours behind it are never more than two days apart.
    return (date.fromisoformat(latest) - timedelta(days=3)).isoformat() if latest else ""


def due_page(store: Store, question: Question, after: DuePlace | None = None, limit: int = 100) -> DuePage:
    """A page of the records that are due, by type and in the order in which they became known here. Empty where the
    clock is not sure."""
    place, found = after or DuePlace(), list[Due]()
    if not question.over:
        return DuePage([], None)
    types = sorted(DICTIONARY.types)
    with store.read() as transaction:
        for type in types[types.index(place.type) if place.type in types else 0 :]:
            start = place.number if type == place.type else 0
            for due in _of_type(transaction, type, question, start):
                if len(found) == limit:
                    return DuePage(found, DuePlace(found[-1].type, found[-1].number))
                found.append(due)
    return DuePage(found, None)


def judge(transaction: Transaction, record: str, question: Question) -> Due | None:
    """One record as it stands now; None where it is not due: not here, erased already, or to be kept longer."""
    found = transaction.execute("SELECT no, type FROM record WHERE id=?", (record,)).fetchone()
    if found is None or found[1] not in PLANS or not question.over:
        return None
    return _judged(transaction, PLANS[found[1]], found[0], record, question)


def namers_of(transaction: Transaction, record: str) -> list[str]:
    """The ids of the records that keep what they name, and name this one."""
    return [id for _, id, _ in _namers(transaction, record)]


def content_of(transaction: Transaction, record: str) -> bytes:
    """The digest of what a record and its attachments hold: any change of one of them makes it another."""
    content = hashlib.sha256()
    for one in (record, *sorted(attachment for attachment, _ in attachments_of(transaction, record))):
        number, type = transaction.execute("SELECT no, type FROM record WHERE id=?", (one,)).fetchone()
        state = load_state(transaction, PLANS[type], number)
        values = msgspec.json.encode((one, heads_text(state), state.rest, state.nominal), order="sorted")
        content.update(hashlib.sha256(values).digest())
    return content.digest()


def _of_type(transaction: Transaction, type: str, question: Question, after: int) -> Iterator[Due]:
    plan = PLANS[type]
    where, values = _may_be_due(type, question)
    if not where:
        return
    while rows := transaction.execute(
        f"SELECT t.no, r.id FROM [{plan.table}] t JOIN record r ON r.no=t.no WHERE t.no>? AND ({where}) "
        "ORDER BY t.no LIMIT ?",
        (after, *values, _READ_AT_ONCE),
    ).fetchall():
        for number, id in rows:
            if due := _judged(transaction, plan, number, id, question):
                yield due
        after = rows[-1][0]


def _may_be_due(type: str, question: Question) -> tuple[str, list[str | int]]:
    """The condition under which a record of a type can be due at all: more records meet it than are due."""
    conditions = ["t.[retention]<=?"]
    values: list[str | int] = [question.over]
    keeps = {(rule.months, rule.after) for rule in question.rules.values() if rule.type == type}
    if (default := DEFAULTS.get(type)) is not None:
        keeps.add((default.months, default.after))
    for months, after in sorted(keeps):
        bound = _later(add_months(question.over, -months), _SLACK_DAYS)
        ms = datetime.fromisoformat(bound).replace(tzinfo=UTC).timestamp() * 1000
        old = "t.updated<?"
        if after == UPDATED:
            conditions.append(old)
            values.append(int(ms) << 16)
        elif DICTIONARY.type(type).fields[after].listed:
            conditions.append(f"t.[{after}]<? OR (t.[{after}] IS NULL AND {old})")
            values += [bound, int(ms) << 16]
        else:
            return "1", []
    return " OR ".join(f"({one})" for one in conditions), values


def _judged(transaction: Transaction, plan: TypePlan, number: int, id: str, question: Question) -> Due | None:
    state = load_state(transaction, plan, number)
    kept = _kept(transaction, plan, number, state, question.rules)
    if kept is None or kept.day > question.over or _is_erased(transaction, id, kept.halves):
        return None
    basis = state.rest.get("legal_basis")
    due = Due(id, plan.declared.name, number, kept, basis if isinstance(basis, str) else "", b"")
    stop, by = _stop(transaction, due, state, question)
    content = content_of(transaction, id)
    return Due(due.id, due.type, number, kept, due.basis, content, stop, by)


def _stop(transaction: Transaction, due: Due, state: merge.State, question: Question) -> tuple[Stop, str]:
    if _is_held(transaction, due.id, question):
        return "held", ""
    group_of = DICTIONARY.type(due.type).group_of
    deciding = {"retention", "legal_basis", *([due.kept.after] if due.kept.after not in ("", UPDATED) else [])}
    if any(group_of(name) in state.alternatives for name in deciding):
        return "contested", ""
    by = _needed_by(transaction, due.id, question, {due.id})
    return ("needed", by) if by else ("", "")


def _is_held(transaction: Transaction, record: str, question: Question) -> bool:
    return record in question.held or any(
        attachment in question.held for attachment, _ in attachments_of(transaction, record)
    )


def _namers(transaction: Transaction, record: str) -> list[tuple[int, str, str]]:
    rows = transaction.execute(
        "SELECT DISTINCT r.no, r.id, r.type FROM mention m JOIN record r ON r.no=m.record WHERE m.target=? "
        "ORDER BY r.no",
        (pack(record),),
    ).fetchall()
    return [(number, id, type) for number, id, type in rows if type in NEEDING]


def _needed_by(transaction: Transaction, record: str, question: Question, seen: set[str]) -> str:
    """The id of a record that stays and names this one; "" where all that name it go too. Records that name each
    other in a circle do not keep each other."""
    for number, id, type in _namers(transaction, record):
        if id in seen:
            continue
        seen.add(id)
        plan = PLANS[type]
        state = load_state(transaction, plan, number)
        kept = _kept(transaction, plan, number, state, question.rules)
        if kept is None or kept.day > question.over or len(seen) > _NAMERS_MOST or _is_held(transaction, id, question):
            return str(id)
        if _needed_by(transaction, id, question, seen):
            return str(id)
    return ""


def _kept(transaction: Transaction, plan: TypePlan, number: int, state: merge.State, rules: Rules) -> KeptUntil | None:
    (updated,) = transaction.execute(f"SELECT updated FROM [{plan.table}] WHERE no=?", (number,)).fetchone()
    day = datetime.fromtimestamp((updated >> 16) / 1000, UTC).date().isoformat()
    return kept_until(plan.declared.name, state.rest, day, rules)


def _is_erased(transaction: Transaction, record: str, halves: int) -> bool:
    found = transaction.execute("SELECT halves FROM erasure WHERE record=?", (record,)).fetchone()
    return found is not None and found[0] & halves == halves


def _later(day: str, days: int) -> str:
    return (date.fromisoformat(day) + timedelta(days=days)).isoformat() if day < "9990" else day
