"""Single values that a node remembers in its database (the table `state`), each under a key."""

from __future__ import annotations

from typing import Any

from diwan_core.register.storage.database import Transaction


def get_state(transaction: Transaction, key: str) -> Any:
    """A value, or None where there is none under this key."""
    row = transaction.execute("SELECT value FROM state WHERE key=?", (key,)).fetchone()
    return None if row is None else row[0]


def set_state(transaction: Transaction, key: str, value: str | int | bytes) -> None:
    """Remember a value in place of the one that stood under this key; in a write transaction."""
    transaction.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (key, value))


def forget_state(transaction: Transaction, *keys: str) -> None:
    """Forget the values under these keys; in a write transaction."""
    transaction.executemany("DELETE FROM state WHERE key=?", [(key,) for key in keys])
