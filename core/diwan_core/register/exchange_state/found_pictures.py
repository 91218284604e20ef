"""Files of pictures of which the register knows nothing: its database was put back to a copy from before they came.

Who may read a picture is decided by the record that names it. What the register does not know would stay whatever was
decided."""

from __future__ import annotations

import re
from typing import Final

from diwan_core.register.admission.may_fetch import may_keep
from diwan_core.register.storage.blobs import BlobStore, remove_files
from diwan_core.register.storage.database import Store, Transaction, now_ms

_NAME: Final = re.compile(r"[0-9a-f]{64}")


def unknown_files(transaction: Transaction, blobs: BlobStore) -> list[str]:
    """The names of whole files of which nothing is written down here."""
    known = {name for (name,) in transaction.execute("SELECT sha256 FROM blob")}
    return sorted(
        path.name
        for folder in sorted(blobs.folder.iterdir())
        if len(folder.name) == 2
        for path in sorted(folder.iterdir())
        if _NAME.fullmatch(path.name) and path.name not in known
    )


def settle(store: Store, blobs: BlobStore, node: str, names: list[str]) -> None:
    """Judge files that the centre holds too: from now on the register knows of those that a record names which this
    post may read, as its own where it made that record; the others go. Raises RegisterError."""
    left: list[str] = []
    with store.write() as transaction:
        for name in names:
            size = blobs.size(name)
            if size is not None and not (may_keep(transaction, node, name) and _noted(transaction, name, size)):
                left.append(name)
    remove_files(store, blobs.folder.parent, left)


def _noted(transaction: Transaction, name: str, size: int) -> bool:
    """Write down that a picture is here, if a record names it; whether one does."""
    named = transaction.execute(
        "SELECT t.media_type, e.own=1 FROM record_attachment t LEFT JOIN epoch e ON e.id=t.base_epoch "
        "WHERE t.sha256=? ORDER BY e.own DESC LIMIT 1",
        (name,),
    ).fetchone()
    if named is None:
        return False
    media_type, own = named
    transaction.execute(
        "INSERT OR IGNORE INTO blob (sha256, size, media_type, have, stored, own, added) VALUES (?1,?2,?3,?2,?4,?4,?5)",
        (name, size, media_type, int(bool(own)), now_ms()),
    )
    return True
