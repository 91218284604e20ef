"""`diwan audit check`: verifies a case file anywhere, with nothing but the file, and says in words what it proves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import msgspec

from diwan_core.audit.casefile import (
    FORMAT,
    SEAL,
    SEAL_DOMAIN,
    BadCaseFile,
    CaseFile,
    CasePart,
    EpochPart,
    RowLine,
    Seal,
    sealed_message,
)
from diwan_core.audit.chain import committed
from diwan_core.audit.finding import Finding
from diwan_core.audit.keys import Identities
from diwan_core.audit.vouching import name_of, time_text, vouched
from diwan_core.exchange.wire.messages import BadMessage, BoundReceipt, decode
from diwan_core.exchange.wire.parcel import text_id
from diwan_core.exchange.wire.signed import is_receipt
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import NO_COMMITMENT, Meta, chain_start, commitments, row_hash
from diwan_core.register.records.apply import PLANS
from diwan_core.register.records.merge import Head
from diwan_core.register.records.replay import Change, merged
from diwan_core.trust import TrustError, fingerprint, verify

_meta = msgspec.json.Decoder(Meta).decode
_case = msgspec.json.Decoder(CasePart).decode
_row = msgspec.json.Decoder(RowLine).decode
_seal = msgspec.json.Decoder(Seal).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode
_HEX: Final = re.compile(r"[0-9a-f]*")
Value = dict[str, Any]


@dataclass(slots=True)
class Checked:
    """What a case file proves. `statements` are sentences, `changes` who wrote what when, `values` the record as
    they give it; `findings` is what does not fit, and then nothing is proven."""

    record: str = ""
    fingerprint: str = ""
    statements: list[str] = field(default_factory=list)
    changes: list[Value] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    keys: list[Value] = field(default_factory=list)
    """Each key whose signature counted, with the ledger entry that vouches for it."""

    @property
    def proven(self) -> bool:
        """Whether everything in the file fits together."""
        return not self.findings


def check(path: Path, authority: str | None = None) -> Checked:
    """Verify a file; `authority` is the centre's fingerprint as the administration publishes it. Raises
    BadCaseFile where it cannot even be read."""
    with CaseFile(path) as file:
        return _Check(file).all(authority)


class _Check:
    def __init__(self, file: CaseFile) -> None:
        self._file = file
        self._done = Checked()
        self._changes: dict[str, list[Change]] = {}
        self._kinds: dict[str, str] = {}
        self._used: dict[tuple[str, bytes], None] = {}
        try:
            self._case = _case(file.read("case.json"))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadCaseFile(f"case.json cannot be read ({error})") from error
        if self._case.format != FORMAT:
            raise BadCaseFile(f"the file's format is {self._case.format[:40]!r}; this release reads {FORMAT!r}")

    def all(self, authority: str | None) -> Checked:
        done = self._done
        done.record = self._case.record
        identities = self._ledger(authority)
        if identities is not None:
            for epoch in self._case.epochs:
                self._epoch(epoch, identities)
            done.changes.sort(key=lambda change: (change["hlc"], change["epoch"], change["seq"]))
            self._others()
            self._replay()
            self._blobs()
            self._say(identities)
            self._sealed(identities)
            done.keys, sentences = vouched(identities, self._used)
            done.statements += sentences
        return done

    def _find(self, kind: str, what: str, **place: Any) -> None:
        self._done.findings.append(Finding(kind, what, **place))

    def _ledger(self, authority: str | None) -> Identities | None:
        entries = self._file.read("ledger.jsonl").split(b"\n")[:-1]
        try:
            first = msgspec.json.decode(entries[0] if entries else b"{}", type=_First)
            identity = first.entry.facts.identity
            identities = Identities.of(identity, entries)
        except (msgspec.DecodeError, TrustError, UnicodeError, RecursionError) as error:
            self._find("ledger", f"the ledger does not verify: {error}", name="ledger")
            return None
        shown = self._done.fingerprint = fingerprint(identity)
        if authority is not None and re.sub(r"[^a-z2-7]", "", authority.lower()) != shown.replace("-", ""):
            self._find("authority", f"the file was signed by the centre {shown}, not by {authority}", name="ledger")
        return identities

    def _epoch(self, part: EpochPart, identities: Identities) -> None:
        if not identities.keys.get(part.origin):
            self._find("origin", f"origin {part.origin} is not in the ledger", epoch=part.id)
        digest, at, vouched, last = bytes.fromhex(part.before), part.first - 1, 0, 0
        if part.first == 1 and digest != chain_start(part.origin, part.id):
            self._find("altered", "the chain does not begin as this epoch's must", epoch=part.id, seq=1)
        hashes: dict[int, bytes] = {}
        for row in self._rows(part):
            if row.seq != at + 1:
                self._find("removed", f"rows {at + 1} to {row.seq - 1} are missing", epoch=part.id, seq=at + 1)
            at = row.seq
            digest = row_hash(digest, row.meta.encode(), bytes.fromhex(row.c_rest), bytes.fromhex(row.c_nominal))
            hashes[at] = digest
            try:
                meta = _meta(row.meta)
            except msgspec.DecodeError as error:
                self._find("altered", f"its first part cannot be read ({error})", epoch=part.id, seq=at)
                continue
            if meta.record in self._case.records:
                last = at
                self._row(part, row, meta, identities)
            if row.signature is not None:
                message = checkpoint_message(part.origin, part.id, at, digest)
                if self._signed(identities, part.origin, CHECKPOINT_DOMAIN, message, _bytes(row.signature)):
                    vouched = at
                else:
                    what = "the origin's signature here does not fit: rows up to here were altered or exchanged"
                    self._find("signature", what, epoch=part.id, seq=at)
        if vouched < last:
            self._find("signature", "no signature of the origin covers the case's last row", epoch=part.id, seq=last)
        self._say_epoch(part, identities, vouched)
        self._receipt(part, identities, hashes)

    def _signed(self, identities: Identities, node: str, domain: bytes, message: bytes, signature: bytes) -> bool:
        """Whether one of the keys that the ledger ever gave a node made this signature; which one is remembered."""
        for key in identities.keys.get(node, []):
            if verify(key, domain, message, signature):
                self._used[node, key] = None
                return True
        return False

    def _rows(self, part: EpochPart) -> Iterator[RowLine]:
        name = f"rows/{part.id}.jsonl"
        for line in self._file.lines(name):
            try:
                yield _row(line)
            except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
                raise BadCaseFile(f"{name} cannot be read ({error})") from error

    def _row(self, part: EpochPart, row: RowLine, meta: Meta, identities: Identities) -> None:
        rest, nominal = (None if text is None else text.encode() for text in (row.rest, row.nominal))
        pair = (bytes.fromhex(row.c_rest), bytes.fromhex(row.c_nominal))
        salt = None if row.salt is None else _bytes(row.salt)
        whole = salt is not None and rest is not None and commitments(salt, rest, nominal) == pair
        if not whole:
            erased = identities.erased.get(meta.record)
            gone = (rest is None) | (nominal is None and pair[1] != NO_COMMITMENT) << 1
            if not gone or committed(salt, rest, nominal, b"".join(pair)) is None:
                self._find("altered", "its values are not the ones its author wrote", epoch=part.id, seq=row.seq)
                return
            if erased is None or gone & ~erased[0]:
                self._find("altered", "values are left out and no erasure orders it", epoch=part.id, seq=row.seq)
                return
        try:
            values = _half(rest) if rest else {}, _half(nominal) if nominal else None
        except msgspec.DecodeError as error:
            self._find("altered", f"its values cannot be read ({error})", epoch=part.id, seq=row.seq)
            return
        self._kinds[meta.record] = meta.type
        head = Head(meta.hlc, part.id, row.seq)
        self._changes.setdefault(meta.record, []).append(Change(head, meta, *values))
        self._done.changes.append(
            {
                "record": meta.record, "type": meta.type, "origin": part.origin, "author": meta.author,
                "time": time_text(meta.hlc >> 16), "hlc": meta.hlc, "epoch": part.id, "seq": row.seq,
                "erased": not whole,
            }
        )  # fmt: skip

    def _receipt(self, part: EpochPart, identities: Identities, hashes: dict[int, bytes]) -> None:
        centre = identities.ledger.central
        if part.receipt is None or centre is None:
            return
        try:
            receipt = decode(message := _bytes(part.receipt), BoundReceipt)
        except BadMessage as error:
            self._find("receipt", f"the receipt cannot be read ({error})", epoch=part.id)
            return
        digest = hashes.get(receipt.stored, b"")
        signed = is_receipt(centre.identity, centre.node, part.origin, message, receipt, digest)
        if text_id(receipt.epoch) != part.id or not signed:
            self._find("receipt", "the centre's receipt is for other rows", epoch=part.id, seq=receipt.stored)
            return
        self._used[centre.node, centre.identity] = None
        self._done.statements.append(
            f"The centre ({centre.label}) signed at {time_text(receipt.time)} by its clock that it holds these same "
            f"rows of {name_of(identities, part.origin)}, up to row {receipt.stored}."
        )

    def _others(self) -> None:
        """Parts that prove nothing and could be taken for proof."""
        known = {
            "case.json",
            "ledger.jsonl",
            "READ-ME.txt",
            SEAL,
            *(f"rows/{part.id}.jsonl" for part in self._case.epochs),
        }
        for name in self._file.names():
            if name not in known and not name.startswith("blobs/"):
                self._find("inserted", "the format knows no such part", name=f"part {name[:80]}")

    def _replay(self) -> None:
        for record, changes in self._changes.items():
            plan = PLANS.get(self._kinds[record])
            state = merged(changes, plan) if plan is not None else None
            if plan is None or state is None:
                self._done.statements.append(f"Record {record}: its creating change is not in this file.")
            else:
                self._done.values[record] = plan.declared.join(state.rest, state.nominal)
        for record in self._case.records:
            if record not in self._changes and self._done.proven:
                self._find("removed", "no row of this record is in the file", record=record)

    def _blobs(self) -> None:
        named = {str(values["sha256"]): record for record, values in self._done.values.items() if values.get("sha256")}
        for part in [name for name in self._file.names() if name.startswith("blobs/")]:
            name = part.removeprefix("blobs/")
            if self._file.digest(part).hex() != name:
                self._find("blob", "its bytes are not the ones the case names", name=f"picture {name}")
            elif named.pop(name, None) is None:
                self._find("blob", "no record of the case names it", name=f"picture {name}")
            else:
                self._done.statements.append(f"Picture {name[:16]}… is, byte for byte, the one the record names.")
        for name, record in named.items():
            self._done.statements.append(f"Picture {name[:16]}… of record {record} is not in this file.")

    def _sealed(self, identities: Identities) -> None:
        """What no row, receipt or fact vouches for is as the node left it that wrote the file."""
        if self._case.record not in self._kinds:
            self._find("record", "the file holds no row of the case it names", name=f"case {self._case.record[:80]}")
        try:
            seal = _seal(self._file.read(SEAL))
        except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
            raise BadCaseFile(f"{SEAL} cannot be read ({error})") from error
        parts = ((name, self._file.digest(name)) for name in self._file.names() if name != SEAL)
        message, signature = sealed_message(parts), bytes.fromhex(seal.signature)
        signed = self._signed(identities, seal.node, SEAL_DOMAIN, message, signature)
        if seal.node != self._case.exported_by or not signed:
            if not self._done.findings:  # which say more, and where
                self._find("seal", "some part is not as the node left it that wrote the file", name="seal")
            return
        self._done.statements.append(f"Every part is as {name_of(identities, seal.node)} wrote it.")

    def _say_epoch(self, part: EpochPart, identities: Identities, vouched: int) -> None:
        if not vouched:
            return
        text = f"{name_of(identities, part.origin)} signed rows {part.first} to {vouched} of its epoch {part.id}"
        self._done.statements.append(f"{text}: none was altered, removed or put in between.")
        for key in identities.keys.get(part.origin, []):
            if key in identities.revoked:
                at, reason = identities.revoked[key]
                self._done.statements.append(
                    f"A key of {name_of(identities, part.origin)} was revoked at {time_text(at)}: {reason}."
                )

    def _say(self, identities: Identities) -> None:
        for record in self._case.records:
            if record in identities.erased:
                halves, basis, at = identities.erased[record]
                what = {1: "Part of the values", 2: "What names people"}.get(halves, "The values")
                self._done.statements.append(f"{what} of record {record}: erased under {basis}, {time_text(at)}.")


class _Identity(msgspec.Struct):
    identity: bytes


class _Inner(msgspec.Struct):
    facts: _Identity


class _First(msgspec.Struct):
    entry: _Inner


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text) if _HEX.fullmatch(text) and len(text) % 2 == 0 else b""
