"""The centre's inbox: takes in parcels, hellos and pieces that nodes send, and makes receipts after the commit.

Everything that arrives together is admitted in one transaction. A parcel that is refused is so before anything of it is
written; one that admission stumbles over has its batch taken again one by one, and is set aside."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from diwan_core import stumble, world
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.centre import hellos
from diwan_core.exchange.centre.announcements import Voice
from diwan_core.exchange.centre.log_keeper import LogKeeper, Standing
from diwan_core.exchange.centre.quarantined_parcels import Kept, budget, keep, refuse
from diwan_core.exchange.centre.receipts_due import Answer, OwedReceipts
from diwan_core.exchange.centre.rows_in import RowsIn, open_parcel, sender_known
from diwan_core.exchange.ledger import take_entries
from diwan_core.exchange.pieces import lacking, read_piece, receive_piece, standing_of
from diwan_core.exchange.reopening import challenge, is_closed, showed_its_ledger
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import LOG_BYTES, BadMessage, LogRows, SignedHello, SignedPiece, decode, encode
from diwan_core.exchange.wire.parcel import PIECE, BadParcel, text_id
from diwan_core.exchange.wire.peers import refuse_unsigned
from diwan_core.exchange.wire.signed import Forged, is_signed
from diwan_core.register import (
    DamagedBlob,
    DiskFull,
    Register,
    RegisterBusy,
    RegisterDamaged,
    RegisterError,
    Transaction,
)
from diwan_core.register.exchange_state import nodes, picture_state
from diwan_core.register.exchange_state.epochs import head
from diwan_core.register.exchange_state.ledger_entries import ledger_length
from diwan_core.register.inspection.read_logs import anchors_in
from diwan_core.register.journal.forks import note_held
from diwan_core.register.records.undo import note_arrival
from diwan_core.register.storage.database import now_ms
from diwan_core.trust import NodeKeys
from diwan_core.trust.errors import LedgerRefused, TrustError

PARCEL_S: Final = 0.1
"""A parcel that takes more seconds than this is admitted in several transactions. On a fast machine no parcel that a
post makes takes so long."""
_OF_THIS_NODE: Final = (DiskFull, RegisterBusy, RegisterDamaged)
"""What the centre's own disk is to blame for, and no message: none of them is quarantined for that."""
_UNEXPECTED: Final = (
    RegisterError, ArithmeticError, ValueError, TypeError, LookupError, AttributeError, RecursionError,
)  # fmt: skip
"""What admission may stumble over in a message. Whatever is not among these ends the process, and its sender could end
it again as soon as it is back."""

log = logging.getLogger("diwan.ingest")


class Handled(NamedTuple):
    """How many messages were dealt with, what to publish at once, and the seconds each node took."""

    dealt_with: int
    replies: list[Message]
    spent: dict[str, float]


def sender_of(message: Message) -> str:
    """The node a message is from; "" where its topic is none of a node's."""
    addressed = topics.sender(message[0])
    return "" if addressed is None else addressed[0]


def _is_facts(message: Message) -> bool:
    return message[0].endswith(f"/{topics.LEDGER}")


