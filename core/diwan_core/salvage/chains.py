"""Which of the rows that were carved are what their author wrote: each is chained by hash to the one before it.

A row behind a gap cannot be proven itself, but its hash is where the rows behind it go on from, and they can. So of
every epoch *stretches* are left; what lies between them the centre has, or nobody.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from diwan_core.register.journal.row import (
    OPENING,
    BrokenLine,
    Meta,
    Row,
    chain_start,
    kept_halves,
    link,
    row_hash,
)
from diwan_core.salvage.carve import Carved, Epoch

_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode
_COLUMNS: Final = "seq, no, content, meta, rest, nominal, salt, hash, signature, commitments"


@dataclass(frozen=True, slots=True)
class Candidate:
    """What may be a row of the journal. `no` was its number in the damaged register."""

    no: int
    content: bytes
    row: Row
    signature: bytes | None


@dataclass(frozen=True, slots=True)
class Stretch:
    """Rows of an epoch that are proven and hold whole change sets only."""

    first: int
    last: int


@dataclass
class Chain:
    """What is left of an epoch."""

    epoch: Epoch
    stretches: list[Stretch] = field(default_factory=list)

    def last_with(self, seq: int) -> int:
        """The last row of the stretch that holds this one; the one before it where none does."""
        return next((one.last for one in self.stretches if one.first <= seq <= one.last), seq - 1)


IsOwn = Callable[[str, int, bytes, bytes], bool]
"""(epoch, seq, hash, signature) -> whether this node signed that checkpoint of its own epoch."""


def chains(carved: Carved, node: str, is_own: IsOwn, names: Iterable[str] = ()) -> list[Chain]:
    """Every epoch known, by its number in the damaged register; its proven rows are in the scratch database. `names`
    are epochs of this `node` known from elsewhere."""
    epochs = _epochs(carved)
    _signed_by_us(carved, epochs, node, is_own, names)
    found = []
    carved.scratch.execute("BEGIN")
    for no in sorted(epochs):
        _prove(carved, epochs[no])
        found.append(Chain(epochs[no], list(_stretches(carved.scratch, no))))
    carved.scratch.execute("COMMIT")
    return found


def candidate_of(values: tuple[Any, ...]) -> Candidate | None:
    """A row from `_COLUMNS`; None where its parts are not what a row's are."""
    seq, number, content, meta, rest, nominal, salt, digest, signature, commitments = values
    try:
        row = Row(
            seq, _meta(meta), meta.encode(), (rest or "").encode(), None if nominal is None else nominal.encode(),
            _half(rest) if rest else {}, None if nominal is None else _half(nominal), salt or b"", digest, commitments,
        )  # fmt: skip
    except (msgspec.DecodeError, RecursionError):
        return None
    return Candidate(number, content, row, signature)


def proven_rows(connection: sqlite3.Connection) -> Iterator[tuple[int, Candidate]]:
    """(epoch's number, row) of all that is proven, in the order in which they came into the damaged register."""
    columns = ", ".join(f"r.{name.strip()}" for name in _COLUMNS.split(","))
    for epoch, *values in connection.execute(
        f"SELECT r.epoch, {columns} FROM proven p "
        "JOIN row r ON r.epoch=p.epoch AND r.seq=p.seq AND r.content=p.content "
        "WHERE p.edge=0 ORDER BY p.no, p.epoch, p.seq"
    ):
        found = candidate_of(tuple(values))
        if found is not None:
            yield epoch, found


def rows_from(connection: sqlite3.Connection, epoch: int, first: int) -> Iterator[Candidate]:
    """What is left of an epoch from a row on, one candidate for each number: the proven one where there is one."""
    for seq, group in _by_seq(connection, epoch, first):
        known = connection.execute("SELECT content FROM proven WHERE epoch=? AND seq=?", (epoch, seq)).fetchone()
        yield next((one for one in group if known and one.content == known[0]), group[0])


def hash_before(connection: sqlite3.Connection, epoch: Epoch, seq: int) -> bytes:
    """The hash that a proven row goes on from."""
    if seq == 1:
        return chain_start(epoch.origin, epoch.id)
    found = connection.execute("SELECT hash FROM proven WHERE epoch=? AND seq=?", (epoch.no, seq - 1)).fetchone()
    return bytes(found[0]) if found else b""


def _epochs(carved: Carved) -> dict[int, Epoch]:
    """The epochs, those too whose row in the table is lost: an opening row says which one it opens, and names the one
    before it with the hash of a row of that."""
    connection, found = carved.scratch, dict(carved.epochs)
    parents: dict[bytes, tuple[str, str]] = {}
    for no, meta, rest in connection.execute("SELECT epoch, meta, rest FROM row WHERE seq=1").fetchall():
        opening = _opening(meta, rest)
        if opening is None:
            continue
        name, origin, parent = opening
        if parent is not None:
            parents[parent[2]] = (parent[0], origin)
        if no not in found:
            found[no] = _unknown(no, name, origin, parent)
    for (no,) in connection.execute("SELECT DISTINCT epoch FROM row").fetchall():
        if no not in found:
            for (digest,) in connection.execute("SELECT hash FROM row WHERE epoch=?", (no,)):
                if digest in parents:
                    found[no] = _unknown(no, *parents[digest], None)
                    break
    return found


