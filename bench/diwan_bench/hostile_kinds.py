"""The messages of an enrolled post that cost the centre most, each kind as pairs of (last level of a topic, payload).

Everything is rightly signed, chained and sealed where that is needed: these are the keys of a real post in wrong hands.
A kind goes on for ever; who sends it decides how long."""

from __future__ import annotations

import itertools
import random
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
from diwan_core import node, world
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import VERSION, SignedHello, SignedPiece, encode
from diwan_core.exchange.wire.parcel import PIECE, ROWS, Header, header, pack, rows_content, text_id
from diwan_core.exchange.wire.signed import sign_message
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import chain_start, link
from diwan_core.register.journal.row import encode as encode_json
from diwan_core.trust import NodeKeys
from diwan_core.trust.network.enrolled_keys import load_central

Sent = tuple[str, bytes]
Row = tuple[list[Any], dict[str, Any], dict[str, Any] | None]

LARGEST: Final = 1_000_000
"""Bytes of a parcel: the broker takes a little more."""
CASE: Final[dict[str, Any]] = {
    "type": "seizure",
    "date": "2026-11-20",
    "office": "JOAQJ",
    "country": "JO",
    "direction": "import",
    "detection_method": "routine",
    "concealment_method": "none",
    "status": "submitted",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}},
    "leg": {
        "1": {"role": "departure", "country": "NA", "mode": "3"},
        "2": {"role": "destination", "country": "JO"},
    },
}


def new_id() -> str:
    """An id that no record has."""
    return str(uuid.UUID(bytes=world.random_bytes(16), version=4))


class Thief:
    """The keys of an enrolled post, and an epoch of its own making."""

    def __init__(self, folder: Path, scale: float = 1.0, seed: int = 1) -> None:
        """With a `scale` below 1 parcels hold fewer rows, for a network that others work in too."""
        self._scale = scale
        self.node = node.load(folder, role="post").id
        self.keys = NodeKeys.load(folder)
        central = load_central(folder)
        self.centre, self.centre_id = central.sealing, central.id
        self.said = 0
        self.chance = random.Random(seed)
        self.now = world.wall_ms() << 16
        self.begin()

    def many(self, rows: int) -> int:
        """So many rows, at this thief's scale."""
        return max(1, int(rows * self._scale))

    def begin(self) -> None:
        """Another epoch, of which nothing was sent yet."""
        self.epoch = text_id(world.random_bytes(8))
        self.seq = 0
        self.hash = chain_start(self.node, self.epoch)

    def opening(self, parent: Any = None) -> Sent:
        """The parcel that opens the epoch."""
        rest = {"origin": self.node, "epoch": self.epoch, "parent": parent, "boot": world.random_hex(4)}
        return self.rows([(["", "epoch", self.now, 0, 0, "system", 0, 1, None], rest, None)])

    def rows(self, rows: list[Row]) -> Sent:
        """A parcel of the next rows."""
        return topics.PARCEL, pack(*self.content(rows), self.centre)

    def content(self, rows: list[Row]) -> tuple[Header, bytes]:
        """The header and the content of a parcel of the next rows."""
        first, lines, salts = self.seq + 1, [], []
        for parts in rows:
            meta, rest, nominal = (encode_json(part) for part in parts)
            salt = world.random_bytes(16)
            self.hash = link(self.hash, salt, meta, rest, None if nominal == b"null" else nominal)
            lines.append(b"[%b,%b,%b]" % (meta, rest, nominal))
            salts.append(salt)
            self.seq += 1
        message = checkpoint_message(self.node, self.epoch, self.seq, self.hash)
        head = header(ROWS, self.node, epoch=self.epoch, first=first, last=self.seq)
        return head, rows_content(self.keys.sign(CHECKPOINT_DOMAIN, message), b"".join(salts), b"\n".join(lines))

    def report(self, narrative: str = "x", **values: Any) -> Row:
        """A case."""
        meta = [new_id(), "case", self.now, 0, 0, "thief", 0, DICTIONARY.version, None]
        return meta, {**CASE, **values}, {"narrative": narrative}

    def edit(self, record: str, seen: list[Any], **values: Any) -> Row:
        """A change that saw these."""
        meta = [record, "case", self.now, 0, 0, "thief", 0, DICTIONARY.version, {"*": seen}]
        return meta, values, None

    def hello(
        self,
        epochs: list[tuple[bytes, int]],
        ledger: int,
        wants: Sequence[tuple[bytes, int]] = (),
        offers: Sequence[bytes] = (),
    ) -> Sent:
        """A hello, later than the one before."""
        self.said = max(self.said + 1, world.wall_ms())
        said = SignedHello(
            VERSION, 1, "x", epochs, {}, ledger, list(wants), list(offers), nonce=world.random_bytes(8), time=self.said
        )
        return topics.HELLO, sign_message(said, self.node, self.centre_id, self.keys.sign)

    def words(self, count: int) -> str:
        """A text whose words hardly repeat."""
        return " ".join(f"{self.chance.getrandbits(40):x}" for _ in range(count))


