"""A case without personal data, signed by a node: what may leave of it, and the hashes of its rows.

It is one line of JSON: {"format", "type", "values", "rows", "key", "signature"}, and where there are any "amounts" and
"coarser". `values` are what `diwan_core.leaving` lets go, `amounts` what the goods lines come to, `coarser` what stands
for office, day and nationality where few cases are like it; `rows` the chain's hash at each row of the case
(docs/protocol.md, "Row, commitments, chain"), which tell
nothing by themselves; `key` and `signature` are the node's, Ed25519, domain diwan/1/statement, over the canonical JSON
of the rest. It is the node's word. A proof needs the rows themselves, with who wrote them and when: who is given the
whole case file later can compare it with the statement."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec

from diwan_core.audit.casefile import BadCaseFile, CaseFile, CasePart, RowLine
from diwan_core.audit.chain import commitment
from diwan_core.audit.export import write_whole
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.run.departing import Departing, measured
from diwan_core.register import Register, RegisterError, UnknownRecord
from diwan_core.register.inspection import inspect
from diwan_core.register.journal.row import Meta, chain_start, row_hash
from diwan_core.trust import NodeKeys, fingerprint
from diwan_core.trust.canonical import canonical
from diwan_core.trust.network.keys import raw_public, verify

FORMAT: Final = "diwan/1 statement"
DOMAIN: Final = b"diwan/1/statement"
MOST: Final = 8 * 1024 * 1024
"""Bytes of a statement; a longer file is none."""
_meta = msgspec.json.Decoder(Meta).decode
_Hex32 = Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{64}\Z")]


class Statement(msgspec.Struct, frozen=True):
    """The file."""

    format: str
    type: str
    values: dict[str, Any]
    rows: list[_Hex32]
    key: _Hex32
    signature: Annotated[str, msgspec.Meta(pattern=r"\A[0-9a-f]{128}\Z")]
    amounts: dict[str, dict[str, str]] = {}
    coarser: dict[str, Any] = {}

    @property
    def fingerprint(self) -> str:
        """The fingerprint of the node that signed it."""
        return fingerprint(bytes.fromhex(self.key))


def write_statement(
    folder: Path, record_id: str, target: Path, today: date, note: Callable[[int], None]
) -> dict[str, int]:
    """Write the statement of a record; what it holds, counted. `note` is told beforehand how far it was made coarser.
    Raises UnknownRecord, NoTemplate, HeldBack, RegisterError, OSError."""
    with Register.open_current(folder) as register:
        record = register.get(record_id)
        if record is None:
            raise UnknownRecord(f"There is no record {record_id} here. Look it up again.")
        departing = Departing(register, DICTIONARY.type(record.type), today)
        left = departing.leave(record)
        amounts = measured(departing.amounts(record, left))
        rows = [held.hex() for held in _row_hashes(register, record_id)]
    keys = NodeKeys.load(folder)
    body = {
        "format": FORMAT, "type": record.type, "values": left.values, "rows": rows,
        **{name: held for name, held in (("amounts", amounts), ("coarser", left.coarser)) if held},
        "key": raw_public(keys.identity_key).hex(),
    }  # fmt: skip
    signature = keys.sign(DOMAIN, canonical(body)).hex()
    note(left.level)
    content = canonical({**body, "signature": signature}) + b"\n"
    write_whole(target, lambda file: file.write(content))
    return {"fields": len(left.values), "rows": len(rows)}


def _row_hashes(register: Register, record_id: str) -> Iterator[bytes]:
    """The chain's hash at each row of a record, by epoch. Raises RegisterError for an altered row."""
    with inspect(register.store) as inspection:
        numbers = {no: held for no, held in inspection.case.records_of_case(record_id).items() if held == record_id}
        for stretch in inspection.case.stretches(numbers):
            number, first = stretch.epoch_no, stretch.first
            held = chain_start(stretch.origin, stretch.epoch)
            if first > 1:
                held = inspection.journal.hash_before(number, first) or held
            for row in inspection.journal.rows(number, first, stretch.last):
                pair = commitment(row.salt, row.rest, row.nominal, row.commitments)
                if pair is None:
                    raise RegisterError(f"Row {row.seq} of an epoch was altered: run `diwan audit verify` first.")
                held = row_hash(held, row.meta, *pair)
                if _meta(row.meta).record == record_id:
                    yield held


def is_statement(path: Path) -> bool:
    """Whether a file begins as a statement does; a case file is an archive."""
    with path.open("rb") as file:
        return file.read(1) == b"{"


def read_statement(path: Path) -> Statement:
    """The statement in a file, whose signature fits. Raises BadCaseFile."""
    with path.open("rb") as file:
        raw = file.read(MOST + 1)
    try:
        if len(raw) > MOST:
            raise BadCaseFile(f"{path} is longer than a statement")
        found = msgspec.json.decode(raw, type=Statement, strict=True)
        rest = {key: value for key, value in msgspec.json.decode(raw).items() if key != "signature"}
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise BadCaseFile(f"{path} is no statement ({error}); ask for it again") from error
    if found.format != FORMAT:
        raise BadCaseFile(f"the file's format is {found.format[:40]!r}; this release reads {FORMAT!r}")
    if not verify(bytes.fromhex(found.key), DOMAIN, canonical(rest), bytes.fromhex(found.signature)):
        raise BadCaseFile(f"{path} was changed: its signature does not fit")
    return found


def missing_rows(statement: Statement, whole: Path) -> list[str]:
    """The rows of a statement that a whole case file does not hold; [] where it is of the same case. Raises
    BadCaseFile."""
    found: set[str] = set()
    with CaseFile(whole) as file:
        try:
            case = msgspec.json.decode(file.read("case.json"), type=CasePart)
            for epoch in case.epochs:
                lines = (msgspec.json.decode(line, type=RowLine) for line in file.lines(f"rows/{epoch.id}.jsonl"))
                found.update(_hashes(bytes.fromhex(epoch.before), lines))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadCaseFile(f"{whole} cannot be read ({error})") from error
    return [row for row in statement.rows if row not in found]


def _hashes(before: bytes, lines: Iterable[RowLine]) -> Iterator[str]:
    held = before
    for line in lines:
        held = row_hash(held, line.meta.encode(), bytes.fromhex(line.c_rest), bytes.fromhex(line.c_nominal))
        yield held.hex()
