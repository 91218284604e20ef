"""The pictures of a register that was restored or salvaged: its rows come first, the files of the pictures follow,
and the register says at each moment which are here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from diwan_core.register.storage.blobs import BlobStore
from diwan_core.register.storage.database import Store


def say_what_is_here(store: Store, folder: Path) -> int:
    """Mark each picture as complete exactly where its file is here; how many are not."""
    blobs = BlobStore(folder / "blobs")
    with store.write() as connection:
        held = connection.execute("SELECT sha256, size, have FROM blob").fetchall()
        changes = []
        for name, size, have in held:
            found = blobs.size(name)
            here = size if found == size else min(have, blobs.arrived(name))
            if here != have:
                changes.append((here, name))
        connection.executemany("UPDATE blob SET have=? WHERE sha256=?", changes)
    return len(awaited_pictures(store))


def note_found(store: Store, found: Mapping[str, int]) -> int:
    """After a salvage: mark pictures as complete whose files were found whole (name and size), and ask the centre for
    this node's own that are not here and lie there. How many of its own the centre does not have either. Raises
    RegisterError."""
    with store.write() as connection:
        connection.executemany("UPDATE blob SET have=size, wanted=0 WHERE sha256=? AND size=?", [*found.items()])
        connection.execute("UPDATE blob SET wanted=1 WHERE have<size AND own=1 AND stored=1")
        lost = connection.execute("SELECT count(*) FROM blob WHERE have<size AND own=1 AND stored=0").fetchone()
    return int(lost[0])


def awaited_pictures(store: Store) -> Mapping[str, int]:
    """Pictures whose files are not here whole, and their sizes."""
    return dict(store.rows("SELECT sha256, size FROM blob WHERE have<size"))


def are_back(store: Store, names: Iterable[str]) -> None:
    """The files of these pictures are here whole."""
    with store.write() as connection:
        connection.executemany("UPDATE blob SET have=size WHERE sha256=?", [(name,) for name in names])
