"""A simulated country: a centre, posts and a broker in one process and one thread, on the real register, exchange and
trust. Nothing happens but by steps."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final

import pytest
from diwan_appliance import setup as post_setup
from diwan_central import setup as central_setup
from diwan_central.network import central_enrolment
from diwan_central.network.confirmation import confirm
from diwan_central.network.revocation import NotANodeOfOurs, enter_revocation
from diwan_core import crash, node, world
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.centre.inbox import Inbox
from diwan_core.exchange.centre.relay import RelayExchange
from diwan_core.exchange.erasure import Tidier
from diwan_core.exchange.post.post_exchange import PostExchange
from diwan_core.exchange.reopening import Closed, is_closed
from diwan_core.exchange.wire import topics
from diwan_core.register import Register
from diwan_core.register.admission import snapshot
from diwan_core.register.admission.scope_log import NATIONAL, feed_head
from diwan_core.register.erasure.purge import is_due as erasure_is_due
from diwan_core.register.exchange_state.picture_state import lacking
from diwan_core.register.storage import checkpointing, unsynced
from diwan_core.trust import NodeKeys, ScopeKey, ScopeKeyring
from diwan_core.trust.network.enrolment_codes import CodeFor

from tests.simulation.broker import Broker
from tests.simulation.certificates import Certificates
from tests.simulation.code_lists import CodeLists
from tests.simulation.disk import SimulatedDisk
from tests.simulation.faults import Died
from tests.simulation.nodes import CentreNode, PostNode, Upkeep, disk_of
from tests.simulation.remembered import remembered
from tests.simulation.seeded import Machine, SeededWorld
from tests.simulation.seeded_libraries import led
from tests.simulation.vfs import SimulatedSqlite, installed

SNAPSHOT_BEHIND: Final = 120
"""Rows after which the centre makes a snapshot for who joins: few, so that snapshots are met."""
SLICE: Final = 20
"""Records in a part of a snapshot: few, so that much happens between two parts."""
LOG_BYTES: Final = 512 * 1024
"""What the upkeep takes for worth copying from the log: little, so that this is met often."""
INGEST, RELAY = "central-ingest", "central-relay"
INGESTED: Final = (topics.PARCEL, topics.PIECE, topics.HELLO, topics.LEDGER)


@dataclass
class Country:
    """Everything there is."""

    folder: Path
    seed: int
    world: SeededWorld
    sqlite: SimulatedSqlite
    chance: Random
    broker: Broker
    centre: CentreNode
    posts: list[PostNode] = field(default_factory=list)
    revoked: int = 0
    copies: int = 0
    on_revoked: Callable[[str, bytes], None] = lambda node, identity: None
    """Told of every revocation, at the moment it stands in the ledger."""
    known: set[str] = field(default_factory=set)
    """Ids of nodes that were enrolled."""

    def __post_init__(self) -> None:
        self.certificates = Certificates(self.world, self.centre)

    # -- making ----------------------------------------------------------------------------------------------------

    def machine(self, name: str) -> Machine:
        """A new machine, switched off."""
        made = Machine(name, self.folder / name, f"hardware {name}")
        made.booted_s = self.world.seconds - 10.0
        return made

    def add_post(self) -> PostNode:
        """Make a post, enrol it, confirm it and start it."""
        number = len(self.posts) + 1
        machine = self.machine(f"post{number}")
        with self.world.at(machine):
            made = post_setup.create(machine.folder, f"Post {number}", "JOAQJ", "127.0.0.1", 0)
        post = PostNode(machine, made.id)
        self.posts.append(post)
        self.enrol(post)
        self.use_disk(machine)
        self.start(post)
        return post

    def use_disk(self, machine: Machine) -> None:
        """From now on the files of a machine are on a simulated disk."""
        machine.disk = self.sqlite.add(SimulatedDisk(machine.folder, Random(f"disk {machine.name} {self.seed}")))

    def enrol(self, post: PostNode) -> None:
        """By a code made at the centre; and somebody there confirms it."""
        centre = self.centre.machine
        label = node.load(post.machine.folder).label
        first = post.id not in self.known
        again = CodeFor("", node=post.id, made_by="technician")
        meant = CodeFor(label, "JOAQJ", made_by="technician") if first else again
        self.known.add(post.id)
        with self.world.at(centre):
            code = central_enrolment.make_code(centre.folder, meant)

        def asked(_url: str, request: bytes) -> bytes:
            with self.world.at(centre):
                return central_enrolment.enrol(centre.folder, request)

        with pytest.MonkeyPatch.context() as patch, self.world.at(post.machine):
            patch.setattr(post_setup, "_ask", asked)
            done = post_setup.enrol(post.machine.folder, "http://centre.test", code)
        with self.world.at(centre):
            if done.words:
                confirm(centre.folder, post.id, done.words, "analyst")
        self._ledger_grew()

    # -- running ---------------------------------------------------------------------------------------------------

    def start(self, post: PostNode) -> None:
        """Its agent starts."""
        folder = post.machine.folder
        with self.world.at(post.machine):
            register = Register.open(folder, role="writer")
            exchange = PostExchange(
                register, NodeKeys.load(folder), ScopeKeyring(folder),
                take_ledger=lambda entries: ledger.take_entries(register, entries),
            )  # fmt: skip
            assert register.keys is not None
            ledger.begin(register)
            post.register, post.exchange, post.identity = register, exchange, register.keys.identity_public
            post.tidier = Tidier(register, register.keys, world.monotonic_s)
            post.upkeep, post.codes = Upkeep(register), CodeLists(register)
            self.broker.connect(post.name, post.identity, exchange.subscriptions(), [topics.scope(NATIONAL, post.id)])
            self.certificates.starts(post)

    def start_centre(self) -> None:
        """Ingest and relay start."""
        centre = self.centre
        folder = centre.machine.folder
        with self.world.at(centre.machine):
            register = Register.open(folder, role="writer")
            assert register.keys is not None
            ledger.begin(register)
            centre.id = register.config.id
            centre.register, centre.inbox = register, Inbox(register, register.keys)
            centre.reader = Register.open(folder, role="reader")
            key = central_setup.scope_key(folder, ledger.load(centre.reader))
            centre.relay = RelayExchange(centre.reader, register.keys, key, SNAPSHOT_BEHIND)
            centre.tidier = Tidier(register, register.keys, world.monotonic_s)
            centre.upkeep, centre.codes = Upkeep(register), CodeLists(register)
            up = topics.UP
            self.broker.connect(INGEST, b"", [up + leaf for leaf in INGESTED])
            self.broker.connect(RELAY, b"", [up + leaf for leaf in (topics.HELLO, topics.ASK)])
            self.certificates.starts(centre)
            self.certificates.look_at_centre()
            self._write_lists()

    def stop(self, what: PostNode | CentreNode) -> None:
        """Its processes end and let their files go; what they had not written is gone."""
        with self.world.at(what.machine):
            if what.upkeep is not None:
                what.upkeep.end()
            what.upkeep = what.tidier = what.codes = None
            if isinstance(what, PostNode):
                if what.register is not None:
                    what.register.close()
                what.register = what.exchange = None
                self.broker.disconnect(what.name)
            else:
                for register in (what.reader, what.register):
                    if register is not None:
                        register.close()
                what.register = what.reader = what.inbox = what.relay = None
                self.broker.disconnect(INGEST)
                self.broker.disconnect(RELAY)

    def killed(self, what: PostNode | CentreNode) -> None:
        """Its processes die at once: nothing is closed, nothing written that was not."""
        disk_of(what.machine).dies()
        self.stop(what)
        disk_of(what.machine).killed()
        unsynced.forget(what.machine.folder)

    def power_cut(self, what: PostNode | CentreNode) -> None:
        """Its machine loses its power: what was not synced is kept, lost or torn."""
        disk_of(what.machine).dies()
        self.stop(what)
        disk_of(what.machine).power_cut()

    def settle_disk(self, machine: Machine) -> None:
        """A technician shuts the machine down in good order after working on its files: all of it is durable."""
        disk = disk_of(machine)
        disk.restore(disk.snapshot())

    def boots(self, machine: Machine, number: int) -> None:
        """The machine starts anew."""
        machine.boot, machine.booted_s = f"boot {number}", self.world.seconds

    # -- turns -----------------------------------------------------------------------------------------------------

    def turn(self, what: PostNode | CentreNode) -> None:
        """One turn of its loops. A machine that dies in it is off afterwards."""
        if not what.runs:
            return
        with self.world.at(what.machine):
            if isinstance(what, PostNode):
                self._turn_of_post(what)
            else:
                self._turn_of_centre(what)
            assert what.upkeep is not None and what.codes is not None
            what.upkeep.turn()
            if what.codes.turn() and isinstance(what, PostNode):
                what.needed()[1].woken()  # by its register, where it wants an edition

    def _turn_of_post(self, post: PostNode) -> None:
        register, exchange = post.needed()
        up = self._is_up(post)
        exchange.handle(self.broker.taken(post.name) if up else self.broker.drop(post.name))
        if up:
            self._publish(post.name, exchange.outgoing())
        crash.point("before-flush")
        exchange.flush()
        assert post.tidier is not None
        post.tidier.turn()
        register.anchor()
        self.certificates.look(post)

    def _is_up(self, post: PostNode) -> bool:
        if post.line and not self.is_cut_off(post):
            return self.certificates.is_up(post, post.needed()[1].came_up)
        self.certificates.went_down(post)
        return False

    def _turn_of_centre(self, centre: CentreNode) -> None:
        register, inbox, relay = centre.needed()
        self.certificates.look_at_centre()
        if not self.certificates.is_up(centre, lambda: self._publish(INGEST, [inbox.voice.wake()])):
            self.broker.drop(INGEST), self.broker.drop(RELAY)
            return
        replies = inbox.handle(taken) if (taken := self.broker.taken(INGEST)) else []
        crash.point("before-receipt")
        self._publish(INGEST, replies)
        inbox.release()
        self._publish(INGEST, inbox.receipts())
        assert centre.tidier is not None
        centre.tidier.turn()
        register.anchor()
        if inbox.ledger_grew:
            inbox.ledger_grew = False
            self._publish(INGEST, [inbox.voice.wake()])
        while inbox.clones:
            self.revoke(inbox.clones.pop(), "two machines wrote as this node")
        crash.point("before-publish")
        if relay.ledger_grew():
            self._write_lists()
            self._publish(RELAY, relay.renew(self.scope_key()))
        self._publish(RELAY, relay.live())
        self._publish(RELAY, relay.handle(self.broker.taken(RELAY)))
        self._publish(RELAY, relay.work(1e9))
        self._publish(RELAY, relay.beacon())

    def _publish(self, name: str, messages: Iterator[Message] | list[Message]) -> None:
        disk = None if self.world.here is None else self.world.here.disk
        for topic, payload in messages:
            if disk is not None and disk.dead:
                raise Died(f"{name} says nothing any more")
            self.broker.publish(name, topic, payload)

    def scope_key(self) -> ScopeKey:
        assert self.centre.reader is not None
        return central_setup.scope_key(self.centre.machine.folder, ledger.load(self.centre.reader))

    def hear_of_the_ledger(self) -> None:
        """Facts were added to the ledger beside the centre's processes."""
        self._ledger_grew()

    def _ledger_grew(self) -> None:
        if self.centre.inbox is not None:
            self.centre.inbox.ledger_grew = True

    def revoke(self, node_id: str, reason: str) -> bool:
        """The centre revokes a node's keys: the broker knows at once."""
        with self.world.at(self.centre.machine):
            try:
                fact = enter_revocation(self.centre.machine.folder, node_id, reason)
            except (NotANodeOfOurs, Closed):
                return False
        self.revoked += 1
        self.broker.shut_out(fact.identity)
        self.on_revoked(node_id, fact.identity)
        self._ledger_grew()
        return True

    def _write_lists(self) -> None:
        """The relay writes the broker's lists as it starts and when the ledger grew: whoever revoked keys may have died
        before that."""
        assert self.centre.reader is not None
        for identity, fact in ledger.load(self.centre.reader).revoked.items():
            if identity not in self.broker.refused:
                self.broker.shut_out(identity)
                self.on_revoked(fact.node, identity)

    @property
    def is_open(self) -> bool:
        """Whether the centre runs and can decide anything: put back, it waits for its posts' ledgers first, a disk
        that makes trouble is seen to first, and a machine that has just died is started again first."""
        disk = disk_of(self.centre.machine)
        if not self.centre.runs or disk.dead or disk.faults.troubled:
            return False
        with self.world.at(self.centre.machine), self.centre.needed()[0].store.read() as transaction:
            return not is_closed(transaction)

    def is_cut_off(self, post: PostNode) -> bool:
        """Whether the keys it has are revoked, so that the broker refuses it."""
        return post.identity in self.broker.refused

    # -- looking ---------------------------------------------------------------------------------------------------

    def stop_all(self) -> None:
        """The end."""
        for one in self.all_nodes():
            self.stop(one)

    def all_nodes(self) -> list[PostNode | CentreNode]:
        return [self.centre, *self.posts]

    def settled(self) -> bool:
        """Whether nothing is left to move: all is receipted, every post holds the whole scope, no picture waits."""
        return not self.unsettled()

    def unsettled(self) -> list[str]:
        """What is left to move, in words."""
        left = []
        centre, _, _ = self.centre.needed()
        head = feed_head(centre.store.connection, NATIONAL)
        for post in self.posts:
            register, exchange = post.needed()
            if waiting := register.store.one("SELECT coalesce(sum(signed - stored), 0) FROM epoch WHERE own=1"):
                left.append(f"{post.name}: {waiting} rows are not receipted")
            if (cursor := exchange.feed.cursor(register.store.connection)) != head:
                left.append(f"{post.name}: stands at {cursor[0]} of {head[0]} in the feed")
            unsent = register.store.one("SELECT count(*) FROM blob WHERE own=1 AND stored=0")
            if unsent or not exchange.blobs.idle:
                left.append(f"{post.name}: {unsent} pictures are not at the centre")
            with centre.store.read() as transaction:
                if lacking(transaction, post.id, 1):
                    left.append(f"{post.name}: the centre lacks pictures that its records name")
        for one in self.all_nodes():
            if erasure_is_due(one.needed()[0].store):
                left.append(f"{one.machine.name}: what was erased is still in its files")
            assert one.codes is not None
            with self.world.at(one.machine):
                left += [f"{one.machine.name}: another edition of {name} is in force" for name in one.codes.lacking()]
        return left


