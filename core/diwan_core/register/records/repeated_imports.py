"""Records that are one row of one source, because the same file was imported at two posts, and how they are merged.

There is no constraint against it: uniqueness across nodes would make records vanish (ADR 5). They are listed, and
merged by a decision: one stays and is given what only the others know; the others are withdrawn and point to it. All of
it are changes like others, and can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary.amounts import without_worked_out
from diwan_core.register.journal.row import encode
from diwan_core.register.records.apply import load_state
from diwan_core.register.records.edits import Edit
from diwan_core.register.records.record import heads_text, join_values
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.database import Store

KIND: Final = "case"
LINK: Final = "related_cases"
"""The field in which one that is withdrawn names the one that stays."""
_OWN: Final = frozenset({"status", "review", "review_state", "case_number", LINK})
"""What may differ between two records of one row without their saying different things."""
_HERE: Final = f"JOIN [record_{KIND}] t ON t.no=s.record AND t.status IS NOT 'withdrawn'"


@dataclass(frozen=True, slots=True)
class Twin:
    """One of several records of a row: its id, its document, its heads, the node it comes from."""

    record: str
    document: Mapping[str, Any]
    heads: str
    origin: str
    created: int


@dataclass(frozen=True, slots=True)
class Doubles:
    """The records of one row of one source, the oldest first."""

    system: str
    key: str
    twins: tuple[Twin, ...]

    @property
    def differing(self) -> list[str]:
        """The fields in which two of them say different things; a field that one does not have differs in nothing."""
        found: dict[str, None] = {}
        first, *others = [without_worked_out(twin.document) for twin in self.twins]
        for other in others:
            for name in first.keys() & other.keys() - _OWN:
                if first[name] != other[name]:
                    found[name] = None
        return sorted(found)


def hashes(store: Store) -> list[int]:
    """The hashes of the rows that have several records here; records that were withdrawn do not count."""
    sql = (
        f"SELECT s.hash FROM source s {_HERE} WHERE s.hash IN "
        "(SELECT hash FROM source GROUP BY hash HAVING count(*)>1) GROUP BY s.hash HAVING count(*)>1 ORDER BY s.hash"
    )
    return [found for (found,) in store.rows(sql)]


def doubles(store: Store, wanted: Iterable[int]) -> Iterator[Doubles]:
    """The records of these rows. Two rows whose 64 bits are the same by chance are told apart."""
    plan = PLANS[KIND]
    for mark in wanted:
        groups: dict[tuple[str, str], list[Twin]] = {}
        with store.read() as connection:
            for number, record, origin in connection.execute(
                f"SELECT s.record, r.id, e.origin FROM source s {_HERE} JOIN record r ON r.no=s.record "
                "LEFT JOIN epoch e ON e.id=t.base_epoch WHERE s.hash=?",
                (mark,),
            ).fetchall():
                state = load_state(connection, plan, number)
                document = join_values(state.rest, state.nominal)
                named = str(document.get("source_system", "")), str(document.get("source_key", ""))
                twin = Twin(record, document, heads_text(state), origin or "", state.base.hlc)
                groups.setdefault(named, []).append(twin)
        for (system, key), twins in groups.items():
            if len(twins) > 1:
                yield Doubles(system, key, tuple(sorted(twins, key=lambda twin: (twin.created, twin.record))))


def of_records(store: Store, records: Iterable[str]) -> Doubles | None:
    """The doubles that exactly these records are; None where they are none any more."""
    wanted = set(records)
    marks = store.rows(
        "SELECT DISTINCT s.hash FROM source s JOIN record r ON r.no=s.record "
        "WHERE r.id IN (SELECT value FROM json_each(?))",
        (encode(sorted(wanted)).decode(),),
    )
    for found in doubles(store, [mark for (mark,) in marks]):
        if {twin.record for twin in found.twins} == wanted:
            return found
    return None


def merging(found: Doubles, keep: str) -> list[Edit]:
    """One decision, as one change set: `keep` stays, with what only the others know; they are withdrawn and name it."""
    kept = next(twin for twin in found.twins if twin.record == keep)
    others = [twin for twin in found.twins if twin.record != keep]
    gained: dict[str, Any] = {}
    for twin in others:
        for name, value in twin.document.items():
            if name not in _OWN and kept.document.get(name) is None:
                gained.setdefault(name, value)
    edits = [Edit(KIND, gained, keep, kept.heads)] if gained else []
    for twin in others:
        held = twin.document.get(LINK)
        taken = set(held) if isinstance(held, Mapping) else set()
        place = next(str(number) for number in range(1, len(taken) + 2) if str(number) not in taken)
        edits.append(Edit(KIND, {"status": "withdrawn", LINK: {place: keep}}, twin.record, twin.heads))
    return edits
