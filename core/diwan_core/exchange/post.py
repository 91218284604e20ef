"""The exchange of a post, without a network: messages in, messages out. The agent gives it a carrier and a clock."""

from __future__ import annotations

import logging
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from diwan_core import __version__
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange import topics
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.following import HEARTBEAT_S, Following, count_refused
from diwan_core.exchange.ledger import entries_from
from diwan_core.exchange.outbox import SILENCE_S, News, Outbox
from diwan_core.exchange.parcel import PIECE, BadParcel, read_header, text_id, unpack
from diwan_core.exchange.pieces import BlobSender, receive_piece
from diwan_core.exchange.receipt import (
    FEED_MARK,
    VERSION,
    BadMessage,
    BlobReceipt,
    Hello,
    Receipt,
    decode,
    encode,
)
from diwan_core.register import DamagedBlob, Register, RegisterError
from diwan_core.register.journal import get_state, raise_floor, set_state
from diwan_core.register.scopes import NATIONAL
from diwan_core.register.signing_again import sign_again
from diwan_core.register.store import now_ms
from diwan_core.register.waiting import anything_is_due, release
from diwan_core.trust import NodeKeys, ScopeKey, ScopeKeyring, TrustError
from diwan_core.trust.errors import LedgerRefused

FLUSH_S: Final = 1.0
"""Receipts are written down this often at the most, so that the agent seldom holds the database when a save wants
it."""
WANT_AGAIN_S: Final = 10.0
LATEST_EPOCHS: Final = 8
EVERY_EPOCH: Final = 1000

log = logging.getLogger("diwan.agent")


class NotEnrolled(RegisterError):
    """The post knows no centre yet."""


