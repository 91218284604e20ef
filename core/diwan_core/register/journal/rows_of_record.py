"""Finds all rows of the journal that belong to a record: those that made it what it is, and those that are not
applied.

An applied row points to its record. One that waits or was quarantined names it in its meta, whose text is its
author's: the id is taken out of it once, when the row arrives, and stored beside it."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec

from diwan_core.register.journal.row import Meta

_meta = msgspec.json.Decoder(Meta).decode


def rows_of(connection: sqlite3.Connection, record: str, columns: str) -> list[tuple[Any, ...]]:
    """These columns of a record's rows, whatever their verdict."""
    number = connection.execute("SELECT no FROM record WHERE id=?", (record,)).fetchone()
    applied = f"SELECT {columns} FROM journal WHERE record=?"
    others = f"SELECT {columns} FROM journal WHERE record_id=? AND record IS NULL"
    return connection.execute(f"{applied} UNION ALL {others}", (number[0] if number else -1, record)).fetchall()


def fill(connection: sqlite3.Connection) -> set[str]:
    """Store the record's id beside rows that a release wrote which did not, in a write transaction; those ids."""
    found = [
        (_meta(meta).record, no)
        for no, meta in connection.execute(
            "SELECT no, meta FROM journal WHERE verdict<>0 AND record IS NULL AND record_id IS NULL"
        )
    ]
    connection.executemany("UPDATE journal SET record_id=? WHERE no=?", found)
    return {record for record, _ in found}
