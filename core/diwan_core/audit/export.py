"""`diwan audit export`: one case with all that proves it, in one file.

Rows of other records that lie between are given by their commitments only: their numbers and authors show, so that
nothing about the case can have been left out, and their values do not."""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
from pathlib import Path
from typing import Any, Final

import msgspec

from diwan_core.audit.casefile import (
    FORMAT,
    SEAL,
    SEAL_DOMAIN,
    CasePart,
    EpochPart,
    RowLine,
    Seal,
    sealed_message,
    write,
)
from diwan_core.audit.chain import committed, rows_of
from diwan_core.audit.verify import opened
from diwan_core.exchange.wire.messages import (
    RECEIPT_DOMAIN,
    VERSION,
    BadMessage,
    Receipt,
    decode,
    encode,
    signed_part,
)
from diwan_core.exchange.wire.parcel import raw_id
from diwan_core.register import Register, RegisterError, UnknownRecord
from diwan_core.register.journal.row import Meta, chain_start
from diwan_core.trust import NodeKeys
from diwan_core.trust.files import sync_folder

REACH: Final = 50_000
"""Rows taken along to link a receipt that lies behind the last checkpoint needed; beyond that it is left out."""
_meta = msgspec.json.Decoder(Meta).decode
_json = msgspec.json.encode

READ_ME: Final = """A case of a customs enforcement network, with what proves it.

Check it with `diwan audit check FILE` on any computer; no network, no key and no database is needed.
By hand, with SHA-256 and Ed25519 only: h = SHA-256(h before || C_rest || C_nominal || meta) from row to row, beginning
with "before" in case.json; a row's values fit C_rest = SHA-256(SHA-256("rest" || salt)[:16] || rest), and likewise
"nominal"; a signature is the origin's over "diwan/1/checkpoint" 0x00 "<origin> <epoch> <seq> " || h; the origins' keys
are in ledger.jsonl, whose first entry names the centre that signed the others. Each line of rows/ is
[seq, meta, C_rest, C_nominal, signature, rest, nominal, salt]. seal.json: the exporting node's signature over
"diwan/1/case" 0x00 and a line "<SHA-256 in hexadecimal> <name>" for each other part, sorted by name.
Compare the fingerprint of the centre that the check prints with the one the administration publishes.
"""


