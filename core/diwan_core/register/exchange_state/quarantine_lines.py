"""The lines of the quarantine: what was refused, from whom and why, and the message where it is kept."""

from __future__ import annotations

from typing import NamedTuple

from diwan_core.register.storage.database import Transaction, now_ms

_REASON_LENGTH = 2000


class Line(NamedTuple):
    """What is kept of something refused: `first` to `last` are rows of an epoch, `payload` the message."""

    sender: str
    code: str
    reason: str
    epoch: str | None
    first: int | None
    last: int | None
    payload: bytes | None


def lines_held(transaction: Transaction, sender: str) -> tuple[int, int]:
    """How many lines there are in all, and of this sender."""
    (in_all,) = transaction.execute("SELECT count(*) FROM quarantine").fetchone()
    (of_one,) = transaction.execute("SELECT count(*) FROM quarantine WHERE sender=?", (sender,)).fetchone()
    return in_all, of_one


def bytes_held(transaction: Transaction, sender: str) -> int:
    """How many bytes of messages of this sender are kept."""
    (size,) = transaction.execute(
        "SELECT coalesce(sum(length(payload)), 0) FROM quarantine WHERE sender=?", (sender,)
    ).fetchone()
    return int(size)


def add_line(transaction: Transaction, line: Line) -> None:
    """Keep a line, with a reason that quotes no value of a record."""
    transaction.execute(
        "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last, payload, value_free) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
        (
            now_ms(),
            line.sender,
            line.code,
            line.reason[:_REASON_LENGTH],
            line.epoch,
            line.first,
            line.last,
            line.payload,
        ),
    )


def messages(transaction: Transaction) -> list[tuple[int, bytes]]:
    """Every message that is kept, with the number of its line."""
    return transaction.execute("SELECT no, payload FROM quarantine WHERE payload IS NOT NULL").fetchall()


def overwrite(transaction: Transaction, number: int, payload: bytes | None, remark: str) -> None:
    """Keep other bytes, or none, in place of a message, which is overwritten in the file; `remark` is added to the
    reason."""
    transaction.execute("PRAGMA secure_delete=ON")
    transaction.execute("UPDATE quarantine SET payload=?, reason=reason || ? WHERE no=?", (payload, remark, number))
