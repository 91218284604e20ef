"""`diwan audit export`: write one case, with all that proves it, into one file.

Of the rows of other records that lie between those of the case only commitments are given. Their numbers and authors
show, which proves that no row of the case was left out; their values do not show."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO, Final

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
from diwan_core.audit.chain import commitment
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
from diwan_core.register.inspection import Inspection, Stretch, inspect
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
    with Register.open_current(folder) as register, inspect(register.store) as inspection:
        parts, counts = _parts(register, inspection, record)
    write_whole(target, lambda file: write(file, parts))
    return counts


def write_whole(target: Path, fill: Callable[[BinaryIO], object]) -> None:
    """Write a file that only its owner may read, and put it in its place when it is whole and on the disk."""
    partial = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with open(partial, "xb", opener=lambda name, flags: os.open(name, flags, 0o600)) as file:
            fill(file)
            file.flush()
            os.fsync(file.fileno())
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    sync_folder(target.parent)


def _parts(register: Register, inspection: Inspection, record: str) -> tuple[dict[str, bytes | Path], dict[str, int]]:
    numbers = inspection.case.records_of_case(record)
    if not numbers:
        raise UnknownRecord(f"There is no record {record} here. Look it up again.")
    stretches = inspection.case.stretches(numbers)
    if not stretches:
        raise RegisterError(
            f"This node joined by snapshot and holds record {record} without its history. Export it at the centre."
        )
    epochs, parts = [], dict[str, bytes | Path]()
    counts = {"records": len(numbers), "epochs": len(stretches), "rows": 0, "rows of others": 0, "pictures": 0}
    records = sorted(numbers.values())
    for one in stretches:
        receipt, upto = _receipt(register, inspection, one)
        lines, before = _rows(inspection, one, upto, set(records), counts)
        epochs.append(
            EpochPart(one.epoch, one.origin, one.first, before.hex(), None if receipt is None else receipt.hex())
        )
        parts[f"rows/{one.epoch}.jsonl"] = b"\n".join(_json(line) for line in lines) + b"\n"
    case = CasePart(FORMAT, record, [record, *(r for r in records if r != record)], register.config.id, epochs)
    head: dict[str, bytes | Path] = {
        "READ-ME.txt": READ_ME.encode(),
        "case.json": msgspec.json.format(_json(case)),
        "ledger.jsonl": b"".join(entry + b"\n" for _, entry in inspection.network.ledger_entries()),
    }
    for name in inspection.case.picture_names(numbers):
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


def _receipt(register: Register, inspection: Inspection, stretch: Stretch) -> tuple[bytes | None, int]:
    """The receipt that covers the last row of a stretch, and the row up to which the chain must be given."""
    last = stretch.last
    signed = inspection.case.next_checkpoint(stretch.epoch_no, last)
    upto = last if signed is None else signed
    if stretch.own and stretch.receipt is not None:
        try:
            stored = decode(stretch.receipt, Receipt).stored
        except BadMessage:
            return None, upto
        return (stretch.receipt, max(upto, stored)) if last <= stored <= last + REACH else (None, upto)
    if register.config.role == "central" and not stretch.own:
        # The centre's own word, dated when it last heard of this epoch: the same state gives the same file.
        keys = NodeKeys.load(register.folder)
        digest = inspection.journal.row_hash(stretch.epoch_no, upto) or b""
        moment = stretch.heard or 0
        signature = keys.sign(RECEIPT_DOMAIN, signed_part(stretch.origin, stretch.epoch, upto, 0, moment, digest))
        return encode(Receipt(VERSION, raw_id(stretch.epoch), upto, 0, 0, moment, False, [], signature)), upto
    return None, upto


def _rows(
    inspection: Inspection, stretch: Stretch, upto: int, records: set[str], counts: dict[str, int]
) -> tuple[list[RowLine], bytes]:
    """The lines of a stretch up to a row, and the hash before the first. Raises RegisterError."""
    number, epoch, first = stretch.epoch_no, stretch.epoch, stretch.first
    held = chain_start(stretch.origin, epoch) if first == 1 else inspection.journal.hash_before(number, first)
    before = bytes(32) if held is None else held
    lines: list[RowLine] = []
    for row in inspection.journal.rows(number, first, upto):
        pair = commitment(row.salt, row.rest, row.nominal, row.commitments)
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
