"""The index of coded values: which records hold which code in which field ("goods.product_group=tobacco"). Labels are
not in it: a question finds out which codes its words may stand for (`register.search.terms`), so a label in one more
language costs nothing here.

It holds only the half that identifies nobody. New records are not entered as they are saved: the upkeep thread takes
them in order once there are some and notes how far it has come, and a search reads the few behind that itself. An edit
replaces the entry of a record that has one already."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import lru_cache
from typing import Any, Final

import msgspec

from diwan_core import world
from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.dictionary.field import Field
from diwan_core.register.storage.state import get_state, set_state

DONE: Final = "coded"
"""State: the number of the last record that was entered."""
KEPT: Final = "coded kept"
"""State: the mark of the last release that kept the index, and the fields it knew."""
NOT_ASKED: Final = frozenset(
    {
        "date_precision", "time_precision", "unit", "national_unit", "quantity_basis", "mass_basis", "hs_edition",
        "value_kind", "confidence", "script", "language", "handling", "status", "review_decision", "currency",
    }
)  # fmt: skip
"""Lists that say how another value is meant, or how a record stands: nobody looks for a record by them."""
PORTION: Final = 32
"""Records that are read together."""
LONGEST: Final = 64
_NOT_PLAIN: Final = re.compile(r"[^\w-]+")

_decode = msgspec.json.Decoder(dict[str, Any]).decode
Tokens = frozenset[str]
Reader = Callable[[Mapping[str, Any]], Tokens]


@lru_cache(maxsize=2048)  # the same few hundred over and over
def token(path: str, code: str) -> str:
    """The entry of a code in a field."""
    return f"{path}={_NOT_PLAIN.sub('', code)}".lower()


def is_asked(item: Field) -> bool:
    """Whether records are found by a field's code."""
    return item.kind == "code" and not item.nominal and item.codelist not in NOT_ASKED


def paths_of(declared: RecordType) -> dict[str, list[str]]:
    """Code list -> the paths ("country", "leg.country") of a type's fields that hold its codes."""
    found: dict[str, list[str]] = {}
    for part, item in declared.every_field():
        if is_asked(item):
            found.setdefault(item.codelist, []).append(f"{part}.{item.name}" if part else item.name)
    return found


def known_fields() -> str:
    """The fields that are in the index: it is made anew when they change."""
    every = {path for declared in DICTIONARY.types.values() for paths in paths_of(declared).values() for path in paths}
    return ",".join(sorted(every))


def reader_of(declared: RecordType) -> Reader | None:
    """The function that reads the entries of a document's non-nominal half; None for a type without codes."""
    own = _paths(declared.fields.values(), "")
    parts = [
        (part.name, found)
        for part in declared.parts.values()
        if (found := _paths(part.fields.values(), f"{part.name}."))
    ]
    if not (own or parts):
        return None

    def read(rest: Mapping[str, Any]) -> Tokens:
        found: set[str] = set()
        _take(rest, own, found)
        for part, fields in parts:
            held = rest.get(part)
            if isinstance(held, Mapping):
                for entry in held.values():
                    if isinstance(entry, Mapping):
                        _take(entry, fields, found)
        return frozenset(found)

    return read


def _paths(fields: Iterable[Field], before: str) -> dict[str, tuple[str, bool]]:
    """Name of a field that is asked for -> its path, and whether it is repeated."""
    return {item.name: (before + item.name, item.repeated) for item in fields if is_asked(item)}


def _take(values: Mapping[str, Any], fields: Mapping[str, tuple[str, bool]], found: set[str]) -> None:
    for name, value in values.items():  # a document names few of the many fields there are
        if name in fields:
            path, repeated = fields[name]
            for code in value.values() if repeated and isinstance(value, Mapping) else (value,):
                if isinstance(code, str) and len(code) <= LONGEST:
                    found.add(token(path, code))


def done(connection: sqlite3.Connection) -> int:
    """The number up to which records are in the index."""
    return int(get_state(connection, DONE) or 0)


