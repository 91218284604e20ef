"""Which pictures and documents are whole here, on their way to or from the centre, or wanted. The bytes are files."""

from __future__ import annotations

from typing import Final, NamedTuple

from diwan_core.register.erasure.erase import forget_claims, is_erased_blob
from diwan_core.register.storage.database import Store, Transaction, now_ms
from diwan_core.register.storage.state import get_state, set_state

MOST_UNNAMED: Final = 500
MOST_UNNAMED_BYTES: Final = 256 * 1024 * 1024
"""Of one node. Pictures come behind their records: a post that means well has none that no record here names, but for
those whose records are in quarantine."""
_TO_SEND = "own=1 AND stored=0 AND have=size"


class Whole(NamedTuple):
    """A picture that is here whole; its name is the SHA-256 of its bytes."""

    name: str
    size: int
    media_type: str


def note_bytes(
    transaction: Transaction, name: str, media_type: str, have: int, *, claimed: int, whole: int | None
) -> None:
    """Bytes of a picture came: `have` are here. `claimed` is its size as the piece says; `whole` its size where it is
    whole now: what is whole is as large as it is, whatever the first piece of it, or a later one, claimed. Of the
    pieces between, the file itself tells how much is here, and nothing is written for them."""
    transaction.execute(
        "INSERT INTO blob (sha256, size, media_type, have, added) VALUES (?1, ?2, ?3, ?4, ?5) "
        "ON CONFLICT (sha256) DO UPDATE SET have=?4, size=?2, wanted=0 WHERE ?6",
        (name, claimed if whole is None else whole, media_type, have, now_ms(), whole is not None),
    )


def whole(transaction: Transaction, name: str) -> Whole | None:
    """A picture that is here whole, or None."""
    sql = "SELECT sha256, size, media_type FROM blob WHERE sha256=? AND have=size"
    row = transaction.execute(sql, (name,)).fetchone()
    return None if row is None else Whole(*row)


def note_claim(transaction: Transaction, name: str, sender: str, size: int | None) -> None:
    """Note how large a picture is by the word of who sends it; None once it is whole, whoever sent it."""
    if size is None:
        forget_claims(transaction, name)
    elif claimed(transaction, name, sender) != size:
        set_state(transaction, f"claimed:{name}:{sender}", size)


def claimed(transaction: Transaction, name: str, sender: str) -> int | None:
    """How large a picture is by the word of who sends it; None where no piece of it was taken."""
    size = get_state(transaction, f"claimed:{name}:{sender}")
    return None if size is None else int(size)


def may_bring(transaction: Transaction, node: str, name: str, size: int) -> bool:
    """Whether a node may bring a picture, at the centre: one that a record names, and of others (whose records are in
    quarantine, say) so many as MOST_UNNAMED and MOST_UNNAMED_BYTES allow."""
    if transaction.execute("SELECT 1 FROM record_attachment WHERE sha256=?", (name,)).fetchone() is not None:
        return True
    key = f"unnamed:{node}:"
    noted = get_state(transaction, key + name)
    if noted is not None and size <= noted:
        return True
    many, total = transaction.execute(
        "SELECT count(*), coalesce(sum(s.value), 0) FROM state s WHERE s.key>? AND s.key<? AND s.key<>? "
        "AND NOT EXISTS (SELECT 1 FROM record_attachment a WHERE a.sha256=substr(s.key, ?))",
        (key, f"unnamed:{node};", key + name, len(key) + 1),
    ).fetchone()
    if many >= MOST_UNNAMED or total + size > MOST_UNNAMED_BYTES:
        return False
    set_state(transaction, key + name, size)
    return True


def to_send(transaction: Transaction, limit: int) -> list[Whole]:
    """Pictures given to this node that the centre has not receipted, the oldest first."""
    sql = f"SELECT sha256, size, media_type FROM blob WHERE {_TO_SEND} ORDER BY added LIMIT ?"
    return [Whole(*row) for row in transaction.execute(sql, (limit,))]


def given_here(transaction: Transaction) -> list[Whole]:
    """All pictures given to this node, receipted or not, the oldest first."""
    sql = "SELECT sha256, size, media_type FROM blob WHERE own=1 AND have=size ORDER BY added"
    return [Whole(*row) for row in transaction.execute(sql)]


def wanted_pictures(transaction: Transaction, limit: int) -> list[str]:
    """The names of pictures that are to be had from the centre, the latest wish first."""
    sql = "SELECT sha256 FROM blob WHERE wanted=1 ORDER BY added DESC LIMIT ?"
    return [row[0] for row in transaction.execute(sql, (limit,))]


def note_receipted(transaction: Transaction, name: str) -> None:
    """The centre holds a picture whole."""
    transaction.execute("UPDATE blob SET stored=1 WHERE sha256=?", (name,))


def send_again(transaction: Transaction, name: str) -> bool:
    """The centre does not hold a picture any more; whether it was given to this node, is whole here and counted as
    receipted."""
    sql = "UPDATE blob SET stored=0 WHERE sha256=? AND own=1 AND have=size AND stored=1"
    return bool(transaction.execute(sql, (name,)).rowcount)


def is_named(store: Store, name: str) -> bool:
    """Whether a record here names a picture. Raises RegisterError."""
    return store.one("SELECT 1 FROM record_attachment WHERE sha256=?", (name,)) is not None


def lacking(transaction: Transaction, node: str, limit: int) -> list[str]:
    """The names of pictures that records of a node name and that are not whole here, but for those erased."""
    names = transaction.execute(
        "SELECT DISTINCT t.sha256 FROM record_attachment t JOIN epoch e ON e.id=t.base_epoch "
        "LEFT JOIN blob b ON b.sha256=t.sha256 AND b.have=b.size WHERE e.origin=? AND t.sha256 IS NOT NULL "
        "AND b.sha256 IS NULL LIMIT ?",
        (node, limit),
    ).fetchall()
    return [name for (name,) in names if not is_erased_blob(transaction, name)]