def export(folder: Path, record: str, target: Path) -> dict[str, int]:
    """Write the file of a case; what it holds, counted. Raises UnknownRecord, RegisterError, OSError."""
    with opened(folder) as register, register.store.read() as connection:
        parts, counts = _parts(register, connection, record)
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with open(partial, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            write(file, parts)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(target.parent)
    return counts


def _parts(
    register: Register, connection: sqlite3.Connection, record: str
) -> tuple[dict[str, bytes | Path], dict[str, int]]:
    held = connection.execute("SELECT no FROM record WHERE id=?", (record,)).fetchone()
    if held is None:
        raise UnknownRecord(f"There is no record {record} here. Look it up again.")
    numbers = {held[0]: record}
    numbers.update(
        connection.execute(
            "SELECT r.no, r.id FROM record_attachment a JOIN record r ON r.no=a.no WHERE a.subject=?", (record,)
        ).fetchall()
    )
    marks = ",".join("?" * len(numbers))
    stretches = connection.execute(
        "SELECT e.no, e.id, e.origin, e.own, min(j.seq), max(j.seq) FROM journal j JOIN epoch e ON e.no=j.epoch "
        f"WHERE j.record IN ({marks}) GROUP BY e.no ORDER BY e.id",
        list(numbers),
    ).fetchall()
    if not stretches:
        raise RegisterError(
            f"This node joined by snapshot and holds record {record} without its history. Export it at the centre."
        )
    epochs, parts = [], dict[str, bytes | Path]()
    counts = {"records": len(numbers), "epochs": len(stretches), "rows": 0, "rows of others": 0, "pictures": 0}
    records = sorted(numbers.values())
    for number, epoch, origin, own, first, last in stretches:
        receipt, upto = _receipt(register, connection, number, origin, epoch, bool(own), last)
        lines, before = _rows(connection, number, origin, epoch, first, upto, set(records), counts)
        epochs.append(EpochPart(epoch, origin, first, before.hex(), None if receipt is None else receipt.hex()))
        parts[f"rows/{epoch}.jsonl"] = b"\n".join(_json(line) for line in lines) + b"\n"
    case = CasePart(FORMAT, record, [record, *(r for r in records if r != record)], register.config.id, epochs)
    head: dict[str, bytes | Path] = {
        "READ-ME.txt": READ_ME.encode(),
        "case.json": msgspec.json.format(_json(case)),
        "ledger.jsonl": b"".join(
            row[0] + b"\n" for row in connection.execute("SELECT entry FROM ledger ORDER BY number")
        ),
    }
    blobs = connection.execute(
        f"SELECT DISTINCT sha256 FROM record_attachment WHERE no IN ({marks}) AND sha256 IS NOT NULL ORDER BY sha256",
        list(numbers),
    )
    for (name,) in blobs:
        path = register.blob_path(name)
        if path is not None:
            parts[f"blobs/{name}"] = path
            counts["pictures"] += 1
    whole = {**head, **parts}
    return {**whole, SEAL: _json(_sealed(register, whole)) + b"\n"}, counts


def _sealed(register: Register, parts: dict[str, bytes | Path]) -> Seal:
    """The exporting node's word for every part, those included that no row vouches for."""
    digests = [
        (name, hashlib.sha256(content if isinstance(content, bytes) else content.read_bytes()).digest())
        for name, content in parts.items()
    ]
    keys = NodeKeys.load(register.folder)
    return Seal(register.config.id, keys.sign(SEAL_DOMAIN, sealed_message(digests)).hex())


def _receipt(
    register: Register, connection: sqlite3.Connection, number: int, origin: str, epoch: str, own: bool, last: int
) -> tuple[bytes | None, int]:
    """The receipt that covers row `last`, and the row up to which the chain must be given."""
    signed = connection.execute(
        "SELECT min(seq) FROM journal WHERE epoch=? AND seq>=? AND signature IS NOT NULL", (number, last)
    ).fetchone()[0]
    upto = last if signed is None else signed
    row = connection.execute("SELECT receipt, heard FROM epoch WHERE no=?", (number,)).fetchone()
    if own and row[0] is not None:
        try:
            stored = decode(row[0], Receipt).stored
        except BadMessage:
            return None, upto
        return (row[0], max(upto, stored)) if last <= stored <= last + REACH else (None, upto)
    if register.config.role == "central" and not own:
        # The centre's own word, dated when it last heard of this epoch: the same state gives the same file.
        keys = NodeKeys.load(register.folder)
        digest = connection.execute("SELECT hash FROM journal WHERE epoch=? AND seq=?", (number, upto)).fetchone()[0]
        moment = row[1] or 0
        signature = keys.sign(RECEIPT_DOMAIN, signed_part(origin, epoch, upto, 0, moment, digest))
        return encode(Receipt(VERSION, raw_id(epoch), upto, 0, 0, moment, False, [], signature)), upto
    return None, upto


def _rows(
    connection: sqlite3.Connection,
    number: int,
    origin: str,
    epoch: str,
    first: int,
    upto: int,
    records: set[str],
    counts: dict[str, int],
) -> tuple[list[RowLine], bytes]:
    found = connection.execute(
        "SELECT hash FROM journal WHERE epoch=? AND seq=? UNION ALL SELECT hash FROM joint WHERE epoch=? AND seq=?",
        (number, first - 1, number, first - 1),
    ).fetchone()
    before: bytes = chain_start(origin, epoch) if first == 1 else bytes(32) if found is None else found[0]
    lines: list[RowLine] = []
    for row in rows_of(connection, number, first, upto):
        pair = committed(row.salt, row.rest, row.nominal, row.commitments)
        if pair is None or row.seq != first + len(lines):
            raise RegisterError(f"Row {row.seq} of epoch {epoch} was altered: run `diwan audit verify` first.")
        ours = _meta(row.meta).record in records
        counts["rows" if ours else "rows of others"] += 1
        values: tuple[Any, ...] = (None, None, None)
        if ours:
            rest, nominal = (part and part.decode() for part in (row.rest, row.nominal))
            values = (rest, nominal, row.salt and row.salt.hex())
        signature = None if row.signature is None else row.signature.hex()
        lines.append(RowLine(row.seq, row.meta.decode(), pair[0].hex(), pair[1].hex(), signature, *values))
    return lines, before
