"""The parts of a snapshot: the present state of a scope for a member who joins late, asked for one by one."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

import msgspec

from diwan_core.register.admission.snapshot import EpochLine

SNAPSHOT_DOMAIN: Final = b"diwan/1/snapshot"
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