class PostExchange:
    """What a post sends and how it takes what comes. One per process; the caller owns the loop."""

    def __init__(
        self,
        register: Register,
        keys: NodeKeys,
        keyring: ScopeKeyring,
        monotonic: Callable[[], float] = time.monotonic,
        take_ledger: Callable[[bytes], object] = lambda _: None,
    ) -> None:
        self.register = register
        self._keys = keys
        self._keyring = keyring
        self._now = monotonic
        self._take_ledger = take_ledger
        self.node = register.config.id
        centre = register.store.rows("SELECT id, signing_key, sealing_key FROM node WHERE role='central'")
        if not centre:
            raise NotEnrolled(f"{register.folder} is not enrolled yet: ask the centre for a code, then `diwan enrol`")
        self.centre, signing, sealing = centre[0]
        self.outbox = Outbox(self.node, sealing, signing, monotonic)
        self.blobs = BlobSender(register, self.node, sealing)
        self.following = Following(register, keyring, signing, monotonic)
        self.feed = self.following.feed
        self._hello_due = False
        self._hello_at = -1e9
        self._progress_at = self._now()
        self._wanted: dict[str, float] = {}
        self._receipts: dict[str, tuple[int, int, bytes]] = {}
        self._flushed_at = -1e9
        self._look = True
        self._outgoing: list[Message] = []

    def subscriptions(self) -> list[str]:
        """What this post listens to."""
        return [topics.down(self.node, "#"), topics.scope(NATIONAL, "#"), topics.EVERYONE + "#"]

    def came_up(self) -> None:
        """The line stands again: nothing sent before counts."""
        self.outbox.reset()
        self.outbox.load_receipted(self.register.store.connection, LATEST_EPOCHS)
        self.blobs.reset()
        self._hello_due = True
        self._look = True

    def ask_about(self, epochs: Sequence[str]) -> None:
        """Have the centre say what it holds of these epochs of one's own."""
        if epochs:
            self.outbox.ask_about(self.register.store.connection, epochs)
            self._hello_due = True

    def woken(self) -> None:
        """Something was saved here."""
        self._look = True

    # -- incoming -------------------------------------------------------------------------------------------------

    def handle(self, messages: Sequence[Message]) -> None:
        """Take what came."""
        feed: list[bytes] = []
        for topic, payload in messages:
            leaf = topics.leaf(topic)
            try:
                if topics.is_feed(topic):
                    feed.append(payload)
                elif topic.startswith(topics.EVERYONE):
                    self._announced(leaf, payload)
                elif leaf == topics.HEAD:
                    self._told_head(payload)
                elif leaf == topics.RECEIPT:
                    self._receipt(payload)
                elif leaf == topics.BLOB_RECEIPT:
                    self._blob_receipt(payload)
                elif leaf == topics.PIECE:
                    self._piece(payload)
                elif leaf == topics.SNAPSHOT:
                    self._snapshot(payload)
                elif leaf == topics.KEY:
                    self._scope_key(payload)
                elif leaf == topics.LEDGER:
                    self._ledger(payload)
            except (BadParcel, BadMessage, DamagedBlob, LedgerRefused) as error:
                self._refuse(error)
        self.following.take(feed, self._hello_at, self.outbox.waiting)

    def _announced(self, leaf: str, payload: bytes) -> None:
        """A centre's process came up, or tells where the scopes stand."""
        if leaf == topics.WAKE:
            self.outbox.load_unsafe(self.register.store.connection, EVERY_EPOCH)
            self.outbox.try_again()
            self.outbox.doubt_times()
            self._hello_due = True
        elif leaf == topics.HEAD:
            heads = decode(payload, dict[str, int])
            self.following.announced(self.register.store.connection, heads.get(NATIONAL, 0))

    def _receipt(self, payload: bytes) -> None:
        receipt = decode(payload, Receipt)
        news = self.outbox.receive(self.register.store.connection, receipt)
        if news is not None:
            self._receipts[news.epoch] = (news.stored, news.safe, payload)
            self._progress_at = self._now()
            if news.back:
                self._centre_went_back(news)
        self.following.own(text_id(receipt.epoch), receipt.runs)

    def _centre_went_back(self, news: News) -> None:
        """The centre was put back to an older copy: what lies after it is sent again, and its feed is joined anew."""
        log.warning("the centre holds %s only up to %d; what it lost is sent again", news.epoch, news.stored)
        with self.register.store.write() as connection:
            connection.execute("UPDATE epoch SET stored=? WHERE id=? AND own=1", (news.stored, news.epoch))
            connection.execute("UPDATE blob SET stored=0 WHERE own=1")
            self.outbox.load_receipted(connection, EVERY_EPOCH)
        sign_again(self.register, news.epoch)
        self._hello_due = self._look = True

    def _blob_receipt(self, payload: bytes) -> None:
        receipt = decode(payload, BlobReceipt)
        if not receipt.complete and not self.blobs.sends(receipt.sha256):
            self._send_again(receipt.sha256)
        name = self.blobs.receive(receipt)
        self._progress_at = self._now()
        if name is not None:
            with self.register.store.write() as connection:
                connection.execute("UPDATE blob SET stored=1 WHERE sha256=?", (name,))

    def _send_again(self, sha256: bytes) -> None:
        """A centre that was put back asks for a picture it once had."""
        with self.register.store.write() as connection:
            connection.execute("UPDATE blob SET stored=0 WHERE sha256=? AND own=1 AND have=size", (sha256.hex(),))
        self._look = True

    def _piece(self, payload: bytes) -> None:
        head, start = read_header(payload)
        if head.kind != PIECE:
            raise BadParcel("foreign", "not a piece of a blob")
        content = unpack(payload, start, self._keys)
        with self.register.store.write() as connection:
            answer = decode(receive_piece(self.register, connection, content), BlobReceipt)
        name = answer.sha256.hex()
        if answer.complete:
            self._wanted.pop(name, None)
        elif name in self._wanted:
            self._wanted[name] = -1e9 if answer.have % (8 * 65_536) == 0 else self._now()
            self._hello_due = self._hello_due or self._wanted[name] < 0

    def _snapshot(self, payload: bytes) -> None:
        ask = self.following.join(payload)
        if ask is not None:
            self._outgoing.append((topics.up(self.node, topics.ASK), ask))

    def _scope_key(self, payload: bytes) -> None:
        """A key of a scope, sealed to this node; whose it is shows in the ledger."""
        scope, key_id, sealed = decode(payload, tuple[str, bytes, bytes])
        try:
            self._keyring.add(ScopeKey.receive(self._keys, scope, key_id, sealed))
        except TrustError as error:
            raise BadMessage(str(error)) from error

    def _ledger(self, payload: bytes) -> None:
        """New facts from the centre; or, empty, its question for those it has lost."""
        answer = entries_from(self.register, payload)
        if answer is None:
            self._take_ledger(payload)
            self.outbox.try_again()
        else:
            self._outgoing.append((topics.up(self.node, topics.LEDGER), answer))

    def _told_head(self, payload: bytes) -> None:
        """The answer to a hello that claimed numbers the centre does not know."""
        head = decode(payload, dict[str, int]).get(NATIONAL)
        if head is not None:
            self.following.told_head(head)

    def _refuse(self, error: BadParcel | BadMessage | DamagedBlob | LedgerRefused) -> None:
        with self.register.store.write() as connection:
            count_refused(connection, error)

    # -- outgoing -------------------------------------------------------------------------------------------------

    def flush(self, *, force: bool = False) -> None:
        """Write down receipts and one's own runs, a few times a second at the most; judge again what waited and is
        due."""
        if anything_is_due(self.register.store.connection):
            with self.register.store.write() as connection:
                release(connection)
        if not (self._receipts or self.following.own_runs) or (self._now() - self._flushed_at < FLUSH_S and not force):
            return
        self._flushed_at = self._now()
        with self.register.store.write() as connection:
            time_ms = now_ms()
            connection.executemany(
                # The receipt's bytes stay beside its numbers: they are the centre's word, for an audit.
                "UPDATE epoch SET stored=max(stored, ?), safe=max(safe, ?), receipt=?, heard=? WHERE id=? AND own=1",
                [(stored, safe, raw, time_ms, epoch) for epoch, (stored, safe, raw) in self._receipts.items()],
            )
            told, taken = bool(self.following.own_runs), self.following.take_own(connection)
            if get_state(connection, "heard") is None:
                set_state(connection, "heard", time_ms)
            if self.outbox.told is not None:
                raise_floor(connection, self.outbox.told[0])
        self._receipts.clear()
        if told:
            self.following.settle(taken, self._hello_at, self.outbox.waiting)

    def outgoing(self) -> Iterator[Message]:
        """What to publish now."""
        connection = self.register.store.connection
        if self._look:
            self._look = False
            self.outbox.load(connection)
            self.blobs.load(connection)
            self._note_wants(connection)
        if self._now() - self._hello_at > HEARTBEAT_S:
            self._hello_due = self._look = True
        silent = self._now() - max(self._progress_at, self._hello_at) > SILENCE_S
        left = self.outbox.waiting or self.blobs.waiting or not (self.outbox.idle and self.blobs.idle)
        if silent and left and not (self.outbox.pausing and self.blobs.idle):
            self.blobs.reset()
            self.outbox.doubt_times()
            self._hello_due = True
        self.following.look_at_clock(self._hello_at)
        if self._hello_due or self.following.ask_due:
            self._hello_due = self.following.ask_due = False
            self._hello_at = self._now()
            yield topics.up(self.node, topics.HELLO), self._hello(connection)
        messages, self._outgoing = self._outgoing, []
        yield from messages
        for parcel in self.outbox.parcels(connection):
            yield topics.up(self.node, topics.PARCEL), parcel
        if self.outbox.idle or not self.outbox.waiting:
            for parcel in self.blobs.parcels():
                yield topics.up(self.node, topics.PIECE), parcel

    def _note_wants(self, connection: sqlite3.Connection) -> None:
        for (name,) in connection.execute("SELECT sha256 FROM blob WHERE wanted=1 ORDER BY added LIMIT 50"):
            if name not in self._wanted:
                self._wanted[name] = self._now()
                self._hello_due = True
        for name, asked in self._wanted.items():
            if self._now() - asked > WANT_AGAIN_S:
                self._wanted[name] = self._now()
                self._hello_due = True

    def _hello(self, connection: sqlite3.Connection) -> bytes:
        cursor, digest = self.feed.cursor(connection)
        return encode(
            Hello(
                VERSION,
                DICTIONARY.version,
                __version__,
                self.outbox.unreceipted(),
                {NATIONAL: cursor},
                connection.execute("SELECT count(*) FROM ledger").fetchone()[0],
                [(bytes.fromhex(name), self.register.blobs.arrived(name)) for name in self._wanted],
                self.blobs.offers(),
                self.following.whole,
                {NATIONAL: digest[:FEED_MARK]},
            )
        )

    def timeout(self) -> float:
        """How long the loop may sleep, in seconds."""
        return FLUSH_S if self._receipts or self.following.own_runs else 5.0
