"""A centre and posts in one process, joined by a memory bus: the real register, trust and exchange, no sockets."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from copy import deepcopy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from diwan_appliance import setup as post_setup
from diwan_central import setup as central_setup
from diwan_central.network.central_enrolment import enrol, make_code
from diwan_central.network.confirmation import confirm
from diwan_core import node
from diwan_core.audit import verify_node
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.carriers.memory import MemoryBus, MemoryCarrier
from diwan_core.exchange.centre.inbox import Inbox
from diwan_core.exchange.centre.relay import RelayExchange
from diwan_core.exchange.post.post_exchange import PostExchange
from diwan_core.exchange.wire import topics
from diwan_core.register import Edit, Record, Register
from diwan_core.register.admission.scope_log import NATIONAL, feed_head
from diwan_core.register.storage.copies import heads_in
from diwan_core.register.storage.database import Store
from diwan_core.trust import NodeKeys, ScopeKeyring
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.enrolment_codes import CodeFor

INGESTED = (topics.PARCEL, topics.PIECE, topics.HELLO, topics.LEDGER, topics.LOG)
CASE: dict[str, Any] = {
    "type": "seizure",
    "date": "2026-11-20",
    "office": "JOAQJ",
    "country": "JO",
    "direction": "import",
    "detection_method": "routine",
    "concealment_method": "none",
    "status": "submitted",
    "narrative": "Cartons behind a false floor of the container.",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}},
    "leg": {"1": {"role": "departure", "country": "NA", "mode": "3"}, "2": {"role": "destination", "country": "JO"}},
}


def case(**changes: Any) -> dict[str, Any]:
    """A short-form case with some values changed."""
    return {**deepcopy(CASE), **changes}


def record_in(register: Register, record: str) -> Record:
    """A record as a register that must hold it shows it."""
    found = register.get(record)
    assert found is not None
    return found


@dataclass
class Post:
    """One post: its register, its end of the exchange, its end of the bus."""

    register: Register
    exchange: PostExchange
    carrier: MemoryCarrier
    clock: Clock

    def save(self, *documents: dict[str, Any], author: str = "officer") -> list[str]:
        """Save cases, one change set each; their ids."""
        saved = self.register.save_many([[Edit("case", document)] for document in documents], author=author)
        if saved.refused:
            raise ValueError(saved.refused)
        self.exchange.woken()
        return [ids[0] for ids in saved.records]

    def reads_the_scope(self) -> bool:
        """Whether it was given a key of the national scope."""
        return any((self.register.folder / "keys" / "scopes").glob(f"{NATIONAL}.*.key"))

    def edit(self, record: str, author: str = "officer", seen: str | None = None, **values: Any) -> None:
        """Change a case."""
        self.register.save([Edit("case", values, record=record, seen=seen)], author=author)
        self.exchange.woken()


@dataclass
class Clock:
    """Seconds that pass only when told."""

    now: float = 1000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Network:
    """A centre, its posts, and the bus between them."""

    folder: Path
    bus: MemoryBus
    register: Register
    inbox: Inbox
    relay: RelayExchange
    ingest_carrier: MemoryCarrier
    relay_carrier: MemoryCarrier
    stack: ExitStack
    clock: Clock
    snapshot_behind: int
    posts: list[Post] = field(default_factory=list)

    def turn(self) -> int:
        """One turn of every process's loop; how many messages moved."""
        moved = 0
        for post in self.posts:
            messages = post.carrier.poll(0)
            post.exchange.handle(messages)
            post.clock.now += 1.0
            post.exchange.flush()
            if post.carrier.up:
                for topic, payload in post.exchange.outgoing():
                    post.carrier.publish(topic, payload)
                    moved += 1
        messages = self.ingest_carrier.poll(0)
        moved += len(messages)
        for topic, payload in self.inbox.handle(messages) if messages else []:
            self.ingest_carrier.publish(topic, payload)
        self.inbox.release()
        if self.inbox.ledger_grew:
            self.inbox.ledger_grew = False
            self.ingest_carrier.publish(*self.inbox.voice.wake())
        for topic, payload in self.inbox.receipts():
            self.ingest_carrier.publish(topic, payload)
        for topic, payload in self.relay.live():
            self.relay_carrier.publish(topic, payload)
        for topic, payload in self.relay.handle(self.relay_carrier.poll(0)):
            self.relay_carrier.publish(topic, payload)
        for topic, payload in self.relay.work(1e9):
            self.relay_carrier.publish(topic, payload)
        self.clock.now += 1.0
        for topic, payload in self.relay.beacon():
            self.relay_carrier.publish(topic, payload)
        return moved

    def settle(self, turns: int = 300) -> None:
        """Turn until every post is told that all is stored, and holds the whole scope."""
        for _ in range(turns):
            self.turn()
            if self.settled():
                return
        raise TimeoutError(f"not settled after {turns} turns: {[post.register.status() for post in self.posts]}")

    def settled(self) -> bool:
        """Whether nothing is left to move."""
        head = feed_head(self.register.store.connection, NATIONAL)
        return all(
            not post.carrier.up
            or (
                post.register.store.one("SELECT coalesce(sum(signed - stored), 0) FROM epoch WHERE own=1") == 0
                and (post.exchange.feed.cursor(post.register.store.connection) == head and post.reads_the_scope())
                is self._may_read(post)
                and post.exchange.blobs.idle
            )
            for post in self.posts
        )

    def _may_read(self, post: Post) -> bool:
        """Whether a person has confirmed a post."""
        return bool(self.register.store.one("SELECT confirmed FROM node WHERE id=?", (post.register.config.id,)))

    def restart_ingest(self) -> None:
        """The ingest process dies and comes back: what it had not answered is gone."""
        self.ingest_carrier.inbox.clear()
        self.inbox = Inbox(self.register, NodeKeys.load(self.register.folder), self.clock)
        self.ingest_carrier.publish(*self.inbox.voice.wake())

    def stop(self, post: Post) -> None:
        """A post's processes end, and its database is closed."""
        self.posts.remove(post)
        post.carrier.close()
        post.register.close()

    def start(self, folder: Path) -> Post:
        """A post's processes start on its folder."""
        register = self.stack.enter_context(Register.open(folder, role="writer"))
        clock = Clock(self.clock.now)
        exchange = PostExchange(
            register,
            NodeKeys.load(folder),
            ScopeKeyring(folder),
            clock,
            lambda entries: ledger.take_entries(register, entries),
        )
        own = [topics.scope(NATIONAL, register.config.id)]
        carrier = self.bus.carrier(register.config.id, exchange.subscriptions(), own)
        exchange.came_up()
        self.posts.append(Post(register, exchange, carrier, clock))
        return self.posts[-1]

    def restart_centre(self) -> None:
        """The centre's processes end and start again on their folder."""
        folder, keys = self.register.folder, NodeKeys.load(self.register.folder)
        self.register.close()
        self.register = self.stack.enter_context(Register.open(folder, role="writer"))
        self.inbox = Inbox(self.register, keys, self.clock)
        scope_key = central_setup.scope_key(folder, ledger.load(self.register))
        self.relay = RelayExchange(self.register, keys, scope_key, self.snapshot_behind, self.clock)
        self.ingest_carrier.inbox.clear()
        self.relay_carrier.inbox.clear()
        for post in self.posts:
            post.exchange.came_up()

    def authority(self) -> CertificateAuthority:
        """The country's authority, which the centre keeps."""
        return CertificateAuthority.load(self.register.folder)

    def keys(self) -> NodeKeys:
        """The centre's keys."""
        return NodeKeys.load(self.register.folder)

    def registers(self) -> list[Register]:
        """The registers of the centre and of every post."""
        return [self.register, *(post.register for post in self.posts)]

    def overhear(self) -> list[Message]:
        """The messages that pass the bus from now on, added as they pass."""
        heard: list[Message] = []
        deliver = self.bus.deliver

        def keep_and_deliver(topic: str, payload: bytes) -> None:
            heard.append((topic, payload))
            deliver(topic, payload)

        self.bus.deliver = keep_and_deliver  # type: ignore[method-assign]
        return heard

    def add_post(self, label: str = "", office: str = "JOAQJ", *, confirmed: bool = True) -> Post:
        """Make, enrol and start another post."""
        number = len(self.posts) + 1
        folder = self.folder / f"post{number}"
        label = label or f"Post {number}"
        post_setup.create(folder, label, office, "127.0.0.1", 0)
        self.enrol(folder, CodeFor(label, office, made_by="technician"), confirmed=confirmed)
        return self.start(folder)

    def enrol(self, folder: Path, meant: CodeFor | None = None, *, confirmed: bool = True) -> None:
        """Enrol a post by a code made for it, and confirm it by its words; without `meant`, a post that comes back."""
        name = node.load(folder).id
        meant = meant or CodeFor("", node=name, made_by="technician")
        with mailbox(self.register.folder):
            done = post_setup.enrol(folder, "http://centre.test", make_code(self.register.folder, meant))
        if confirmed:
            confirm(self.register.folder, name, done.words, "analyst")


