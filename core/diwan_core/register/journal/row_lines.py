"""Reads the lines of a parcel as rows of a journal, chained, and refuses what no node of ours writes: more than may be,
brackets too deep within each other, values in another encoding than their own."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import accumulate
from typing import Any, Final

import msgspec

from diwan_core.register.journal.row import BrokenLine, Meta, Row, encode, kept_halves, link, row_hash

MAX_LINE: Final = 4 * 1024 * 1024
MAX_LINE_MARKS: Final = 100_000
MAX_MARKS: Final = 2_000_000
"""Commas and opening brackets of one row, and of all rows of a parcel: more than any form or import makes."""
DEEPEST: Final = 64
"""Brackets within each other in one row: seven in what any dictionary can say. How many can be read depends on what
reads them: on how many calls Python is in, and for SQLite, which takes what is deeper for damage of the file, on its
release."""
AT_ONCE: Final = 1_500_000
"""A body of no more bytes, in lines that are not long, takes the quicker way: as much as a parcel of cases holds."""
LONG_LINE: Final = 65_536
"""A shorter line is not counted by itself."""
TOGETHER: Final = 32_768
"""Bytes of lines that are decoded together, about thirty cases: what is made of them stays in the processor's cache
until the last look at it."""
ID_LENGTH: Final = 36
"""Characters of a record's id. The pattern of `Meta.record` lets a line feed follow them; of those that an earlier
release admitted every row can be read, and no further one is admitted (`decode_rows`)."""


_half_decoder = msgspec.json.Decoder(dict[str, Any])
_meta_decoder = msgspec.json.Decoder(Meta)
_line_decoder = msgspec.json.Decoder(tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw])
_json_decoder = msgspec.json.Decoder()
_row_decoder = msgspec.json.Decoder(tuple[Meta, dict[str, Any], dict[str, Any] | None])
_TEXT: Final = re.compile(rb'"(?:[^"\\]|\\.)*"')
_NO_BRACKETS: Final = bytes(set(range(256)) - set(b"[]{}"))
_NO_OPENINGS: Final = bytes(set(range(256)) - set(b"[{\n"))
_STEPS: Final = {byte: 1 if byte in b"[{" else -1 for byte in b"[]{}"}
_SPACED: Final = "rows from %d on: white space stands between the parts of a line, or between lines"


def decode_rows(
    body: bytes,
    first: int,
    salts: bytes,
    previous: bytes,
    erased: Mapping[int, bytes] | None = None,
    *,
    canonical: bool = False,
) -> list[Row]:
    """The rows of a parcel's body (lines separated by newlines), chained from `previous`.

    `salts` is 16 bytes a row; `erased` the commitments of rows that lost a half, by seq. With `canonical`, a row in any
    other encoding than the one its values have is refused, one with a line feed after the id of its record, and a body
    of more than it may hold. Raises BrokenLine naming the row."""
    return list(reading_rows(body, first, salts, previous, erased, canonical=canonical))


def reading_rows(
    body: bytes,
    first: int,
    salts: bytes,
    previous: bytes,
    erased: Mapping[int, bytes] | None = None,
    *,
    canonical: bool = False,
) -> Iterator[Row]:
    """Decode the rows of a parcel's body one by one; none is proven before the last has come."""
    seq, at = first, 0
    if len(salts) % 16:
        raise BrokenLine("the salts are not 16 bytes a row")
    if canonical:
        at_once = None if erased else _all_rows(body, first, salts, previous)
        if at_once is not None:
            yield from at_once
            return
        refuse_too_much(body)
    try:
        parts = _line_decoder.decode_lines(body)
        if len(parts) != len(salts) // 16:
            raise BrokenLine(f"{len(parts)} lines for {len(salts) // 16} salts")
        for raw_meta, raw_rest, raw_nominal in parts:
            meta_json, rest_json = bytes(raw_meta), bytes(raw_rest)
            nominal_json: bytes | None = bytes(raw_nominal)
            nominal: dict[str, Any] | None = None
            if nominal_json == b"null":
                nominal_json = None
            else:
                nominal = _half_decoder.decode(raw_nominal)
            salt = salts[16 * (seq - first) : 16 * (seq - first) + 16]
            rest = _half_decoder.decode(raw_rest)
            meta = _meta_decoder.decode(raw_meta)
            if canonical:
                _refuse_other_encodings(seq, (meta, meta_json), (rest, rest_json), (nominal, bytes(raw_nominal)))
                if any(map(_is_too_deep, (meta_json, rest_json, nominal_json or b""))):
                    raise BrokenLine(f"row {seq}: more than {DEEPEST} brackets within each other")
                if meta.record[ID_LENGTH:]:
                    raise BrokenLine(f"row {seq}: a line feed follows the id of its record")
                line = b"[%b,%b,%b]\n" % (meta_json, rest_json, bytes(raw_nominal))
                if not line.startswith(body[at : at + len(line)]):
                    raise BrokenLine(_SPACED % first)
                at += len(line)
            kept = erased.get(seq) if erased else None
            if kept is None:
                previous = link(previous, salt, meta_json, rest_json, nominal_json)
            else:
                rest_json, nominal_json = kept_halves(kept, salt, rest_json, nominal_json)
                previous = row_hash(previous, meta_json, kept[:32], kept[32:])
                salt = salt if rest_json or nominal_json is not None else b""
            yield Row(seq, meta, meta_json, rest_json, nominal_json, None, None, salt, previous, kept)
            seq += 1
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BrokenLine(f"row {seq}: {error}") from error
    if canonical and seq > first and at != len(body) + 1:
        raise BrokenLine(_SPACED % first)


