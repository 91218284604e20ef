"""The file of a loaded edition, `DIR/codes/<list>.db`, which is made beside the old one and replaces it as a whole.

It is made from a blob whose hash the centre signed, and can be made again from it at any time. Once in its place it is
only read; a new edition is another file, so a reader sees all of one edition or all of the other."""

from __future__ import annotations

import logging
import os
import re
import sqlite3
import threading
from collections.abc import Callable, Iterable
from contextlib import closing
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Final

from diwan_core import crash, world
from diwan_core.dictionary import DICTIONARY, fold
from diwan_core.dictionary.code_search import Wanted, folded_names
from diwan_core.register.codes.code_blob import LANGUAGES, Entry
from diwan_core.register.storage.database import connect

FOLDER: Final = "codes"
FORMAT: Final = 1
LOOK_AGAIN_S: Final = 1.0
MOST_CANDIDATES: Final = 4_000
"""Codes that hold the words typed and are weighed against each other: those with the shortest names."""
_LONGEST: Final = 12
"""Characters of a code."""
_WORD: Final = re.compile(r"[^\W_]+")
_TABLES: Final = (
    "CREATE TABLE edition (sha256 TEXT, entries INTEGER, format INTEGER) STRICT",
    "CREATE TABLE entry (no INTEGER PRIMARY KEY, code TEXT, label TEXT, synonyms TEXT, position TEXT, parent TEXT, "
    "withdrawn INTEGER) STRICT",
    "CREATE VIRTUAL TABLE word USING fts5 (words, content='', detail=none, columnsize=0, "
    "tokenize='unicode61 remove_diacritics 0')",
    "CREATE TEMP TABLE arrived (code, label, synonyms, position, parent, withdrawn)",
)
# Codes with shorter names come first: a search that must stop somewhere stops at the longer ones.
_BY_LENGTH: Final = "SELECT * FROM temp.arrived ORDER BY withdrawn, length(label) + length(synonyms), code"

log = logging.getLogger("diwan.register")


def file_of(folder: Path, name: str) -> Path:
    """The file of the loaded edition of a list, loaded or not."""
    return folder / FOLDER / f"{name}.db"


def loaded_edition(folder: Path, name: str) -> str:
    """SHA-256 of the edition that is loaded whole; "" where there is none, or its file is damaged."""
    path = file_of(folder, name)
    if not path.exists():
        return ""
    try:
        with closing(_opened(path)) as connection:
            (sha256,) = connection.execute("SELECT sha256 FROM edition WHERE format=?", (FORMAT,)).fetchone() or ("",)
            whole = connection.execute("PRAGMA quick_check").fetchone() == ("ok",)
        return str(sha256) if whole else ""
    except sqlite3.Error:
        return ""


def load(folder: Path, name: str, sha256: str, entries: Iterable[Entry], wait: Callable[[], None]) -> int:
    """Put an edition in the place of the one that is there; how many entries it has. `wait` is called now and then, so
    that others get their turn. Raises what `entries` raises, OSError, sqlite3.Error; then the old one stays."""
    target = file_of(folder, name)
    target.parent.mkdir(mode=0o700, exist_ok=True)
    made = target.with_suffix(".new")
    made.unlink(missing_ok=True)
    try:
        with closing(connect(made)) as connection:
            count = _fill(connection, sha256, entries, wait)
        os.chmod(made, 0o600)
        with made.open("rb") as file:
            world.sync_file(file.fileno())
        crash.point("codes-made")
        world.replace(made, target)
        handle = os.open(target.parent, os.O_RDONLY)
        try:
            world.sync_folder(handle)
        finally:
            os.close(handle)
    finally:
        made.unlink(missing_ok=True)
    return count


def _fill(connection: sqlite3.Connection, sha256: str, entries: Iterable[Entry], wait: Callable[[], None]) -> int:
    connection.execute("PRAGMA journal_mode=OFF")  # the file is not in its place yet
    connection.execute("PRAGMA synchronous=OFF")
    connection.execute("PRAGMA temp_store=FILE")  # a small post has no memory for 100,000 entries at once
    for statement in _TABLES:
        connection.execute(statement)
    connection.execute("BEGIN")
    count = 0
    for count, entry in enumerate(entries, 1):
        connection.execute("INSERT INTO temp.arrived VALUES (?, ?, ?, ?, ?, ?)", entry)
        if count % 2_000 == 0:
            wait()
    for number, row in enumerate(connection.execute(_BY_LENGTH)):
        entry = Entry(*row)
        connection.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, ?, ?)", (number, *entry))
        words = " ".join(dict.fromkeys(_WORD.findall(_names(entry.label, entry.synonyms))))
        connection.execute("INSERT INTO word (rowid, words) VALUES (?, ?)", (number, words))
        if number % 2_000 == 0:
            wait()
    connection.execute("CREATE UNIQUE INDEX entry_code ON entry (code)")
    connection.execute("INSERT INTO word (word) VALUES ('optimize')")
    connection.execute("INSERT INTO edition VALUES (?, ?, ?)", (sha256, count, FORMAT))
    connection.execute("COMMIT")
    return count


def _names(label: str, synonyms: str) -> str:
    return folded_names([label, *synonyms.split(",")])


def _opened(path: Path) -> sqlite3.Connection:
    return connect(path, read_only=True, immutable=True)


