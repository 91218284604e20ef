"""Checks encryption: opens everything handed to the broker with the keys in each node's folder, and reports who can
read what.

Written from docs/protocol.md ("Parcel", "Feed"), not with the product's code: every sealed message must open for the
reader it is for and for nobody else, and what the key of a scope opens must be rows of that scope, held by its members.
"""

import base64
import json
import re
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
from backports import zstd
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from diwan_lab.checker import reading
from diwan_lab.revoked import node_id
from diwan_lab.signatures import facts

FRAME: Final = struct.Struct(">4sHI")
"""Before each message of a tap: this magic, length of the topic, length of the payload."""
MAGIC: Final = b"TAP\n"
ROWS, FEED, PIECE, SNAPSHOT = 1, 2, 3, 4
INSIDE: Final = ("central", "post")
"""Roles of nodes inside the country, which may read what names people."""
_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
_INFO: Final = b"diwan/1/parcel\0"
_DICTIONARIES: Final = Path(__file__).resolve().parents[2] / "core/diwan_core/exchange/wire/zstd"


@dataclass
class Reader:
    """A node and what it can open: with its own key, and with the keys of scopes by their ids."""

    name: str
    id: str
    role: str
    identity: str
    own: X25519PrivateKey
    scopes: dict[bytes, X25519PrivateKey]


@dataclass
class Scene:
    """All that is needed to judge a message: who reads, which rows (scope, epoch, seq) each scope has, and which epochs
    the centre holds."""

    readers: list[Reader]
    rows: set[tuple[str, str, int]]
    epochs: set[str]


def leaks(central: Path, posts: Sequence[Path], taps: Iterable[Path], former: Sequence[Path] = ()) -> list[str]:
    """In words: keys of scopes in the hands of nodes that are not members; parcels that open for another than the one
    they are for, or not for that one; rows sealed to a scope they are not in; what names people, sealed to a reader
    outside the country. `former` are folders of keys that posts had before. Raises sqlite3.Error, OSError."""
    with reading(central) as centre:
        roles = dict(centre.execute("SELECT id, role FROM node"))
        runs = centre.execute(
            "SELECT s.scope, e.id, s.first_seq, s.last_seq FROM scope_run s JOIN epoch e ON e.no=s.epoch"
        ).fetchall()
        epochs = {epoch for (epoch,) in centre.execute("SELECT id FROM epoch")}
    rows = {(scope, epoch, seq) for scope, epoch, first, last in runs for seq in range(first, last + 1)}
    now = [_reader(node, roles) for node in (central, *posts)]
    before = [_reader(folder, roles) for folder in former]
    scene = Scene([*now, *before], rows, epochs)
    found = _twins(now) + _strangers(scene.readers, facts(central))
    for tap in taps:
        for topic, payload in messages(tap):
            if fault := _fault(topic, payload, scene):
                found.append(f"{tap.name} {topic}: {fault}")
    return found


def messages(tap: Path) -> Iterator[tuple[str, bytes]]:
    """(topic, payload) of each whole message in a tap; where a process was killed in writing one, the next is found."""
    for _, topic, payload in placed_messages(tap):
        yield topic, payload


def placed_messages(tap: Path) -> Iterator[tuple[int, str, bytes]]:
    """The same, each with the length the tap had when it was written."""
    held = tap.read_bytes()
    at = held.find(MAGIC)
    while at >= 0:
        if at + FRAME.size > len(held):
            return
        _, topic, payload = FRAME.unpack_from(held, at)
        start, end = at + FRAME.size + topic, at + FRAME.size + topic + payload
        if end == len(held) or held[end : end + len(MAGIC)] == MAGIC:
            yield end, held[at + FRAME.size : start].decode(), held[start:end]
            at = end if end < len(held) else -1
        else:
            at = held.find(MAGIC, at + 1)


def reader_of(node: Path, role: str) -> Reader:
    """A node with the keys in its folder."""
    return _reader(node, {node_id(node): role})


