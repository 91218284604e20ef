"""Milestones of a site, a region or the country: what is to be reached by which day, and what it depends on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Final

from diwan_core.dictionary import N_

from diwan_central.rollout.merging import changed_values
from diwan_central.rollout.store import RolloutStore
from diwan_central.table_file import Row

PHASES: Final[Mapping[str, str]] = {
    "questionnaire": N_("questionnaire"),
    "assessment": N_("assessment"),
    "procurement": N_("procurement"),
    "installation": N_("installation"),
    "training": N_("training"),
    "acceptance": N_("acceptance"),
    "operation": N_("operation"),
}
STATES: Final[Mapping[str, str]] = {
    "planned": N_("planned"),
    "under_way": N_("under way"),
    "done": N_("done"),
}
LATE: Final = "late"
STATE_WORDS: Final[Mapping[str, str]] = {**STATES, LATE: N_("late")}
FIELDS: Final = (
    "level", "place", "phase", "title", "owner", "starts", "due", "state", "done_on", "cost", "spent", "note", "needs",
)  # fmt: skip
MOST: Final = 50_000


@dataclass(frozen=True)
class Milestone:
    """`place` is a site's id, a region's name, or "" for the country. Days are YYYY-MM-DD; `needs` are other
    milestones that have to be done before. `cost` is what is planned, `spent` what was paid, decimals or ""."""

    id: int
    level: str
    place: str
    phase: str
    title: str
    owner: str
    starts: str
    due: str
    state: str
    done_on: str
    cost: str
    spent: str
    note: str
    revision: int
    needs: tuple[int, ...]

    def shown_state(self, today: date) -> str:
        """One of STATE_WORDS: late where it should be done and is not."""
        return LATE if self.state != "done" and self.due and self.due < today.isoformat() else self.state

    def was_late(self) -> bool:
        """Whether it was done after its day."""
        return self.state == "done" and bool(self.done_on) and bool(self.due) and self.done_on > self.due

    def value(self, field: str) -> str:
        """One of FIELDS as text; needs as their numbers in order."""
        return " ".join(map(str, sorted(self.needs))) if field == "needs" else str(getattr(self, field))


class NoMilestone(LookupError):
    """There is no milestone of this number."""


class Cycle(Exception):
    """Milestones would wait for each other; `chain` names them in turn, the first again at the end."""

    def __init__(self, chain: tuple[int, ...]) -> None:
        super().__init__(" → ".join(map(str, chain)))
        self.chain = chain


def all_milestones(store: RolloutStore) -> list[Milestone]:
    """Every milestone, by its beginning. Raises RolloutUnusable."""
    needs: dict[int, list[int]] = {}
    for row in store.rows("select milestone, needs from need order by milestone, needs"):
        needs.setdefault(row["milestone"], []).append(row["needs"])
    rows = store.rows("select * from milestone order by starts = '', starts, due, id")
    return [_of(row, tuple(needs.get(row["id"], ()))) for row in rows]


def one_milestone(store: RolloutStore, number: int) -> Milestone:
    """A milestone. Raises NoMilestone, RolloutUnusable."""
    rows = store.rows("select * from milestone where id = ?", (number,))
    if not rows:
        raise NoMilestone(number)
    needs = store.rows("select needs from need where milestone = ? order by needs", (number,))
    return _of(rows[0], tuple(row["needs"] for row in needs))


def add(store: RolloutStore, values: Mapping[str, str], person: str, now_ms: int) -> int:
    """A new milestone of values that were read (`milestone_form`); its number. Raises RolloutUnusable."""
    with store.writing():
        return add_within(store, values, person, now_ms)


def add_within(store: RolloutStore, values: Mapping[str, str], person: str, now_ms: int) -> int:
    """The same within a transaction that is open. Raises RolloutUnusable."""
    plain = [field for field in FIELDS if field != "needs"]
    number = store.write(
        f"insert into milestone ({', '.join(plain)}, revision, changed_ms, changed_by) "
        f"values ({', '.join('?' * len(plain))}, 1, ?, ?)",
        (*(values.get(field, "") for field in plain), now_ms, person),
    )
    _write_needs(store, number, values.get("needs", ""))
    for field in FIELDS:
        if values.get(field):
            _note(store, number, 1, now_ms, person, field, "", values[field])
    return number


def save(store: RolloutStore, number: int, values: Mapping[str, str], seen: int, person: str, now_ms: int) -> int:
    """Keep values that were read; how many changed. Raises Collision, Cycle, NoMilestone, RolloutUnusable."""
    with store.writing():
        milestone = one_milestone(store, number)
        since = store.rows(
            "select * from milestone_change where milestone = ? and revision > ? order by id", (number, seen)
        )
        known = {field: value for field, value in values.items() if field in FIELDS}
        changed = changed_values(milestone.value, known, since, milestone.revision)
        if "needs" in changed:
            _refuse_cycle(store, number, changed["needs"])
            _write_needs(store, number, changed["needs"])
        for field, value in changed.items():
            if field != "needs":
                store.write(f"update milestone set {field} = ? where id = ?", (value, number))
            _note(store, number, milestone.revision + 1, now_ms, person, field, milestone.value(field), value)
        if changed:
            store.write(
                "update milestone set revision = revision + 1, changed_ms = ?, changed_by = ? where id = ?",
                (now_ms, person, number),
            )
    return len(changed)


def remove(store: RolloutStore, number: int, person: str, now_ms: int) -> Milestone:
    """Take a milestone out of the plan; what it was stays in the list of changes. Raises NoMilestone,
    RolloutUnusable."""
    with store.writing():
        milestone = one_milestone(store, number)
        for field in FIELDS:
            if milestone.value(field):
                _note(store, number, milestone.revision + 1, now_ms, person, field, milestone.value(field), "")
        store.write("delete from milestone where id = ?", (number,))
    return milestone


def changes(store: RolloutStore, number: int) -> list[Row]:
    """The changes of a milestone, the newest first. Raises RolloutUnusable."""
    return store.rows("select * from milestone_change where milestone = ? order by id desc limit 100", (number,))


def numbers(text: str) -> tuple[int, ...]:
    """The milestones that a value of `needs` names."""
    return tuple(int(word) for word in text.split())


def chain_back(needs: Mapping[int, tuple[int, ...]], start: int) -> tuple[int, ...]:
    """The way along what is needed from a milestone back to itself; empty where there is none."""
    ways: list[tuple[int, ...]] = [(start,)]
    seen = {start}
    while ways:
        way = ways.pop()
        for following in needs.get(way[-1], ()):
            if following == start:
                return (*way, start)
            if following not in seen:
                seen.add(following)
                ways.append((*way, following))
    return ()


def _refuse_cycle(store: RolloutStore, number: int, wanted: str) -> None:
    needs = {milestone.id: milestone.needs for milestone in all_milestones(store)}
    needs[number] = numbers(wanted)
    chain = chain_back(needs, number)
    if chain:
        raise Cycle(chain)


def _write_needs(store: RolloutStore, number: int, wanted: str) -> None:
    store.write("delete from need where milestone = ?", (number,))
    for needed in _there(store, numbers(wanted)):
        store.write("insert into need (milestone, needs) values (?, ?)", (number, needed))


def _there(store: RolloutStore, wanted: tuple[int, ...]) -> Iterator[int]:
    """Those that exist: somebody may have removed one meanwhile."""
    for needed in sorted(set(wanted)):
        if store.rows("select 1 from milestone where id = ?", (needed,)):
            yield needed


def _of(row: Row, needs: tuple[int, ...]) -> Milestone:
    plain = {field: row[field] for field in FIELDS if field != "needs"}
    return Milestone(id=row["id"], revision=row["revision"], needs=needs, **plain)


def _note(
    store: RolloutStore, number: int, revision: int, at_ms: int, person: str, field: str, before: str, after: str
) -> None:
    store.write(
        "insert into milestone_change (milestone, revision, at_ms, person, field, before, after) "
        "values (?, ?, ?, ?, ?, ?, ?)",
        (number, revision, at_ms, person, field, before, after),
    )
