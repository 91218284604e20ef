"""Replays a trace of the model with the real register, exchange and trust, in the network of `tests/exchange`.

Every message of rows, hellos, receipts and feed is held back and delivered where the trace says so; all others
(ledger, keys, wakes) go straight on. The real network makes more messages than the model, and packs them otherwise:
those that no step delivers are lost, and a step whose message was never made does nothing (`skipped` counts them).
After each step what must always hold is looked at; in the end the network heals and must come to rest with everything
everywhere, once.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest
from diwan_appliance import setup as post_setup
from diwan_central.network.revocation import revoke
from diwan_core.exchange.carriers.memory import MemoryBus
from diwan_core.exchange.reopening import close, is_closed
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.parcel import read_header, text_id
from diwan_core.register import Edit

from tests.exchange.copies import follow_ledger, put_back, save_copy
from tests.exchange.network import Network, Post, case, network

HELD_BACK = (topics.PARCEL, topics.HELLO, topics.RECEIPT)


@dataclass
class HoldingBus(MemoryBus):
    """A bus that keeps what the trace decides about, as (reader, topic, payload)."""

    holding: bool = False
    kept: list[tuple[str, str, bytes]] = field(default_factory=list)

    def deliver(self, topic: str, payload: bytes) -> None:
        """See `MemoryBus`."""
        way = topic.split("/")[2]
        if not self.holding or not (
            topics.is_feed(topic) or (way in ("up", "node") and topics.leaf(topic) in HELD_BACK)
        ):
            super().deliver(topic, payload)
            return
        self.kept += [(reader.name, topic, payload) for reader in self.readers if reader.wants(topic)]

    def hand_over(self, messages: Sequence[tuple[str, str, bytes]]) -> None:
        """Put these into the inboxes they were for."""
        for name, topic, payload in messages:
            for reader in self.readers:
                if reader.name == name:
                    reader.inbox.append((topic, payload))


@dataclass
class Replay:
    """One trace on one real network."""

    folder: Path
    net: Network
    bus: HoldingBus
    patch: pytest.MonkeyPatch
    posts: list[Post] = field(default_factory=list)
    refs: list[tuple[str, int]] = field(default_factory=list)
    """(epoch id, seq) of each change, by its number."""
    epochs: tuple[list[str], list[str]] = field(default_factory=lambda: ([], []))
    """Ids of the epochs of each post, in the order in which something was first saved in them."""
    records: list[str] = field(default_factory=list)
    ever: dict[str, int] = field(default_factory=dict)
    boots: int = 0
    skipped: int = 0
    cut_off: set[int] = field(default_factory=set)
    clones: int = 0

    def step(self, step: dict[str, Any]) -> None:
        """Do one, let everything that runs take a turn, and look at what must hold."""
        getattr(self, "_" + step["step"].replace(" ", "_"))(step.get("message", step.get("machine")))
        self._turn()
        self._look()

    def _turn(self) -> None:
        self.net.turn()
        self.clones += len(self.net.inbox.clones)
        for epoch, seq in self.net.register.store.rows("SELECT id, seq FROM epoch"):
            self.ever[epoch] = max(self.ever.get(epoch, 0), seq)

    def _look(self) -> None:
        for post in self.posts:
            for epoch, stored, seq in post.register.store.rows("SELECT id, stored, seq FROM epoch WHERE own=1"):
                assert stored <= self.ever.get(epoch, 0), "a receipt says more than was ever received"
                assert stored <= seq, "more is receipted than was written"
        assert self.clones == 0, "a post is taken for two machines"

    # --- steps -------------------------------------------------------------------------------------------------------

    def _save(self, at: int) -> None:
        post = self.posts[at]
        saved = post.register.save([Edit("case", case(time=f"{len(self.refs):02d}:00"))], author="officer")
        self.refs.append(saved.ref)
        if saved.ref[0] not in self.epochs[at]:
            self.epochs[at].append(saved.ref[0])
        self.records += saved.records
        post.exchange.woken()

    def _hello(self, at: int) -> None:
        self.posts[at].exchange.came_up()

    def _reboot(self, at: int) -> None:
        folder = self.posts[at].register.folder
        self.net.stop(self.posts[at])
        self._boot(at, folder)

    def _boot(self, at: int, folder: Path) -> None:
        self.boots += 1
        self.patch.setenv("DIWAN_BOOT_ID", f"boot {self.boots}")
        self.posts[at] = self.net.start(folder)

    def _copy_post(self, at: int) -> None:
        self.posts[at].register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(self.posts[at].register.folder, self.folder / "copy of a post")

    def _put_post_back(self, at: int) -> None:
        own = self.posts[at].register.store.rows("SELECT id, seq FROM epoch WHERE own=1")
        held = dict(self.net.register.store.rows("SELECT id, seq FROM epoch"))
        if any(held.get(epoch, 0) < seq for epoch, seq in own):
            self.skipped += 1  # what nobody else holds is gone with any disk
            return
        folder = self.posts[at].register.folder
        self.net.stop(self.posts[at])
        put_back(folder, self.folder / "copy of a post", in_place=False)
        self._boot(at, folder)

    def _copy_centre(self, _: None) -> None:
        self.net.register.store.connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        save_copy(self.net.register.folder, self.folder / "copy of the centre")

    def _put_centre_back(self, _: None) -> None:
        own: dict[str, int] = {}
        for post in self.posts:
            own |= dict(post.register.store.rows("SELECT id, seq FROM epoch WHERE own=1"))
        if any(
            own.get(epoch, 0) < seq
            for epoch, seq in self.net.register.store.rows("SELECT id, seq FROM epoch WHERE own=0")
        ):
            self.skipped += 1
            return
        self.net.register.close()
        put_back(self.net.register.folder, self.folder / "copy of the centre", in_place=False)
        self.net.restart_centre()
        close(self.net.register.store)

    def _revoke(self, at: int) -> None:
        revoke(self.net.register.folder, self.posts[at].register.config.id, "by order of the trace")
        follow_ledger(self.net)
        self.cut_off.add(at)

    def _rekey(self, at: int) -> None:
        folder = self.posts[at].register.folder
        self.net.stop(self.posts[at])
        post_setup.rekey(folder)
        self.net.enrol(folder)
        follow_ledger(self.net)
        self._boot(at, folder)
        self.cut_off.discard(at)

    def _settle(self, _: None) -> None:
        for _turn in range(6):
            self.bus.hand_over(self.bus.kept)
            self.bus.kept.clear()
            self._turn()

    def _deliver(self, message: dict[str, Any]) -> None:
        self._turn()  # whoever was woken says what is to be said
        chosen = list(getattr(self, "_meant_" + message["kind"])(message))
        self.skipped += not chosen
        closed = message["kind"] == "hello" and is_closed(self.net.register.store.connection)
        before = len(self.bus.kept)
        self.bus.hand_over(chosen)
        for _ in range(2 * closed):  # a closed centre asks first, and the answer to its question is another hello
            self._turn()
            self.bus.hand_over([kept for kept in self.bus.kept[before:] if kept[1] == chosen[0][1]])

    # --- which real messages are meant -------------------------------------------------------------------------------

    def _meant_rows(self, message: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
        epoch, seq = self.refs[message["changes"][0]]
        topic = topics.up(self.posts[message["post"]].register.config.id, topics.PARCEL)
        for kept in self.bus.kept:
            if kept[1] == topic:
                head, _ = read_header(kept[2])
                if text_id(head.epoch) == epoch and head.first <= seq <= head.last:
                    yield kept
                    return

    def _meant_hello(self, message: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
        """The latest one: a real post says hello by itself too, and what answers an earlier one counts no more."""
        topic = topics.up(self.posts[message["machine"]].register.config.id, topics.HELLO)
        yield from [kept for kept in self.bus.kept if kept[1] == topic][-2:]

    def _meant_receipt(self, message: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
        """The latest one for this epoch."""
        topic = topics.down(self.posts[message["machine"]].register.config.id, topics.RECEIPT)
        post, number = message["epoch"]
        epoch = self.epochs[post][number]
        receipts = [kept for kept in self.bus.kept if kept[1] == topic]
        yield from [kept for kept in receipts if text_id(msgspec.msgpack.decode(kept[2])[1]) == epoch][-1:]

    def _meant_feed(self, message: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
        names = {post.register.config.id for at, post in enumerate(self.posts) if message["machine"] in (-1, at)}
        yield from [kept for kept in self.bus.kept if kept[0] in names and topics.is_feed(kept[1])][-2:]

    def _meant_anew(self, message: dict[str, Any]) -> Iterator[tuple[str, str, bytes]]:
        return iter(())

    # --- the end -----------------------------------------------------------------------------------------------------

    def heal(self) -> None:
        """What is held back is lost; everybody hears everything from now on. Raises AssertionError, TimeoutError."""
        for at in sorted(self.cut_off):
            self._rekey(at)
        self.bus.holding = False
        self.bus.kept.clear()
        for post in self.posts:
            post.exchange.came_up()
        for _ in range(5):
            self._turn()
        self.net.settle(2500)
        self._look()
        for register in (self.net.register, *(post.register for post in self.posts)):
            assert [name for name in self.records if register.get(name) is None] == [], "a change is not everywhere"
        rows = self.net.register.store.rows(
            "SELECT e.id, j.seq, count(*) FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.verdict=0 GROUP BY 1, 2"
        )
        held = {(epoch, seq): many for epoch, seq, many in rows}
        assert [held.get(ref, 0) for ref in self.refs] == [1] * len(self.refs), "a change is not at the centre, once"


@contextmanager
def replaying(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Replay]:
    """A real network at rest, with everything held back from now on."""
    folder.mkdir(parents=True, exist_ok=True)
    patch.setenv("DIWAN_BOOT_ID", "boot 0")
    patch.setattr("tests.exchange.network.MemoryBus", HoldingBus)
    with network(folder, posts=2) as net:
        net.settle()
        assert isinstance(net.bus, HoldingBus)
        net.bus.holding = True
        yield Replay(folder, net, net.bus, patch, list(net.posts))


def replay(folder: Path, patch: pytest.MonkeyPatch, way: Sequence[dict[str, Any]]) -> Replay:
    """Replay one trace and heal. Raises AssertionError, TimeoutError."""
    with replaying(folder, patch) as made:
        for step in way:
            made.step(step)
        made.heal()
        shutil.rmtree(folder / "copy of a post", ignore_errors=True)
        return made
