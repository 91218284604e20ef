"""Counters of what was refused, put into quarantine or missing, each under a name; never anything of a record."""

from __future__ import annotations

from diwan_core.register.storage.database import Transaction


def count(transaction: Transaction, name: str, by: int = 1) -> None:
    """Count more under this name."""
    transaction.execute(
        "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value=value+?2", (name, by)
    )


def was_counted(transaction: Transaction, name: str) -> bool:
    """Whether anything was ever counted under this name."""
    return transaction.execute("SELECT 1 FROM counter WHERE name=?", (name,)).fetchone() is not None
