"""Makes snapshots of a scope for members that join late: made once, kept as sealed parts, sent part by part."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Final

import msgspec

from diwan_core import world
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.compress import compress
from diwan_core.exchange.wire.messages import PAGES_ONLY, SNAPSHOT_ONLY, VERSION, Hello
from diwan_core.exchange.wire.parcel import SNAPSHOT, header, pack
from diwan_core.exchange.wire.snapshot import SNAPSHOT_DOMAIN, SnapshotAsk, SnapshotContent, part_message
from diwan_core.register import Register, Transaction
from diwan_core.register.admission.reach import latest_entry
from diwan_core.register.admission.scope_log import feed_head, is_place
from diwan_core.register.admission.snapshot import (
    EpochLine,
    dump,
    dump_waiting,
    epochs,
    holds_types_since,
    marked,
)
from diwan_core.register.erasure.orders import ordered_so_far
from diwan_core.register.exchange_state.nodes import dictionary_of
from diwan_core.register.storage.database import Store
from diwan_core.trust import NodeKeys, ScopeKey
from diwan_core.trust.files import sync_folder

STALE: Final = 20_000
"""Numbers a scope may have moved on before a new snapshot is made for the next who joins."""
AGAIN_S: Final = 600.0
"""No new one is made within this time: members that join would never get to the end of one."""
READ_S: Final = 3600.0
MOST_BESIDE: Final = 2
"""An older one of which a part was asked for within READ_S stays, MOST_BESIDE of them at the most."""
FEED: Final = "feed"
"""In the folder of each snapshot, the file with the feed's hash at its number, its mark, and the entry of the ledger
that said last how far something travels, if any did. A snapshot without that file was made by the first release, which
did not name the rows that wait; it is not handed out."""
PARTS: Final = "parts"
"""Beside it, the file with how many parts there are. A folder that lacks one is not handed out: a power cut can end its
removal in the middle, and who asks for the part would wait for ever."""
KEY: Final = "key"
"""The name of the file with the id of the key to which the parts are sealed."""
DONE: Final = object()

log = logging.getLogger("diwan.relay")


def is_snapshot_due(transaction: Transaction, hello: Hello, *, behind: bool) -> bool:
    """Whether who holds nothing of the scope is sent its present state instead of its history. Who does not know all
    types of which records are here is sent the history (ADR 50); one that holds parts of a snapshot can read nothing
    else, and is sent nothing until its update."""
    if SNAPSHOT_ONLY in hello.cursors:
        return True
    return behind and PAGES_ONLY not in hello.cursors and not holds_types_since(transaction, hello.dictionary)


class SnapshotOut:
    """Makes and hands out snapshots of one scope.

    A snapshot of a large register takes many seconds. Where members wait for other things too, it is made in steps
    (`answer`, `work`), and one that is there already is handed out meanwhile: what has come since follows as feed."""

    def __init__(
        self,
        register: Register,
        keys: NodeKeys,
        scope: str,
        scope_key: ScopeKey,
        monotonic: Callable[[], float] = world.monotonic_s,
    ) -> None:
        self._register = register
        self._keys = keys
        self._scope = scope
        self._scope_key = scope_key
        self._now = monotonic
        self._folder = register.folder / "snapshots" / scope
        self._making: Generator[None, None, int] | None = None
        self._made_at = -1e9
        self._waiting: dict[str, None] = {}

    def offer(self, node: str) -> Iterator[Message]:
        """The first part of a snapshot that is new enough, made now if there is none."""
        if self._newest() < 0 or self._is_stale():
            making = self._make()
            while next(making, DONE) is None:
                pass
        yield from self._first(node)

    def answer(self, node: str) -> Iterator[Message]:
        """The first part of the newest snapshot; where there is none, once `work` has made one."""
        if self._newest() < 0:
            self._waiting[node] = None
        if self._making is None and (self._waiting or self._is_stale()):
            self._making = self._make()
        yield from self._first(node)

    @property
    def is_making(self) -> bool:
        """Whether `work` has something to do."""
        return self._making is not None

    def work(self, seconds: float) -> Iterator[Message]:
        """Go on making a snapshot for so long; the answers to those who waited for it."""
        end = self._now() + seconds
        while self._making is not None:
            try:
                next(self._making)
            except StopIteration:
                self._making, waiting = None, list(self._waiting)
                self._waiting.clear()
                for node in waiting:
                    yield from self._first(node)
            except OSError as error:
                # Its folder goes where something is erased or the scope has another key: whoever waits asks again.
                log.info("the snapshot that was being made is given up: %s", error)
                self._making = None
                self._waiting.clear()
            if self._now() >= end:
                return

    def forget(self) -> None:
        """Throw away what was sealed to a key that is no longer the scope's."""
        self._making = None
        shutil.rmtree(self._folder, ignore_errors=True)

    def part(self, node: str, ask: SnapshotAsk, *, at_once: bool = True) -> Iterator[Message]:
        """One part of a snapshot; when that snapshot is gone, the first part of another. Nothing to who begins and does
        not know all types of which records are here."""
        if not ask.part and not self._is_understood_by(node):
            return
        path = self._folder / str(ask.number) / str(ask.part)
        if self._is_good(ask.number) and path.exists():
            with contextlib.suppress(OSError):
                os.utime(path.parent)  # somebody is reading it
            yield topics.down(node, topics.SNAPSHOT), path.read_bytes()
        elif not self._is_good(ask.number):
            yield from self.offer(node) if at_once else self.answer(node)

    def mark(self, number: int) -> str:
        """By what a snapshot is told from another of its number, made before or after it, where its files are named."""
        try:
            return (self._folder / str(number) / FEED).read_bytes()[32:36].hex()
        except OSError:
            return ""

    def _numbers(self) -> list[int]:
        return sorted(int(path.name) for path in self._folder.glob("*") if path.name.isdigit())

    def _is_good(self, number: int) -> bool:
        """Whether the snapshot of this number can be handed out: it is whole, it is of this feed (a centre that was put
        back gives the same numbers again), and it is sealed to the present key of the scope, the only one that posts
        enrolled since then have."""
        folder = self._folder / str(number)
        try:
            noted, sealed = (folder / FEED).read_bytes(), (folder / KEY).read_bytes()
            parts = int.from_bytes((folder / PARTS).read_bytes(), "big")
            files = sum(1 for _ in folder.iterdir())
        except OSError:
            return False
        if files < parts + 3 or sealed != self._scope_key.id:  # the parts, and the three files that describe them
            return False
        with self._register.store.read() as transaction:
            is_current = int.from_bytes(noted[40:], "big") == latest_entry(transaction)
            return is_current and is_place(transaction, self._scope, number, noted[:32])

    def _is_understood_by(self, node: str) -> bool:
        with self._register.store.read() as transaction:
            version = dictionary_of(transaction, node)
            return version is None or not holds_types_since(transaction, version)

    def _newest(self) -> int:
        return max(filter(self._is_good, self._numbers()), default=-1)

    def _is_stale(self) -> bool:
        with self._register.store.read() as transaction:
            behind = feed_head(transaction, self._scope)[0] - self._newest()
        return behind > STALE and self._now() - self._made_at > AGAIN_S

    def _first(self, node: str) -> Iterator[Message]:
        newest = self._newest()
        if newest >= 0:
            yield from self.part(node, SnapshotAsk(VERSION, newest, 0))

    def _make(self) -> Generator[None, None, int]:
        """Make a snapshot, a slice at a time, as of one moment: it reads on a connection of its own. None where records
        are here of types that this release does not know, as after a roll-back: it would lack them, and be handed out
        after the update too."""
        self._made_at = self._now()
        with self._register.store.read() as transaction:
            if holds_types_since(transaction, DICTIONARY.version):
                return -1
        making = self._folder / f"making-{os.getpid()}"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        store = Store(self._register.store.path, writer=False)
        try:
            with store.read() as transaction:
                number, feed = feed_head(transaction, self._scope)
                ordered, said = ordered_so_far(transaction), latest_entry(transaction)
                mark = world.random_bytes(8)
                for part, (lines, heads, is_last) in enumerate(self._contents(transaction)):
                    parts = part + (1 if is_last else 2)  # how many there are is known with the last
                    body = compress(marked(mark.hex(), lines))
                    self._write(making, SnapshotContent(number, feed, part, parts, body, heads, bytes(64)))
                    yield
                self._put(making / PARTS, (part + 1).to_bytes(4, "big"))
                self._put(making / KEY, self._scope_key.id)
                self._put(making / FEED, feed + mark + (said.to_bytes(8, "big") if said else b""))
        finally:
            store.close()
        sync_folder(making)  # no name of a part without the part itself, after a power cut
        self._prune()
        made = self._folder / str(number)
        shutil.rmtree(made, ignore_errors=True)
        making.rename(made)
        with self._register.store.read() as transaction:
            if ordered_so_far(transaction) != ordered:  # whoever carried it out may have passed over what was written
                shutil.rmtree(made, ignore_errors=True)
        return number

    @staticmethod
    def _contents(transaction: Transaction) -> Iterator[tuple[bytes, list[EpochLine], bool]]:
        """The lines of each part, the epochs it names, and whether it is the last one."""
        for lines in dump(transaction):
            yield lines, [], False
        for lines in dump_waiting(transaction):
            yield lines, [], False
        last: list[EpochLine] = []
        for heads in epochs(transaction):
            if last:
                yield b"", last, False
            last = heads
        yield b"", last, True

    def _prune(self) -> None:
        """Before a new one is put there: of the others only the latest stay, and only while somebody reads them. What
        a process had begun that ended goes too."""
        for path in sorted(self._folder.glob("making-*")):
            with contextlib.suppress(FileNotFoundError):
                if path.name != f"making-{os.getpid()}" and world.wall_s() - path.stat().st_mtime > READ_S:
                    shutil.rmtree(path, ignore_errors=True)
        for at, number in enumerate(sorted(self._numbers(), key=lambda one: (self._is_good(one), one), reverse=True)):
            path = self._folder / str(number)
            read = self._is_good(number) and world.wall_s() - path.stat().st_mtime <= READ_S
            if at >= MOST_BESIDE or not read:
                shutil.rmtree(path, ignore_errors=True)

    def _write(self, folder: Path, content: SnapshotContent) -> None:
        signature = self._keys.sign(SNAPSHOT_DOMAIN, part_message(self._scope, content))
        signed = msgspec.structs.replace(content, signature=signature)
        head = header(
            SNAPSHOT, self._register.config.id, scope=self._scope, number=content.number, key=self._scope_key.id
        )
        parcel = pack(head, msgspec.msgpack.encode(signed), self._scope_key.public)
        self._put(folder / str(content.part), parcel)

    @staticmethod
    def _put(path: Path, content: bytes) -> None:
        with path.open("wb") as file:
            file.write(content)
            file.flush()
            world.sync_file(file.fileno())
