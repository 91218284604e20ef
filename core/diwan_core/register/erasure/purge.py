"""Leaves nothing of what was erased in the files of a node: FTS5's segments are merged, the database is written anew
and the log emptied."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Final

from diwan_core import world
from diwan_core.processes.spool import sqlite_files_in
from diwan_core.register.drafts import FILE as DRAFTS
from diwan_core.register.erasure.erase import HALVES_DROPPED, PURGE
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.blobs import BlobStore, remove_files
from diwan_core.register.storage.database import (
    DiskFull,
    RegisterDamaged,
    Store,
    connect,
    refuse_if_unusable,
    translate_error,
)
from diwan_core.trust.access_log import forget_names
from diwan_core.trust.files import sync_folder

PURGE_WAIT_S: Final = 20.0
MERGE_PAGES: Final = 500
_SHA256: Final = re.compile("[0-9a-f]{64}")
_ORDERS: Final = "SELECT coalesce(sum(halves), 0) FROM erasure"
"""Grows with every order."""


def is_due(store: Store) -> bool:
    """Whether values erased may still be found in the files."""
    return store.one("SELECT 1 FROM state WHERE key=?", (PURGE,)) is not None


def purge(store: Store, folder: Path) -> bool:
    """Leave nothing of what was erased in the files of a node's folder; False where another process held the database
    for too long: it is then still due. Saves wait meanwhile, a minute for a gigabyte on a Pi."""
    with sqlite_files_in(folder):
        return _purge(store, folder)


def _purge(store: Store, folder: Path) -> bool:
    due = str(store.one("SELECT value FROM state WHERE key=?", (PURGE,)) or "")
    dropped = str(store.one("SELECT value FROM state WHERE key=?", (HALVES_DROPPED,)) or "")
    orders = store.one(_ORDERS)
    shutil.rmtree(folder / "damaged", ignore_errors=True)  # what was put aside when the register was salvaged
    left = {folder}
    BlobStore(folder / "blobs").forget_abandoned()
    left.add(folder / "blobs" / "part")
    remove_files(store, folder, sorted({*due.split(), *_unknown(store, folder)}))  # but for those fetched once more
    for place in sorted(left):
        sync_folder(place)  # a power cut would bring the files back, and nobody would look for them again
    beside = forget_names.purge(folder)
    _drafts(folder, [row[0] for row in store.rows("SELECT record FROM erasure")] + _half_known(store, dropped))
    with closing(connect(store.path, wait_s=PURGE_WAIT_S)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")  # SQLite does not say when a sync of its own copying fails
        try:
            refuse_if_unusable(store.path)
            for table in ("search", "fragment", "coded"):
                _merge(connection, table)
            connection.execute("VACUUM")
            # It is due until the very end, whenever the power goes; and the names of pictures go before the mark does.
            if not (_log_emptied(connection) and beside):
                return False
            connection.execute("UPDATE state SET value='' WHERE key=? AND value=?", (PURGE, due))
            if not _log_emptied(connection):
                return False
            connection.execute("DELETE FROM state WHERE key=? AND value=?", (HALVES_DROPPED, dropped))
            gone = connection.execute(
                f"DELETE FROM state WHERE key=? AND value='' AND ({_ORDERS})=? "
                "AND NOT EXISTS (SELECT 1 FROM state WHERE key=?)",
                (PURGE, orders, HALVES_DROPPED),
            )
            return gone.rowcount > 0
        except sqlite3.OperationalError as error:
            found = translate_error(error, store.path)
            if isinstance(found, DiskFull | RegisterDamaged):
                raise found from error
            return False


def _half_known(store: Store, dropped: str) -> list[str]:
    """The records whose nominal halves were dropped since the files were written anew last: those of others, and one's
    own that others changed."""
    found: list[str] = []
    for kind in dropped.split()[1:]:
        if kind not in PLANS:
            found.append(kind)
            continue
        rows = store.rows(
            f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no "
            "LEFT JOIN epoch e ON e.id=t.base_epoch AND e.own=1 WHERE e.no IS NULL OR EXISTS (SELECT 1 "
            "FROM journal j JOIN epoch o ON o.no=j.epoch AND o.own=0 WHERE j.record=t.no AND j.commitments IS NOT NULL)"
        )
        found += [row[0] for row in rows]
    return found


def _unknown(store: Store, folder: Path) -> set[str]:
    """Names of erased blobs whose files are here though the register knows nothing of them: its database was put back
    to a copy from before they came."""
    erased = {digest for (digest,) in store.rows("SELECT hash FROM erased_blob")}
    if not erased:
        return set()
    names = {path.name[:64] for where in ("blobs/*/*", "derived/*") for path in folder.glob(where)}
    return {
        name for name in names if _SHA256.fullmatch(name) and hashlib.sha256(bytes.fromhex(name)).digest() in erased
    }


def _log_emptied(connection: sqlite3.Connection) -> bool:
    """Bring the write-ahead log into the database, and leave an empty file; whether no reader stood in the way."""
    end = world.monotonic_s() + PURGE_WAIT_S
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if world.monotonic_s() > end:
            return False
        world.sleep(0.05)
    return True


def _drafts(folder: Path, records: list[str]) -> None:
    """Drafts of changes to what was erased, and the drafts it came from."""
    path = folder / DRAFTS
    if not path.exists():
        return
    with closing(connect(path, wait_s=PURGE_WAIT_S)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.executemany("DELETE FROM draft WHERE record=? OR id=?", [(record, record) for record in records])
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _merge(connection: sqlite3.Connection, table: str) -> None:
    """Merge an index's segments into one, which forgets what was deleted; in steps, so that saves come between."""
    pages = -MERGE_PAGES
    while True:
        before = connection.total_changes
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))
        # https://sqlite.org/fts5.html#the_merge_command: fewer than two changes mean that nothing is left to merge.
        if connection.total_changes - before < 2:
            return
        pages = MERGE_PAGES