def _all_rows(body: bytes, first: int, salts: bytes, previous: bytes) -> list[Row] | None:
    """The rows of a body in which each line is in its one encoding, some lines at a time; None for any other body, of
    which the slower way says which row is wrong and why, and for a large one."""
    if len(body) > AT_ONCE or body.endswith(b"\n"):
        return None
    rows: list[Row] = []
    at = 0
    while at < len(body):
        end = body.find(b"\n", at + TOGETHER)
        some = body[at : end if end >= 0 else len(body)]
        at += len(some) + 1
        if len(some) > LONG_LINE and max(map(len, some.split(b"\n"))) > LONG_LINE:
            return None
        try:
            decoded = _row_decoder.decode_lines(some)
            lines, made = _chained(decoded, first + len(rows), salts[16 * len(rows) :], previous)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            return None
        if lines != some:
            return None
        openings = some.translate(None, _NO_OPENINGS).split(b"\n")  # of all lines at once: each row comes this way
        if max(map(len, openings)) > DEEPEST and any(map(_is_too_deep, some.split(b"\n"))):
            return None
        if any(row.meta.record[ID_LENGTH:] for row in made):
            return None
        rows += made
        previous = made[-1].hash
    return rows if len(rows) == len(salts) // 16 else None


def _chained(
    decoded: list[tuple[Meta, dict[str, Any], dict[str, Any] | None]], first: int, salts: bytes, previous: bytes
) -> tuple[bytes, list[Row]]:
    """These rows in the one encoding their values have, as lines and chained: what came is the same, or is refused."""
    lines: list[bytes] = []
    rows: list[Row] = []
    start = 0
    for seq, (meta, rest, nominal) in enumerate(decoded, first):
        meta_json, rest_json = encode(meta), encode(rest)
        nominal_json = None if nominal is None else encode(nominal)
        lines.append(b"[%b,%b,%b]" % (meta_json, rest_json, nominal_json or b"null"))
        salt = salts[start : start + 16]
        start += 16
        previous = link(previous, salt, meta_json, rest_json, nominal_json)
        rows.append(Row(seq, meta, meta_json, rest_json, nominal_json, None, None, salt, previous))
    return b"\n".join(lines), rows


def refuse_too_much(body: bytes) -> None:
    """Raises BrokenLine for lines that no honest node writes: what three kilobytes decompress to may hold ten million
    values, which would take all memory of this machine."""
    if body.count(b",") + body.count(b"[") + body.count(b"{") > MAX_MARKS:
        raise BrokenLine(f"a parcel of more than {MAX_MARKS} values")
    at = 0
    while at < len(body):
        end = body.find(b"\n", at)
        end = len(body) if end < 0 else end
        if end - at > LONG_LINE:
            if end - at > MAX_LINE:
                raise BrokenLine(f"a row of more than {MAX_LINE} bytes")
            if body.count(b",", at, end) + body.count(b"[", at, end) + body.count(b"{", at, end) > MAX_LINE_MARKS:
                raise BrokenLine(f"a row of more than {MAX_LINE_MARKS} values")
        at = end + 1


def _is_too_deep(encoded: bytes) -> bool:
    """Whether too many brackets stand within each other in what has been decoded once."""
    if len(encoded.translate(None, _NO_OPENINGS)) <= DEEPEST:
        return False
    brackets = _TEXT.sub(b"", encoded).translate(None, _NO_BRACKETS)
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > DEEPEST


def _refuse_other_encodings(seq: int, *parts: tuple[Meta | dict[str, Any] | None, bytes]) -> None:
    """A value has one encoding (docs/protocol.md, "Row, commitments, chain"): in any other, what is there would be
    found by those who read the values and missed by those who look at the bytes, or hold a member that no reader
    sees."""
    for value, encoded in parts:
        # A part with elements of a later release differs from what this one makes of it, and is compared whole.
        if encode(value) != encoded and encode(_json_decoder.decode(encoded)) != encoded:
            raise BrokenLine(f"row {seq} is not in the one encoding its values have")
