"""Check the rows of a case file, epoch by epoch: chains, values, signatures, the centre's receipts."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from diwan_core.audit.casefile import BadCaseFile, CaseFile, CasePart, EpochPart, RowLine
from diwan_core.audit.chain import commitment
from diwan_core.audit.checked import Checked
from diwan_core.audit.keys import Identities
from diwan_core.audit.vouching import name_of, time_text
from diwan_core.exchange.wire.messages import BadMessage, BoundReceipt, decode
from diwan_core.exchange.wire.parcel import text_id
from diwan_core.exchange.wire.signed import is_receipt
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import NO_COMMITMENT, Meta, chain_start, commitments, row_hash
from diwan_core.register.records.merge import Head
from diwan_core.register.records.replay import Change
from diwan_core.trust import verify

_meta = msgspec.json.Decoder(Meta).decode
_row = msgspec.json.Decoder(RowLine).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode
_HEX: Final = re.compile(r"[0-9a-f]*")


class EpochCheck:
    """Checks the epochs of one file; what is found, and what is proven, goes into `done`."""

    def __init__(self, file: CaseFile, case: CasePart, identities: Identities, done: Checked) -> None:
        self._file = file
        self._case = case
        self._identities = identities
        self._done = done
        self.changes: dict[str, list[Change]] = {}
        """The changes of each record of the case."""
        self.kinds: dict[str, str] = {}
        """The type of each of these records."""
        self.used: dict[tuple[str, bytes], None] = {}
        """(node, key) of every signature that counted."""

    def epoch(self, part: EpochPart) -> None:
        if not self._identities.keys.get(part.origin):
            self._done.find("origin", f"origin {part.origin} is not in the ledger", epoch=part.id)
        digest, at, vouched, last = bytes.fromhex(part.before), part.first - 1, 0, 0
        if part.first == 1 and digest != chain_start(part.origin, part.id):
            self._done.find("altered", "the chain does not begin as this epoch's must", epoch=part.id, seq=1)
        hashes: dict[int, bytes] = {}
        for row in self._rows(part):
            if row.seq != at + 1:
                self._done.find("removed", f"rows {at + 1} to {row.seq - 1} are missing", epoch=part.id, seq=at + 1)
            at = row.seq
            digest = row_hash(digest, row.meta.encode(), bytes.fromhex(row.c_rest), bytes.fromhex(row.c_nominal))
            hashes[at] = digest
            try:
                meta = _meta(row.meta)
            except msgspec.DecodeError as error:
                self._done.find("altered", f"its first part cannot be read ({error})", epoch=part.id, seq=at)
                continue
            if meta.record in self._case.records:
                last = at
                self._row(part, row, meta)
            if row.signature is not None:
                message = checkpoint_message(part.origin, part.id, at, digest)
                if self.signed(part.origin, CHECKPOINT_DOMAIN, message, _bytes(row.signature)):
                    vouched = at
                else:
                    what = "the origin's signature here does not fit: rows up to here were altered or exchanged"
                    self._done.find("signature", what, epoch=part.id, seq=at)
        if vouched < last:
            self._done.find(
                "signature", "no signature of the origin covers the case's last row", epoch=part.id, seq=last
            )
        self._say(part, vouched)
        self._receipt(part, hashes)

    def signed(self, node: str, domain: bytes, message: bytes, signature: bytes) -> bool:
        """Whether one of the keys that the ledger ever gave a node made this signature; which one is remembered."""
        for key in self._identities.keys.get(node, []):
            if verify(key, domain, message, signature):
                self.used[node, key] = None
                return True
        return False

    def _rows(self, part: EpochPart) -> Iterator[RowLine]:
        name = f"rows/{part.id}.jsonl"
        for line in self._file.lines(name):
            try:
                yield _row(line)
            except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
                raise BadCaseFile(f"{name} cannot be read ({error})") from error

    def _row(self, part: EpochPart, row: RowLine, meta: Meta) -> None:
        rest, nominal = (None if text is None else text.encode() for text in (row.rest, row.nominal))
        pair = (bytes.fromhex(row.c_rest), bytes.fromhex(row.c_nominal))
        salt = None if row.salt is None else _bytes(row.salt)
        whole = salt is not None and rest is not None and commitments(salt, rest, nominal) == pair
        if not whole:
            erased = self._identities.erased.get(meta.record)
            gone = (rest is None) | (nominal is None and pair[1] != NO_COMMITMENT) << 1
            if not gone or commitment(salt, rest, nominal, b"".join(pair)) is None:
                self._done.find("altered", "its values are not the ones its author wrote", epoch=part.id, seq=row.seq)
                return
            if erased is None or gone & ~erased[0]:
                self._done.find("altered", "values are left out and no erasure orders it", epoch=part.id, seq=row.seq)
                return
        try:
            values = _half(rest) if rest else {}, _half(nominal) if nominal else None
        except msgspec.DecodeError as error:
            self._done.find("altered", f"its values cannot be read ({error})", epoch=part.id, seq=row.seq)
            return
        self.kinds[meta.record] = meta.type
        head = Head(meta.hlc, part.id, row.seq)
        self.changes.setdefault(meta.record, []).append(Change(head, meta, *values))
        self._done.changes.append(
            {
                "record": meta.record, "type": meta.type, "origin": part.origin, "author": meta.author,
                "time": time_text(meta.hlc >> 16), "hlc": meta.hlc, "epoch": part.id, "seq": row.seq,
                "erased": not whole,
            }
        )  # fmt: skip

    def _receipt(self, part: EpochPart, hashes: dict[int, bytes]) -> None:
        centre = self._identities.ledger.central
        if part.receipt is None or centre is None:
            return
        try:
            receipt = decode(message := _bytes(part.receipt), BoundReceipt)
        except BadMessage as error:
            self._done.find("receipt", f"the receipt cannot be read ({error})", epoch=part.id)
            return
        digest = hashes.get(receipt.stored, b"")
        signed = is_receipt(centre.identity, centre.node, part.origin, message, receipt, digest)
        if text_id(receipt.epoch) != part.id or not signed:
            self._done.find("receipt", "the centre's receipt is for other rows", epoch=part.id, seq=receipt.stored)
            return
        self.used[centre.node, centre.identity] = None
        self._done.say(
            f"The centre ({centre.label}) signed at {time_text(receipt.time)} by its clock that it holds these same "
            f"rows of {name_of(self._identities, part.origin)}, up to row {receipt.stored}."
        )

    def _say(self, part: EpochPart, vouched: int) -> None:
        if not vouched:
            return
        text = f"{name_of(self._identities, part.origin)} signed rows {part.first} to {vouched} of its epoch {part.id}"
        self._done.say(f"{text}: none was altered, removed or put in between.")
        for key in self._identities.keys.get(part.origin, []):
            if key in self._identities.revoked:
                at, reason = self._identities.revoked[key]
                self._done.say(
                    f"A key of {name_of(self._identities, part.origin)} was revoked at {time_text(at)}: {reason}."
                )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text) if _HEX.fullmatch(text) and len(text) % 2 == 0 else b""