def sound(net: Network) -> None:
    """Every node can prove all that it holds."""
    for register in net.registers():
        assert (register.config.label, verify_node(register.folder).findings) == (register.config.label, [])


@contextmanager
def mailbox(centre: Path) -> Iterator[None]:
    """Carry enrolment requests to the centre by hand instead of by HTTP."""
    original = post_setup._ask
    post_setup._ask = lambda _url, request: enrol(centre, request)  # type: ignore[assignment]
    try:
        yield
    finally:
        post_setup._ask = original


@contextmanager
def network(folder: Path, posts: int = 2, snapshot_behind: int = 5000, **chances: Any) -> Iterator[Network]:
    """A network with some posts, all enrolled."""
    centre = folder / "central"
    central_setup.create(centre, "Centre", "127.0.0.1", 8883, "127.0.0.1", 0)
    with ExitStack() as stack:
        register = stack.enter_context(Register.open(centre, role="writer"))
        keys = NodeKeys.load(centre)
        scope_key = central_setup.scope_key(centre, ledger.load(register))
        bus, clock = MemoryBus(**chances), Clock()
        made = Network(
            folder, bus, register, Inbox(register, keys, clock),
            RelayExchange(register, keys, scope_key, snapshot_behind, clock),
            bus.carrier("central-ingest", [topics.UP + leaf for leaf in INGESTED]),
            bus.carrier("central-relay", [topics.UP + leaf for leaf in (topics.HELLO, topics.ASK)]),
            stack,
            clock,
            snapshot_behind,
        )  # fmt: skip
        for number in range(posts):
            made.add_post(f"Post {number + 1}")
        yield made


def whole(store: Store) -> dict[str, int]:
    """What a verified archive of this very moment would hold: each epoch up to its first row without its picture."""
    return {head.epoch: head.whole for head in heads_in(store)}


@contextmanager
def arriving(net: Network, arrives: Callable[[str], bool]) -> Iterator[None]:
    """Only messages on topics of which this holds arrive meanwhile; all others are lost on the line."""
    deliver = net.bus.deliver

    def deliver_some(topic: str, payload: bytes) -> None:
        if arrives(topic):
            deliver(topic, payload)

    net.bus.deliver = deliver_some  # type: ignore[method-assign]  # the real bus, with a line that loses some
    yield
    net.bus.deliver = deliver  # type: ignore[method-assign]


def only_first(net: Network, kind: str, number: int) -> AbstractContextManager[None]:
    """Of the messages of one kind only so many arrive meanwhile."""
    left = iter(range(number))
    return arriving(net, lambda topic: topics.leaf(topic) != kind or next(left, None) is not None)


def lost(net: Network, kind: str) -> AbstractContextManager[None]:
    """Messages of one kind are lost on the line meanwhile."""
    return only_first(net, kind, 0)
