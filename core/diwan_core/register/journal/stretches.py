"""Reading journal rows as they travel: lines and salts, byte for byte as their author committed to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import msgspec

from diwan_core.register.journal.row import NO_COMMITMENT, Meta, commitments, half_salts
from diwan_core.register.storage.database import Transaction

MAX_LINES_BYTES: Final = 1_500_000
MAX_COUNT: Final = 1000

_BYTES: Final = (
    "length(CAST(meta AS BLOB)) + coalesce(length(CAST(rest AS BLOB)), 0) + coalesce(length(CAST(nominal AS BLOB)), 0)"
)
"""Of a row. The length of a text in SQLite is that in characters."""


@dataclass(slots=True)
class Stretch:
    """Consecutive rows of an epoch, ready to travel: `lines` newline-joined, `salts` 16 bytes a row."""

    first: int
    last: int
    salts: bytes
    lines: bytes
    signature: bytes | None
    head: bytes
    erased: list[tuple[int, bytes]] = field(default_factory=list)
    """Rows that lost a half under the law: place in `lines`, C_rest ‖ C_nominal. Their salt is the half's left, or
    zeros."""


_SELECT = (
    "SELECT seq, CAST('[' || meta || ',' || coalesce(rest, '{}') || ',' || coalesce(nominal, 'null') || ']' AS BLOB), "
    "coalesce(salt, zeroblob(16)), signature, hash, commitments FROM journal "
    "WHERE epoch=? AND seq>? AND seq<=? ORDER BY seq LIMIT ?"
)


def signed_stretch(transaction: Transaction, epoch_no: int, after: int, upto: int) -> Stretch | None:
    """The next rows after `after`, up to a checkpoint: as many whole checkpoints as fit in a parcel, one at the
    least."""
    lines: list[bytes] = []
    salts: list[bytes] = []
    best: Stretch | None = None
    marks: tuple[int, int, bytes, bytes] | None = None
    size = 0
    erased: list[tuple[int, bytes]] = []
    for seq, line, salt, signature, digest, kept in transaction.execute(_SELECT, (epoch_no, after, upto, 1 << 30)):
        if kept is not None:
            erased.append((len(lines), kept))
        lines.append(line)
        salts.append(salt)
        size += len(line)
        if signature is not None:
            if marks is not None and size > MAX_LINES_BYTES:
                break
            marks = (len(lines), seq, signature, digest)
            if len(lines) >= MAX_COUNT // 2 or size >= MAX_LINES_BYTES // 2:
                break
        elif marks is not None and (len(lines) >= MAX_COUNT or size >= MAX_LINES_BYTES):
            break
    if marks is not None:
        count, last, signature, digest = marks
        kept_rows = [(at, kept) for at, kept in erased if at < count]
        body = b"\n".join(lines[:count])
        best = Stretch(after + 1, last, b"".join(salts[:count]), body, signature, digest, kept_rows)
    return best


def stretch(transaction: Transaction, epoch_no: int, first: int, last: int) -> Stretch:
    """Exactly rows `first` to `last`."""
    rows = transaction.execute(_SELECT, (epoch_no, first - 1, last, 1 << 30)).fetchall()
    return Stretch(
        first,
        last,
        b"".join(row[2] for row in rows),
        b"\n".join(row[1] for row in rows),
        rows[-1][3],
        rows[-1][4],
        [(at, row[5]) for at, row in enumerate(rows) if row[5] is not None],
    )


_PARTS = (
    "SELECT meta, rest, nominal, coalesce(salt, zeroblob(16)), signature, hash, commitments FROM journal "
    "WHERE epoch=? AND seq BETWEEN ? AND ? ORDER BY seq"
)
_meta = msgspec.json.Decoder(Meta).decode


def stretch_without(
    transaction: Transaction, epoch_no: int, first: int, last: int, hides: Callable[[str, str], bool]
) -> Stretch:
    """Rows `first` to `last` without the nominal halves that are hidden (by type and id of the record): in their place
    stand the commitments, as in rows that were erased."""
    found = Stretch(first, last, b"", b"", None, b"")
    lines: list[bytes] = []
    salts: list[bytes] = []
    for meta, rest, nominal, salt, signature, digest, kept in transaction.execute(_PARTS, (epoch_no, first, last)):
        about = _meta(meta)
        if nominal is not None and hides(about.type, about.record):
            if kept is None:
                kept = b"".join(commitments(salt, rest.encode(), nominal.encode()))  # noqa: PLW2901  it is now
                salt = half_salts(salt)[0]  # noqa: PLW2901  that of the half left
            else:
                salt = bytes(16)  # noqa: PLW2901  the rest was erased: none is left
            nominal = None  # noqa: PLW2901  from here on it is left out
        if kept is not None:
            found.erased.append((len(lines), kept))
        lines.append(f"[{meta},{rest or '{}'},{'null' if nominal is None else nominal}]".encode())
        salts.append(salt)
        found.signature, found.head = signature, digest
    found.salts, found.lines = b"".join(salts), b"\n".join(lines)
    return found


def hash_at(transaction: Transaction, epoch_no: int, seq: int) -> bytes | None:
    """The chain's hash at a row, or None where it is not here."""
    row = transaction.execute("SELECT hash FROM journal WHERE epoch=? AND seq=?", (epoch_no, seq)).fetchone()
    return None if row is None else row[0]


