"""What must hold of the search index of every node when the country is at rest: it is as one made anew from the
records. SQLite's own check does not compare them, and nobody would miss a case that is not found."""

from __future__ import annotations

from contextlib import closing
from sqlite3 import Connection
from typing import Final, TypeAlias

from diwan_core.register import Register
from diwan_core.register.index.fold_range import first_left
from diwan_core.register.index.pending import pending
from diwan_core.register.records.dictionary_upgrade import search_again
from diwan_core.register.storage.database import connect_memory

INDEXES: Final = ("search", "fragment")
_TOTALS: Final = 1
"""FTS5 keeps how many rows and words an index has in the row of this number."""
Entry: TypeAlias = tuple[str, int, str]
"""A word, the number of a record, and the column."""


def broken_indexes(register: Register) -> list[str]:
    """What differs from indexes made anew, in words."""
    with closing(connect_memory()) as copy:
        register.store.connection.backup(copy)
        if pending(copy) is not None or first_left(copy) is not None:
            return []  # the upkeep has not come to all records yet
        before = {name: _read(copy, name) for name in INDEXES}
        search_again(copy)
        after = {name: _read(copy, name) for name in INDEXES}
    found = []
    for name in INDEXES:
        (held, totals), (meant, meant_totals) = before[name], after[name]
        if held != meant:
            lacking, surplus = sorted(meant - held), sorted(held - meant)
            found.append(f"the index {name} lacks {lacking[:3]} ({len(lacking)}), has {surplus[:3]} ({len(surplus)})")
        if totals != meant_totals:
            found.append(f"the totals of the index {name} are {totals.hex()} and not {meant_totals.hex()}")
    return found


def _read(connection: Connection, name: str) -> tuple[set[Entry], bytes]:
    """Every entry of an index, and its totals; of one in which nothing stands any more, those of a new one."""
    connection.execute(f"CREATE VIRTUAL TABLE temp.words_of_{name} USING fts5vocab('main', '{name}', 'instance')")
    entries = connection.execute(f"SELECT term, doc, col FROM words_of_{name}").fetchall()
    connection.execute(f"DROP TABLE temp.words_of_{name}")
    (totals,) = connection.execute(f"SELECT block FROM {name}_data WHERE id=?", (_TOTALS,)).fetchone()
    return set(entries), totals if any(totals) else b""