def _signed_by_us(carved: Carved, epochs: dict[int, Epoch], node: str, is_own: IsOwn, names: Iterable[str]) -> None:
    """Epochs of which neither the row in the table nor the opening row is left: their own checkpoints say which of the
    names that records give is theirs."""
    connection = carved.scratch
    for (no,) in connection.execute("SELECT DISTINCT epoch FROM row").fetchall():
        if no in epochs:
            continue
        given = connection.execute(
            "SELECT DISTINCT b.epoch FROM row r JOIN base b ON b.no=r.no WHERE r.epoch=?", (no,)
        ).fetchall()
        signed = connection.execute(
            "SELECT seq, hash, signature FROM row WHERE epoch=? AND signature IS NOT NULL LIMIT 50", (no,)
        ).fetchall()
        for name in (*(row[0] for row in given), *names):
            if any(is_own(name, *checkpoint) for checkpoint in signed):
                epochs[no] = _unknown(no, name, node, None)
                break


def _unknown(no: int, name: str, origin: str, parent: tuple[str, int, bytes] | None) -> Epoch:
    return Epoch(no, name, origin, False, parent, 0, 0, 0, None, None)


def _opening(meta: str, rest: str | None) -> tuple[str, str, tuple[str, int, bytes] | None] | None:
    """(epoch, origin, parent) of an opening row."""
    try:
        if rest is None or _meta(meta).type != OPENING:
            return None
        match _half(rest):
            case {"epoch": str(epoch), "origin": str(origin), "parent": [str(name), int(seq), str(digest)]}:
                return epoch, origin, (name, seq, bytes.fromhex(digest))
            case {"epoch": str(epoch), "origin": str(origin)}:
                return epoch, origin, None
    except (msgspec.DecodeError, RecursionError, ValueError):
        pass
    return None


def _prove(carved: Carved, epoch: Epoch) -> None:
    at, digest = 0, chain_start(epoch.origin, epoch.id)
    for seq, candidates in _by_seq(carved.scratch, epoch.no):
        if seq != at + 1:
            digest = carved.joints.get((epoch.no, seq - 1), b"")
        found = next((one for one in candidates if digest and _continues(digest, one.row)), None)
        edge = found is None
        if found is None:
            found = _edge(carved.scratch, epoch.no, seq, candidates)
        carved.scratch.execute(
            "INSERT INTO proven VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (epoch.no, seq, found.no, found.content, found.row.hash, edge, found.row.meta.more,
             found.signature is not None),
        )  # fmt: skip
        at, digest = seq, found.row.hash


def _stretches(connection: sqlite3.Connection, epoch: int) -> Iterator[Stretch]:
    """Runs of proven rows, without the parts of change sets whose beginning or end is not among them."""
    first = at = whole = 0
    begun = True
    rows = connection.execute("SELECT seq, edge, more FROM proven WHERE epoch=? ORDER BY seq", (epoch,)).fetchall()
    for seq, edge, more in rows:
        if edge or seq != at + 1:
            if first and whole >= first:
                yield Stretch(first, whole)
            first, begun = 0, not edge
        if not edge:
            if begun and not first:
                first = seq
            if not more:
                whole = seq
        if not more:
            begun = True  # the next row begins a change set
        at = seq
    if first and whole >= first:
        yield Stretch(first, whole)


def _by_seq(connection: sqlite3.Connection, no: int, first: int = 0) -> Iterator[tuple[int, list[Candidate]]]:
    """What may be each row, that of the live database first."""
    gathered: list[Candidate] = []
    for values in connection.execute(
        f"SELECT {_COLUMNS} FROM row WHERE epoch=? AND seq>=? ORDER BY seq, live DESC, signature IS NULL", (no, first)
    ):
        found = candidate_of(values)
        if found is None:
            continue
        if gathered and gathered[0].row.seq != found.row.seq:
            yield gathered[0].row.seq, gathered
            gathered = []
        gathered.append(found)
    if gathered:
        yield gathered[0].row.seq, gathered


def _continues(previous: bytes, row: Row) -> bool:
    """Whether a row is the one that follows this hash."""
    if row.commitments is None:
        return link(previous, row.salt, row.meta_json, row.rest_json, row.nominal_json) == row.hash
    try:
        kept_halves(row.commitments, row.salt, row.rest_json or b"{}", row.nominal_json)
    except BrokenLine:
        return False
    return row_hash(previous, row.meta_json, row.commitments[:32], row.commitments[32:]) == row.hash


def _edge(connection: sqlite3.Connection, no: int, seq: int, candidates: list[Candidate]) -> Candidate:
    """The first row behind a gap: the one from whose hash the next row goes on; where none does, the first."""
    if len(candidates) > 1:
        following = next(_by_seq(connection, no, seq + 1), (0, []))
        for one in candidates:
            if any(after.row.seq == seq + 1 and _continues(one.row.hash, after.row) for after in following[1]):
                return one
    return candidates[0]
