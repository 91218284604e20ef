"""The relay without a network: what members of scopes read, and what one of them asks for."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from itertools import chain, islice
from typing import Final

from diwan_core import world
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.centre import hellos
from diwan_core.exchange.centre.announcements import Voice
from diwan_core.exchange.centre.feed_out import FeedOut
from diwan_core.exchange.centre.log_budget import LogBudget
from diwan_core.exchange.centre.scopes_out import ScopesOut
from diwan_core.exchange.centre.snapshot_out import SnapshotOut, is_snapshot_due
from diwan_core.exchange.pieces import PIECE_BYTES, WINDOW, Way, piece_parcel
from diwan_core.exchange.reopening import is_closed
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import BadMessage, SignedHello, decode, encode
from diwan_core.exchange.wire.peers import takes_unsigned
from diwan_core.exchange.wire.snapshot import SnapshotAsk
from diwan_core.register import Register, Transaction
from diwan_core.register.admission.may_fetch import MayFetch
from diwan_core.register.admission.scope_log import NATIONAL, are_own, feed_head, is_place
from diwan_core.register.exchange_state import nodes
from diwan_core.register.exchange_state.ledger_entries import entries_after, ledger_length
from diwan_core.register.exchange_state.picture_state import whole
from diwan_core.register.storage.state import get_state
from diwan_core.trust import NodeKeys, ScopeKey

SNAPSHOT_BEHIND: Final = 5_000
"""A member that holds nothing of a scope this long is sent its present state instead of its history."""
NEARLY_THERE: Final = 2_000
"""Numbers of the national scope that a member may lack and is sent other scopes all the same, whose rows have to come
by the national one first."""
LEDGER_PAGE: Final = 200
MOST_PIECES: Final = 64
"""Pieces of pictures in answer to one hello (4 MiB), however many it wants: all of an answer lies in this process until
the broker has it. What is still wanted is asked for again."""
BEACONS_S: Final = (2.0, 30.0, 300.0, 900.0)
"""After the last run published, the scope's head is told at these intervals, then at the last one for ever: so
that a member who missed the last run learns of it."""

log = logging.getLogger("diwan.relay")
budget = LogBudget(log)


class RelayExchange:
    """Publishes the national scope and answers hellos, those of members of other scopes with these too. One per
    process; the caller owns the loop."""

    def __init__(
        self,
        register: Register,
        keys: NodeKeys,
        scope_key: ScopeKey,
        snapshot_behind: int = SNAPSHOT_BEHIND,
        monotonic: Callable[[], float] = world.monotonic_s,
    ) -> None:
        self._now = monotonic
        self._beacon = 0
        self._beacon_at = monotonic() + BEACONS_S[0]
        self._register = register
        self._behind = snapshot_behind
        centre = register.config.id
        self._keys = keys
        self._centre = centre
        self.voice = Voice(centre, keys)
        self._use(scope_key)
        self._ledger = self._ledger_length()
        self._announced = self._announcements()
        with register.store.read() as transaction:
            self._published = feed_head(transaction, NATIONAL)[0]

    def _use(self, scope_key: ScopeKey) -> None:
        self._scope_key = scope_key
        self._scopes = ScopesOut(self._register, self._keys)
        self._feed = FeedOut(NATIONAL, self._centre, self._keys, scope_key.id, scope_key.public)
        self._snapshot = SnapshotOut(self._register, self._keys, NATIONAL, scope_key, self._now)

    def _ledger_length(self) -> int:
        with self._register.store.read() as transaction:
            return ledger_length(transaction)

    def _announcements(self) -> int:
        with self._register.store.read() as transaction:
            return int(get_state(transaction, "announced") or 0)

    def announcements(self) -> Iterator[Message]:
        """Asks every node to say hello when there is something to tell each of them (see `register.archived`)."""
        before, self._announced = self._announced, self._announcements()
        if self._announced > before:
            yield self.voice.wake()

    def ledger_grew(self) -> bool:
        """Whether there are new facts since the last call; `renew` is then due."""
        before, self._ledger = self._ledger, self._ledger_length()
        return self._ledger > before

    def renew(self, scope_key: ScopeKey) -> Iterator[Message]:
        """After new facts: seal to the scope's present key, and have every member ask for what is new."""
        if scope_key.id != self._scope_key.id:
            self._use(scope_key)
            self._snapshot.forget()
        self._scopes.renew()
        yield self.voice.wake()

    def live(self) -> Iterator[Message]:
        """The messages for the scope's members about what was committed since the last call."""
        with self._register.store.statements() as transaction:
            yield from self._live(transaction)

    def _live(self, transaction: Transaction) -> Iterator[Message]:
        members, first_form = self._members(transaction)
        while True:
            runs = list(self._feed.live(transaction, self._published, members, first_form=first_form))
            if not runs:
                return
            for number, message in runs:
                self._published = number
                self._beacon, self._beacon_at = 0, self._now() + BEACONS_S[0]
                if message is not None:
                    yield message

    @staticmethod
    def _members(transaction: Transaction) -> tuple[set[str], bool]:
        """The posts, and whether any of them is heard and does not know the form that is signed whole."""
        found = nodes.members(transaction)
        return {node for node, _ in found}, takes_unsigned() and any(unsigned for _, unsigned in found)

    def beacon(self) -> Iterator[Message]:
        """The scope's head, when it is time to tell it again."""
        if self._now() >= self._beacon_at:
            self._beacon = min(self._beacon + 1, len(BEACONS_S) - 1)
            self._beacon_at = self._now() + BEACONS_S[self._beacon]
            with self._register.store.read() as transaction:
                first_form = self._members(transaction)[1]
                heads = self._scopes.heads(transaction)
            yield self.voice.heads({NATIONAL: self._published} | heads)
            if first_form:
                yield topics.EVERYONE + topics.HEAD, encode({NATIONAL: self._published})

    @property
    def is_making(self) -> bool:
        """Whether `work` has something to do."""
        return self._snapshot.is_making

    def work(self, seconds: float) -> Iterator[Message]:
        """Go on with a snapshot that is being made, for so long; the answers to those who wait for it."""
        yield from self._snapshot.work(seconds)

    def timeout(self) -> float:
        """How long the loop may sleep, in seconds."""
        return 0.0 if self._snapshot.is_making else max(0.05, self._beacon_at - self._now())

    def handle(self, messages: Sequence[Message]) -> Iterator[Message]:
        """Answers to what members said. Raises RegisterError."""
        with self._register.store.statements() as transaction:
            yield from self._answers(transaction, messages)

    def _answers(self, transaction: Transaction, messages: Sequence[Message]) -> Iterator[Message]:
        latest: dict[str, SignedHello] = {}
        for topic, payload in messages:
            addressed = topics.sender(topic)
            if addressed is None:
                continue
            node, leaf = addressed
            is_confirmed = nodes.is_confirmed(transaction, node)
            if is_confirmed is None:
                continue
            try:
                if leaf == topics.HELLO:
                    latest[node] = hellos.heard(transaction, self._centre, node, payload)
                elif leaf == topics.ASK and is_confirmed:
                    yield from self._snapshot.part(node, decode(payload, SnapshotAsk), at_once=False)
            except BadMessage as error:
                budget.warn(node, "refused from %s: %s", node, error)
        for node, hello in latest.items():
            yield from self._greet(transaction, node, hello)

    def _greet(self, transaction: Transaction, node: str, hello: SignedHello) -> Iterator[Message]:
        entries = entries_after(transaction, hello.ledger, LEDGER_PAGE)
        if entries:
            yield topics.down(node, topics.LEDGER), encode((hello.ledger + 1, entries))
        reader, is_confirmed = nodes.reader(transaction, node)
        if not is_confirmed:
            return  # the ledger is all it gets until a person has confirmed it
        if is_closed(transaction):
            return  # facts that this centre has lost may say that something is not to travel
        cursor = hello.cursors.get(NATIONAL, 0)
        head = feed_head(transaction, NATIONAL)[0]
        # The key's own message may have been lost, or have come before the facts that announce it: a member that has
        # read nothing of the scope yet is given it again, also while there is nothing to read.
        if entries or cursor < head or are_own(transaction, NATIONAL, cursor, node):
            key = self._scope_key
            yield topics.down(node, topics.KEY), encode((NATIONAL, key.id, key.sealed_to(reader)))
        if cursor == 0 and is_snapshot_due(transaction, hello, behind=head > self._behind):
            yield from self._snapshot.answer(node)
        elif not is_place(transaction, NATIONAL, cursor, hello.feeds.get(NATIONAL, b"")):
            # The member follows numbers that are not given out here any more, or stand for other rows now: this centre
            # was put back to an older copy.
            told = {NATIONAL: head if cursor > head else 0}
            yield self.voice.told(node, told, hello.nonce) if hello.nonce else (
                topics.down(node, topics.HEAD), encode(told)
            )  # fmt: skip
        elif cursor < head:
            yield from self._feed.page(transaction, node, cursor, whole=hello.whole, first_form=not hello.nonce)
        if head - cursor <= NEARLY_THERE:
            yield from self._of_other_scopes(transaction, node, reader, hello)
        may_fetch = MayFetch(transaction, node)
        wanted = (
            self._pieces(transaction, node, reader, sha256.hex(), have)
            for sha256, have in hello.wants
            if may_fetch(sha256.hex())
        )
        yield from islice(chain.from_iterable(wanted), MOST_PIECES)

    def _of_other_scopes(
        self, transaction: Transaction, node: str, reader: bytes, hello: SignedHello
    ) -> Iterator[Message]:
        """What a node is sent of the scopes that the ledger makes it a member of, whatever its hello names."""
        for scope in self._scopes.of_member(transaction, node):
            cursor, head = hello.cursors.get(scope.name, 0), feed_head(transaction, scope.name)[0]
            if not is_place(transaction, scope.name, cursor, hello.feeds.get(scope.name, b"")):
                if hello.nonce:
                    yield self.voice.told(node, {scope.name: head if cursor > head else 0}, hello.nonce)
            elif cursor < head:
                yield topics.down(node, topics.KEY), encode((scope.name, scope.key.id, scope.key.sealed_to(reader)))
                yield from scope.feed.page(transaction, node, cursor, whole=hello.whole)

    def _pieces(self, transaction: Transaction, node: str, reader: bytes, name: str, have: int) -> Iterator[Message]:
        held = whole(transaction, name)
        if held is None:
            return
        _, size, media_type = held
        for offset in range(have, min(size, have + WINDOW * PIECE_BYTES), PIECE_BYTES):
            try:
                way = Way(self._centre, node, reader, self._keys.sign)
                piece = piece_parcel(self._register, way, name, size, media_type, offset)
            except OSError as error:  # gone or unreadable: one picture, and no reason to stop the country's feed
                log.error(
                    "a picture that %s asked for cannot be read here (%s): see `audit verify`", node, error.strerror
                )
                return
            yield topics.down(node, topics.PIECE), piece
