"""Removes words that name an erased person from the log of reads and the saved views of this node."""

from collections.abc import Callable
from pathlib import Path

from diwan_core.trust.access_log.log import FILE as READS
from diwan_core.trust.access_log.log import AuditUnusable, ReadLog
from diwan_core.trust.people import accounts_db
from diwan_core.trust.people.accounts_db import FILE as ACCOUNTS
from diwan_core.trust.people.accounts_db import AccountsUnusable


def forget(folder: Path, record: str, names: Callable[[str], bool]) -> int:
    """Erase what names `record`: words in the log of reads, and whole saved views. Returns how many rows of the log
    were changed.

    It is committed when this returns, so that it is called before the values to compare with are gone. Raises
    AuditUnusable, AccountsUnusable."""
    gone = 0
    if (folder / READS).exists():
        log = ReadLog.open(folder)
        try:
            gone = log.forget(record, names)
        finally:
            log.close()
    if (folder / ACCOUNTS).exists():
        accounts_db.erase_views(folder / ACCOUNTS, names)
    return gone


def purge(folder: Path) -> bool:
    """Write those files anew, without what was erased; False where another process is in the way or a file is damaged:
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
            done = accounts_db.write_anew(folder / ACCOUNTS) and done
    except (AuditUnusable, AccountsUnusable):
        return False
    return done