@dataclass(frozen=True)
class Outside:
    """What can be read of a sealed message without a key."""

    kind: int
    epoch: str
    first: int
    last: int
    number: int


def outside(payload: bytes) -> Outside:
    """The header of a sealed message. Raises ValueError, msgspec.DecodeError, IndexError for what is none."""
    header = msgspec.msgpack.decode(payload[4 : 4 + int.from_bytes(payload[2:4], "big")])
    return Outside(header[0], name_of(header[6]), header[7], header[8], header[10])


def runs_inside(reader: Reader, payload: bytes) -> list[tuple[str, int, int]]:
    """(epoch, first, last) of the runs of rows in a feed parcel, where the reader holds its scope's key."""
    start = 4 + int.from_bytes(payload[2:4], "big")
    key = reader.scopes.get(msgspec.msgpack.decode(payload[4:start])[11] or b"")
    content = None if key is None else _opened(key, payload, start)
    return [] if content is None else [(name_of(run[2]), run[3], run[4]) for run in msgspec.msgpack.decode(content)[2]]


def piece_inside(reader: Reader, payload: bytes) -> tuple[str, int, int] | None:
    """(name of the blob, where the piece begins, the blob's size) of a piece that is sealed to this reader."""
    content = _opened(reader.own, payload, 4 + int.from_bytes(payload[2:4], "big"))
    if content is None:
        return None
    name, size, at, *_ = msgspec.msgpack.decode(content)
    return name.hex(), at, size


def name_of(raw: bytes) -> str:
    """An id as it is written, of its bytes."""
    return base64.b32encode(raw).decode().rstrip("=").lower()


def _reader(node: Path, roles: Mapping[str, str]) -> Reader:
    named = re.search(r'(?m)^id *= *"(\w+)"', (node / "node.toml").read_text(encoding="utf-8"))
    own = load_pem_private_key((node / "keys/sealing.pem").read_bytes(), None)
    identity = load_pem_private_key((node / "keys/identity.pem").read_bytes(), None)
    if named is None or not isinstance(own, X25519PrivateKey) or not isinstance(identity, Ed25519PrivateKey):
        raise ValueError(f"{node} has no id, or no keys")
    scopes = {
        bytes.fromhex(path.stem.rpartition(".")[2]): X25519PrivateKey.from_private_bytes(path.read_bytes())
        for path in (node / "keys/scopes").glob("*.key")
    }
    public = base64.b64encode(identity.public_key().public_bytes_raw()).decode()
    return Reader(node.name, named[1], roles.get(named[1], ""), public, own, scopes)


def _twins(readers: Sequence[Reader]) -> list[str]:
    """Nodes that have one key."""
    return [
        f"{reader.name} can open what is for {other.name}: they have one key"
        for place, reader in enumerate(readers)
        for other in readers[:place]
        if _raw(other.own) == _raw(reader.own)
    ]


def _strangers(readers: Sequence[Reader], facts: Sequence[Mapping[str, Any]]) -> list[str]:
    """Who holds the key of a scope and was no member when, or after, that key was made; by identity keys, so that what
    a node had before its keys were revoked is judged as such."""
    keys: dict[bytes, tuple[str, int]] = {}
    members: dict[str, set[str]] = {}
    revoked: dict[str, int] = {}
    for at, fact in enumerate(facts):
        about = fact["facts"]
        if fact["kind"] == "scope-key":
            keys[base64.b64decode(about["key_id"])] = about["scope"], at
        elif fact["kind"] == "node":
            members[about["identity"]] = members.get(about["identity"], set()) | set(about["scopes"])
        elif fact["kind"] == "revoked":
            revoked[about["identity"]] = at
    found = []
    for reader in readers:
        for key_id in reader.scopes if reader.role != "central" else ():
            scope, made = keys.get(key_id, ("a scope nobody knows", 0))
            if scope not in members.get(reader.identity, ()) or revoked.get(reader.identity, made) < made:
                found.append(f"{reader.name} holds key {key_id.hex()} of {scope} and is not a member")
    return found


