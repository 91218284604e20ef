"""The last steps of a salvage: rows that cannot be applied, the counters of epochs, the names of pictures."""

from __future__ import annotations

from collections.abc import Mapping

from diwan_core.register.carving.carve import Epoch
from diwan_core.register.carving.chains import rows_from
from diwan_core.register.carving.scratch import Scratch
from diwan_core.register.journal.row import ANCHOR, OPENING, Row, chain_start
from diwan_core.register.journal.salvaged_rows import SalvagedRow, keep, note_gaps
from diwan_core.register.storage.database import Store, Transaction, now_ms

Blob = tuple[int, str, int, int]
"""Size, media type, whether it is this node's own, whether the centre has it."""


def leave_out(transaction: Transaction, node: str, stored: Mapping[str, int]) -> int:
    """Take out rows that wait for something that is lost here, where the centre has them: they come again in their
    order. What the centre does not have yet (`stored`: by epoch, its last row that the centre receipted) goes on
    waiting. How many rows were taken out."""
    count = 0
    for first, last in transaction.execute("SELECT first, last FROM waiting").fetchall():
        epoch, own, seq = transaction.execute(
            "SELECT e.id, e.origin=?, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.no=?", (node, first)
        ).fetchone()
        if own and seq > stored.get(epoch, 0):
            continue
        count += transaction.execute("DELETE FROM journal WHERE no BETWEEN ? AND ?", (first, last)).rowcount
        transaction.execute("DELETE FROM waiting WHERE first=?", (first,))
        note_gaps(transaction, epoch)
    return count


def count_anew(transaction: Transaction, epoch: Epoch, *, own: bool) -> None:
    """Write down the numbers of an epoch, as what is here of it gives them; an epoch of which nothing is here goes."""
    row = transaction.execute("SELECT no FROM epoch WHERE id=?", (epoch.id,)).fetchone()
    if row is None:
        return
    no = row[0]
    last = _last_row(transaction, no)
    if last is None:
        transaction.execute("DELETE FROM epoch WHERE no=?", (no,))
        return
    counted = "SELECT count(*) FROM journal WHERE epoch=? AND verdict=?"
    counts = [transaction.execute(counted, (no, verdict)).fetchone()[0] for verdict in (0, 2, 1)]
    transaction.execute(
        "UPDATE epoch SET own=?, seq=?, hash=?, signed=?, applied=?, waiting=?, quarantined=?, duplicates=0, "
        "stored=?, safe=?, receipt=?, heard=?, parent=coalesce(parent, ?), parent_seq=coalesce(parent_seq, ?), "
        "parent_hash=coalesce(parent_hash, ?) WHERE no=?",
        (
            int(own), *last, last[0] if own else 0, *counts, min(epoch.stored, last[0]) if own else 0,
            min(epoch.safe, last[0]) if own else 0, epoch.receipt if own else None, epoch.heard,
            *(epoch.parent or (None, None, None)), no,
        ),
    )  # fmt: skip
    held = transaction.execute("SELECT count(*), min(seq) FROM journal WHERE epoch=?", (no,)).fetchone()
    if held[0] != last[0] and (own or held[1] == 1):
        note_gaps(transaction, epoch.id)


def _last_row(transaction: Transaction, no: int) -> tuple[int, bytes] | None:
    """Number and hash of an epoch's last row here, or else of its last joint."""
    for table in ("journal", "joint"):
        found: tuple[int, bytes] | None = transaction.execute(
            f"SELECT seq, hash FROM {table} WHERE epoch=? ORDER BY seq DESC LIMIT 1", (no,)
        ).fetchone()
        if found is not None:
            return found
    return None


def keep_beside(
    transaction: Transaction, scratch: Scratch, epoch: Epoch, after: int, node: str
) -> tuple[int, list[str]]:
    """Keep what is left of this node's epoch after a row beside the journal: how many rows, and the stretches that are
    lost."""
    kept: list[SalvagedRow] = []
    lost: list[str] = []
    at = after
    for found in rows_from(scratch, epoch.no, after + 1):
        if found.row.seq > at + 1:
            lost.append(f"{epoch.id}:{at + 1}-{found.row.seq - 1}")
        at = found.row.seq
        if found.row.meta.type not in (OPENING, ANCHOR):
            kept.append(_salvaged(epoch.id, found.row))
    if epoch.seq > at:
        lost.append(f"{epoch.id}:{at + 1}-{epoch.seq}")
    if kept:
        keep(transaction, kept)
        transaction.execute(
            "INSERT OR IGNORE INTO epoch (id, origin, own, seq, hash) VALUES (?, ?, 1, 0, ?)",
            (epoch.id, node, chain_start(node, epoch.id)),
        )
    return len(kept), lost


def _salvaged(epoch: str, row: Row) -> SalvagedRow:
    nominal = None if row.nominal_json is None else row.nominal_json.decode()
    return SalvagedRow(epoch, row.seq, row.meta_json.decode(), row.rest_json.decode() or None, nominal)


def add_blobs(transaction: Transaction, carved: Mapping[str, Blob]) -> None:
    """Name the pictures that the records name and the damaged register knew. Which of them are here is found out by
    `diwan_core.salvage.pictures`."""
    known = dict(carved)
    for name, size, kind, own in transaction.execute(
        "SELECT t.sha256, t.size, t.media_type, e.own FROM record_attachment t JOIN epoch e ON e.id=t.base_epoch "
        "WHERE t.sha256 IS NOT NULL AND t.size IS NOT NULL AND t.media_type IS NOT NULL"
    ):
        before = known.get(name, (size, kind, 0, 0))
        known[name] = (before[0], before[1], max(own, before[2]), before[3])
    now = now_ms()
    transaction.executemany(
        "INSERT OR IGNORE INTO blob (sha256, size, media_type, have, stored, own, added) VALUES (?, ?, ?, 0, ?, ?, ?)",
        [(name, size, kind, stored, own, now) for name, (size, kind, own, stored) in known.items()],
    )


def follow_anew(transaction: Transaction) -> None:
    """Forget this post's place in the scopes: it follows them again from their beginning."""
    transaction.execute("DELETE FROM feed")


def counts(store: Store) -> tuple[int, int]:
    """How many rows the journal has, and how many of this node's own the centre has not receipted."""
    rows = int(store.one("SELECT count(*) FROM journal"))
    return rows, int(store.one("SELECT coalesce(sum(seq-stored), 0) FROM epoch WHERE own=1"))
