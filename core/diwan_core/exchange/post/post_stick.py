"""What goes on a stick and what is taken off it, at a post. The same parcels and receipts as on the line.

Nothing here remembers which stick holds what: a stick is brought to what its folder should hold now, and whatever comes
back is judged by its numbers. So sticks may come in any order, twice, late, damaged or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Final

import msgspec

from diwan_core import __version__
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.carriers.envelope import DOMAIN, Letter, enclose
from diwan_core.exchange.carriers.folder import DOWN, UP, Looked, NoStick, Stick
from diwan_core.exchange.ledger import take_entries
from diwan_core.exchange.pieces import Way, piece_parcel
from diwan_core.exchange.post.own_hellos import CLOSING, SAID, stick_nonce
from diwan_core.exchange.post.post_exchange import PostExchange
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import (
    FEED_MARK,
    VERSION,
    BadMessage,
    BoundReceipt,
    SignedHello,
    decode,
    encode,
)
from diwan_core.exchange.wire.parcel import ROWS, header, pack, raw_id, rows_content, text_id
from diwan_core.exchange.wire.rows import signed_stretch
from diwan_core.register import Register
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.journal.clock import BUILD_FLOOR_MS
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.storage.database import now_ms
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.trust import NodeKeys, ScopeKeyring, verify

STICK_PIECE: Final = 7 * 65_536
"""Bytes of a blob in one file: a stick has no line to be shared with records."""
LEDGER_PAGE: Final = 200
TIDY_FILES: Final = 100
"""Files of one epoch above which a mirror writes its rows anew in fewer."""
EXPORTED: Final = "stick_exported"
IMPORTED: Final = "stick_imported"
MIRRORED: Final = "stick_mirrored"
ASTRAY_MS: Final = 86_400_000
"""A receipt this far past one's own clock was written while the centre's was wrong."""

LEAVES: Final = "lkqrcsfbna"
"""What a post takes off a stick, in this order. `n` is what earlier releases wrote for `a`."""

Wanted = dict[str, Callable[[], bytes]]


class StickHello(msgspec.Struct, array_like=True, frozen=True):
    """What a post says of itself on a stick: its hello, and when it said so (ms since 1970 by its own clock, but later
    than the one before, also after that clock was put back)."""

    time: Annotated[int, msgspec.Meta(ge=0, le=2**53)]
    hello: SignedHello


@dataclass(slots=True)
class Moved:
    """What became of a stick: files written, messages taken, rows new here, and every file left, with the reason."""

    written: int | None = None
    taken: int = 0
    rows: int = 0
    left: list[tuple[str, str]] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    def said(self) -> str:
        """In one line for a person."""
        text = f"{self.taken} messages taken, {self.rows} new rows"
        if self.written is not None:
            text = f"{self.written} files written; what else belongs on this stick was there"
        lines = [text, *(f"left alone: {name}: {reason}" for name, reason in self.left)]
        return "\n".join([*lines, *(f"listed but not there: {name}" for name in self.missing)])


def exported(register: Register, keys: NodeKeys, stick: Stick, *, mirror: bool = False) -> Moved:
    """Bring a stick to what this post has to say: rows and pictures that the centre has not receipted (for a mirror:
    that are not *safe* there). Raises NoStick, NotEnrolled."""
    exchange = PostExchange(register, keys, ScopeKeyring(register.folder))
    stick.make()
    looked = Looked()
    node = register.config.id
    ours = {letter.name for letter in stick.letters(UP, node, signed_by({node: keys.identity_public}), looked, "lpb")}
    with register.store.read() as connection:
        said = max(now_ms(), (get_state(connection, SAID) or 0) + 1)
        wanted = {f"h-{said:015d}.dwn": _hello(register, exchange, keys, connection, said)}
        wanted |= ledger_files(exchange.pictures.way, connection)
        wanted |= row_files(exchange.pictures.way, keys, connection, ours, "safe" if mirror else "stored")
        wanted |= _pieces(register, exchange, keys, connection, mirror)
        damaged = {name.rsplit("/", 1)[-1] for name, _ in looked.left}
        written = stick.place(UP, node, wanted, damaged)
    moment = now_ms()
    stick.manifest(moment)
    with register.store.write() as connection:
        set_state(connection, MIRRORED if mirror else EXPORTED, moment)
        set_state(connection, SAID, said)
    return Moved(written=written)


def signed_by(keys: dict[str, bytes]) -> Callable[[str, bytes, bytes], bool]:
    """Signatures of these nodes, and of nobody else."""
    return lambda sender, content, signature: sender in keys and verify(keys[sender], DOMAIN, content, signature)


def _sealed(way: Way, leaf: str, payload: Callable[[], bytes]) -> Callable[[], bytes]:
    return lambda: enclose(leaf, way.sender, way.reader, payload(), way.sign)


def _hello(
    register: Register, exchange: PostExchange, keys: NodeKeys, connection: sqlite3.Connection, said: int
) -> Callable[[], bytes]:
    def payload() -> bytes:
        cursor, digest = exchange.feed.cursor(connection)
        epochs = connection.execute("SELECT id, signed FROM epoch WHERE own=1 ORDER BY no DESC LIMIT 1000")
        wants = connection.execute("SELECT sha256 FROM blob WHERE wanted=1 ORDER BY added LIMIT 200").fetchall()
        offers = connection.execute("SELECT sha256 FROM blob WHERE own=1 AND stored=0 AND have=size LIMIT 200")
        hello = SignedHello(
            VERSION,
            DICTIONARY.version,
            __version__,
            [(raw_id(epoch), head) for epoch, head in epochs],
            {NATIONAL: cursor},
            connection.execute("SELECT count(*) FROM ledger").fetchone()[0],
            [(bytes.fromhex(name), register.blobs.arrived(name)) for (name,) in wants],
            [bytes.fromhex(name) for (name,) in offers],
            # Own rows that this register lost, put back from an older copy, come with the others.
            connection.execute("SELECT 1 FROM counter WHERE name='refused_lost'").fetchone() is not None,
            {NATIONAL: digest[:FEED_MARK]},
            stick_nonce(said),
            said,
            bytes(get_state(connection, CLOSING) or b""),
        )
        return encode(StickHello(said, hello))

    return _sealed(exchange.pictures.way, topics.HELLO, payload)


def ledger_files(way: Way, connection: sqlite3.Connection) -> Wanted:
    """The ledger whole: a centre that was put back to an older copy gets what it lost from any of its posts."""
    entries = [row[0] for row in connection.execute("SELECT entry FROM ledger ORDER BY number")]
    wanted: Wanted = {}
    for at in range(0, len(entries), LEDGER_PAGE):
        page = entries[at : at + LEDGER_PAGE]
        payload = encode((at + 1, page))
        wanted[f"l-{at + 1:012d}-{len(page)}.dwn"] = _sealed(way, topics.LEDGER, lambda raw=payload: raw)  # type: ignore[misc]
    return wanted


def erasure_mark(connection: sqlite3.Connection) -> str:
    """The end of the names of files that carry values: another one after every order of erasure, so that what was
    sealed before it does not stay on a stick."""
    orders = connection.execute("SELECT coalesce(sum(halves), 0) FROM erasure").fetchone()[0]
    return f"-{orders:06d}" if orders else ""


def row_files(
    way: Way,
    keys: NodeKeys,
    connection: sqlite3.Connection,
    ours: set[str],
    after: str,
) -> Wanted:
    """Rows after `after`: the files that are there already as far as they reach, then new ones."""
    mark = erasure_mark(connection)
    wanted: Wanted = {}
    for number, epoch, at, head in connection.execute(
        f"SELECT no, id, {after}, signed FROM epoch WHERE own=1 AND {after}<signed ORDER BY no"
    ).fetchall():
        present = sorted(name for name in ours if name.startswith(f"p-{epoch}-"))
        for name in present if len(present) <= TIDY_FILES else ():
            first, last = (int(part) for part in name.removesuffix(".dwn").split("-")[2:4])
            if first <= at + 1 <= last <= head and name == f"p-{epoch}-{first:012d}-{last:012d}{mark}.dwn":
                wanted[name] = bytes
                at = last  # noqa: PLW2901  from here on it is the changed one
        while at < head:
            rows = signed_stretch(connection, number, at, head)
            if rows is None or rows.signature is None:
                break
            about = header(ROWS, way.sender, epoch=epoch, first=rows.first, last=rows.last)
            signature = _own(keys, checkpoint_message(way.sender, epoch, rows.last, rows.head), rows.signature)
            parcel = pack(about, rows_content(signature, rows.salts, rows.lines, rows.erased), way.sealing)
            name = f"p-{epoch}-{rows.first:012d}-{rows.last:012d}{mark}.dwn"
            wanted[name] = _sealed(way, topics.PARCEL, lambda parcel=parcel: parcel)  # type: ignore[misc]
            at = rows.last  # noqa: PLW2901  from here on it is the changed one
    return wanted


def _own(keys: NodeKeys, message: bytes, signature: bytes) -> bytes:
    """A checkpoint that other keys made (see `register.journal.resign`), made by these: the centre knows no others."""
    good = verify(keys.identity_public, CHECKPOINT_DOMAIN, message, signature)
    return signature if good else keys.sign(CHECKPOINT_DOMAIN, message)


def _pieces(
    register: Register, exchange: PostExchange, keys: NodeKeys, connection: sqlite3.Connection, mirror: bool
) -> Wanted:
    wanted: Wanted = {}
    which = "1" if mirror else "stored=0"
    for name, size, media_type in connection.execute(
        f"SELECT sha256, size, media_type FROM blob WHERE own=1 AND have=size AND {which} ORDER BY added"
    ).fetchall():
        for file, payload in blob_files(register, exchange.pictures.way, name, size, media_type, 0):
            wanted[file] = _sealed(exchange.pictures.way, topics.PIECE, payload)
    return wanted


def blob_files(
    register: Register, way: Way, name: str, size: int, media_type: str, have: int
) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """The files that carry a blob from `have` on: name, and what makes its content."""
    for offset in range(have, size, STICK_PIECE):

        def payload(offset: int = offset) -> bytes:
            return piece_parcel(register, way, name, size, media_type, offset, STICK_PIECE)

        yield f"b-{name[:32]}-{offset:012d}.dwn", payload


def imported(register: Register, keys: NodeKeys, stick: Stick) -> Moved:
    """Take what the centre wrote for this post. Raises NotEnrolled."""
    exchange = PostExchange(
        register,
        keys,
        ScopeKeyring(register.folder),
        take_ledger=lambda entries: take_entries(register, entries),
        by_stick=True,
    )
    exchange.outbox.load(register.store.connection)
    exchange.blobs.load(register.store.connection)
    centre = exchange.centre
    looked, moved = Looked(), Moved(missing=stick.missing())
    before = register.store.one("SELECT coalesce(sum(applied + waiting), 0) FROM epoch WHERE own=0")
    for letter in stick.letters(DOWN, register.config.id, signed_by({centre.id: centre.signing}), looked, LEAVES):
        if letter.reader != register.config.id:
            looked.leave(letter.name, "for another node")
        elif letter.leaf != topics.RECEIPT or _is_news(register.store.connection, letter):
            exchange.handle([(topics.down(register.config.id, letter.leaf), letter.payload)])
            moved.taken += 1
    exchange.flush(force=True)
    moved.rows = register.store.one("SELECT coalesce(sum(applied + waiting), 0) FROM epoch WHERE own=0") - before
    moved.left = looked.left
    with register.store.write() as connection:
        set_state(connection, IMPORTED, now_ms())
    register.wake(b"stick")
    return moved


def _is_news(connection: sqlite3.Connection, letter: Letter) -> bool:
    """Whether a receipt is younger than the last one kept: an old stick must not look like a centre put back. One from
    the future is no measure: the centre's clock was ahead when it was written."""
    try:
        receipt = decode(letter.payload, BoundReceipt)
    except BadMessage:
        return True  # the exchange counts it as refused
    row = connection.execute("SELECT receipt FROM epoch WHERE id=? AND own=1", (text_id(receipt.epoch),)).fetchone()
    if row is None or row[0] is None:
        return row is not None
    kept = decode(row[0], BoundReceipt).time
    return kept < receipt.time or kept > max(now_ms(), BUILD_FLOOR_MS) + ASTRAY_MS


