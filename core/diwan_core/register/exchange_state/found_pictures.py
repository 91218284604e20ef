"""Files of pictures of which the register knows nothing: its database was put back to a copy from before they came.

Who may read a picture is decided by the record that names it. What the register does not know would stay whatever was
decided."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

from diwan_core.register.admission.may_fetch import may_keep
from diwan_core.register.erasure.erase import is_erased_blob
from diwan_core.register.storage.blobs import AT_ONCE, BlobStore, remove_files
from diwan_core.register.storage.database import Store, Transaction, now_ms

_NAME: Final = re.compile(r"[0-9a-f]{64}")


class Settled(NamedTuple):
    """What came of files that were judged: those of which nothing can be decided yet, and whether there are some to be
    sent."""

    undecided: list[str]
    to_send: bool


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


def settle(store: Store, blobs: BlobStore, node: str, answers: Mapping[str, bool]) -> Settled:
    """Judge files, each with whether the centre holds it whole. From now on the register knows of those that a record
    names which this post made; and of what the centre holds, of those that a record names which it may read. What else
    the centre holds goes, but for what a record may name that waits here. Raises RegisterError."""
    names, left, settled = list(answers), list[str](), Settled([], to_send=False)
    for start in range(0, len(names), AT_ONCE):
        with store.write() as transaction:
            waiting = _named_by_what_waits(transaction)
            for name in names[start : start + AT_ONCE]:
                size, whole = blobs.size(name), answers[name]
                if size is None:
                    continue
                if _noted_as_own(transaction, name, size, stored=whole):
                    settled = settled._replace(to_send=settled.to_send or not whole)
                elif name in waiting:
                    settled.undecided.append(name)
                elif whole and not (may_keep(transaction, node, name) and _noted(transaction, name, size)):
                    left.append(name)
    remove_files(store, blobs.folder.parent, left)
    return settled


def _named_by_what_waits(transaction: Transaction) -> set[str]:
    """The names that stand in rows which wait for a change, a record or a release that is not here."""
    rows = transaction.execute("SELECT coalesce(rest, '') || coalesce(nominal, '') FROM journal WHERE verdict=2")
    return {name for (text,) in rows for name in _NAME.findall(text)}


def _noted_as_own(transaction: Transaction, name: str, size: int, *, stored: bool) -> bool:
    """Write down that a picture that this post was given is here, if a record that it made names it; whether one
    does."""
    return _note(transaction, name, size, "JOIN epoch e ON e.id=t.base_epoch AND e.own=1", own=True, stored=stored)


def _noted(transaction: Transaction, name: str, size: int) -> bool:
    """Write down that a picture of others is here, if a record names it; whether one does."""
    return _note(transaction, name, size, "", own=False, stored=False)


def _note(transaction: Transaction, name: str, size: int, of: str, *, own: bool, stored: bool) -> bool:
    if is_erased_blob(transaction, name):
        return False  # it goes when the files are tidied
    named = transaction.execute(
        f"SELECT t.media_type FROM record_attachment t {of} WHERE t.sha256=? LIMIT 1", (name,)
    ).fetchone()
    if named is not None:
        transaction.execute(
            "INSERT OR IGNORE INTO blob (sha256, size, media_type, have, stored, own, added) VALUES (?,?,?,?,?,?,?)",
            (name, size, *named, size, stored, own, now_ms()),
        )
    return named is not None