class Inbox:
    """Admission at the centre. One per process; the caller owns the loop."""

    def __init__(
        self,
        register: Register,
        keys: NodeKeys,
        monotonic: Callable[[], float] = world.monotonic_s,
        logs: LogKeeper | None = None,
    ) -> None:
        self._register = register
        self._logs = logs
        self._keys = keys
        self._now = monotonic
        self._owed = OwedReceipts(register.config.id, keys, monotonic)
        self.voice = Voice(register.config.id, keys)
        self.rows = RowsIn(register, keys, monotonic)
        self._spent: dict[str, float] = {}
        self.ledger_grew = False
        """Facts were merged; the caller writes the broker's lists anew."""
        self.committed: list[tuple[str, int]] = []
        """What the last transaction committed: (epoch, its head)."""

    def handle(self, messages: Sequence[Message]) -> list[Message]:
        """Admit all that came; the messages to publish at once. What they say is committed. Receipts are owed from now
        on: see `receipts`."""
        replies: list[Message] = []
        committed: list[tuple[str, int]] = []
        left = list(messages)
        while left:
            handled = self.handle_some(left, float("inf"))
            replies += handled.replies
            committed += self.committed
            left = left[handled.dealt_with :]
        self.committed = committed
        return replies

    def handle_some(self, messages: Sequence[Message], seconds: float) -> Handled:
        """Admit the first of these in one transaction, for so long and at least one: what is left is for the caller to
        bring again, and a parcel that took too long first among it."""
        self.committed, self._spent = [], {}
        facts = next((at for at, message in enumerate(messages) if _is_facts(message)), len(messages))
        if facts == 0:
            self._take_facts(messages[0])
            return Handled(1, [], self._spent)
        try:
            count, replies = self._transaction(messages[:facts], seconds)
        except _OF_THIS_NODE:
            self.rows.forget()
            raise  # nothing was receipted, so it all comes again
        except _UNEXPECTED as error:
            told = "a batch could not be admitted; its %d messages are taken one by one:\n%s"
            log.error(told, facts, stumble.trace(error))
            guilty = self.rows.resumed
            self.rows.forget()
            count, replies = self._one_by_one(messages[:facts], seconds, guilty, error)
        return Handled(count, replies, self._spent)

    def _one_by_one(
        self, messages: Sequence[Message], seconds: float, guilty: bytes | None, why: Exception
    ) -> tuple[int, list[Message]]:
        """Handle messages again, each in a transaction of its own. A parcel that had been gone on with is not begun
        again."""
        replies: list[Message] = []
        committed: list[tuple[str, int]] = []
        end = self._now() + seconds
        count = 0
        for message in messages:
            finished = 1
            try:
                if message[1] is guilty:
                    raise why
                finished, answers = self._transaction([message], end - self._now())
                replies += answers
            except _OF_THIS_NODE:
                self.rows.forget()
                raise
            except _UNEXPECTED as error:
                self.rows.forget()
                self._set_aside(message, error)
            committed += self.committed
            count += finished
            if self._now() >= end or not finished:
                break
        self.committed = committed
        return count, replies

    def _take_facts(self, message: Message) -> None:
        """Facts that a post holds and this centre has lost; they prove themselves by the centre's own signature."""
        began, node = self._now(), sender_of(message)
        try:
            self.ledger_grew = take_entries(self._register, message[1]) or self.ledger_grew
        except LedgerRefused as error:
            budget.warn(node, "ledger entries from %s are refused: %s", node, error)
        self._spend(node, self._now() - began)

    def _spend(self, node: str, seconds: float) -> None:
        self._spent[node] = self._spent.get(node, 0.0) + seconds

    def _transaction(self, messages: Sequence[Message], seconds: float) -> tuple[int, list[Message]]:
        """Admit these, for so long: how many, and what to publish. What is refused was so before anything of it was
        written."""
        answers: dict[tuple[str, str], Answer] = {}
        replies: list[Message] = []
        senders: set[str] = set()
        end = self._now() + seconds
        applied = count = 0
        with self._register.store.write() as transaction:
            note_arrival(transaction)
            for message in messages:
                began, node = self._now(), sender_of(message)
                finished, rows = True, 0
                self.rows.resumed = None
                try:
                    finished, rows = self._one(transaction, message, answers, replies, max(end, began + PARCEL_S))
                except (BadParcel, BadMessage, DamagedBlob) as error:
                    refuse(transaction, node, getattr(error, "code", "broken"), str(error))
                applied += rows
                count += finished
                senders.add(node)
                self._spend(node, self._now() - began)
                if not finished or self._now() >= end:
                    break
            committed = [(epoch, seq) for _, epoch in answers if (seq := head(transaction, epoch)) is not None]
            ending = self._now()
        for node in senders:
            self._spend(node, (self._now() - ending) / len(senders))
        self.committed = committed
        self._owed.add(answers, sum(len(payload) for _, payload in messages[:count]))
        if applied:
            self._register.wake(b"admitted")
        return count, replies

    def _one(
        self,
        transaction: Transaction,
        message: Message,
        answers: dict[tuple[str, str], Answer],
        replies: list[Message],
        end: float,
    ) -> tuple[bool, int]:
        """Whether this message is dealt with, and how many rows of it were applied."""
        addressed = topics.sender(message[0])
        if addressed is None:
            return True, 0
        node, leaf = addressed
        if leaf == topics.PARCEL:
            return self.rows.take(transaction, node, message[1], answers, end)
        if leaf == topics.PIECE:
            replies += self._piece(transaction, node, message[1])
        elif leaf == topics.LOG:
            replies += self._log(transaction, node, message[1])
        elif leaf == topics.HELLO:
            replies += self._hello(transaction, node, message[1], answers)
        return True, 0

    def from_revoked_keys(self, node: str, payload: bytes) -> None:
        """A parcel that came signed with keys that are revoked, whatever keys its node has now: into quarantine."""
        with self._register.store.write() as transaction:
            self.rows.revoked(transaction, node, payload)

    def _set_aside(self, message: Message, error: Exception) -> None:
        """Quarantine a message that admission itself stumbled over."""
        with self._register.store.write() as transaction:
            keep(transaction, self._keys, sender_of(message), [Kept("error", stumble.place(error), message[1])])

    @property
    def clones(self) -> list[str]:
        """Nodes as which two machines write; the caller revokes them."""
        return self.rows.clones

    def release(self) -> bool:
        """Judge again some of what waited and is due; whether more is due."""
        return self.rows.release()

    def due_in(self) -> float:
        """Seconds until receipts are due; a long time when none are owed."""
        return self._owed.due_in()

    def receipts(self) -> list[Message]:
        """The receipts that are due: one an epoch, for all that was committed of it meanwhile."""
        if self._owed.due_in() > 0:
            return []
        with self._register.store.read() as transaction:
            return self._owed.written(transaction)

    def _welcome(self, transaction: Transaction, node: str) -> None:
        if sender_known(transaction, node).revoked:
            raise BadParcel("revoked", f"the keys of node {node} are revoked")

    def hello_by_stick(self, node: str, hello: SignedHello) -> None:
        """A hello in a file that its node signed whole. What it is answered with goes onto a stick."""
        with self._register.store.write() as transaction:
            try:
                self._welcome(transaction, node)
            except BadParcel as error:
                refuse(transaction, node, error.code, error.reason)
            else:
                self._greet(transaction, node, hello, {})

    def _hello(
        self, transaction: Transaction, node: str, payload: bytes, answers: dict[tuple[str, str], Answer]
    ) -> list[Message]:
        try:
            self._welcome(transaction, node)
            hello = hellos.heard(transaction, self._register.config.id, node, payload)
        except (BadParcel, Forged):
            if wanted := self._facts_lost(transaction, node, payload):
                return wanted
            raise
        match hellos.note(transaction, node, hello):
            case hellos.News.TWICE:
                return []
            case hellos.News.OLD:
                least = nodes.latest_hello(transaction, node)[0] + 1
                closing = challenge(transaction) if is_closed(transaction) else b""
                return [self.voice.question(node, hello.nonce, least, closing)]
        return self._greet(transaction, node, hello, answers)

    def _facts_lost(self, transaction: Transaction, node: str, payload: bytes) -> list[Message]:
        """At a centre that was put back: the question for the facts it lost, to a node it knows by other keys or not at
        all. Where every post was given new keys since the copy was made, nobody else could bring them; and it takes
        from a stranger only what it has signed itself."""
        facts = ledger_length(transaction)
        if not is_closed(transaction) or decode(payload, SignedHello).ledger <= facts:
            return []
        return [(topics.down(node, topics.LEDGER), encode((facts + 1, [])))]

    def _greet(
        self, transaction: Transaction, node: str, hello: SignedHello, answers: dict[tuple[str, str], Answer]
    ) -> list[Message]:
        nodes.note_heard(transaction, node, now_ms(), hello.release)
        nodes.note_dictionary(transaction, node, hello.dictionary)
        note_held(transaction, node, [(text_id(raw), seq) for raw, seq in hello.epochs])
        facts = ledger_length(transaction)
        if hello.ledger > facts:
            return [(topics.down(node, topics.LEDGER), encode((facts + 1, [])))]
        if is_closed(transaction):
            closing = challenge(transaction)
            if hello.closing != closing:
                return [self.voice.question(node, hello.nonce, 0, closing)] if hello.nonce else []
            if not showed_its_ledger(transaction, node):
                return []
            log.warning("more than half of the posts have shown their ledgers: this centre is open again")
            return [self.voice.wake()]
        for raw, _ in hello.epochs:
            epoch = text_id(raw)
            answers.setdefault((node, epoch), Answer(node, epoch, True, [])).ask = True
        standing = [standing_of(self._register, transaction, sha256, node) for sha256 in hello.offers]
        all_rows = all((head(transaction, text_id(raw)) or 0) >= seq for raw, seq in hello.epochs)
        standing += lacking(self._register, transaction, node, all_rows=all_rows)
        said = [self.voice.blob_receipt(node, one, hello.nonce) for one in standing]
        if self._logs is not None and hello.nonce:
            said += self._log_standing(node, self._logs.standing(node, anchors_in(transaction, node)), hello.nonce)
        return said

    def _log(self, transaction: Transaction, node: str, payload: bytes) -> list[Message]:
        """Rows of a post's log of reads; what they are taken by is a file of its own, and taking them twice is once."""
        self._welcome(transaction, node)
        if self._logs is None or is_closed(transaction):
            return []
        rows = decode(payload, LogRows, LOG_BYTES)
        key = sender_known(transaction, node).signing_key
        if not is_signed(LogRows, payload, rows.signature, key, node, self._register.config.id):
            raise Forged(f"rows of a log of reads that {node} did not sign")
        try:
            standing = self._logs.take(node, rows.sealed, anchors_in(transaction, node))
        except TrustError as error:
            raise BadMessage(str(error)) from error
        return self._log_standing(node, standing, nodes.latest_hello(transaction, node)[1])

    def _log_standing(self, node: str, standing: Standing | None, nonce: bytes) -> list[Message]:
        return [self.voice.log_standing(node, standing, nonce)] if standing is not None and nonce else []

    def _piece(self, transaction: Transaction, node: str, payload: bytes) -> list[Message]:
        self._welcome(transaction, node)
        if is_closed(transaction):
            return []
        _, content = open_parcel(node, payload, PIECE, self._keys)
        piece = read_piece(content)
        self._vouched(transaction, node, content, piece)
        if not picture_state.may_bring(transaction, node, piece.sha256.hex(), piece.size):
            raise BadMessage("a piece of a picture that no record names, beside too many of those")
        standing = receive_piece(self._register, transaction, piece, node)
        return [self.voice.blob_receipt(node, standing, nodes.latest_hello(transaction, node)[1])]

    def _vouched(self, transaction: Transaction, node: str, content: bytes, piece: SignedPiece) -> None:
        """Whoever knows the centre's public key can seal a piece to it. Raises Unsigned, Forged."""
        if not piece.signature:
            refuse_unsigned("a piece of a picture", signing=nodes.has_signed(transaction, node))
            return
        key = sender_known(transaction, node).signing_key
        if not is_signed(SignedPiece, content, piece.signature, key, node, self._register.config.id):
            raise Forged(f"a piece of a picture that {node} did not sign")
