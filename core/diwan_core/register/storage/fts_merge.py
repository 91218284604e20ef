"""Merges the full-text index beside the saves, so that no save has to do it.

FTS5 writes a segment for each transaction. Left to itself it merges them within one of the next saves: a step of
merging is milliseconds, a merge that can be put off no longer ("crisis") was 0.1 s after 20,000 rows. So the schema
lets FTS5 begin late (`schema.MERGED_BESIDE`), and the node's long-running process merges before that in small
transactions of its own. Where none runs (an import alone, a console alone), FTS5 still does it in steps."""

from __future__ import annotations

import sqlite3
from typing import Final

TABLES: Final = ("search", "fragment", "coded")
STEP_PAGES: Final = 64
"""Index pages written in one transaction: one to two milliseconds of the write lock on a server."""
WHILE_WRITTEN_S: Final = 0.1
"""Between two steps while others write: a hundredth of their time."""
WHILE_QUIET_S: Final = 0.01


class Merging:
    """Merges through a connection of its own; a power cut costs the last steps, which are then done again."""

    def __init__(self) -> None:
        self._seen = -1
        self._left = True

    def again(self) -> None:
        """This connection has written something else: look at the next turn whether anything is to be merged."""
        self._left = True

    def turn(self, connection: sqlite3.Connection) -> float | None:
        """A step, if anything was written since the last one or is left to merge; seconds until the next turn, None
        when nothing is left. Raises sqlite3.Error."""
        # Counts what others have committed; a merge of one's own does not change it.
        version = connection.execute("PRAGMA data_version").fetchone()[0]
        written, self._seen = version != self._seen, version
        if not (written or self._left):
            return None
        left = [step(connection, table) for table in TABLES]
        self._left = any(left)
        if written:
            return WHILE_WRITTEN_S
        return WHILE_QUIET_S if self._left else None


def step(connection: sqlite3.Connection, table: str) -> bool:
    """Merge a little of one index; whether more may be left. Where another process writes, it is left for later."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return True
    try:
        before = connection.total_changes
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (STEP_PAGES,))
        # https://sqlite.org/fts5.html#the_merge_command: fewer than two changes mean that nothing was left to merge.
        merged = connection.total_changes - before >= 2
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return merged
