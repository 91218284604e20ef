"""The blob of an edition: the entries of a code list, one JSON array a line, compressed with gzip.

    ["JOAQJ", "Al 'Aqabah", "Aqaba", "29.53333,35", "", 0]        code, label, other words, position, parent, withdrawn

Empty cells at the end of a line are left out. It is read as data from a stranger: in steps, and no longer than an
edition may be."""

from __future__ import annotations

import gzip
import json
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from diwan_core.dictionary import CodeTable

MEDIA_TYPE: Final = "application/vnd.diwan.codes+gzip"
IN_LANGUAGES: Final = ("hs", "tariff")
LANGUAGES: Final = ("ar", "es", "fr", "pt", "ru")
LISTS: Final = ("locode", *IN_LANGUAGES, *(f"{name}_{language}" for name in IN_LANGUAGES for language in LANGUAGES))
"""What has editions: code lists, and the texts of some in one more language each ("tariff_ar"), whose codes are those
of their list. None of them decides whether a document is valid; an older release passes over those it does not know."""
MOST_BYTES: Final = 16 * 1024 * 1024
"""Of the blob; the whole UN/LOCODE has 2.5 MB."""
MOST_UNPACKED: Final = 128 * 1024 * 1024
MOST_ENTRIES: Final = 500_000
_LONGEST_LINE: Final = 8_192
_STEP: Final = 1 << 18
_LONGEST: Final = (12, 500, 2_000, 40, 12)


class BadEdition(Exception):
    """The blob is not what an edition is; the text says why."""


class Entry(NamedTuple):
    """One code of an edition."""

    code: str
    label: str
    synonyms: str = ""
    position: str = ""
    parent: str = ""
    withdrawn: int = 0


def pack(table: CodeTable) -> bytes:
    """The blob of a list, its codes in order. No time stamp inside: the same list packs the same way."""
    empty: Mapping[str, str] = {}
    lines = []
    for code, label in sorted(table.labels["en"].items()):
        cells: list[str | int] = [
            code,
            label[: _LONGEST[1]],
            table.synonyms.get(code, "")[: _LONGEST[2]],
            (table.positions or empty).get(code, ""),
            table.parents.get(code, ""),
            int(code in table.withdrawn),
        ]
        while not cells[-1]:
            cells.pop()
        lines.append(json.dumps(cells, ensure_ascii=False, separators=(",", ":")))
    return gzip.compress("".join(f"{line}\n" for line in lines).encode(), compresslevel=9, mtime=0)


def entries_of(path: Path, count: int) -> Iterator[Entry]:
    """The entries of a blob, of which there are `count`. Raises BadEdition, and OSError as reading does."""
    if not 0 < count <= MOST_ENTRIES:
        raise BadEdition(f"it claims {count} entries; an edition has 1 to {MOST_ENTRIES}")
    read, before = 0, ""
    for line in _lines(path):
        entry = _entry(line)
        if entry.code <= before:
            raise BadEdition(f"its entry {read + 1} is not in order")
        read, before = read + 1, entry.code
        if read > count:
            break
        yield entry
    if read != count:
        raise BadEdition(f"it holds {'more' if read > count else read} entries instead of {count}")


_cells = msgspec.json.Decoder(list[str | int])


def _entry(line: bytes) -> Entry:
    try:
        cells = _cells.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BadEdition("a line of it is not an entry") from error
    texts, flags = cells[:5], cells[5:]
    whole = len(cells) >= 2 and all(flag in (0, 1) and isinstance(flag, int) for flag in flags) and len(flags) <= 1
    given = [text for text in texts if isinstance(text, str)]
    if not whole or len(given) != len(texts) or not (given[0].isascii() and given[0].isalnum() and given[1]):
        raise BadEdition("a line of it is not an entry")
    if any(len(text) > most or not text.isprintable() for text, most in zip(given, _LONGEST, strict=False)):
        raise BadEdition("a text of it is too long, or holds control characters")
    code, label, synonyms, position, parent = (*given, "", "", "", "", "")[:5]
    return Entry(code, label, synonyms, position, parent, int(bool(flags and flags[0])))


def _lines(path: Path) -> Iterator[bytes]:
    unpacked, rest = 0, b""
    reader = zlib.decompressobj(wbits=31)
    with path.open("rb") as file:
        if path.stat().st_size > MOST_BYTES:
            raise BadEdition(f"it is larger than {MOST_BYTES // 1024**2} MB")
        while not reader.eof:
            piece = reader.unconsumed_tail or file.read(_STEP)
            if not piece:
                raise BadEdition("it is cut short")
            try:
                data = reader.decompress(piece, _STEP)
            except zlib.error as error:
                raise BadEdition("its compressed bytes are damaged") from error
            unpacked += len(data)
            if unpacked > MOST_UNPACKED:
                raise BadEdition(f"it unpacks to more than {MOST_UNPACKED // 1024**2} MB")
            *lines, rest = (rest + data).split(b"\n")
            if len(rest) > _LONGEST_LINE or any(len(line) > _LONGEST_LINE for line in lines):
                raise BadEdition("a line of it is too long")
            yield from lines
        if rest or reader.unused_data or file.read(1):
            raise BadEdition("something follows its end")
