"""Lets SQLite forget what it keeps in memory of full-text indexes, after an error in the midst of writing one.

FTS5 keeps in memory how many rows and words an index has. Where it cannot read these totals, it takes them for zero. It
forgets them when the transaction is rolled back; but after an error of the disk SQLite rolls back at once, within the
statement, and FTS5 keeps the zeros after that. The next change of the index by the same connection writes them into the
file. No page of the file is malformed then, but later changes fail as if one were: whoever takes more words out of an
index than it is said to have is told that the database is damaged."""

from __future__ import annotations

import sqlite3


def forget_totals(connection: sqlite3.Connection) -> None:
    """End the transaction, which must not have changed anything yet, by rolling it back once every index takes part in
    it. Raises sqlite3.Error; the transaction is over then too."""
    try:
        indexes = connection.execute(
            "SELECT name FROM sqlite_schema WHERE type='table' AND sql LIKE 'CREATE VIRTUAL TABLE%USING fts5%'"
        ).fetchall()
        for (name,) in indexes:
            connection.execute(f"DELETE FROM [{name}] WHERE 0")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
