"""The records as they lie in the tables of their types, to be compared with what the journal gives."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Final, NamedTuple

import msgspec

from diwan_core.register.index import amounts, references
from diwan_core.register.index.pending import pending
from diwan_core.register.records.merge import Head
from diwan_core.register.records.replay import Change, changes_of
from diwan_core.register.records.type_plan import TypePlan

_HEAD: Final = "t.no, r.id, t.base_epoch, t.base_seq, t.created, t.heads, t.conflicts"


class UneditedState(NamedTuple):
    """A record that nobody has edited: its state is its creating row, which `meta` to `verdict` are of and which may be
    missing. `rows` is how many applied rows the journal holds of the record, `columns` what its lists show."""

    number: int
    record: str | None
    epoch: str
    seq: int
    created: int
    heads: str | None
    conflicts: int
    meta: str | None
    rest: str | None
    row_seq: int | None
    row_epoch: str | None
    verdict: int | None
    rows: int
    columns: list[object]


class EditedState(NamedTuple):
    """A record that was edited, or came by a snapshot: its state stands in the table of its type. `erased` says which
    halves were erased."""

    number: int
    record: str | None
    epoch: str
    seq: int
    created: int
    heads: str | None
    conflicts: int
    rest: str
    nominal: str | None
    erased: int
    by_snapshot: int
    columns: list[object]


class Alternative(NamedTuple):
    """One of several values that stand side by side in a part of a record, as JSON."""

    key: str
    head: Head
    secret: bool
    value: str


class ReferenceIndex(NamedTuple):
    """The index of who names whom against the records. `missing`: (record, whom it names) for each reference that the
    index lacks, the record None where its number is unknown; `surplus`: rows of the index that no record gives."""

    missing: list[tuple[str | None, str]]
    surplus: int


class StateReading:
    """Reads states of records inside one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def record_count(self) -> int:
        """How many records there are."""
        return int(self._connection.execute("SELECT count(*) FROM record").fetchone()[0])

    def unedited(self, plan: TypePlan) -> Iterator[UneditedState]:
        """The records of a type that nobody has edited."""
        for row in self._connection.execute(
            f"SELECT {_HEAD}, j.meta, j.rest, j.seq, e.id, j.verdict, "
            "(SELECT count(*) FROM journal x WHERE x.record=t.no AND x.verdict=0)"
            f"{_columns(plan)} FROM [{plan.table}] t LEFT JOIN record r ON r.no=t.no LEFT JOIN journal j "
            "ON j.no=t.base LEFT JOIN epoch e ON e.no=j.epoch WHERE t.rest IS NULL"
        ):
            yield UneditedState._make((*row[:13], list(row[13:])))

    def edited(self, plan: TypePlan) -> Iterator[EditedState]:
        """The records of a type that were edited."""
        for row in self._connection.execute(
            f"SELECT {_HEAD}, t.rest, t.nominal, coalesce(x.halves, 0), t.base IS NULL{_columns(plan)} "
            f"FROM [{plan.table}] t LEFT JOIN record r ON r.no=t.no LEFT JOIN erasure x ON x.record=r.id "
            "WHERE t.rest IS NOT NULL"
        ).fetchall():
            yield EditedState._make((*row[:11], list(row[11:])))

    def alternatives(self, number: int) -> list[Alternative]:
        """The values of a record that stand side by side."""
        return [
            Alternative(key, Head(hlc, epoch, seq), bool(secret), value)
            for key, epoch, seq, hlc, secret, value in self._connection.execute(
                "SELECT key, epoch, seq, hlc, nominal, value FROM alternative WHERE record=?", (number,)
            )
        ]

    def came_by_snapshot(self, epoch: str, seq: int) -> bool:
        """Whether a snapshot brought what a row made."""
        sql = "SELECT 1 FROM joint j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.seq>=? LIMIT 1"
        return self._connection.execute(sql, (epoch, seq)).fetchone() is not None

    def changes(self, number: int) -> list[Change]:
        """The applied rows of a record, as they arrived."""
        return changes_of(self._connection, number)

    def reference_index(self) -> ReferenceIndex | None:
        """Compare the index of who names whom with the records; None where no release that has one opened the
        register. After a record that cannot be read, `surplus` is 0: what else it names is not known."""
        execute = self._connection.execute
        if execute("SELECT 1 FROM sqlite_schema WHERE name='mention'").fetchone() is None:
            return None
        count, missing = 0, list[tuple[str | None, str]]()
        try:
            for target, day, number, named in references.every_reference(self._connection):
                key = (target, day, number)
                if execute("SELECT 1 FROM mention WHERE target=? AND day=? AND record=?", key).fetchone():
                    count += 1
                elif not execute("SELECT 1 FROM erasure WHERE record=? AND halves=3", (named,)).fetchone():
                    found = execute("SELECT id FROM record WHERE no=?", (number,)).fetchone()
                    missing.append((found[0] if found else None, named))
        except msgspec.DecodeError:
            return ReferenceIndex(missing, 0)
        return ReferenceIndex(missing, execute("SELECT count(*) FROM mention").fetchone()[0] - count)

    def wrong_amounts(self) -> Iterator[str]:
        """The records whose amounts are not what their goods lines give. None are told while some are still to be
        worked out, or of a register that no release which keeps amounts has opened."""
        execute = self._connection.execute
        if execute("SELECT 1 FROM sqlite_schema WHERE name='amount'").fetchone() is None:
            return
        if amounts.is_left(self._connection):
            return
        held = pending(self._connection)
        try:
            for number, rows in amounts.every_row(self._connection):
                if held is not None and number >= held.first:
                    continue  # it has none yet
                if sorted(amounts.held_rows(self._connection, number), key=str) != sorted(rows, key=str):
                    found = execute("SELECT id FROM record WHERE no=?", (number,)).fetchone()
                    yield str(found[0]) if found else f"number {number}"
        except msgspec.DecodeError:
            return


def _columns(plan: TypePlan) -> str:
    return "".join(f", t.[{name}]" for name in plan.columns)