def replace(connection: sqlite3.Connection, number: int, was: Tokens, now: Tokens) -> None:
    """Replace the entry of a record that was edited; one that has none yet gets it when its turn comes."""
    if was == now or number > done(connection):
        return
    if was:
        connection.execute("INSERT INTO coded (coded, rowid, codes) VALUES ('delete', ?, ?)", (number, _text(was)))
    insert(connection, [(number, now)])


def insert(connection: sqlite3.Connection, rows: Iterable[tuple[int, Tokens]]) -> None:
    """Enter records that are new in the index."""
    entries = [(number, _text(tokens)) for number, tokens in rows if tokens]
    connection.executemany("INSERT INTO coded (rowid, codes) VALUES (?, ?)", entries)


def _text(tokens: Tokens) -> str:
    return " ".join(sorted(tokens))  # always in one order: an entry is taken out by the exact text that was put in


def begin_anew(connection: sqlite3.Connection) -> None:
    """Forget every entry: all records are entered again, one after the other."""
    connection.execute("INSERT INTO coded (coded) VALUES ('delete-all')")
    set_state(connection, DONE, 0)


def note_removed(connection: sqlite3.Connection) -> None:
    """After the last records were removed: their numbers may be given again, and are then new to the index."""
    last = connection.execute("SELECT coalesce(max(no), 0) FROM record").fetchone()[0]
    if last < done(connection):
        set_state(connection, DONE, last)


def is_behind(connection: sqlite3.Connection, by: int) -> bool:
    """Whether so many records are not in the index yet, or more."""
    sql = "SELECT 1 FROM record WHERE no>? ORDER BY no LIMIT 1 OFFSET ?"
    return connection.execute(sql, (done(connection), by - 1)).fetchone() is not None


def read_behind(
    connection: sqlite3.Connection, readers: Mapping[str, Reader | None], most: int
) -> list[tuple[int, Tokens]]:
    """The newest records that are not in the index yet, at the most so many, each with what it will hold."""
    found = connection.execute(
        "SELECT no, type FROM record WHERE no>? ORDER BY no DESC LIMIT ?", (done(connection), most)
    ).fetchall()
    return _read(connection, found, readers)


def fill(
    connection: sqlite3.Connection, readers: Mapping[str, Reader | None], *, most: int, seconds: float | None
) -> bool:
    """Enter the next records, some at a time, in the caller's write transaction; whether more are left."""
    first = done(connection)
    end = None if seconds is None else world.monotonic_s() + seconds
    found = connection.execute("SELECT no, type FROM record WHERE no>? ORDER BY no LIMIT ?", (first, most)).fetchall()
    rows: list[tuple[int, Tokens]] = []
    while len(rows) < len(found):
        rows += _read(connection, found[len(rows) : len(rows) + PORTION], readers)
        if end is not None and world.monotonic_s() > end:
            break
    if rows:
        insert(connection, rows)
        set_state(connection, DONE, rows[-1][0])
    return len(rows) < len(found) or len(found) == most


def _read(
    connection: sqlite3.Connection, records: Sequence[tuple[int, str]], readers: Mapping[str, Reader | None]
) -> list[tuple[int, Tokens]]:
    """What each of these records holds, in their order: one statement for those of a type."""
    numbers: dict[str, list[int]] = {}
    for number, kind in records:
        numbers.setdefault(kind, []).append(number)
    held: dict[int, Tokens] = {}
    for kind, those in numbers.items():
        reader = readers.get(kind)
        if reader is None:
            continue
        for number, rest in connection.execute(
            f"SELECT t.no, coalesce(t.rest, j.rest) FROM [record_{kind}] t LEFT JOIN journal j ON j.no=t.base "
            "WHERE t.no BETWEEN ? AND ?",
            (min(those), max(those)),
        ):
            if rest:
                held[number] = reader(_decode(rest))
    return [(number, held.get(number, frozenset())) for number, _ in records]
