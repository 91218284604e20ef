"""Finds records that the search index does not hold yet (`index.pending`): their words stand in an index of the same
form in memory, one for the process, which takes what has come since whenever somebody searches."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Hashable, Sequence
from typing import Final

from diwan_core.register.index.pending import (
    INSERT_FRAGMENT,
    INSERT_SEARCH,
    Pending,
    Words,
    records_between,
    words_of,
)
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.database import connect_memory

_TOGETHER_BYTES: Final = 4 * 1024 * 1024
"""Records of this size, some two thousand usual cases, are put into the index together."""


class Unindexed:
    """The words of the pending records of one register, as far as somebody has searched."""

    def __init__(self, source: sqlite3.Connection) -> None:
        self._memory = connect_memory()
        declared = source.execute("SELECT sql FROM sqlite_master WHERE name IN ('search', 'fragment')")
        for (statement,) in declared.fetchall():
            self._memory.execute(statement)
        self._next = 0

    def matching(self, source: sqlite3.Connection, held: Pending, table: str, query: str, limit: int) -> list[int]:
        """The numbers of pending records that match, the newest first. `source` is in the transaction in which `held`
        was read."""
        self._next = max(self._next, held.first)
        last: int = source.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
        if self._next <= last:
            self._take(source, last)
        # Some may have come into the index since, or may be newer than the reader's transaction.
        sql = (
            f"SELECT rowid FROM [{table}] WHERE [{table}] MATCH ? AND rowid BETWEEN ? AND ? ORDER BY rowid DESC LIMIT ?"
        )
        return [number for (number,) in self._memory.execute(sql, (query, held.first, last, limit))]

    def _take(self, source: sqlite3.Connection, last: int) -> None:
        """Take the words of the records up to `last`, in one transaction: else each row is a segment of its own. Many
        go into an index together: to turn from one to the other and back every few rows takes half as long again."""
        self._memory.execute("BEGIN")
        words: list[Words] = []
        size = 0
        for records in records_between(source, PLANS, self._next, last):
            words += words_of(records)
            size += sum(one[4] for one in records)
            if size > _TOGETHER_BYTES:
                self._insert(words)
                words, size = [], 0
        self._insert(words)
        self._memory.execute("COMMIT")
        self._next = last + 1

    def _insert(self, words: Sequence[Words]) -> None:
        self._memory.executemany(INSERT_SEARCH, words)
        self._memory.executemany(INSERT_FRAGMENT, [(entry[0], entry[3]) for entry in words])

    def close(self) -> None:
        """Give the memory back."""
        self._memory.close()


class OneForTheProcess:
    """The pending words of the register that was searched last. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._of: tuple[Hashable, int] | None = None
        self._held: Unindexed | None = None

    def matching(
        self, register: Hashable, source: sqlite3.Connection, held: Pending, table: str, query: str, limit: int
    ) -> list[int]:
        """As `Unindexed.matching`; `register` names the database file."""
        with self._lock:
            if self._held is None or self._of != (register, held.changes):
                self._forget()
                self._held, self._of = Unindexed(source), (register, held.changes)
            try:
                return self._held.matching(source, held, table, query, limit)
            except BaseException:
                self._forget()
                raise

    def forget(self) -> None:
        """Nothing is pending: give the memory back."""
        if self._held is not None:
            with self._lock:
                self._forget()

    def _forget(self) -> None:
        if self._held is not None:
            self._held.close()
        self._held = self._of = None


UNINDEXED: Final = OneForTheProcess()