@contextmanager
def _garbage_collected_seldom() -> Iterator[None]:
    """Little of what a simulation leaves behind is in circles, and looking for them took a seventh of its time. In the
    end they are looked for: dead nodes in them have files open, and those of many countries were a thousand."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(50_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.collect()
        gc.unfreeze()


@contextmanager
def country(folder: Path, seed: int, posts: int = 3) -> Iterator[Country]:
    """A country in an empty folder, all of it from one seed."""
    with ExitStack() as stack:
        stack.enter_context(_garbage_collected_seldom())
        simulated = stack.enter_context(installed(Random(f"sqlite {seed}")))
        seeded = SeededWorld(seed, simulated.disks)
        stack.enter_context(world.using(seeded))
        patch = stack.enter_context(pytest.MonkeyPatch.context())
        stack.enter_context(led(seeded))
        stack.enter_context(remembered())
        patch.setattr(crash, "point", seeded.passes)
        patch.setattr(checkpointing, "WORTH_BYTES", LOG_BYTES)
        patch.setattr(snapshot, "SLICE", SLICE)
        centre = CentreNode(Machine("central", folder / "central", "hardware central"))
        made = Country(
            folder, seed, seeded, simulated, Random(f"chance {seed}"), Broker(Random(f"broker {seed}")), centre
        )
        with seeded.at(made.centre.machine):
            central_setup.create(made.centre.machine.folder, "Centre", "127.0.0.1", 8883, "127.0.0.1", 0)
        made.use_disk(centre.machine)
        made.start_centre()
        stack.callback(made.stop_all)
        for _ in range(posts):
            made.add_post()
        yield made
