"""Whether the records are what the journal gives: each one's changes merged anew, from nothing."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any

import msgspec

from diwan_core.audit.finding import Finding
from diwan_core.register.index import references
from diwan_core.register.journal.row import Meta
from diwan_core.register.records import merge
from diwan_core.register.records.apply import PLANS, TypePlan
from diwan_core.register.records.replay import changes_of, merged

_meta = msgspec.json.Decoder(Meta).decode
_decode = msgspec.json.decode


def replayed(connection: sqlite3.Connection) -> Iterator[Finding]:
    """Every record whose state, or listed columns, are not what its rows give."""
    for kind, plan in PLANS.items():
        yield from _fresh(connection, kind, plan)
        yield from _edited(connection, plan)
    yield from _named(connection)


def _named(connection: sqlite3.Connection) -> Iterator[Finding]:
    """The index of who names whom: every row the records give, and no other."""
    if connection.execute("SELECT 1 FROM sqlite_schema WHERE name='mention'").fetchone() is None:
        return  # no newer release has opened it
    count = 0
    try:
        for target, day, number, named in references.held(connection):
            key = (target, day, number)
            if connection.execute("SELECT 1 FROM mention WHERE target=? AND day=? AND record=?", key).fetchone():
                count += 1
            elif not connection.execute("SELECT 1 FROM erasure WHERE record=? AND halves=3", (named,)).fetchone():
                found = connection.execute("SELECT id FROM record WHERE no=?", (number,)).fetchone()
                yield Finding(
                    "record", f"that it names {named} is not in the index", record=found[0] if found else None
                )
    except msgspec.DecodeError:
        return  # a record that cannot be read is named by the others
    if more := connection.execute("SELECT count(*) FROM mention").fetchone()[0] - count:
        yield Finding("record", f"the index of who names whom holds {more} rows that no record gives")


_HEAD = "t.no, r.id, t.base_epoch, t.base_seq, t.created, t.heads, t.conflicts"


def _columns(plan: TypePlan) -> str:
    return "".join(f", t.[{name}]" for name in plan.columns)


def _fresh(connection: sqlite3.Connection, kind: str, plan: TypePlan) -> Iterator[Finding]:
    """Records nobody has edited: the creating row is the state, so only what stands beside it can be wrong."""
    found = connection.execute(
        f"SELECT {_HEAD}, j.meta, j.rest, j.seq, e.id, j.verdict, "
        "(SELECT count(*) FROM journal x WHERE x.record=t.no AND x.verdict=0)"
        f"{_columns(plan)} FROM [{plan.table}] t LEFT JOIN record r ON r.no=t.no LEFT JOIN journal j ON j.no=t.base "
        "LEFT JOIN epoch e ON e.no=j.epoch WHERE t.rest IS NULL"
    )
    for number, record, epoch, base_seq, created, heads, conflicts, *more in found:
        meta, rest, seq, held_epoch, verdict, rows, *columns = more
        name = str(record or f"number {number}")
        if record is None or meta is None or rest is None:
            yield Finding("record", "its creating row is not in the journal", record=name, epoch=epoch, seq=base_seq)
            continue
        read = _meta(meta)
        if (read.record, read.type, held_epoch, seq, verdict) != (record, kind, epoch, base_seq, 0):
            yield Finding("record", "it names another row as its creating one", record=name, epoch=epoch, seq=base_seq)
        elif read.seen is not None or rows != 1 or heads or conflicts or created != read.hlc:
            yield Finding("record", "its later changes are not in its state", record=name, epoch=epoch, seq=base_seq)
        elif columns != plan.values(_decode(rest)):
            yield Finding("record", "its listed columns are not what its row says", record=name, epoch=epoch, seq=seq)


def _edited(connection: sqlite3.Connection, plan: TypePlan) -> Iterator[Finding]:
    found = connection.execute(
        f"SELECT {_HEAD}, t.rest, t.nominal, coalesce(x.halves, 0){_columns(plan)} FROM [{plan.table}] t "
        "LEFT JOIN record r ON r.no=t.no LEFT JOIN erasure x ON x.record=r.id WHERE t.rest IS NOT NULL"
    ).fetchall()
    for number, record, epoch, seq, created, heads, conflicts, rest, nominal, erased, *columns in found:
        name = str(record or f"number {number}")
        try:
            state = _held(connection, number, merge.Head(created, epoch, seq), heads, rest, nominal)
        except (msgspec.DecodeError, TypeError, ValueError) as error:
            yield Finding("record", f"its state cannot be read ({error})", record=name)
            continue
        if columns != plan.values(state.rest) or conflicts != len(state.alternatives):
            yield Finding("record", "its listed columns are not what its state says", record=name)
        changes = changes_of(connection, number)
        if not any(change.meta.seen is None for change in changes):
            continue  # joined by snapshot: its state was the centre's to sign, its history is at the centre
        expected = merged(changes, plan)
        if expected is not None and _comparable(expected, erased) != _comparable(state, erased):
            last = max(changes, key=lambda change: change.head)
            yield Finding(
                "record", "its state is not what its changes give", record=name, epoch=last.head.epoch,
                seq=last.head.seq,
            )  # fmt: skip


def _comparable(state: merge.State, erased: int) -> tuple[Any, ...]:
    """What two nodes must hold alike. Heads of erased halves are not: which fields were set is not known any more."""
    heads = {} if erased else {key: held for key, held in state.heads.items() if held != [state.base]}
    return state.base, state.rest, state.nominal, heads, state.alternatives


def _held(
    connection: sqlite3.Connection, number: int, base: merge.Head, heads: str | None, rest: str, nominal: str | None
) -> merge.State:
    state = merge.State(base, _decode(rest), _decode(nominal) if nominal else {})
    if heads:
        state.heads = {key: [merge.Head(*head) for head in held] for key, held in _decode(heads).items()}
    for key, epoch, seq, hlc, secret, value in connection.execute(
        "SELECT key, epoch, seq, hlc, nominal, value FROM alternative WHERE record=?", (number,)
    ):
        state.alternatives.setdefault(key, {})[merge.Head(hlc, epoch, seq)] = (bool(secret), _decode(value))
    return state
