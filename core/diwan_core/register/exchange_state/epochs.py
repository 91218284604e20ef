"""Epochs as the exchange sees them: how far each has come here, at the centre, and in its archive."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, Literal, NamedTuple

from diwan_core.register.storage.database import Store, Transaction
from diwan_core.register.storage.state import forget_state, get_state, set_state

_OWN = "SELECT no, id, signed, stored FROM epoch WHERE own=1"
_WENT_BACK: Final = "centre went back"
"""State: the centre is to say of every own epoch what it holds, since it holds less of one than it once did."""


class SignedEpoch(NamedTuple):
    """An epoch of this node: its rows are signed up to `signed`, and receipted by the centre up to `stored`."""

    no: int
    id: str
    signed: int
    stored: int


class Standing(NamedTuple):
    """How far an epoch has come here: its head `seq` with the chain's hash there, and up to where it is archived."""

    seq: int
    safe: int
    hash: bytes


# -- what a node has to send ------------------------------------------------------------------------------------------


def unreceipted_epochs(transaction: Transaction) -> Iterator[SignedEpoch]:
    """Own epochs that the centre has not receipted whole."""
    return map(SignedEpoch._make, transaction.execute(f"{_OWN} AND stored<signed ORDER BY no"))


def unsafe(transaction: Transaction, limit: int) -> Iterator[SignedEpoch]:
    """Own epochs of which not all is known to be archived at the centre."""
    return map(SignedEpoch._make, transaction.execute(f"{_OWN} AND safe<signed ORDER BY no LIMIT ?", (limit,)))


def latest(transaction: Transaction, limit: int | None) -> Iterator[SignedEpoch]:
    """The latest own epochs with signed rows, receipted or not; all of them without a limit."""
    sql = f"{_OWN} AND no IN (SELECT no FROM epoch WHERE own=1 AND signed>0 ORDER BY no DESC LIMIT ?) ORDER BY no"
    return map(SignedEpoch._make, transaction.execute(sql, (-1 if limit is None else limit,)))


def epochs_named(transaction: Transaction, epochs: Sequence[str]) -> Iterator[SignedEpoch]:
    """Own epochs of these ids."""
    marks = ", ".join("?" * len(epochs))
    return map(SignedEpoch._make, transaction.execute(f"{_OWN} AND id IN ({marks})", tuple(epochs)))


def own_heads(transaction: Transaction, limit: int) -> list[tuple[str, int]]:
    """The latest own epochs, the newest first: id, and up to where its rows are signed."""
    sql = "SELECT id, signed FROM epoch WHERE own=1 ORDER BY no DESC LIMIT ?"
    return transaction.execute(sql, (limit,)).fetchall()


def behind(transaction: Transaction, after: Literal["stored", "safe"]) -> list[tuple[int, str, int, int]]:
    """Own epochs with rows after what the centre has receipted ("stored") or archived ("safe"): number here, id, up to
    where that is, and up to where rows are signed."""
    return transaction.execute(
        f"SELECT no, id, {after}, signed FROM epoch WHERE own=1 AND {after}<signed ORDER BY no"
    ).fetchall()


# -- what the centre said of them -------------------------------------------------------------------------------------


def note_receipts(transaction: Transaction, receipts: Iterable[tuple[int, int, bytes, int, str]]) -> None:
    """Receipts of the centre: up to where it holds an own epoch, up to where it is archived, the receipt's bytes, when
    it came (ms since 1970 UTC), and the epoch's id. The bytes are kept for an audit: they are the centre's word."""
    transaction.executemany(
        "UPDATE epoch SET stored=max(stored, ?), safe=max(safe, ?), receipt=?, heard=? WHERE id=? AND own=1", receipts
    )


def centre_went_back(transaction: Transaction, epoch: str, stored: int) -> None:
    """The centre holds an own epoch only up to `stored`, since it was put back to an older copy. What it holds of
    pictures has to be asked again, and of every other epoch what it holds (`has_gone_back`)."""
    transaction.execute("UPDATE epoch SET stored=? WHERE id=? AND own=1", (stored, epoch))
    set_state(transaction, _WENT_BACK, 1)
    transaction.execute("UPDATE blob SET stored=0 WHERE own=1")


