"""Imports that this node ran: which rows of its journal each wrote, so that a whole import can be undone.

They are known to this node alone and are not records: what an import wrote travels as changes like all others. Which
batches a run wrote is noted in the transaction that writes them, so that a power cut leaves neither without the other.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal

import msgspec

from diwan_core.register.journal.row import Ref
from diwan_core.register.storage.database import RegisterError, Store, now_ms
from diwan_core.trust import mint_id

What = Literal["import", "undo", "merge"]

KEPT_MOST: Final = 500
"""Runs that are remembered; of older ones it is forgotten what they wrote."""
_COLUMNS: Final = "id, what, began, ended, author, file, mapping, system, type, summary, undoes, undone"


@dataclass(frozen=True, slots=True)
class ImportRun:
    """One import, or the undoing of one. Times are milliseconds since 1970 UTC, `ended` None where it did not end."""

    id: str
    what: What
    began: int
    ended: int | None
    author: str
    file: str
    mapping: str
    system: str
    type: str
    summary: Mapping[str, Any] = field(default_factory=dict)
    undoes: str | None = None
    undone: str | None = None


def begin(
    store: Store, what: What, author: str, *, file: str = "", mapping: str = "", system: str = "", type: str = "",
    undoes: str | None = None,
) -> str:  # fmt: skip
    """Note that a run begins; its id. Raises RegisterError where another is undoing the same run."""
    run = mint_id()
    with store.write() as connection:
        if undoes is not None:
            _check_undone(connection, undoes)
        connection.execute(
            "INSERT INTO import_run (id, what, began, author, file, mapping, system, type, undoes) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (run, what, now_ms(), author, file[:200], mapping[:200], system, type, undoes),
        )
        old = "SELECT id FROM import_run ORDER BY began DESC LIMIT -1 OFFSET ?"
        connection.execute(f"DELETE FROM import_batch WHERE run IN ({old})", (KEPT_MOST,))
        connection.execute(f"DELETE FROM import_run WHERE id IN ({old})", (KEPT_MOST,))
    return run


def _check_undone(connection: sqlite3.Connection, run: str) -> None:
    held = connection.execute("SELECT undone FROM import_run WHERE id=?", (run,)).fetchone()
    if held is None:
        raise RegisterError(f"there is no import {run} here; `diwan imports` lists them")
    if held[0] is not None:
        raise RegisterError(f"the import {run} has been undone already")


def end(store: Store, run: str, summary: Mapping[str, Any]) -> None:
    """Note what became of a run; of an undoing, that what it undid is undone."""
    with store.write() as connection:
        connection.execute(
            "UPDATE import_run SET ended=?, summary=? WHERE id=?",
            (now_ms(), msgspec.json.encode(dict(summary)).decode(), run),
        )
        connection.execute(
            "UPDATE import_run SET undone=?1 WHERE id=(SELECT undoes FROM import_run WHERE id=?1)", (run,)
        )


def note_batch(connection: sqlite3.Connection, run: str, first: int, last: Ref, withdrawn: Iterable[str]) -> None:
    """In the transaction that writes them: these rows are of this run, which withdraws or brings back these records."""
    connection.execute(
        "INSERT INTO import_batch (run, epoch, first, last) VALUES (?, ?, ?, ?)", (run, last[0], first, last[1])
    )
    undone = connection.execute(
        "SELECT o.what FROM import_run r JOIN import_run o ON o.id=r.undoes WHERE r.id=?", (run,)
    ).fetchone()
    if undone is None:
        return
    numbers = connection.execute(
        "SELECT no FROM record WHERE id IN (SELECT value FROM json_each(?))",
        (msgspec.json.encode(list(withdrawn)).decode(),),
    ).fetchall()
    back, gone = "DELETE FROM undone WHERE record=?", "INSERT OR IGNORE INTO undone (record) VALUES (?)"
    connection.executemany(back if undone[0] == "undo" else gone, numbers)


def runs(store: Store, limit: int = 50) -> list[ImportRun]:
    """The latest runs, the newest first."""
    return [_run(row) for row in store.rows(f"SELECT {_COLUMNS} FROM import_run ORDER BY began DESC LIMIT ?", (limit,))]


def one(store: Store, run: str) -> ImportRun | None:
    """A run by its id, or the beginning of it where no other has the same."""
    sql = f"SELECT {_COLUMNS} FROM import_run WHERE id>=?1 AND id<?1||'~' LIMIT 2"
    found = store.rows(sql, (run,)) if len(run) >= 4 else []
    return _run(found[0]) if len(found) == 1 else None


def batches(store: Store, run: str) -> list[tuple[str, int, int]]:
    """(epoch, first, last) of the rows a run wrote."""
    return [
        (epoch, first, last)
        for epoch, first, last in store.rows(
            "SELECT epoch, first, last FROM import_batch WHERE run=? ORDER BY epoch, first", (run,)
        )
    ]


def _run(row: tuple[Any, ...]) -> ImportRun:
    run, what, began, ended, author, file, mapping, system, kind, summary, undoes, undone = row
    held = msgspec.json.decode(summary)
    return ImportRun(run, what, began, ended, author, file, mapping, system, kind, held, undoes, undone)


def note_names(connection: sqlite3.Connection) -> None:
    """The systems of all imported records, where a release wrote that did not keep their names."""
    connection.execute(
        "INSERT OR IGNORE INTO source_name (name) SELECT DISTINCT source_system FROM record_case "
        "WHERE source_key IS NOT NULL AND source_system IS NOT NULL"
    )
