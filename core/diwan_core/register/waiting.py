"""Rows that waited for a change or a release not known here: judged again whenever something was applied."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from diwan_core.register.apply import APPLIED, WAITING, Applier
from diwan_core.register.change import Meta, Row
from diwan_core.register.judge import Judge

_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode

Released = tuple[int, str, int, int]
"""(epoch number, epoch id, first seq, last seq) of rows that wait no longer."""


def retry(connection: sqlite3.Connection) -> list[Released]:
    """Judge what waits until nothing more comes free; what was applied, in order."""
    released: list[Released] = []
    while found := _once(connection):
        released += found
    return released


def _once(connection: sqlite3.Connection) -> list[Released]:
    released: list[Released] = []
    for epoch_no, epoch, role, numbers, rows in _change_sets(connection):
        applier = Applier(connection)
        applier.known({row.meta.record for row in rows})
        verdict, why = Judge(connection, applier, role).of_set(rows)
        if verdict == WAITING:
            continue
        for journal, row in zip(numbers, rows, strict=True):
            number = applier.apply(epoch, row, journal) if verdict == APPLIED else None
            connection.execute(
                "UPDATE journal SET verdict=?, record=? WHERE epoch=? AND seq=?", (verdict, number, epoch_no, row.seq)
            )
        applier.finish()
        column = "applied" if verdict == APPLIED else "quarantined"
        connection.execute(
            f"UPDATE epoch SET waiting=waiting-?, {column}={column}+? WHERE no=?", (len(rows), len(rows), epoch_no)
        )
        if verdict == APPLIED:
            released.append((epoch_no, epoch, rows[0].seq, rows[-1].seq))
        else:
            connection.execute(
                "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last) "
                "SELECT coalesce(heard, 0), origin, 'rule', ?, id, ?, ? FROM epoch WHERE no=?",
                (why[:2000], rows[0].seq, rows[-1].seq, epoch_no),
            )
    return released


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
