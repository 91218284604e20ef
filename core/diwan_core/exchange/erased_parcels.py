"""Sealed messages without what the law has erased. Once anything was erased, what nobody here can read is not kept.

A parcel of rows is sealed again, to this node, with its erased rows as they lie in the journal: meta and commitments.
So the rows beside them, and the origin's signature over all, are still there for whoever looks into it."""

from __future__ import annotations

import msgspec

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
from diwan_core.register import Transaction
from diwan_core.register.erasure.erase import is_erased_blob
from diwan_core.register.erasure.orders import halves_ordered
from diwan_core.register.journal.row import BrokenLine
from diwan_core.register.journal.row_lines import decode_rows, refuse_too_much
from diwan_core.register.records.apply import without_halves
from diwan_core.trust import NodeKeys

ERASED = " (erased)"
"""Added to the reason of what was taken out."""


def keepable(transaction: Transaction, payload: bytes, keys: NodeKeys) -> bytes | None:
    """The same bytes where nothing erased is in them; else a parcel without it. None where that cannot be made, or
    nobody can say what is in them: bytes that cannot be read here are not searched for what a record's id looks like,
    which its sender could write in another way."""
    erased = halves_ordered(transaction)
    if not erased:
        return payload
    try:
        head, start = read_header(payload)
        content = unpack(payload, start, keys)
    except BadParcel:
        return None
    if head.kind == ROWS:
        return _rows(payload, head, content, erased, keys)
    return payload if head.kind == PIECE and _piece_is_free(transaction, content) else None


def _rows(payload: bytes, head: Header, content: bytes, erased: dict[str, int], keys: NodeKeys) -> bytes | None:
    try:
        held, lines = read_rows(content, head)
        kept = {head.first + at: both for at, both in held.erased}
        refuse_too_much(lines)
        rows = decode_rows(lines, head.first, held.salts, b"", kept)
    except (BrokenLine, BadParcel):
        return None
    left = [without_halves(row, erased.get(row.meta.record, 0)) for row in rows]
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


def _piece_is_free(transaction: Transaction, content: bytes) -> bool:
    """Whether it can be read, and is not a piece of a picture that was erased."""
    try:
        return not is_erased_blob(transaction, decode(content, Piece, len(content)).sha256.hex())
    except BadMessage:
        return False