def lone_rows(thief: Thief) -> Iterator[Sent]:
    """Cases one by one, each in a parcel of its own."""
    yield thief.opening()
    while True:
        yield thief.rows([thief.report()])


def full_parcels(thief: Thief) -> Iterator[Sent]:
    """The most rows that a parcel may have."""
    yield thief.opening()
    while True:
        yield thief.rows([thief.report() for _ in range(thief.many(15_000))])


def text(thief: Thief) -> Iterator[Sent]:
    """Rows whose words all go into the search index."""
    yield thief.opening()
    while True:
        yield thief.rows([thief.report(thief.words(1_500)) for _ in range(thief.many(60))])


def replayed(thief: Thief) -> Iterator[Sent]:
    """The same parcel again and again."""
    yield thief.opening()
    parcel = thief.rows([thief.report() for _ in range(thief.many(15_000))])
    while True:
        yield parcel


def structure(thief: Thief) -> Iterator[Sent]:
    """A small parcel that decompresses to as many values as are taken."""
    yield thief.opening()
    while True:
        row: Row = ([new_id(), "case", thief.now, 0, 0, "x", 0, DICTIONARY.version + 1, None], {}, None)
        yield thief.rows([(row[0], {"x": {"y": [[]] * thief.many(30_000)}}, None) for _ in range(20)])


def waiting(thief: Thief) -> Iterator[Sent]:
    """Changes of records that nobody has made."""
    yield thief.opening()
    while True:
        yield thief.rows([thief.edit(new_id(), [["a" * 13, 5]], place="x") for _ in range(thief.many(1_000))])


def released(thief: Thief) -> Iterator[Sent]:
    """Thousands of changes that wait for one row, and that row."""
    yield thief.opening()
    while True:
        made = [thief.report() for _ in range(thief.many(2_000))]
        yield thief.rows(made)
        to_come = [[thief.epoch, thief.seq + len(made) + 1]]
        yield thief.rows([thief.edit(meta[0], to_come, place="changed") for meta, _, _ in made])
        yield thief.rows([thief.report()])


def conflicts(thief: Thief) -> Iterator[Sent]:
    """Edits of one record that saw nothing of each other."""
    yield thief.opening()
    while True:
        made = thief.report()
        yield thief.rows([made])
        seen = [[thief.epoch, thief.seq]]
        for _ in range(10):
            yield thief.rows([thief.edit(made[0][0], seen, place=thief.words(2)) for _ in range(thief.many(200))])


def growing(thief: Thief) -> Iterator[Sent]:
    """Edits one by one of a record that is as large as it may be."""
    yield thief.opening()
    line = {"product_group": "tobacco", "quantity": "1", "unit": "KGM"}
    while True:
        goods = {f"{n}": {**line, "description": thief.words(30)} for n in range(1, thief.many(499) + 1)}
        made = thief.report(goods=goods)
        yield thief.rows([made])
        seen = [[thief.epoch, thief.seq]]
        for number in range(2_000):
            added = {f"a{number}": {**line, "description": thief.words(30)}}
            yield thief.rows([thief.edit(made[0][0], seen, goods=added)])


def epochs(thief: Thief) -> Iterator[Sent]:
    """Openings of epochs, each going on from the one before."""
    parent = None
    while True:
        yield thief.opening(parent)
        parent = [thief.epoch, thief.seq, thief.hash.hex()]
        thief.begin()


def anchors(thief: Thief) -> Iterator[Sent]:
    """Heads of a log of reads that never fit the one before."""
    yield thief.opening()
    number = 0
    while True:
        rows: list[Row] = []
        for _ in range(thief.many(2_000)):
            number += 1
            rest = {"rows": 1_000_000 - number, "seal": world.random_hex(32)}
            rows.append((["", "audit-anchor", thief.now, 0, 0, "system", 0, 1, None], rest, None))
        yield thief.rows(rows)


def rule_breaking(thief: Thief) -> Iterator[Sent]:
    """Rows that break a rule of the dictionary, for the quarantine."""
    yield thief.opening()
    while True:
        yield thief.rows([thief.report(date="31.12.2026") for _ in range(thief.many(5_000))])


def forks(thief: Thief) -> Iterator[Sent]:
    """Large parcels of a chain that is not the one known, for the quarantine."""
    yield thief.opening()
    yield thief.rows([thief.report()])
    seq, held = thief.seq, thief.hash
    while True:
        thief.seq, thief.hash = seq, world.random_bytes(32)
        yield thief.rows([thief.report(thief.words(1_000)) for _ in range(thief.many(40))])
        thief.seq, thief.hash = seq, held


def far_stamps(thief: Thief) -> Iterator[Sent]:
    """Changes each of which is stamped years after the one before, and some before all time."""
    yield thief.opening()
    began = thief.now
    for step in itertools.count(1):
        thief.now = min(began + (step * 9 * 366 * 86_400_000 << 16), 2**62)
        yield thief.rows([thief.report()])
        thief.now = step
        yield thief.rows([thief.report()])