def has_gone_back(transaction: Transaction) -> bool:
    """Whether the centre holds less than it once did, and has not said of every own epoch yet what it holds: this
    process may have ended between the first answer and the next question."""
    return get_state(transaction, _WENT_BACK) is not None


def all_answered(transaction: Transaction) -> None:
    """The centre has said of every own epoch what it holds."""
    forget_state(transaction, _WENT_BACK)


def kept_receipt(transaction: Transaction, epoch: str) -> bytes | None:
    """The bytes of the latest receipt of an own epoch; none where it has no receipt yet, None where no own epoch has
    this id."""
    row = transaction.execute("SELECT receipt FROM epoch WHERE id=? AND own=1", (epoch,)).fetchone()
    return None if row is None else row[0] or b""


def kept_receipts(store: Store) -> list[bytes]:
    """The bytes of the latest receipts of all own epochs. Raises RegisterError."""
    return [row[0] for row in store.rows("SELECT receipt FROM epoch WHERE own=1 AND receipt IS NOT NULL")]


def mirror_mark(store: Store) -> tuple[int, ...]:
    """Numbers that change whenever there is something new for a mirror of what the centre has not archived: rows,
    pictures, erasures. Raises RegisterError."""
    return tuple(
        store.rows(
            "SELECT coalesce(sum(signed), 0), coalesce(sum(safe), 0), (SELECT count(*) FROM blob WHERE own=1), "
            "(SELECT coalesce(sum(halves), 0) FROM erasure) FROM epoch WHERE own=1"
        )[0]
    )


# -- what came from others --------------------------------------------------------------------------------------------


def number_of(transaction: Transaction, epoch: str) -> int | None:
    """The number of an epoch in this register, or None where it is not known here."""
    row = transaction.execute("SELECT no FROM epoch WHERE id=?", (epoch,)).fetchone()
    return None if row is None else int(row[0])


def names(transaction: Transaction, number: int) -> tuple[str, str]:
    """The id and the origin of the epoch with this number here."""
    epoch, origin = transaction.execute("SELECT id, origin FROM epoch WHERE no=?", (number,)).fetchone()
    return epoch, origin


def origin_of(transaction: Transaction, number: int) -> str:
    """The node that wrote the epoch with this number here."""
    (origin,) = transaction.execute("SELECT origin FROM epoch WHERE no=?", (number,)).fetchone()
    return str(origin)


def head(transaction: Transaction, epoch: str) -> int | None:
    """Up to where an epoch is held here; None where it is not known."""
    row = transaction.execute("SELECT seq FROM epoch WHERE id=?", (epoch,)).fetchone()
    return None if row is None else int(row[0])


def standing(transaction: Transaction, epoch: str, origin: str) -> Standing:
    """How far an epoch of a node has come here; nothing of it where it is not known."""
    sql = "SELECT seq, safe, hash FROM epoch WHERE id=? AND origin=?"
    row = transaction.execute(sql, (epoch, origin)).fetchone()
    return Standing(0, 0, b"") if row is None else Standing(*row)


def own_came_back(transaction: Transaction, epoch: str, last: int) -> None:
    """Rows of one's own up to `last`, which were lost here, came from the centre: it has them, so they need not be
    sent. Whatever was written after them may never have been."""
    transaction.execute("UPDATE epoch SET own=1, signed=seq, stored=max(stored, ?) WHERE id=?", (last, epoch))


def others_taken(store: Store) -> int:
    """How many rows of others were applied here or wait. Raises RegisterError."""
    return int(store.one("SELECT coalesce(sum(applied + waiting), 0) FROM epoch WHERE own=0"))


def others_received(store: Store) -> int:
    """How many rows of others were applied here, wait, or are in quarantine. Raises RegisterError."""
    return int(store.one("SELECT coalesce(sum(applied + waiting + quarantined), 0) FROM epoch WHERE own=0"))
