"""The centre's side of what nodes send: parcels, hellos and pieces come in, receipts go out after the commit.

Everything that arrives together is admitted in one transaction, each parcel behind a savepoint of its own, so that
one that is refused leaves no trace in the others."""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from diwan_core.exchange import topics
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.parcel import PIECE, ROWS, BadParcel, Header, raw_id, read_header, read_rows, text_id, unpack
from diwan_core.exchange.pieces import receive_piece, standing_of
from diwan_core.exchange.receipt import (
    RECEIPT_DOMAIN,
    VERSION,
    BadMessage,
    Hello,
    Receipt,
    decode,
    encode,
    signed_part,
)
from diwan_core.register import Admission, Bundle, DamagedBlob, NotAdmitted, Register, RegisterError, admit
from diwan_core.register.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.scopes import NATIONAL, Run, append_runs
from diwan_core.register.store import now_ms
from diwan_core.trust import NodeKeys, verify

CREDIT: Final = 2 * 1024 * 1024
KEEP_QUARANTINED: Final = 10_000
"""Parcels kept in quarantine; beyond that only counted, so that a hostile node cannot fill the disk."""

log = logging.getLogger("diwan.ingest")


@dataclass(slots=True)
class _Sender:
    role: str
    signing_key: bytes
    revoked: bool


@dataclass(slots=True)
class _Answer:
    """What one transaction owes the sender of an epoch."""

    node: str
    epoch: str
    ask: bool
    runs: list[Run]


