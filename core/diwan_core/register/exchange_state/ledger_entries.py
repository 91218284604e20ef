"""The entries of the ledger of irreversible facts, as bytes under their numbers; `exchange.ledger` verifies them."""

from __future__ import annotations

from collections.abc import Sequence

from diwan_core.register.storage.database import Store, Transaction


def ledger_length(transaction: Transaction) -> int:
    """How many entries this node holds."""
    (length,) = transaction.execute("SELECT count(*) FROM ledger").fetchone()
    return int(length)


def last_entry(store: Store) -> int:
    """The number of the last entry; 0 where there is none. Raises RegisterError."""
    return int(store.one("SELECT coalesce(max(number), 0) FROM ledger"))


def entry(store: Store, number: int) -> bytes | None:
    """One entry, or None where it is not here. Raises RegisterError."""
    found: bytes | None = store.one("SELECT entry FROM ledger WHERE number=?", (number,))
    return found


def entries_from(store: Store, first: int, limit: int = -1) -> list[bytes]:
    """The entries from number `first` on, in order; all of them without a limit. Raises RegisterError."""
    sql = "SELECT entry FROM ledger WHERE number>=? ORDER BY number LIMIT ?"
    return [row[0] for row in store.rows(sql, (first, limit))]


def entries_after(transaction: Transaction, number: int, limit: int = -1) -> list[bytes]:
    """The entries after a number, in order; all of them without a limit."""
    sql = "SELECT entry FROM ledger WHERE number>? ORDER BY number LIMIT ?"
    return [row[0] for row in transaction.execute(sql, (number, limit))]


def add_entries(transaction: Transaction, first: int, entries: Sequence[bytes]) -> None:
    """Keep further entries, the first of them under number `first`."""
    transaction.executemany(
        "INSERT INTO ledger (number, entry) VALUES (?, ?)", [(first + at, raw) for at, raw in enumerate(entries)]
    )