def _raw(key: X25519PrivateKey) -> bytes:
    return key.public_key().public_bytes_raw()


def _expected(topic: str) -> tuple[int, str]:
    """The kind of parcel that belongs on a topic, and whom it is for: a node's id, "central", or "" for a scope's
    members; kind 0 where nothing sealed belongs."""
    _, _, way, name, leaf = topic.split("/")[:5] if topic.count("/") == 4 else ["", "", "", "", ""]
    if way == "scope":
        return FEED, ""
    kinds = {"up": {"p": ROWS, "b": PIECE}, "node": {"f": FEED, "b": PIECE, "s": SNAPSHOT}}
    kind = kinds.get(way, {}).get(leaf, 0)
    return kind, "" if kind in (FEED, SNAPSHOT) else "central" if way == "up" else name


def _fault(topic: str, payload: bytes, scene: Scene) -> str | None:
    kind, reader = _expected(topic)
    if not kind:
        return None
    start = 4 + int.from_bytes(payload[2:4], "big")
    header = msgspec.msgpack.decode(payload[4:start])
    scope, key_id = header[5], (header[11] if len(header) > 11 else None) or b""
    if header[0] != kind:
        return f"a parcel of kind {header[0]}"
    if kind == FEED and not key_id and topic.split("/")[2] == "node":
        reader = topic.split("/")[3]  # its own rows, which it had lost and others may not read whole
    if reader:
        # Each has a key of its own (see `_strangers`), so what opens for one opens for nobody else.
        for one in sorted(scene.readers, key=lambda one: reader not in (one.id, one.role)):
            if _opened(one.own, payload, start) is not None:
                return None if reader in (one.id, one.role) else f"opens for {one.name}, and is for {reader}"
        return f"opens for nobody, and is for {reader}"
    holders = [one for one in scene.readers if key_id in one.scopes]
    content = next((_opened(one.scopes[key_id], payload, start) for one in holders), None)
    if content is None:
        return f"nobody holds the key of {scope} it is sealed to"
    if kind == FEED:
        return fault_of_feed(scope, content, header[3], holders, scene)
    return None


def fault_of_feed(scope: str, content: bytes, dictionary: int, holders: list[Reader], scene: Scene) -> str | None:
    """What is wrong with a feed parcel, once it is opened; None where nothing is."""
    _, _, runs, _, body, *_ = msgspec.msgpack.decode(content)
    lines = iter(_lines(body, dictionary))
    for _, role, raw, first, last, before, *_ in runs:
        epoch = name_of(raw)
        for seq in range(first, last + 1):
            line = None if before is None else next(lines)  # the reader's own are left out
            if (scope, epoch, seq) not in scene.rows and not _is_gone(role, epoch, line, scene):
                return f"row {epoch}:{seq} is not in {scope}"
    outside = [one.name for one in holders if one.role not in INSIDE]
    if outside and any(json.loads(line)[2] is not None for line in _lines(body, dictionary)):
        return f"holds what names people, and opens for {', '.join(outside)}"
    return None


def _is_gone(role: str, epoch: str, line: bytes | None, scene: Scene) -> bool:
    """Whether this is a row of the centre's own that belongs to no record (an anchor of its log of reads), of an epoch
    that is gone with a database that was put back: nobody else writes or sends it."""
    return role == "central" and epoch not in scene.epochs and line is not None and not json.loads(line)[0][0]


def _lines(body: bytes, dictionary: int) -> list[bytes]:
    trained = zstd.ZstdDict((_DICTIONARIES / f"{dictionary}.dict").read_bytes()) if dictionary else None
    return [line for line in zstd.decompress(body, zstd_dict=trained).split(b"\n") if line]


def _opened(key: X25519PrivateKey, payload: bytes, start: int) -> bytes | None:
    try:
        return _SUITE.decrypt(payload[start:], key, _INFO + payload[:start])
    except (InvalidTag, ValueError):
        return None