def others_epochs(thief: Thief) -> Iterator[Sent]:
    """Parcels of the thief's that name a sender, an origin, an epoch, a scope or numbers that are not its own."""
    yield thief.opening()
    while True:
        head, content = thief.content([thief.report()])
        other = world.random_bytes(8)
        for changed in (
            {"sender": other}, {"origin": other}, {"epoch": other}, {"scope": "national"}, {"first": 1},
            {"last": 2**53}, {"first": head.first + 1, "last": head.last + 1}, {"number": 1}, {"dictionary": 999_999},
            {"digest": other}, {"compression": 0}, {"kind": 2}, {"kind": 4}, {"key": other},
        ):  # fmt: skip
            yield topics.PARCEL, pack(msgspec.structs.replace(head, **changed), content, thief.centre)
        yield topics.PARCEL, pack(head, content, thief.centre)


def harmed(thief: Thief) -> Iterator[Sent]:
    """Content that is signed and sealed as it should be, and is not what rows look like."""
    yield thief.opening()
    bodies = (
        b"", b"[", b"[[],{},{}]", b'[["",1],{},null]', b"\xff\xfe", b"[null,null,null]", b"{}", b"[[[[[[[[]]]]]]]]",
    )  # fmt: skip
    while True:
        for body in bodies:
            salt = world.random_bytes(16)
            digest = link(thief.hash, salt, body, b"{}", None)
            message = checkpoint_message(thief.node, thief.epoch, thief.seq + 1, digest)
            content = rows_content(thief.keys.sign(CHECKPOINT_DOMAIN, message), salt, body)
            head = header(ROWS, thief.node, epoch=thief.epoch, first=thief.seq + 1, last=thief.seq + 1)
            yield topics.PARCEL, pack(head, content, thief.centre)
        yield thief.rows([thief.report()])


def garbage(_: Thief) -> Iterator[Sent]:
    """Bytes that are not a parcel."""
    while True:
        yield topics.PARCEL, world.random_bytes(200)


def hellos(thief: Thief) -> Iterator[Sent]:
    """Hellos that ask about as much as they may."""
    while True:
        epochs = [(world.random_bytes(8), 5) for _ in range(1_000)]
        names = [world.random_bytes(32) for _ in range(200)]
        yield thief.hello(epochs, ledger=0, wants=[(name, 0) for name in names], offers=names)


def feed_again(thief: Thief) -> Iterator[Sent]:
    """Hellos that ask for the whole feed, the ledger and what else there is."""
    while True:
        yield thief.hello([], ledger=0)


def snapshots(thief: Thief) -> Iterator[Sent]:
    """Questions for parts of snapshots."""
    while True:
        yield topics.ASK, encode((VERSION, thief.chance.randrange(10**6), thief.chance.randrange(10)))


def pieces(thief: Thief) -> Iterator[Sent]:
    """Pieces of pictures that no record names."""
    while True:
        name, data = world.random_bytes(32), world.random_bytes(65_536)
        for offset in range(0, 1 << 20, 65_536):
            piece = SignedPiece(name, 1 << 20, offset, "image/png", data)
            content = sign_message(piece, thief.node, thief.centre_id, thief.keys.sign)
            yield topics.PIECE, pack(header(PIECE, thief.node), content, thief.centre)


def ledger(_: Thief) -> Iterator[Sent]:
    """Entries that the centre has not written."""
    while True:
        for first in (1, 2, 5, 10, 100):
            yield topics.LEDGER, encode((first, [world.random_bytes(500)] * 200))


def flood(_: Thief) -> Iterator[Sent]:
    """As many messages as the line carries."""
    while True:
        yield topics.PARCEL, b"x"
        yield topics.HELLO, b"x"


def large_flood(_: Thief) -> Iterator[Sent]:
    """As many bytes as the line carries."""
    data = world.random_bytes(LARGEST)
    while True:
        yield topics.PARCEL, data


KINDS: Final[Mapping[str, Callable[[Thief], Iterator[Sent]]]] = {
    "lone rows": lone_rows,
    "full parcels": full_parcels,
    "text": text,
    "replayed": replayed,
    "structure": structure,
    "waiting": waiting,
    "released": released,
    "conflicts": conflicts,
    "growing": growing,
    "epochs": epochs,
    "anchors": anchors,
    "rule-breaking": rule_breaking,
    "forks": forks,
    "far stamps": far_stamps,
    "others' epochs": others_epochs,
    "harmed": harmed,
    "garbage": garbage,
    "hellos": hellos,
    "feed again": feed_again,
    "snapshots": snapshots,
    "pieces": pieces,
    "ledger": ledger,
    "flood": flood,
    "large flood": large_flood,
}
"""By name. What is not a message over the line is in `attacker`."""
FLOODS: Final = (
    "lone rows",
    "replayed",
    "garbage",
    "feed again",
    "snapshots",
    "pieces",
    "ledger",
    "flood",
    "large flood",
)
"""Those that are sent as fast as the line takes them. Whoever does so is soon not heard: the others keep a pace at
which they are."""
PACE_BYTES: Final = 1_500_000
PACE_MESSAGES: Final = 400
"""A second."""
