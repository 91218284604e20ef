"""Orders of erasure: what goes with a record that is to be erased, and what was ordered so far."""

from __future__ import annotations

from diwan_core.register.erasure.erase import NOMINAL, attachments_of
from diwan_core.register.records.record import UnknownRecord
from diwan_core.register.storage.database import Transaction


def goes_with(transaction: Transaction, record: str, halves: int) -> list[tuple[str, str | None]]:
    """The records of pictures and documents that go with a record whose halves are to be erased: the id of each, and
    the name of its blob, or None where another record names that blob too. Raises UnknownRecord."""
    if transaction.execute("SELECT 1 FROM record WHERE id=?", (record,)).fetchone() is None:
        raise UnknownRecord(f"There is no record {record} here. Look it up again.")
    attached = attachments_of(transaction, record) if halves & NOMINAL else []
    found = []
    for attachment, name in attached:
        (naming,) = transaction.execute("SELECT count(*) FROM record_attachment WHERE sha256=?", (name,)).fetchone()
        is_shared = naming > sum(blob == name for _, blob in attached)
        found.append((attachment, None if is_shared else name or None))
    return found


def named_beside(transaction: Transaction, record: str, halves: int) -> dict[str, list[str]]:
    """The blobs of pictures that go with a record and stay, since other records name them; and the ids of these."""
    found: dict[str, list[str]] = {}
    attached = attachments_of(transaction, record) if halves & NOMINAL else []
    going = {attachment for attachment, _ in attached}
    for _, name in attached:
        naming = transaction.execute(
            "SELECT r.id, a.subject FROM record_attachment a JOIN record r ON r.no=a.no WHERE a.sha256=?", (name,)
        )
        if others := sorted({subject or one for one, subject in naming if one not in going}):
            found[name] = others
    return found


def halves_ordered(transaction: Transaction) -> dict[str, int]:
    """By the id of each record of which an erasure was ordered, the halves that were."""
    return dict(transaction.execute("SELECT record, halves FROM erasure").fetchall())


def ordered_so_far(transaction: Transaction) -> int:
    """A number that grows with every order."""
    (orders,) = transaction.execute("SELECT coalesce(sum(halves), 0) FROM erasure").fetchone()
    return int(orders)
