"""A small write transaction of the work beside the writers, which waits for none of them."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable


def take_step(connection: sqlite3.Connection, work: Callable[[sqlite3.Connection], bool]) -> bool:
    """Do `work` in a transaction of its own; whether more is left. Where another process writes, all is left."""
    try:
        connection.execute("BEGIN IMMEDIATE")
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
            raise
        return True
    try:
        more = work(connection)
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        raise
    return more