class LoadedCodes:
    """The loaded edition of a list, as the dictionary asks for it (`CodeSource`). Threads take turns."""

    def __init__(self, folder: Path, name: str) -> None:
        self._place = folder, name
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._stamp: tuple[int, int, int] | None = None
        self._looked = -1e9
        self._count = 0
        self._prefixes: frozenset[str] = frozenset()

    @cached_property
    def _path(self) -> Path:
        """Made where it is asked for: a process that opens a register makes many of these, and few are ever used."""
        return file_of(*self._place)

    @cached_property
    def _entry(self) -> Callable[[str], Entry | None]:
        """Entries that were read of the file that is open now."""
        return lru_cache(maxsize=2_000)(self._read_entry)

    def count(self) -> int:
        """How many codes it has; 0 where no edition is loaded."""
        with self._lock:
            self._look()
            return self._count

    def label(self, code: str) -> str | None:
        """The label of a code; None where it has no such code."""
        entry = self._get(code)
        return entry and entry.label

    def synonyms(self, code: str) -> str:
        """Other words for it, divided by commas."""
        entry = self._get(code)
        return entry.synonyms if entry else ""

    def parent(self, code: str) -> str:
        """The code this one belongs under."""
        entry = self._get(code)
        return entry.parent if entry else ""

    def position(self, code: str) -> str:
        """ "lat,lon" of a place."""
        entry = self._get(code)
        return entry.position if entry else ""

    def withdrawn(self, code: str) -> bool:
        """Whether it is valid in old records only."""
        entry = self._get(code)
        return bool(entry and entry.withdrawn)

    def prefixes(self) -> frozenset[str]:
        """The first two characters of its codes."""
        with self._lock:
            self._look()
            return self._prefixes

    def search(self, text: str, limit: int) -> list[str]:
        """Codes whose code, label or other words fit; words are found by their beginning. Without text: the first."""
        with self._lock:
            self._look()
            if self._connection is None:
                return []
            if not text.strip():
                rows = self._rows("SELECT code FROM entry WHERE withdrawn=0 AND length(code)<=? ORDER BY code LIMIT ?",
                                  _LONGEST, limit)  # fmt: skip
                return [str(code) for (code,) in rows]
            wanted = Wanted(text)
            found = []
            for code, label, synonyms, withdrawn in self._candidates(wanted):
                folded = _names(label, synonyms)
                rank = wanted.rank(code, fold(code), folded)
                if rank is not None and len(code) <= _LONGEST:
                    found.append((rank + (10 if withdrawn else 0), len(folded), code))
            return [code for _, _, code in sorted(found)[:limit]]

    def _candidates(self, wanted: Wanted) -> set[tuple[str, str, str, int]]:
        columns = "SELECT code, label, synonyms, withdrawn FROM entry"
        found: set[tuple[str, str, str, int]] = set()
        start = wanted.squeezed.upper()
        if start.isascii() and start.isalnum():
            found.update(self._rows(f"{columns} WHERE code>=? AND code<? ORDER BY code LIMIT 200", start, f"{start}~"))
        words = _WORD.findall(" ".join(wanted.words))[:8]
        if words:
            asked = " ".join(f'"{word}"*' for word in words)
            rows = f"SELECT rowid FROM word WHERE word MATCH ? ORDER BY rowid LIMIT {MOST_CANDIDATES}"
            found.update(self._rows(f"{columns} WHERE no IN ({rows})", asked))
        return found

    def _get(self, code: str) -> Entry | None:
        with self._lock:
            self._look()
            return None if self._connection is None else self._entry(code)

    def _read_entry(self, code: str) -> Entry | None:
        if len(code) > _LONGEST:
            return None
        rows = self._rows("SELECT code, label, synonyms, position, parent, withdrawn FROM entry WHERE code=?", code)
        return next((Entry(*row) for row in rows), None)

    def _rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        if self._connection is None:
            return []
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            log.warning("%s cannot be read (%s); the packaged list stands in", self._path.name, error)
            self._close()
            return []

    def _look(self) -> None:
        """Open the file that is in its place now, once a second at the most."""
        now = world.monotonic_s()
        if now - self._looked < LOOK_AGAIN_S:
            return
        self._looked = now
        try:
            status = self._path.stat()
        except OSError:
            self._close()
            self._stamp = None
            return
        stamp = status.st_ino, status.st_mtime_ns, status.st_size
        if stamp == self._stamp:
            return
        self._close()
        self._stamp = stamp
        try:
            self._connection = _opened(self._path)
            (self._count,) = self._connection.execute("SELECT entries FROM edition").fetchone()
            prefixes = self._connection.execute("SELECT DISTINCT substr(code, 1, 2) FROM entry")
            self._prefixes = frozenset(str(prefix) for (prefix,) in prefixes)
        except (sqlite3.Error, TypeError) as error:
            log.warning("%s cannot be read (%s); the packaged list stands in", self._path.name, error)
            self._close()

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection, self._count, self._prefixes = None, 0, frozenset()
        self.__dict__.pop("_entry", None)


def use_editions(folder: Path) -> None:
    """Let this process look codes up first in the editions that are loaded in this node's folder."""
    DICTIONARY.codes("locode").use(LoadedCodes(folder, "locode"))
    DICTIONARY.codes("tariff").use(LoadedCodes(folder, "tariff"))
    DICTIONARY.codes("hs").use(LoadedCodes(folder, "hs"), LoadedCodes(folder, "tariff"))
    for name, below in (("tariff", ()), ("hs", ("tariff",))):  # national codes are looked up below their headings
        DICTIONARY.codes(name).say_in(
            {
                language: tuple(LoadedCodes(folder, f"{one}_{language}") for one in (name, *below))
                for language in LANGUAGES
            }
        )
