"""Rows that waited for a change or a release not known here: judged again whenever something was applied."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any, Final

import msgspec

from diwan_core.register.apply import APPLIED, WAITING, Applier
from diwan_core.register.change import Meta, Row
from diwan_core.register.judge import Judge, waiting_rows

_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode

Released = tuple[int, str, int, int]
"""(epoch number, epoch id, first seq, last seq) of rows that wait no longer."""


ALL_AT_ONCE: Final = 200
"""While no more rows wait, all are judged again whenever anything was applied."""


def retry(connection: sqlite3.Connection, epoch: str, records: Iterable[str]) -> list[Released]:
    """Judge what waits, after rows of an epoch were applied to some records, until nothing more comes free; what was
    applied, in order. Where much waits, only what names that epoch or one of the records: what an evil post lets wait
    for ever must not be gone through for every save of others."""
    released: list[Released] = []
    many = connection.execute("SELECT count(*) FROM journal WHERE verdict=2").fetchone()[0] > ALL_AT_ONCE
    epochs, names = {epoch}, set(records)
    while found := _once(connection, epochs, names, many):
        released += [item for item, _ in found]
        epochs = {item[1] for item, _ in found}
        names = {record for _, rows in found for record in rows}
    return released


def _once(
    connection: sqlite3.Connection, epochs: set[str], names: set[str], many: bool
) -> list[tuple[Released, set[str]]]:
    released: list[tuple[Released, set[str]]] = []
    waiting = waiting_rows(connection)
    for epoch_no, epoch, role, numbers, rows in _change_sets(connection):
        touched = {row.meta.record for row in rows}
        if many and not (touched & names or any(_names(row, epochs) for row in rows)):
            continue
        applier = Applier(connection)
        applier.known(touched)
        verdict, why = Judge(connection, applier, role, waiting=waiting).of_set(rows)
        if verdict == WAITING:
            continue
        waiting.difference_update((epoch, row.seq) for row in rows)
        for journal, row in zip(numbers, rows, strict=True):
            number = applier.apply(epoch, row, journal) if verdict == APPLIED else None
            connection.execute(
                "UPDATE journal SET verdict=?, record=?, record_id=? WHERE epoch=? AND seq=?",
                (verdict, number, row.meta.record if number is None else None, epoch_no, row.seq),
            )
        applier.finish()
        column = "applied" if verdict == APPLIED else "quarantined"
        connection.execute(
            f"UPDATE epoch SET waiting=waiting-?, {column}={column}+? WHERE no=?", (len(rows), len(rows), epoch_no)
        )
        if verdict == APPLIED:
            released.append(((epoch_no, epoch, rows[0].seq, rows[-1].seq), touched))
        else:
            connection.execute(
                "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last, value_free) "
                "SELECT coalesce(heard, 0), origin, 'rule', ?, id, ?, ?, 1 FROM epoch WHERE no=?",
                (why[:2000], rows[0].seq, rows[-1].seq, epoch_no),
            )
    return released


def _names(row: Row, epochs: set[str]) -> bool:
    return any(epoch in epochs for refs in (row.meta.seen or {}).values() for epoch, _ in refs)


def _change_sets(connection: sqlite3.Connection) -> list[tuple[int, str, str, list[int], list[Row]]]:
    gathered: list[tuple[int, str, str, list[int], list[Row]]] = []
    numbers: list[int] = []
    open_set: list[Row] = []
    for number, epoch_no, epoch, role, seq, meta, rest, nominal, salt, digest, kept in connection.execute(
        "SELECT j.no, j.epoch, e.id, coalesce(n.role, 'central'), j.seq, j.meta, coalesce(j.rest, ''), j.nominal, "
        "coalesce(j.salt, x''), j.hash, j.commitments FROM journal j JOIN epoch e ON e.no=j.epoch "
        "LEFT JOIN node n ON n.id=e.origin WHERE j.verdict=2 ORDER BY j.no"
    ):
        row = Row(
            seq,
            _meta(meta),
            meta.encode(),
            rest.encode(),
            None if nominal is None else nominal.encode(),
            _half(rest) if rest else {},
            None if nominal is None else _half(nominal),
            salt,
            digest,
            kept,
        )
        numbers.append(number)
        open_set.append(row)
        if not row.meta.more:
            gathered.append((epoch_no, epoch, role, numbers, open_set))
            numbers, open_set = [], []
    return gathered