class Mirror:
    """The stick that stays in a post: what the centre does not hold *safe* is on it too, a few seconds after the
    save. Without the stick nothing happens; it is looked for again."""

    EVERY_S: Final = 10.0

    def __init__(self, register: Register, keys: NodeKeys, mount: str, monotonic: Callable[[], float]) -> None:
        self._register = register
        self._keys = keys
        self.mount = Path(mount)
        self.missing = False
        """Whether it was not plugged in when it was looked for last."""
        self._stick = Stick(self.mount)
        self._now = monotonic
        self._at = -1e9
        self._seen: tuple[int, ...] = ()

    def turn(self) -> bool:
        """Write what is new, if it is time to and the stick is there; whether it was written. Raises NoStick."""
        # Without its folder the stick is not plugged in, and what lies at its mount point is this very disk.
        if self._now() - self._at < self.EVERY_S:
            return False
        self.missing = not self._stick.folder.is_dir()
        if self.missing:
            return False
        self._at = self._now()
        seen = tuple(
            self._register.store.rows(
                "SELECT coalesce(sum(signed), 0), coalesce(sum(safe), 0), (SELECT count(*) FROM blob WHERE own=1), "
                "(SELECT coalesce(sum(halves), 0) FROM erasure) FROM epoch WHERE own=1"
            )[0]
        )
        if seen == self._seen:
            return False
        exported(self._register, self._keys, self._stick, mirror=True)
        self._seen = seen
        return True


__all__ = [
    "Mirror", "Moved", "NoStick", "Stick", "StickHello", "blob_files", "erasure_mark", "exported", "imported",
]  # fmt: skip