def known_hash(transaction: Transaction, epoch_no: int, seq: int) -> bytes | None:
    """The chain's hash at a row, also where the row itself came with a snapshot or was lost with a damaged register;
    None where it is not known."""
    found = hash_at(transaction, epoch_no, seq)
    if found is None:
        row = transaction.execute("SELECT hash FROM joint WHERE epoch=? AND seq=?", (epoch_no, seq)).fetchone()
        found = None if row is None else row[0]
    return found


_THERE: Final = (
    "SELECT count(*) FROM journal j LEFT JOIN erasure x ON x.record=json_extract(j.meta, '$[0]') "
    "WHERE j.epoch=? AND j.seq BETWEEN ? AND ? AND (j.nominal IS NOT NULL OR j.commitments IS NULL "
    "OR substr(j.commitments, 33)=? OR coalesce(x.halves, 0) & 2)"
)


def all_there(transaction: Transaction, epoch_no: int, first: int, last: int) -> bool:
    """Whether every row of a stretch is here, with what it says of people where no erasure took that."""
    found = transaction.execute(_THERE, (epoch_no, first, last, NO_COMMITMENT)).fetchone()
    return bool(found[0] == last - first + 1)


def weight(transaction: Transaction, epoch_no: int, first: int, last: int) -> int:
    """About how many bytes the rows of a stretch are."""
    (size,) = transaction.execute(
        f"SELECT coalesce(sum({_BYTES}), 0) FROM journal WHERE epoch=? AND seq BETWEEN ? AND ?",
        (epoch_no, first, last),
    ).fetchone()
    return int(size)


def divide(transaction: Transaction, epoch_no: int, first: int, last: int, most: int) -> list[tuple[int, int]]:
    """A stretch of whole change sets as stretches (first, last seq) of at most so many bytes, or of one change set."""
    if weight(transaction, epoch_no, first, last) <= most:
        return [(first, last)]
    rows = transaction.execute(
        f"SELECT seq, {_BYTES}, json_extract(meta, '$[6]') FROM journal WHERE epoch=? AND seq BETWEEN ? AND ? "
        "ORDER BY seq",
        (epoch_no, first, last),
    )
    found: list[tuple[int, int]] = []
    begin = end = first
    size = added = 0
    for seq, count, more in rows:
        added += count
        if more:
            continue
        if size and size + added > most:
            found.append((begin, end - 1))
            begin, size = end, 0
        size, added, end = size + added, 0, seq + 1
    return [*found, (begin, last)]
