"""How far a member of a scope has read its feed: the last number taken, and the feed's hash there."""

from __future__ import annotations

from diwan_core.register.admission.scope_log import feed_start
from diwan_core.register.storage.database import Transaction


def place(transaction: Transaction, scope: str) -> tuple[int, bytes]:
    """The last number taken and the feed's hash there; 0 and the feed's first hash before any was."""
    row = transaction.execute("SELECT cursor, hash FROM feed WHERE scope=?", (scope,)).fetchone()
    return (0, feed_start(scope)) if row is None else (row[0], row[1])


def move(transaction: Transaction, scope: str, number: int, digest: bytes) -> None:
    """Numbers up to this one are taken."""
    transaction.execute(
        "INSERT INTO feed (scope, cursor, hash) VALUES (?, ?, ?) "
        "ON CONFLICT (scope) DO UPDATE SET cursor=excluded.cursor, hash=excluded.hash",
        (scope, number, digest),
    )


def knows_by_snapshot(transaction: Transaction) -> bool:
    """Whether some rows are known here only by what a snapshot said that they made."""
    return transaction.execute("SELECT 1 FROM joint LIMIT 1").fetchone() is not None


def start_again(transaction: Transaction, scope: str) -> None:
    """Follow the feed from its first number again."""
    transaction.execute("DELETE FROM feed WHERE scope=?", (scope,))
