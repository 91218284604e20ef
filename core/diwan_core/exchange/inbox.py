"""The centre's side of what nodes send: parcels, hellos and pieces come in, receipts go out after the commit.

Everything that arrives together is admitted in one transaction. A parcel that is refused is so before anything of it is
written; one that admission stumbles over has its batch taken again one by one, and is set aside."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from diwan_core import stumble
from diwan_core.exchange import topics
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.ledger import take_entries
from diwan_core.exchange.owed import Answer, OwedReceipts
from diwan_core.exchange.parcel import PIECE, ROWS, BadParcel, Header, read_header, read_rows, text_id, unpack
from diwan_core.exchange.pieces import lacking, receive_piece, standing_of
from diwan_core.exchange.quarantined import Kept, bump, keep
from diwan_core.exchange.receipt import BadMessage, Hello, decode, encode
from diwan_core.exchange.reopening import is_closed, showed_its_ledger
from diwan_core.register import (
    Admission,
    Bundle,
    DamagedBlob,
    DiskFull,
    NotAdmitted,
    Register,
    RegisterBusy,
    RegisterError,
    admit,
)
from diwan_core.register.anchors import follow, received
from diwan_core.register.forks import enter, is_clone, note_held
from diwan_core.register.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.scopes import NATIONAL, append_runs
from diwan_core.register.store import now_ms
from diwan_core.register.undo import note_arrival
from diwan_core.register.waiting import Released, anything_is_due, release
from diwan_core.trust import NodeKeys, verify
from diwan_core.trust.errors import LedgerRefused

LOGGED: Final = 20
"""Lines of the log for what one parcel had set aside."""
_UNEXPECTED: Final = (RegisterError, sqlite3.Error, OverflowError, ValueError, TypeError, KeyError)

log = logging.getLogger("diwan.ingest")


@dataclass(slots=True)
class _Sender:
    role: str
    signing_key: bytes
    revoked: bool


class Inbox:
    """Admission at the centre. One per process; the caller owns the loop."""

    def __init__(self, register: Register, keys: NodeKeys, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._register = register
        self._keys = keys
        self._owed = OwedReceipts(keys, monotonic)
        self.ledger_grew = False
        """Facts were merged; the caller writes the broker's lists anew."""
        self.clones: list[str] = []
        """Nodes as which two machines write; the caller revokes them."""
        self.committed: list[tuple[str, int]] = []
        """What the last transaction committed: (epoch, its head)."""

    def handle(self, messages: Sequence[Message]) -> list[Message]:
        """Admit what came, in one transaction; the messages to publish at once. What they say is committed. Receipts
        are owed from now on: see `receipts`."""
        self.committed = []
        messages = [message for message in messages if not self._is_ledger(message)]
        try:
            return self._transaction(messages)
        except (DiskFull, RegisterBusy):
            raise  # nothing was receipted, so it all comes again
        except _UNEXPECTED as error:
            told = "a batch could not be admitted; its %d messages are taken one by one:\n%s"
            log.error(told, len(messages), stumble.trace(error))
        replies: list[Message] = []
        committed: list[tuple[str, int]] = []
        for message in messages:
            try:
                replies += self._transaction([message])
            except (DiskFull, RegisterBusy):
                raise
            except _UNEXPECTED as error:
                self._set_aside(message, error)
            committed += self.committed
        self.committed = committed
        return replies

    def _is_ledger(self, message: Message) -> bool:
        """Facts that a post holds and this centre has lost; they prove themselves by the centre's own signature."""
        addressed = topics.sender(message[0])
        if addressed is None or addressed[1] != topics.LEDGER:
            return False
        try:
            self.ledger_grew = take_entries(self._register, message[1]) or self.ledger_grew
        except LedgerRefused as error:
            log.warning("ledger entries from %s are refused: %s", addressed[0], error)
        return True

    def _transaction(self, messages: Sequence[Message]) -> list[Message]:
        """Admit these. What is refused was so before anything of it was written."""
        answers: dict[tuple[str, str], Answer] = {}
        replies: list[Message] = []
        applied = 0
        with self._register.store.write() as connection:
            note_arrival(connection)
            for topic, payload in messages:
                addressed = topics.sender(topic)
                if addressed is None:
                    continue
                node, leaf = addressed
                try:
                    if leaf == topics.PARCEL:
                        applied += self._parcel(connection, node, payload, answers)
                    elif leaf == topics.PIECE:
                        replies += self._piece(connection, node, payload)
                    elif leaf == topics.HELLO:
                        replies += self._hello(connection, node, payload, answers)
                except (BadParcel, BadMessage, DamagedBlob) as error:
                    self._refuse(connection, node, getattr(error, "code", "broken"), str(error))
            committed = [
                (epoch, row[0])
                for _, epoch in answers
                if (row := connection.execute("SELECT seq FROM epoch WHERE id=?", (epoch,)).fetchone())
            ]
        self.committed = committed
        self._owed.add(answers, sum(len(payload) for _, payload in messages))
        if applied:
            self._register.wake(b"admitted")
        return replies

    def from_revoked_keys(self, node: str, payload: bytes) -> None:
        """A parcel that came signed with keys that are revoked, whatever keys its node has now: into quarantine."""
        with self._register.store.write() as connection:
            self._revoked(connection, node, payload)

    def _revoked(self, connection: sqlite3.Connection, node: str, payload: bytes) -> None:
        self._quarantine(connection, node, Kept("revoked", f"the keys of node {node} are revoked", payload))

    def _set_aside(self, message: Message, error: Exception) -> None:
        """Quarantine a message that admission itself stumbled over."""
        addressed = topics.sender(message[0])
        with self._register.store.write() as connection:
            self._quarantine(
                connection, addressed[0] if addressed else "", Kept("error", stumble.place(error), message[1])
            )

    def due_in(self) -> float:
        """Seconds until receipts are due; a long time when none are owed."""
        return self._owed.due_in()

    def receipts(self) -> list[Message]:
        """The receipts that are due: one an epoch, for all that was committed of it meanwhile."""
        if self._owed.due_in() > 0:
            return []
        with self._register.store.read() as connection:
            return self._owed.written(connection)

    def _sender(self, connection: sqlite3.Connection, node: str) -> _Sender:
        row = connection.execute("SELECT role, signing_key, revoked FROM node WHERE id=?", (node,)).fetchone()
        if row is None:
            raise BadParcel("foreign", f"node {node[:20]} is not enrolled here")
        return _Sender(row[0], row[1], bool(row[2]))

    def _opened(self, node: str, payload: bytes, kind: int) -> tuple[Header, bytes]:
        head, start = read_header(payload)
        if head.kind != kind or text_id(head.sender) != node:
            raise BadParcel("foreign", f"a parcel of {text_id(head.sender)} came in the name of {node}")
        return head, unpack(payload, start, self._keys)

    def _parcel(
        self, connection: sqlite3.Connection, node: str, payload: bytes, answers: dict[tuple[str, str], Answer]
    ) -> int:
        if is_closed(connection):
            return 0  # not receipted, so it comes again
        sender = self._sender(connection, node)
        if sender.revoked:
            self._revoked(connection, node, payload)
            return 0
        head, content = self._opened(node, payload, ROWS)
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
        answer = answers.setdefault((node, epoch), Answer(node, epoch, False, []))
        try:
            admission = admit(connection, bundle, signed)
        except NotAdmitted as error:
            answer.ask = True
            if error.code == "gap":
                bump(connection, "gap")
            elif error.code == "broken":
                self._refuse(connection, node, error.code, error.reason)
            else:
                kept = Kept(error.code, error.reason, payload, epoch, head.first, head.last)
                self._quarantine(connection, node, kept)
            return 0
        self._settle(connection, node, admission, answer, epoch)
        fresh = admission.applied + admission.waiting + admission.quarantined
        if fresh and node not in self.clones and is_clone(connection, admission.epoch_no):
            log.error("two machines write as node %s: a cloned card", node)
            bump(connection, "clone")
            self.clones.append(node)
        return admission.applied

    def _settle(
        self, connection: sqlite3.Connection, node: str, admission: Admission, answer: Answer, epoch: str
    ) -> None:
        moment = now_ms()
        connection.execute("UPDATE node SET heard=?, receipted=? WHERE id=?", (moment, moment, node))
        found = [Kept("rule", problem, epoch=epoch) for problem in admission.problems]
        if enter(connection, admission.epoch_no):
            follow(connection, admission.epoch_no)
        for seq, anchor in admission.anchors:
            if why := received(connection, admission.epoch_no, seq, anchor):
                found.append(Kept("log", f"{epoch}:{seq} {why}", epoch=epoch))
        self._quarantine(connection, node, *found)
        if admission.runs:
            answer.runs += append_runs(connection, NATIONAL, admission.epoch_no, epoch, admission.runs)
        self._number(connection, admission.released)

    def release(self) -> bool:
        """Judge again some of what waited and is due, in a transaction of its own; whether more is due."""
        if not anything_is_due(self._register.store.connection):
            return False
        with self._register.store.write() as connection:
            released = release(connection)
            self._number(connection, released)
        if released:
            self._register.wake(b"admitted")
        return anything_is_due(self._register.store.connection)

    @staticmethod
    def _number(connection: sqlite3.Connection, released: Sequence[Released]) -> None:
        for epoch_no, name, first, last in released:
            append_runs(connection, NATIONAL, epoch_no, name, [(first, last)])

    def _welcome(self, connection: sqlite3.Connection, node: str) -> None:
        if self._sender(connection, node).revoked:
            raise BadParcel("revoked", f"the keys of node {node} are revoked")

    def _hello(
        self, connection: sqlite3.Connection, node: str, payload: bytes, answers: dict[tuple[str, str], Answer]
    ) -> list[Message]:
        self._welcome(connection, node)
        hello = decode(payload, Hello)
        connection.execute("UPDATE node SET heard=?, report=? WHERE id=?", (now_ms(), hello.release, node))
        note_held(connection, node, [(text_id(raw), head) for raw, head in hello.epochs])
        (facts,) = connection.execute("SELECT count(*) FROM ledger").fetchone()
        if hello.ledger > facts:
            return [(topics.down(node, topics.LEDGER), encode((facts + 1, [])))]
        if is_closed(connection):
            if not showed_its_ledger(connection, node):
                return []
            log.warning("more than half of the posts have shown their ledgers: this centre is open again")
            return [(topics.EVERYONE + topics.WAKE, b"")]
        for raw, _ in hello.epochs:
            epoch = text_id(raw)
            answers.setdefault((node, epoch), Answer(node, epoch, True, [])).ask = True
        standing = [standing_of(self._register, connection, node, sha256) for sha256 in hello.offers]
        return standing + lacking(self._register, connection, node)

    def _piece(self, connection: sqlite3.Connection, node: str, payload: bytes) -> list[Message]:
        self._welcome(connection, node)
        if is_closed(connection):
            return []
        _, content = self._opened(node, payload, PIECE)
        return [(topics.down(node, topics.BLOB_RECEIPT), receive_piece(self._register, connection, content))]

    def _refuse(self, connection: sqlite3.Connection, node: str, code: str, reason: str) -> None:
        log.warning("refused from %s: %s (%s)", node[:20], reason, code)
        bump(connection, f"refused_{code}")

    def _quarantine(self, connection: sqlite3.Connection, node: str, *found: Kept) -> None:
        for kept in found[:LOGGED]:
            log.warning("quarantined from %s: %s (%s)", node, kept.reason, kept.code)
        if len(found) > LOGGED:
            log.warning("quarantined from %s: %d more in the same parcel", node, len(found) - LOGGED)
        if found:
            keep(connection, self._keys, node, found)
