"""After an erasure: words that name who was erased, out of the log of reads and the saved views of this node."""

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl

from diwan_core.trust.access_log.log import FILE as READS
from diwan_core.trust.access_log.log import AuditUnusable, ReadLog
from diwan_core.trust.people.accounts_db import FILE as ACCOUNTS

WAIT_SECONDS: Final = 20.0


def forget(folder: Path, record: str, names: Callable[[str], bool]) -> int:
    """Erase what names `record`: words in the log of reads, whole saved views; how many. Committed when this returns,
    so it is called before the values to compare with are gone. Raises AuditUnusable, sqlite3.Error."""
    gone = 0
    if (folder / READS).exists():
        log = ReadLog.open(folder)
        try:
            gone = log.forget(record, names)
        finally:
            log.close()
    if (folder / ACCOUNTS).exists():
        with closing(_opened(folder / ACCOUNTS)) as accounts:
            views = _views(accounts)
            accounts.executemany(
                "delete from saved_view where name=? and kind=? and title=?",
                [(name, kind, title) for name, kind, title, query in views if names(f"{title} {_values(query)}")],
            )
    return gone


def purge(folder: Path) -> bool:
    """Write those files anew, without what was erased; False where another process is in the way, or a file is damaged:
    then it is still to be done."""
    done = True
    try:
        if (folder / READS).exists():
            log = ReadLog.open(folder)
            try:
                done = log.purge()
            finally:
                log.close()
        if (folder / ACCOUNTS).exists():
            with closing(_opened(folder / ACCOUNTS)) as accounts:
                accounts.execute("vacuum")
                done = done and not accounts.execute("pragma wal_checkpoint(truncate)").fetchone()[0]
    except (AuditUnusable, sqlite3.OperationalError):
        return False
    return done


def _opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=WAIT_SECONDS)
    connection.execute("pragma secure_delete = on")
    connection.execute("pragma synchronous = full")
    return connection


def _views(accounts: sqlite3.Connection) -> list[tuple[str, str, str, str]]:
    known = accounts.execute("select 1 from sqlite_schema where name='saved_view'").fetchone()
    return accounts.execute("select name, kind, title, query from saved_view").fetchall() if known else []


def _values(query: str) -> str:
    return " ".join(value for _, value in parse_qsl(query))