class Inbox:
    """Admission at the centre. One per process; the caller owns the loop."""

    def __init__(self, register: Register, keys: NodeKeys) -> None:
        self._register = register
        self._keys = keys
        self.applied = 0

    def handle(self, messages: Sequence[Message]) -> list[Message]:
        """Admit what came; the messages to publish. Everything they say is committed."""
        answers: dict[tuple[str, str], _Answer] = {}
        replies: list[Message] = []
        applied = 0
        with self._register.store.write() as connection:
            for topic, payload in messages:
                addressed = topics.sender(topic)
                if addressed is None:
                    continue
                node, leaf = addressed
                connection.execute("SAVEPOINT parcel")
                try:
                    if leaf == topics.PARCEL:
                        applied += self._parcel(connection, node, payload, answers)
                    elif leaf == topics.PIECE:
                        replies += self._piece(connection, node, payload)
                    elif leaf == topics.HELLO:
                        replies += self._hello(connection, node, payload, answers)
                    connection.execute("RELEASE parcel")
                except (BadParcel, BadMessage, DamagedBlob) as error:
                    connection.execute("ROLLBACK TO parcel")
                    connection.execute("RELEASE parcel")
                    self._refuse(connection, node, getattr(error, "code", "broken"), str(error))
                except (RegisterError, sqlite3.DataError, OverflowError, ValueError, TypeError, KeyError) as error:
                    connection.execute("ROLLBACK TO parcel")
                    connection.execute("RELEASE parcel")
                    log.exception("a parcel of %s could not be admitted", node)
                    self._quarantine(connection, node, "error", repr(error), payload)
            receipts = [self._receipt(connection, answer) for answer in answers.values()]
        self.applied += applied
        if applied:
            self._register.wake(b"admitted")
        return receipts + replies

    def _sender(self, connection: sqlite3.Connection, node: str) -> _Sender:
        row = connection.execute("SELECT role, signing_key, revoked FROM node WHERE id=?", (node,)).fetchone()
        if row is None:
            raise BadParcel("foreign", f"node {node[:20]} is not enrolled here")
        if row[2]:
            raise BadParcel("revoked", f"node {node} was revoked")
        return _Sender(row[0], row[1], bool(row[2]))

    def _opened(self, node: str, payload: bytes, kind: int) -> tuple[Header, bytes]:
        head, start = read_header(payload)
        if head.kind != kind or text_id(head.sender) != node:
            raise BadParcel("foreign", f"a parcel of {text_id(head.sender)} came in the name of {node}")
        return head, unpack(payload, start, self._keys)

    def _parcel(
        self, connection: sqlite3.Connection, node: str, payload: bytes, answers: dict[tuple[str, str], _Answer]
    ) -> int:
        sender = self._sender(connection, node)
        head, content = self._opened(node, payload, ROWS)
        rows, lines = read_rows(content, head)
        origin, epoch = (text_id(head.origin) if head.origin else node), text_id(head.epoch)
        if origin != node:
            raise BadParcel("foreign", f"{node} sent rows of {origin}")

        def signed(seq: int, digest: bytes, signature: bytes) -> bool:
            message = checkpoint_message(origin, epoch, seq, digest)
            return verify(sender.signing_key, CHECKPOINT_DOMAIN, message, signature)

        bundle = Bundle(origin, sender.role, epoch, head.first, head.last, rows.salts, lines, rows.signature)
        answer = answers.setdefault((node, epoch), _Answer(node, epoch, False, []))
        try:
            admission = admit(connection, bundle, signed)
        except NotAdmitted as error:
            answer.ask = True
            if error.code == "gap":
                self._bump(connection, "gap")
            elif error.code == "broken":
                self._refuse(connection, node, error.code, error.reason)
            else:
                self._quarantine(connection, node, error.code, error.reason, payload, epoch, head.first, head.last)
            return 0
        self._settle(connection, node, admission, answer, epoch)
        return admission.applied

    def _settle(
        self, connection: sqlite3.Connection, node: str, admission: Admission, answer: _Answer, epoch: str
    ) -> None:
        for problem in admission.problems:
            self._quarantine(connection, node, "rule", problem, None, epoch)
        if admission.runs:
            answer.runs += append_runs(connection, NATIONAL, admission.epoch_no, epoch, admission.runs)
        for epoch_no, name, first, last in admission.released:
            append_runs(connection, NATIONAL, epoch_no, name, [(first, last)])

    def _hello(
        self, connection: sqlite3.Connection, node: str, payload: bytes, answers: dict[tuple[str, str], _Answer]
    ) -> list[Message]:
        self._sender(connection, node)
        hello = decode(payload, Hello)
        connection.execute("UPDATE node SET heard=?, report=? WHERE id=?", (now_ms(), hello.release, node))
        for raw, _ in hello.epochs:
            epoch = text_id(raw)
            answers.setdefault((node, epoch), _Answer(node, epoch, True, [])).ask = True
        return [standing_of(self._register, connection, node, sha256) for sha256 in hello.offers]

    def _piece(self, connection: sqlite3.Connection, node: str, payload: bytes) -> list[Message]:
        self._sender(connection, node)
        _, content = self._opened(node, payload, PIECE)
        return [(topics.down(node, topics.BLOB_RECEIPT), receive_piece(self._register, connection, content))]

    def _receipt(self, connection: sqlite3.Connection, answer: _Answer) -> Message:
        row = connection.execute(
            "SELECT no, seq, safe, hash FROM epoch WHERE id=? AND origin=?", (answer.epoch, answer.node)
        ).fetchone()
        _, stored, safe, head = row or (0, 0, 0, b"")
        time = now_ms()
        message = signed_part(answer.node, answer.epoch, stored, safe, time, head)
        runs = [(NATIONAL, run.first, run.first_seq, run.last_seq - run.first_seq + 1) for run in answer.runs]
        receipt = Receipt(
            VERSION, raw_id(answer.epoch), stored, safe, CREDIT, time, answer.ask, runs,
            self._keys.sign(RECEIPT_DOMAIN, message),
        )  # fmt: skip
        connection.execute("UPDATE node SET heard=?, receipted=? WHERE id=?", (time, time, answer.node))
        return topics.down(answer.node, topics.RECEIPT), encode(receipt)

    def _bump(self, connection: sqlite3.Connection, name: str) -> None:
        connection.execute(
            "INSERT INTO counter (name, value) VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET value=value+1", (name,)
        )

    def _refuse(self, connection: sqlite3.Connection, node: str, code: str, reason: str) -> None:
        log.warning("refused from %s: %s (%s)", node[:20], reason, code)
        self._bump(connection, f"refused_{code}")

    def _quarantine(
        self,
        connection: sqlite3.Connection,
        node: str,
        code: str,
        reason: str,
        payload: bytes | None,
        epoch: str | None = None,
        first: int | None = None,
        last: int | None = None,
    ) -> None:
        log.warning("quarantined from %s: %s (%s)", node, reason, code)
        self._bump(connection, f"quarantined_{code}")
        if connection.execute("SELECT count(*) FROM quarantine").fetchone()[0] >= KEEP_QUARANTINED:
            return
        connection.execute(
            "INSERT INTO quarantine (received, sender, code, reason, epoch, first, last, payload) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            (now_ms(), node, code, reason[:2000], epoch, first, last, payload),
        )
