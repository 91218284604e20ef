"""The exchange of a post without a network: messages in, messages out. The agent gives it a carrier and a clock."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Final

from diwan_core import __version__, world
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.ledger import announces, entries_from
from diwan_core.exchange.post.feed_pacing import Paced
from diwan_core.exchange.post.feed_state import HEARTBEAT_S, Following, count_refused
from diwan_core.exchange.post.outbox import MOST_NAMED, SILENCE_S, News, Outbox
from diwan_core.exchange.post.own_centre import Centre
from diwan_core.exchange.post.own_hellos import CLOSING, OwnHellos, Said, StickHellos, forget_sticks, wishes
from diwan_core.exchange.post.own_log import OwnLog
from diwan_core.exchange.post.post_pictures import Pictures
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import (
    FEED_MARK,
    VERSION,
    BadMessage,
    BoundReceipt,
    Question,
    ScopeHeads,
    SignedHello,
    Wake,
    decode,
)
from diwan_core.exchange.wire.parcel import BadParcel, read_header, text_id
from diwan_core.exchange.wire.peers import refuse_unsigned
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.register import DamagedBlob, Register, Transaction
from diwan_core.register.admission.moves import settle_runs
from diwan_core.register.admission.reach import scopes_of
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.admission.waiting import anything_is_due, release
from diwan_core.register.exchange_state import epochs
from diwan_core.register.exchange_state.ledger_entries import ledger_length
from diwan_core.register.journal.journal import raise_floor
from diwan_core.register.journal.resign import sign_again
from diwan_core.register.storage.database import now_ms
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.trust import NodeKeys, ScopeKey, ScopeKeyring, TrustError
from diwan_core.trust.errors import LedgerRefused

FLUSH_S: Final = 1.0
"""Receipts are written down this often at the most, so that the agent seldom holds the database when a save wants
it."""
LATEST_EPOCHS: Final = 8

log = logging.getLogger("diwan.agent")


class PostExchange:
    """What a post sends and how it takes what comes. One per process; the caller owns the loop. `by_stick`: what comes
    lies on a stick, in files that the centre has signed. Raises NotEnrolled."""

    def __init__(
        self,
        register: Register,
        keys: NodeKeys,
        keyring: ScopeKeyring,
        monotonic: Callable[[], float] = world.monotonic_s,
        take_ledger: Callable[[bytes], object] = lambda _: None,
        *,
        by_stick: bool = False,
    ) -> None:
        self.register = register
        self._keys = keys
        self._keyring = keyring
        self._now = monotonic
        self._take_ledger = take_ledger
        self.node = register.config.id
        self.centre = Centre(register, by_stick=by_stick)
        self.outbox = Outbox(self.node, self.centre, monotonic)
        self.paced = Paced()
        """Parcels of feeds that came and that the caller has not given to `handle` yet, where it paces them."""
        self.following = Following(register, keyring, self.centre, monotonic, keys=keys, queue=self.paced)
        self.units: dict[str, Following] = {}
        """The scopes of the units that this post is a member of, by their names."""
        self._followed = 0
        """How many entries of the ledger these are by: a stick may bring more, in another process."""
        self._follow_units()
        self.feed = self.following.feed
        self.hellos = OwnHellos()
        with register.store.read() as transaction:
            self._said: Said = StickHellos(transaction) if by_stick else self.hellos
        self._called_at: dict[str, int] = {}
        self.pictures = Pictures(register, keys, self.centre, self._said, monotonic)
        self.blobs = self.pictures.sender
        self.log = OwnLog(register, keys, self.centre, self._said)
        self._hello_due = False
        self._asks_of_all = False
        """Whether the centre was put back and is asked what it holds of every epoch of this post."""
        self._hello_at = -1e9
        self._progress_at = self._now()
        self._receipts: dict[str, tuple[int, int, bytes]] = {}
        self._flushed_at = -1e9
        self._look = True
        self._outgoing: list[Message] = []

    def subscriptions(self) -> list[str]:
        """The topics that this post listens to."""
        return [topics.down(self.node, "#"), topics.scope(NATIONAL, "#"), topics.EVERYONE + "#"]

    def _follow_units(self) -> None:
        """Follow the scopes that the ledger makes this post a member of, and forget the keys of those it has left."""
        with self.register.store.read() as transaction:
            mine, self._followed = scopes_of(transaction, self.node), ledger_length(transaction)
        for scope in self._keyring.scopes() - {NATIONAL, *mine}:
            self._keyring.remove(scope)
        self.units = {
            scope: self.units.get(scope)
            or Following(
                self.register, self._keyring, self.centre, self._now, keys=self._keys, scope=scope, queue=self.paced
            )
            for scope in mine
        }

    def came_up(self) -> None:
        """The line stands again: nothing sent before counts."""
        self.outbox.reset()
        with self.register.store.read() as transaction:
            begun, self._asks_of_all = self._asks_of_all, epochs.has_gone_back(transaction)
            # What was answered on an earlier line of this process is not asked again: each may be short.
            self.outbox.load_receipted(transaction, None if self._asks_of_all and not begun else LATEST_EPOCHS)
        self.outbox.ask_again()
        self.blobs.reset()
        self.pictures.found.came_up()
        self._hello_due = True
        self._look = True

    def ask_about(self, wanted: Sequence[str]) -> None:
        """Have the centre say what it holds of these epochs of one's own."""
        if wanted:
            with self.register.store.read() as transaction:
                self.outbox.ask_about(transaction, wanted)
            self._hello_due = True

    def woken(self) -> None:
        """Something was saved here."""
        self._look = True

    # -- incoming -------------------------------------------------------------------------------------------------

    def handle(self, messages: Sequence[Message]) -> None:
        """Handle the messages that came."""
        feed: list[bytes] = []
        of_units: dict[str, list[bytes]] = {}
        for topic, payload in messages:
            leaf = topics.leaf(topic)
            try:
                if topics.is_feed(topic):
                    self._list_of(payload, feed, of_units).append(payload)
                elif topic.startswith(topics.EVERYONE):
                    self._announced(leaf, payload)
                elif leaf == topics.HEADS:
                    self._told_heads(payload)
                elif leaf == topics.HEAD:
                    self._told_head(payload)
                elif leaf == topics.QUESTION:
                    self._question(payload)
                elif leaf == topics.RECEIPT:
                    self._receipt(payload)
                elif leaf == topics.BLOB_RECEIPT:
                    self._progress_at = self._now() if self.pictures.receipt(payload) else self._progress_at
                elif leaf == topics.LOG:
                    self.log.told(payload)
                elif leaf == topics.PIECE:
                    self.pictures.piece(payload)
                elif leaf == topics.SNAPSHOT:
                    self._snapshot(payload)
                elif leaf == topics.KEY:
                    self._scope_key(payload)
                elif leaf == topics.LEDGER:
                    self._ledger(payload)
            except (BadParcel, BadMessage, DamagedBlob, LedgerRefused) as error:
                self._refuse(error)
        self.following.take(feed, self._hello_at, self.outbox.waiting)
        self._take_of_units(of_units)
        self.centre.remember(self.register.store)

    def _list_of(self, parcel: bytes, national: list[bytes], of_units: dict[str, list[bytes]]) -> list[bytes]:
        """The list that a parcel of a feed goes to, by its scope. Raises BadParcel."""
        scope = read_header(parcel)[0].scope if self.units else NATIONAL
        return of_units.setdefault(scope, []) if scope in self.units else national

    def _take_of_units(self, parcels: dict[str, list[bytes]]) -> None:
        """Take what came of the scopes of units, after the rows that it belongs to."""
        for scope, following in self.units.items():
            following.take(parcels.get(scope, ()), self._hello_at, waiting=False)
            if self.following.kept_back:
                following.expect(self._hello_at)
        self.following.kept_back = False

    def _announced(self, leaf: str, payload: bytes) -> None:
        """A centre's process came up, or tells where the scopes stand."""
        if leaf == topics.WAKE:
            if payload:
                wake = decode(payload, Wake)
                self.centre.vouches(Wake, payload, wake.signature, None)
                if not self._is_later(leaf, wake.time):
                    return
            else:
                refuse_unsigned("a call", signing=self.centre.signs)
            with self.register.store.read() as transaction:
                self.outbox.load_unsafe(transaction, MOST_NAMED)
            self.outbox.try_again()
            self.outbox.doubt_times()
            self._hello_due = True
        elif leaf == topics.HEADS:
            heads = decode(payload, ScopeHeads)
            self.centre.vouches(ScopeHeads, payload, heads.signature, None)
            if self._is_later(leaf, heads.time):
                self.following.announced(heads.heads.get(NATIONAL, 0))
                for scope, following in self.units.items():
                    following.announced(heads.heads.get(scope, 0))
        elif leaf == topics.HEAD and not self.centre.signs:  # the centre says it in this form too, for older posts
            refuse_unsigned("a place of scopes", signing=False)
            self.following.announced(decode(payload, dict[str, int]).get(NATIONAL, 0))

    def _is_later(self, leaf: str, time_ms: int) -> bool:
        """Whether a message of the centre to everybody is newer than the last of its kind. Such messages name no
        hello and are taken in the order of their times; of two processes that call in the same moment one is enough."""
        if time_ms <= self._called_at.get(leaf, 0):
            return False
        self._called_at[leaf] = time_ms
        return True

    def _receipt(self, payload: bytes) -> None:
        receipt = decode(payload, BoundReceipt)
        hello = self._said.number(receipt.nonce) if receipt.nonce else 0
        if receipt.nonce and not hello:
            return  # it answers what another process said, or what was said to a centre that has been put back since
        if not receipt.nonce and not self.centre.by_stick:
            refuse_unsigned("a receipt that answers no hello", signing=self.centre.signs)
        with self.register.store.statements() as transaction:
            news = self.outbox.receive(transaction, payload, receipt, hello)
        if receipt.nonce and self.outbox.told is not None:
            said = self.outbox.told[0]
            self._called_at = {leaf: min(at, said) for leaf, at in self._called_at.items()}
        if news is None:
            return
        if news.new:
            self._receipts[news.epoch] = (news.stored, news.safe, payload)
            self._progress_at = self._now()
            if news.back:
                self._centre_went_back(news, hello)
        self.following.own(text_id(receipt.epoch), receipt.runs)

    def _centre_went_back(self, news: News, hello: int) -> None:
        """The centre was put back to an older copy: what lies after it is sent again, and its feed is joined anew."""
        log.warning("the centre holds %s only up to %d; what it lost is sent again", news.epoch, news.stored)
        # First: a process that starts in between would not know that there is anything to sign.
        sign_again(self.register.store, self.node, self._keys, (news.epoch, news.stored))
        with self.register.store.write() as transaction:
            epochs.centre_went_back(transaction, news.epoch, news.stored)
            self._asks_of_all = True
            # The receipts on one stick all answer the same hello.
            self.outbox.load_receipted(transaction, None, after=0 if self.centre.by_stick else hello)
            self.pictures.forget_answers(transaction, hello)
        self._hello_due = self._look = True

    def _snapshot(self, payload: bytes) -> None:
        if ask := self.following.join(payload):
            self._outgoing.append((topics.up(self.node, topics.ASK), ask))

    def _scope_key(self, payload: bytes) -> None:
        """A key of a scope, sealed to this node; whose it is shows in the ledger."""
        scope, key_id, sealed = decode(payload, tuple[str, bytes, bytes])
        if scope != NATIONAL and scope not in self.units:
            raise BadMessage("a key of a scope that this node is no member of")
        try:
            if self._keyring.get(scope, key_id) is not None:
                return
            key = ScopeKey.receive(self._keys, scope, key_id, sealed)
        except TrustError as error:
            raise BadMessage(str(error)) from error
        if not announces(self.register, scope, key_id, key.public):
            raise BadMessage("a key of a scope that the ledger does not announce")
        self._keyring.add(key)

    def _ledger(self, payload: bytes) -> None:
        """New facts from the centre; or, empty, its question for those it has lost."""
        answer = entries_from(self.register, payload)
        if answer is None:
            before = self._cursors()
            self._take_ledger(payload)
            self._follow_units()
            # What is read again from an earlier place is not waited for until the centre tells of something new.
            now = self._cursors()
            self._hello_due = self._hello_due or any(now.get(scope, 0) < place for scope, place in before.items())
            self.outbox.try_again()
        else:
            self._outgoing.append((topics.up(self.node, topics.LEDGER), answer))

    def _told_heads(self, payload: bytes) -> None:
        """The answer to a hello that claimed numbers the centre does not know."""
        told = decode(payload, ScopeHeads)
        self.centre.vouches(ScopeHeads, payload, told.signature, self.node)
        if not self._said.is_latest(told.nonce):
            return
        head = told.heads.get(NATIONAL)
        if head is not None and self.following.told_head(head):
            with self.register.store.write() as transaction:
                forget_sticks(transaction, self._said.number(told.nonce) if self.centre.by_stick else None)
        for scope, following in self.units.items():
            if scope in told.heads:
                following.told_head(told.heads[scope])

    def _told_head(self, payload: bytes) -> None:
        """The answer to a hello that claimed unknown numbers, in the form of the first releases."""
        if not self.centre.by_stick:
            refuse_unsigned("a place of scopes", signing=self.centre.signs)
        elif self.centre.signs:
            return
        if (head := decode(payload, dict[str, int]).get(NATIONAL)) is not None:
            self.following.told_head(head)

    def _question(self, payload: bytes) -> None:
        """The centre did not take the last hello."""
        question = decode(payload, Question)
        if not self.centre.vouches(Question, payload, question.signature, self.node):
            raise BadMessage("a question that nobody signed")
        if not self._said.is_latest(question.nonce):
            return
        if self.centre.by_stick:
            with self.register.store.write() as transaction:
                set_state(transaction, CLOSING, question.closing)
        self.hellos.asked(question)
        self.outbox.ask_again()
        self._hello_due = True

    def _refuse(self, error: BadParcel | BadMessage | DamagedBlob | LedgerRefused) -> None:
        with self.register.store.write() as transaction:
            count_refused(transaction, error)

    # -- outgoing -------------------------------------------------------------------------------------------------

    def _is_level(self, transaction: Transaction) -> bool:
        """Whether nothing is missing here of what this post follows."""
        return all(following.is_level(transaction) for following in (self.following, *self.units.values()))

    def flush(self, *, force: bool = False) -> None:
        """Write down receipts and one's own runs, a few times a second at the most; judge again what waited and is
        due."""
        with self.register.store.statements() as transaction:
            is_due, has_heard = anything_is_due(transaction), ledger_length(transaction) != self._followed
        if has_heard:
            self._follow_units()
            self._hello_due = True
        if is_due:
            with self.register.store.write() as transaction:
                for number, _, first, last in release(transaction):
                    settle_runs(transaction, self.node, number, [(first, last)])
        if self.pictures.found.is_answered:
            with self.register.store.statements() as transaction:
                is_level = self._is_level(transaction)
            self._look = self.pictures.found.settle(is_level=is_level) or self._look
        has_answered = self._asks_of_all and self.outbox.all_answered
        due = self._receipts or self.following.own_runs or has_answered
        if not due or (self._now() - self._flushed_at < FLUSH_S and not force):
            return
        self._flushed_at = self._now()
        with self.register.store.write() as transaction:
            time_ms = now_ms()
            epochs.note_receipts(
                transaction,
                [(stored, safe, raw, time_ms, epoch) for epoch, (stored, safe, raw) in self._receipts.items()],
            )
            if has_answered:
                self._asks_of_all = False
                epochs.all_answered(transaction)
            told, taken = bool(self.following.own_runs), self.following.take_own(transaction)
            if get_state(transaction, "heard") is None:
                set_state(transaction, "heard", time_ms)
            if self.outbox.told is not None:
                raise_floor(transaction, self.outbox.told[0])
        self._receipts.clear()
        if told:
            self.following.settle(taken, self._hello_at, self.outbox.waiting)

    def outgoing(self) -> Iterator[Message]:
        """The messages to publish now."""
        with self.register.store.statements() as transaction:
            yield from self._messages(transaction)

    def _messages(self, transaction: Transaction) -> Iterator[Message]:
        if self._look:
            self._look = False
            self.outbox.load(transaction)
            self.pictures.look(transaction)
        if self.pictures.found.is_due and self._is_level(transaction):
            self.pictures.found.look(transaction)
        if self._now() - self._hello_at > HEARTBEAT_S:
            self._hello_due = self._look = True
            self.outbox.ask_again()
        silent = self._now() - max(self._progress_at, self._hello_at) > SILENCE_S
        left = self.outbox.waiting or self.blobs.waiting or not (self.outbox.idle and self.blobs.idle)
        if silent and left and not (self.outbox.pausing and self.blobs.idle):
            self.blobs.reset()
            self.outbox.doubt_times()
            self._hello_due = True
        followed = [self.following, *self.units.values()]
        for following in followed:
            following.look_at_clock(self._hello_at)
            self._hello_due = self._hello_due or following.ask_due
        if self._hello_due or self.pictures.hello_due or self.pictures.found.hello_due:
            self._hello_due = self.pictures.hello_due = False
            for following in followed:
                following.ask_due = False
            self._hello_at = self._now()
            yield topics.up(self.node, topics.HELLO), self._hello(transaction)
        messages, self._outgoing = self._outgoing, []
        yield from messages
        for parcel in self.outbox.parcels(transaction):
            yield topics.up(self.node, topics.PARCEL), parcel
        if self.outbox.idle or not self.outbox.waiting:
            for parcel in self.blobs.parcels():
                yield topics.up(self.node, topics.PIECE), parcel
            yield from self.log.messages()

    def _hello(self, transaction: Transaction) -> bytes:
        cursors, marks = self.places(transaction)
        hello = SignedHello(
            VERSION,
            DICTIONARY.version,
            __version__,
            self.outbox.unreceipted(),
            cursors | wishes(transaction),
            ledger_length(transaction),
            self.pictures.wants(transaction),
            self.pictures.offers(),
            any(following.whole for following in (self.following, *self.units.values())),
            marks,
            *self.hellos.next(now_ms()),
            self.hellos.closing,
        )
        return sign_message(hello, self.node, self.centre.id, self._keys.sign)

    def places(self, transaction: Transaction) -> tuple[dict[str, int], dict[str, bytes]]:
        """This post's place in each scope that it follows, as a hello says it: the number, and how the feed's hash
        begins there."""
        cursors, marks = {}, {}
        for following in (self.following, *self.units.values()):
            cursors[following.scope], digest = following.feed.cursor(transaction)
            marks[following.scope] = digest[:FEED_MARK]
        return cursors, marks

    def _cursors(self) -> dict[str, int]:
        with self.register.store.read() as transaction:
            return self.places(transaction)[0]

    def timeout(self) -> float:
        """How long the loop may sleep, in seconds."""
        return FLUSH_S if self._receipts or self.following.own_runs else 5.0
