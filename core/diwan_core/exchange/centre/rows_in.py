"""Parcels of rows at the centre: opened, verified, admitted in one step or several, and numbered in the scope.

A parcel that takes long is admitted in steps, each in a transaction of its own, so that no other node waits for it.
Between them its rows are in force up to the last one admitted; the rest comes again, as after any loss, where the
process ends meanwhile."""

from __future__ import annotations

import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from diwan_core.exchange.centre.quarantined_parcels import Kept, keep, refuse
from diwan_core.exchange.centre.receipts_due import Answer
from diwan_core.exchange.reopening import is_closed
from diwan_core.exchange.wire.parcel import ROWS, BadParcel, Header, read_header, read_rows, text_id, unpack
from diwan_core.register import Admission, Bundle, NotAdmitted, Register, Transaction
from diwan_core.register.admission.admit import Admitting
from diwan_core.register.admission.bundle import Verify
from diwan_core.register.admission.epoch_rate import may_open, note_opened
from diwan_core.register.admission.scope_log import Run
from diwan_core.register.admission.scope_numbers import number_rows
from diwan_core.register.admission.waiting import Released, anything_is_due, release
from diwan_core.register.exchange_state import nodes
from diwan_core.register.exchange_state.counters import count
from diwan_core.register.exchange_state.nodes import Sender
from diwan_core.register.journal.forks import enter, is_clone
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.log_anchors import follow, remember_anchor
from diwan_core.register.storage.database import now_ms
from diwan_core.trust import NodeKeys, verify

MOST_UNFINISHED: Final = 2
"""Parcels that are held open between two steps, each of another node."""

STEP_ROWS: Final = 1_500
"""Rows that are admitted in one step at the most: all members of a scope take them in one transaction too, on slower
machines, with people who save beside it."""

log = logging.getLogger("diwan.ingest")


def sender_known(transaction: Transaction, node: str) -> Sender:
    """Raises BadParcel where the node is not enrolled."""
    found = nodes.sender(transaction, node)
    if found is None:
        raise BadParcel("foreign", f"node {node[:20]} is not enrolled here")
    return found


def open_parcel(node: str, payload: bytes, kind: int, keys: NodeKeys) -> tuple[Header, bytes]:
    """The header and content of a parcel that a node sent. Raises BadParcel."""
    head, start = read_header(payload)
    if head.kind != kind or text_id(head.sender) != node:
        raise BadParcel("foreign", f"a parcel of {text_id(head.sender)} came in the name of {node}")
    return head, unpack(payload, start, keys)


@dataclass(slots=True)
class _Parcel:
    """A parcel that was opened, and its admission once that has begun."""

    payload: bytes
    bundle: Bundle
    verify: Verify
    admitting: Admitting | None = None


