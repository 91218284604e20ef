"""What the centre sets aside, within bounds. Of a sealed message nothing is kept that the law has erased, whenever it
arrives; once anything was erased, what nobody here can read is not kept at all.

A parcel of rows is sealed again, to this node, with its erased rows as they lie in the journal: meta and commitments.
So the rows beside them, and the origin's signature over all, are still there for whoever looks into it."""

from __future__ import annotations

import logging
import sqlite3
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

import msgspec

from diwan_core.exchange.centre.log_budget import LogBudget
from diwan_core.exchange.wire.compress import DICTIONARY_ID
from diwan_core.exchange.wire.messages import BadMessage, Piece, decode
from diwan_core.exchange.wire.parcel import (
    PIECE,
    ROWS,
    BadParcel,
    Header,
    pack,
    read_header,
    read_rows,
    rows_content,
    unpack,
)
from diwan_core.register.erasure.erase import is_erased_blob
from diwan_core.register.journal.row import BrokenLine, decode_rows, refuse_too_much
from diwan_core.register.records.apply import stripped
from diwan_core.register.storage.database import now_ms
from diwan_core.trust import NodeKeys

KEEP: Final = 10_000
KEEP_OF_ONE: Final = 1_000
"""Lines kept in quarantine, in all and of one sender; beyond that only counted, so that no hostile node can fill the
disk, nor take the room of others."""
BYTES_OF_ONE: Final = 64 * 1024 * 1024
"""Bytes of messages kept of one sender; beyond that lines without them."""

LOGGED: Final = 20
"""Lines of the log for what one parcel had set aside."""

ERASED = " (erased)"
"""Added to the reason of what was taken out."""

budget = LogBudget(logging.getLogger("diwan.ingest"))


class Kept(NamedTuple):
    """What is set aside: why, and the message where there is one."""

    code: str
    reason: str
    payload: bytes | None = None
    epoch: str | None = None
    first: int | None = None
    last: int | None = None


def bump(connection: sqlite3.Connection, name: str, by: int = 1) -> None:
    """Count more."""
    connection.execute(
        "INSERT INTO counter (name, value) VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value=value+?2", (name, by)
    )


def refuse(connection: sqlite3.Connection, node: str, code: str, reason: str) -> None:
    """Count and log a message that is dropped."""
    budget.warn(node, "refused from %s: %s (%s)", node[:20], reason, code)
    bump(connection, f"refused_{code}")


def keep(connection: sqlite3.Connection, keys: NodeKeys, node: str, found: Sequence[Kept]) -> None:
    """Set aside what came from a node, in a write transaction; all of it is counted, whether there is room or not."""
    if not found:
        return
    for kept in found[:LOGGED]:
        budget.warn(node, "quarantined from %s: %s (%s)", node, kept.reason, kept.code)
    if len(found) > LOGGED:
        budget.warn(node, "quarantined from %s: %d more in the same parcel", node, len(found) - LOGGED)
    for code, many in Counter(kept.code for kept in found).items():
        bump(connection, f"quarantined_{code}", many)
    (count,) = connection.execute("SELECT count(*) FROM quarantine").fetchone()
    (of_one,) = connection.execute("SELECT count(*) FROM quarantine WHERE sender=?", (node,)).fetchone()
    size = 0
    if of_one < KEEP_OF_ONE and any(kept.payload is not None for kept in found):
        (size,) = connection.execute(
            "SELECT coalesce(sum(length(payload)), 0) FROM quarantine WHERE sender=?", (node,)
        ).fetchone()
    for kept in found[: max(0, min(KEEP - count, KEEP_OF_ONE - of_one))]:
        payload, reason = kept.payload, kept.reason
        if payload is not None and size + len(payload) > BYTES_OF_ONE:
            payload = None
        if payload is not None:
            size += len(payload)
            left = keepable(connection, payload, keys)
            payload, reason = left, reason if left == payload else reason[:1900] + ERASED
        connection.execute(
            "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last, payload, value_free) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, 1)",
            (now_ms(), node, kept.code, reason[:2000], kept.epoch, kept.first, kept.last, payload),
        )


def keepable(connection: sqlite3.Connection, payload: bytes, keys: NodeKeys) -> bytes | None:
    """The same bytes where nothing erased is in them; else a parcel without it. None where that cannot be made, or
    nobody can say what is in them: bytes that cannot be read here are not searched for what a record's id looks like,
    which its sender could write in another way."""
    erased = dict(connection.execute("SELECT record, halves FROM erasure").fetchall())
    if not erased:
        return payload
    try:
        head, start = read_header(payload)
        content = unpack(payload, start, keys)
    except BadParcel:
        return None
    if head.kind == ROWS:
        return _rows(payload, head, content, erased, keys)
    return payload if head.kind == PIECE and _piece_is_free(connection, content) else None


def _rows(payload: bytes, head: Header, content: bytes, erased: dict[str, int], keys: NodeKeys) -> bytes | None:
    try:
        held, lines = read_rows(content, head)
        kept = {head.first + at: both for at, both in held.erased}
        refuse_too_much(lines)
        rows = decode_rows(lines, head.first, held.salts, b"", kept)
    except (BrokenLine, BadParcel):
        return None
    left = [stripped(row, erased.get(row.meta.record, 0)) for row in rows]
    if all(row is before for row, before in zip(left, rows, strict=True)):
        return payload
    body = b"\n".join(
        b"[%b,%b,%b]"
        % (row.meta_json, row.rest_json or b"{}", b"null" if row.nominal_json is None else row.nominal_json)
        for row in left
    )
    salts = b"".join(row.salt or bytes(16) for row in left)
    marks = [(at, row.commitments) for at, row in enumerate(left) if row.commitments is not None]
    about = msgspec.structs.replace(head, compression=DICTIONARY_ID)
    return pack(about, rows_content(held.signature, salts, body, marks), keys.sealing_public)


def _piece_is_free(connection: sqlite3.Connection, content: bytes) -> bool:
    """Whether it can be read, and is no piece of a picture that was erased."""
    try:
        return not is_erased_blob(connection, decode(content, Piece, len(content)).sha256.hex())
    except BadMessage:
        return False
