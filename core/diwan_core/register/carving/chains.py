"""Decides which carved rows are what their authors wrote: each is chained by its hash to the one before it.

A row behind a gap cannot be proven itself; but the rows after it go on from its hash, and they can be. So *stretches*
of every epoch are left. What lies between two of them is at the centre, or lost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from diwan_core.register.carving.carve import Carved, Epoch
from diwan_core.register.carving.scratch import FoundRow, ProvenRow, Scratch
from diwan_core.register.journal.row import OPENING, BrokenLine, Meta, Row, chain_start, kept_halves, link, row_hash

_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode


@dataclass(frozen=True, slots=True)
class Candidate:
    """A possible row of the journal, decoded. `no` was its number in the damaged register."""

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
    """The part of an epoch that is left."""

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
    with carved.scratch.filling():
        for no in sorted(epochs):
            _prove(carved, epochs[no])
            found.append(Chain(epochs[no], list(_stretches(carved.scratch, no))))
    return found


def candidate_of(found: FoundRow) -> Candidate | None:
    """A row that was found, read; None where its parts are not those of a row."""
    rest, nominal = found.rest, found.nominal
    try:
        row = Row(
            found.seq, _meta(found.meta), found.meta.encode(), (rest or "").encode(),
            None if nominal is None else nominal.encode(), _half(rest) if rest else {},
            None if nominal is None else _half(nominal), found.salt or b"", found.hash, found.commitments,
        )  # fmt: skip
    except (msgspec.DecodeError, RecursionError):
        return None
    return Candidate(found.no, found.content, row, found.signature)


def proven_rows(scratch: Scratch) -> Iterator[tuple[int, Candidate]]:
    """(epoch's number, row) of all that is proven, in the order in which the rows came into the damaged register."""
    for epoch, row in scratch.proven_rows():
        found = candidate_of(row)
        if found is not None:
            yield epoch, found


def rows_from(scratch: Scratch, epoch: int, first: int) -> Iterator[Candidate]:
    """What is left of an epoch from a row on, one candidate for each number: the proven one where there is one."""
    for seq, group in _by_seq(scratch, epoch, first):
        known = scratch.proven_content(epoch, seq)
        yield next((one for one in group if known and one.content == known), group[0])


def hash_before(scratch: Scratch, epoch: Epoch, seq: int) -> bytes:
    """The hash that a proven row goes on from."""
    return chain_start(epoch.origin, epoch.id) if seq == 1 else scratch.proven_hash(epoch.no, seq - 1)


def _epochs(carved: Carved) -> dict[int, Epoch]:
    """All epochs, also those whose row in the table of epochs is lost: an opening row says which epoch it opens, and
    names the epoch before it with the hash of a row there."""
    scratch, found = carved.scratch, dict(carved.epochs)
    parents: dict[bytes, tuple[str, str]] = {}
    for no, meta, rest in scratch.first_rows():
        opening = _opening(meta, rest)
        if opening is None:
            continue
        name, origin, parent = opening
        if parent is not None:
            parents[parent[2]] = (parent[0], origin)
        if no not in found:
            found[no] = _unknown(no, name, origin, parent)
    for no in scratch.epochs():
        if no not in found:
            for digest in scratch.hashes(no):
                if digest in parents:
                    found[no] = _unknown(no, *parents[digest], None)
                    break
    return found


def _signed_by_us(carved: Carved, epochs: dict[int, Epoch], node: str, is_own: IsOwn, names: Iterable[str]) -> None:
    """Add epochs of which neither the row in the table nor the opening row is left: their own checkpoints say which of
    the names that records give them is right."""
    for no in carved.scratch.epochs():
        if no in epochs:
            continue
        signed = carved.scratch.checkpoints(no)
        for name in (*carved.scratch.names_by_records(no), *names):
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
    """Give every row of an epoch its place in the chain, with the candidate that fits there."""
    at, digest = 0, chain_start(epoch.origin, epoch.id)
    for seq, candidates in _by_seq(carved.scratch, epoch.no):
        if seq != at + 1:
            digest = carved.joints.get((epoch.no, seq - 1), b"")
        found = next((one for one in candidates if digest and _continues(digest, one.row)), None)
        edge = found is None
        if found is None:
            found = _edge(carved.scratch, epoch.no, seq, candidates)
        more, signed = bool(found.row.meta.more), found.signature is not None
        carved.scratch.add_proven(ProvenRow(epoch.no, seq, found.no, found.content, found.row.hash, edge, more, signed))
        at, digest = seq, found.row.hash


def _stretches(scratch: Scratch, epoch: int) -> Iterator[Stretch]:
    """Runs of proven rows, without the parts of change sets whose beginning or end is not among them."""
    first = at = whole = 0
    begun = True
    for seq, edge, more in scratch.proven_places(epoch):
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


def _by_seq(scratch: Scratch, no: int, first: int = 0) -> Iterator[tuple[int, list[Candidate]]]:
    """The candidates for each row of an epoch, those of the live database first."""
    gathered: list[Candidate] = []
    for row in scratch.candidates(no, first):
        found = candidate_of(row)
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


def _edge(scratch: Scratch, no: int, seq: int, candidates: list[Candidate]) -> Candidate:
    """The first row behind a gap: the candidate from whose hash the next row goes on, or the first of them."""
    if len(candidates) > 1:
        following = next(_by_seq(scratch, no, seq + 1), (0, []))
        for one in candidates:
            if any(after.row.seq == seq + 1 and _continues(one.row.hash, after.row) for after in following[1]):
                return one
    return candidates[0]
