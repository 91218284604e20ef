"""Checks the journal of a node epoch by epoch: chains, numbers, checkpoints, openings, parents, receipts, counters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from diwan_core.audit.chain import commitment
from diwan_core.audit.finding import Finding
from diwan_core.audit.keys import Identities
from diwan_core.audit.reads import Anchors, Branch
from diwan_core.exchange.wire.messages import BadMessage, BoundReceipt, decode
from diwan_core.exchange.wire.parcel import text_id
from diwan_core.exchange.wire.signed import is_receipt
from diwan_core.node import NodeConfig
from diwan_core.register.inspection import HeldEpoch, HeldRow, Inspection
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.log_anchors import anchor_of
from diwan_core.register.journal.row import ANCHOR, OPENING, Meta, chain_start, row_hash
from diwan_core.trust import verify

_meta = msgspec.json.Decoder(Meta).decode


class EpochAudit:
    """Checks every epoch that a register holds; what is worth knowing and no fault is added to `notes`."""

    def __init__(
        self, inspection: Inspection, config: NodeConfig, identities: Identities | None, notes: list[str]
    ) -> None:
        self._journal = inspection.journal
        self._config = config
        self._identities = identities
        self._notes = notes
        self.anchors = Anchors()
        """What every origin anchored of its log of reads; complete once `all` has ended."""
        self.counts = {"epochs": 0, "rows": 0, "checkpoints": 0, "receipts": 0, "erased rows": 0}

    def all(self) -> Iterator[Finding]:
        """Every fault of the journal."""
        epochs = self._journal.epochs()
        by_id = {epoch.id: epoch for epoch in epochs}
        for epoch in epochs:
            self.counts["epochs"] += 1
            self.anchors.epoch(epoch.id, Branch(epoch.origin, epoch.parent, epoch.parent_seq or 0))
            yield from self._rows(epoch)
            yield from self._parent(epoch, by_id)
            yield from self._receipt(epoch)
        for number, seq, count in self._journal.rows_of_no_epoch():
            yield Finding(
                "inserted", f"{count} rows belong to no epoch known here", name=f"epoch number {number}", seq=seq
            )

    def _rows(self, epoch: HeldEpoch) -> Iterator[Finding]:
        joints = self._journal.joints(epoch.no)
        joints[0] = chain_start(epoch.origin, epoch.id)
        at, digest, unsigned = 0, joints[0], 0
        verdicts = [0, 0, 0]
        for row in self._journal.rows(epoch.no):
            self.counts["rows"] += 1
            self.counts["erased rows"] += row.erased
            if row.verdict in (0, 1, 2):
                verdicts[row.verdict] += 1
            if row.seq != at + 1:
                known = joints.get(row.seq - 1)
                if known is None:
                    first, last = at + 1, row.seq - 1
                    gone = f"row {first} is" if first == last else f"rows {first} to {last} are"
                    yield self._finding("removed", f"{gone} missing", epoch, first)
                digest = known or b""
            found = self._link(epoch, row, digest)
            if found is not None and digest:
                yield found
            if row.signature is not None:
                unsigned = 0
                yield from self._checkpoint(epoch, row)
            else:
                unsigned += 1
            at, digest = row.seq, row.hash
        yield from self._end(epoch, at, digest, joints, unsigned)
        yield from self._counters(epoch, verdicts, len(joints) > 1)

    def _finding(self, kind: str, what: str, epoch: HeldEpoch, seq: int | None = None) -> Finding:
        return Finding(kind, what, origin=epoch.origin, epoch=epoch.id, seq=seq)

    def _link(self, epoch: HeldEpoch, row: HeldRow, previous: bytes) -> Finding | None:
        pair = commitment(row.salt, row.rest, row.nominal, row.commitments)
        if pair is None:
            return self._finding("altered", "its values do not fit what was committed to", epoch, row.seq)
        if row_hash(previous, row.meta, *pair) != row.hash:
            return self._finding(
                "altered", "it is not the row its author wrote here (altered, or put in its place)", epoch, row.seq
            )
        try:
            meta = _meta(row.meta)
        except msgspec.DecodeError as error:
            return self._finding("altered", f"its first part cannot be read ({error})", epoch, row.seq)
        if row.erased and self._identities is not None and not self._may_lack(epoch, row, meta):
            return self._finding(
                "altered", "its values are gone and no erasure in the ledger orders it", epoch, row.seq
            )
        if meta.type == ANCHOR and row.verdict == 0:
            self._anchor(epoch, row)
        if row.seq == 1 and not self._opens(epoch, row, meta):
            return self._finding("altered", "it does not open this epoch", epoch, 1)
        if row.seq != 1 and meta.type == OPENING and row.verdict == 0:
            return self._finding("inserted", "an epoch is opened by its first row only", epoch, row.seq)
        return None

    def _may_lack(self, epoch: HeldEpoch, row: HeldRow, meta: Meta) -> bool:
        """Whether the ledger says why a half of a row is not here: it was erased, or, at a post, what names people in
        records of this type does not travel to all."""
        if self._identities is None or meta.record in self._identities.erased:
            return True
        kept_back = self._config.role == "post" and not epoch.own and row.rest is not None
        return kept_back and meta.type in self._identities.ledger.reach

    def _anchor(self, epoch: HeldEpoch, row: HeldRow) -> None:
        anchor = anchor_of(msgspec.json.decode(row.rest)) if row.rest else None
        if anchor is not None:
            self.anchors.add(epoch.id, row.seq, anchor)

    def _opens(self, epoch: HeldEpoch, row: HeldRow, meta: Meta) -> bool:
        if meta.type != OPENING or row.rest is None:
            return False
        opening: dict[str, Any] = msgspec.json.decode(row.rest)
        parent = None if epoch.parent is None else [epoch.parent, epoch.parent_seq, (epoch.parent_hash or b"").hex()]
        return (opening.get("origin"), opening.get("epoch"), opening.get("parent")) == (epoch.origin, epoch.id, parent)

    def _checkpoint(self, epoch: HeldEpoch, row: HeldRow) -> Iterator[Finding]:
        self.counts["checkpoints"] += 1
        keys = self._keys(epoch.origin)
        message = checkpoint_message(epoch.origin, epoch.id, row.seq, row.hash)
        if keys and not any(verify(key, CHECKPOINT_DOMAIN, message, row.signature or b"") for key in keys):
            what = "the checkpoint here was not signed by its origin: rows up to here were altered"
            yield self._finding("signature", what, epoch, row.seq)

    def _keys(self, origin: str) -> list[bytes]:
        if self._identities is None:
            return []
        found = self._identities.keys.get(origin, [])
        if not found:
            self._notes.append(f"origin {origin} is not in this node's ledger (yet): its signatures were not checked")
        return found

    def _end(
        self, epoch: HeldEpoch, at: int, digest: bytes, joints: dict[int, bytes], unsigned: int
    ) -> Iterator[Finding]:
        if at < epoch.seq and epoch.seq not in joints:
            yield self._finding("removed", f"rows {at + 1} to {epoch.seq} at the end are missing", epoch, at + 1)
        elif at > epoch.seq:
            yield self._finding("inserted", f"rows {epoch.seq + 1} to {at} stand after the end", epoch, epoch.seq + 1)
        elif at == epoch.seq and digest != epoch.hash:
            yield self._finding("altered", "the epoch's head is not the hash of its last row", epoch, at)
        elif unsigned and (epoch.own or self._config.role == "central"):
            what = "the rows after the last checkpoint are signed by nobody"
            yield self._finding("inserted", what, epoch, at - unsigned + 1)

    def _counters(self, epoch: HeldEpoch, verdicts: list[int], partly: bool) -> Iterator[Finding]:
        counted = [epoch.applied, epoch.quarantined, epoch.waiting]
        if not partly and counted != verdicts:
            what = f"{verdicts} rows applied, quarantined, waiting where {counted} were counted"
            yield self._finding("counter", what, epoch)

    def _parent(self, epoch: HeldEpoch, by_id: dict[str, HeldEpoch]) -> Iterator[Finding]:
        if epoch.parent is None:
            return
        parent = by_id.get(epoch.parent)
        if parent is None:
            if epoch.own:
                yield Finding("removed", "the epoch before it is missing", epoch.origin, epoch.id, 1, name=epoch.parent)
            return
        held = self._journal.row_hash(parent.no, epoch.parent_seq)
        if held is not None and held != epoch.parent_hash:
            what = f"epoch {epoch.id} names another row in its place as its parent"
            yield self._finding("altered", what, parent, epoch.parent_seq)
        elif parent.seq > (epoch.parent_seq or 0):
            self._notes.append(
                f"epoch {epoch.id} of {epoch.origin} goes on from row {epoch.parent_seq} of {parent.id}, which has "
                f"{parent.seq}: this origin was once restored or cloned"
            )
        elif epoch.own and parent.seq < (epoch.parent_seq or 0):
            yield self._finding("removed", f"rows up to {epoch.parent_seq} were there", parent, parent.seq + 1)

    def _receipt(self, epoch: HeldEpoch) -> Iterator[Finding]:
        if epoch.receipt is None or self._identities is None or self._identities.ledger.central is None:
            return
        centre = self._identities.ledger.central
        self.counts["receipts"] += 1
        try:
            receipt = decode(epoch.receipt, BoundReceipt)
        except BadMessage as error:
            yield self._finding("receipt", str(error), epoch)
            return
        if not receipt.stored:
            return
        held = self._journal.row_hash(epoch.no, receipt.stored)
        signed = any(
            is_receipt(key, centre.node, epoch.origin, epoch.receipt, receipt, held or b"")
            for key in self._identities.keys[centre.node]
        )
        if text_id(receipt.epoch) != epoch.id or held is None or not signed:
            what = "the centre's receipt is for other rows than the ones here"
            yield self._finding("receipt", what, epoch, receipt.stored)
