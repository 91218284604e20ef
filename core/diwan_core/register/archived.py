"""Marks which rows and pictures are safe in verified archives, and deletes pictures of a post that are safe at the
centre."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from diwan_core.register.storage.blobs import BlobStore, remove_files
from diwan_core.register.storage.database import Store, now_ms
from diwan_core.register.storage.state import get_state, set_state

DAY_MS = 86_400_000


def mark_safe(store: Store, verified: Mapping[str, int]) -> int:
    """Mark rows as safe, at the centre, up to these rows by the id of their epoch. Only what verified archives hold
    with its pictures may be named (`archives.verified`); nothing that was safe becomes less so, and nothing that is
    not here becomes safe. Posts learn of it with their next receipts. How many rows are safe now."""
    with store.write() as connection:
        before = connection.total_changes
        connection.executemany(
            "UPDATE epoch SET safe=min(seq, ?) WHERE id=? AND safe<min(seq, ?)",
            [(row, epoch, row) for epoch, row in verified.items()],
        )
        if connection.total_changes > before:
            announce(connection)
        return int(connection.execute("SELECT coalesce(sum(safe), 0) FROM epoch").fetchone()[0])


def announce(connection: sqlite3.Connection) -> None:
    """Have the relay ask every node to say hello."""
    set_state(connection, "announced", int(get_state(connection, "announced") or 0) + 1)


def prune_pictures(store: Store, blobs: BlobStore, older_than_days: float) -> tuple[int, int]:
    """At a post: delete the files of pictures that are safe at the centre and older than so many days; their records
    stay, and a picture is fetched again when somebody opens it. (files, bytes) freed."""
    limit = now_ms() - int(older_than_days * DAY_MS)
    with store.write() as connection:
        found = connection.execute(
            "SELECT b.sha256, b.size FROM blob b WHERE b.own=1 AND b.stored=1 AND b.have=b.size AND b.added<=? "
            "AND EXISTS (SELECT 1 FROM record_attachment t WHERE t.sha256=b.sha256) AND NOT EXISTS "
            "(SELECT 1 FROM record_attachment t JOIN journal j ON j.no=t.base JOIN epoch e ON e.no=j.epoch "
            "WHERE t.sha256=b.sha256 AND e.safe<j.seq)",
            (limit,),
        ).fetchall()
        connection.executemany("UPDATE blob SET have=0 WHERE sha256=?", [(name,) for name, _ in found])
    # The files go after the database says so: in between they are merely files nobody counts on, unless somebody gives
    # one of them here once more. The small copies stay.
    remove_files(store, blobs.folder.parent, [name for name, _ in found], copies=False)
    return len(found), sum(size for _, size in found)
