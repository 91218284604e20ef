"""The present state of a scope for a member who joins late: made once, kept as sealed parts, handed out part by
part."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Final

import msgspec

from diwan_core.exchange import topics
from diwan_core.exchange.carriers import Message
from diwan_core.exchange.compress import compress
from diwan_core.exchange.parcel import SNAPSHOT, header, pack
from diwan_core.exchange.receipt import VERSION
from diwan_core.register import Register
from diwan_core.register.scopes import feed_head
from diwan_core.register.snapshot import EpochLine, dump, epochs, slices
from diwan_core.trust import NodeKeys, ScopeKey

SNAPSHOT_DOMAIN: Final = b"diwan/1/snapshot"
STALE: Final = 20_000
"""Numbers a scope may have moved on before a new snapshot is made for the next who joins."""
_Number = Annotated[int, msgspec.Meta(ge=0, le=2**53)]


class SnapshotAsk(msgspec.Struct, array_like=True, frozen=True):
    """Ask for part `part` (from 0) of the snapshot taken at scope number `number`."""

    version: Annotated[int, msgspec.Meta(ge=1, le=1)]
    number: _Number
    part: _Number


class SnapshotContent(msgspec.Struct, array_like=True, frozen=True):
    """A part: the scope's number and feed hash when the snapshot was taken, which part of how many, lines, and in
    the last part where every epoch stood. `signature`: the centre's, over `part_message`."""

    number: _Number
    feed: Annotated[bytes, msgspec.Meta(min_length=32, max_length=32)]
    part: _Number
    parts: Annotated[int, msgspec.Meta(ge=1, le=10_000_000)]
    body: bytes
    epochs: list[EpochLine]
    signature: Annotated[bytes, msgspec.Meta(min_length=64, max_length=64)]


def part_message(scope: str, content: SnapshotContent) -> bytes:
    """What the centre signs of a part."""
    digest = hashlib.sha256(content.body + msgspec.msgpack.encode(content.epochs)).digest()
    return f"{scope} {content.number} {content.part} {content.parts} ".encode("ascii") + content.feed + digest


class SnapshotOut:
    """Makes and hands out snapshots of one scope."""

    def __init__(self, register: Register, keys: NodeKeys, scope: str, scope_key: ScopeKey) -> None:
        self._register = register
        self._keys = keys
        self._scope = scope
        self._scope_key = scope_key
        self._folder = register.folder / "snapshots" / scope

    def offer(self, node: str) -> Iterator[Message]:
        """The first part of a snapshot that is new enough, made now if there is none."""
        connection = self._register.store.connection
        newest = max((int(path.name) for path in self._folder.glob("*") if path.name.isdigit()), default=-1)
        if newest < 0 or feed_head(connection, self._scope)[0] - newest > STALE:
            newest = self._make(connection)
        yield from self.part(node, SnapshotAsk(VERSION, newest, 0))

    def forget(self) -> None:
        """Throw away what was sealed to a key that is no longer the scope's."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def part(self, node: str, ask: SnapshotAsk) -> Iterator[Message]:
        """One part; when that snapshot is gone, the first of another."""
        path = self._folder / str(ask.number) / str(ask.part)
        if path.exists():
            yield topics.down(node, topics.SNAPSHOT), path.read_bytes()
        elif not (self._folder / str(ask.number)).exists():
            yield from self.offer(node)

    def _make(self, connection: sqlite3.Connection) -> int:
        making = self._folder / "making"
        shutil.rmtree(making, ignore_errors=True)
        making.mkdir(parents=True)
        with self._register.store.read():
            number, feed = feed_head(connection, self._scope)
            parts = slices(connection) + 1
            for part, lines in enumerate(dump(connection)):
                self._write(making, SnapshotContent(number, feed, part, parts, compress(lines), [], bytes(64)))
            self._write(
                making, SnapshotContent(number, feed, parts - 1, parts, compress(b""), epochs(connection), bytes(64))
            )
        for old in [path for path in self._folder.glob("*") if path.name.isdigit()]:
            shutil.rmtree(old)
        making.rename(self._folder / str(number))
        return number

    def _write(self, folder: Path, content: SnapshotContent) -> None:
        signature = self._keys.sign(SNAPSHOT_DOMAIN, part_message(self._scope, content))
        signed = msgspec.structs.replace(content, signature=signature)
        head = header(
            SNAPSHOT, self._register.config.id, scope=self._scope, number=content.number, key=self._scope_key.id
        )
        parcel = pack(head, msgspec.msgpack.encode(signed), self._scope_key.public)
        (folder / str(content.part)).write_bytes(parcel)