class RowsIn:
    """Admission of parcels of rows. One per process."""

    def __init__(self, register: Register, keys: NodeKeys, monotonic: Callable[[], float]) -> None:
        self._register = register
        self._keys = keys
        self._now = monotonic
        self._unfinished: OrderedDict[str, _Parcel] = OrderedDict()
        self.resumed: bytes | None = None
        """The parcel that is being gone on with, where one is."""
        self.clones: list[str] = []
        """Nodes as which two machines write; the caller revokes them."""

    def forget(self) -> None:
        """A transaction was rolled back: what was admitted in it was not."""
        self._unfinished.clear()

    def take(
        self,
        transaction: Transaction,
        node: str,
        payload: bytes,
        answers: dict[tuple[str, str], Answer],
        end: float,
    ) -> tuple[bool, int]:
        """Whether a parcel of rows is dealt with, and how many rows were applied."""
        if is_closed(transaction):
            return True, 0  # not receipted, so it comes again
        sender = sender_known(transaction, node)
        if sender.revoked:
            self.revoked(transaction, node, payload)
            return True, 0
        held = self._unfinished.pop(node, None)
        if held is not None and held.payload is payload:
            parcel, self.resumed = held, payload
        else:
            parcel = self._opened_rows(node, sender, payload)
        answer = answers.setdefault((node, parcel.bundle.epoch), Answer(node, parcel.bundle.epoch, False, []))
        try:
            if parcel.admitting is None:
                if not may_open(transaction, parcel.bundle):
                    return True, 0
                parcel.admitting = Admitting(transaction, parcel.bundle, parcel.verify)
            admission = parcel.admitting.step(transaction, lambda: self._now() >= end, STEP_ROWS)
        except NotAdmitted as error:
            answer.ask = True
            self._not_admitted(transaction, node, parcel, error)
            return True, 0
        applied = 0
        if admission is not None:
            applied = admission.applied
            runs = self._settle(transaction, node, admission, parcel.bundle)
            answer.runs += runs if sender.confirmed else []
            self._look_for_clone(transaction, node, admission)
        if not parcel.admitting.done:
            self._unfinished[node] = parcel
            while len(self._unfinished) > MOST_UNFINISHED:
                self._unfinished.popitem(last=False)  # what is committed of it stays, the rest is opened again
        return parcel.admitting.done, applied

    def _look_for_clone(self, transaction: Transaction, node: str, admission: Admission) -> None:
        if admission.opened:
            note_opened(transaction, node)
        if node == self._register.config.id:
            return  # its own tail, which comes back after it has worked on (`tail`); nobody else has its keys
        fresh = admission.applied + admission.waiting + admission.quarantined
        if fresh and node not in self.clones and is_clone(transaction, admission.epoch_no):
            log.error("two machines write as node %s: a cloned card", node)
            count(transaction, "clone")
            self.clones.append(node)

    def _opened_rows(self, node: str, sender: Sender, payload: bytes) -> _Parcel:
        head, content = open_parcel(node, payload, ROWS, self._keys)
        rows, lines = read_rows(content, head)
        origin, epoch = (text_id(head.origin) if head.origin else node), text_id(head.epoch)
        if origin != node:
            raise BadParcel("foreign", f"{node} sent rows of {origin}")

        def signed(seq: int, digest: bytes, signature: bytes) -> bool:
            message = checkpoint_message(origin, epoch, seq, digest)
            return verify(sender.signing_key, CHECKPOINT_DOMAIN, message, signature)

        bundle = Bundle(
            origin, sender.role, epoch, head.first, head.last, rows.salts, lines, rows.signature,
            erased={head.first + at: kept for at, kept in rows.erased},
        )  # fmt: skip
        return _Parcel(payload, bundle, signed)

    def _not_admitted(self, transaction: Transaction, node: str, parcel: _Parcel, error: NotAdmitted) -> None:
        bundle = parcel.bundle
        if error.code == "gap":
            count(transaction, "gap")
        elif error.code == "broken":
            refuse(transaction, node, error.code, error.reason)
        else:
            kept = Kept(error.code, error.reason, parcel.payload, bundle.epoch, bundle.first, bundle.last)
            keep(transaction, self._keys, node, [kept])

    def _settle(self, transaction: Transaction, node: str, admission: Admission, bundle: Bundle) -> list[Run]:
        """Number what was applied; the runs of the sender's own rows."""
        epoch, size = bundle.epoch, len(bundle.body)
        if admission.applied or admission.waiting or admission.quarantined:  # rows sent again are no sign of life
            nodes.note_rows(transaction, node, now_ms())
        found = [Kept("rule", problem, epoch=epoch) for problem in admission.problems]
        if enter(transaction, admission.epoch_no):
            follow(transaction, admission.epoch_no)
        for seq, anchor in admission.anchors:
            if why := remember_anchor(transaction, admission.epoch_no, seq, anchor):
                found.append(Kept("log", f"{epoch}:{seq} {why}", epoch=epoch))
        keep(transaction, self._keys, node, found)
        runs = number_rows(transaction, admission.epoch_no, epoch, admission.runs, size) if admission.runs else []
        self._number(transaction, admission.released)
        return runs

    @staticmethod
    def _number(transaction: Transaction, released: Sequence[Released]) -> None:
        for epoch_no, name, first, last in released:
            number_rows(transaction, epoch_no, name, [(first, last)])

    def release(self) -> bool:
        """Judge again some of what waited and is due, in a transaction of its own; whether more is due."""
        if not self._is_due():
            return False
        with self._register.store.write() as transaction:
            released = release(transaction, bounded=True)
            self._number(transaction, released)
        if released:
            self._register.wake(b"admitted")
        return self._is_due()

    def _is_due(self) -> bool:
        with self._register.store.statements() as transaction:
            return anything_is_due(transaction)

    def revoked(self, transaction: Transaction, node: str, payload: bytes) -> None:
        """Quarantine a parcel that came signed with keys that are revoked."""
        keep(transaction, self._keys, node, [Kept("revoked", f"the keys of node {node} are revoked", payload)])
