"""USB sticks at a post: what is written to them and read from them, with the same parcels and receipts as on the
line.

Nothing here remembers which stick holds what: a stick is brought to what its folder should hold now, and whatever comes
back is judged by its numbers. So sticks may come in any order, twice, late, damaged or not at all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from diwan_core import __version__
from diwan_core.dictionary import DICTIONARY
from diwan_core.exchange.carriers.envelope import Letter
from diwan_core.exchange.carriers.folder import DOWN, UP, Looked, Stick
from diwan_core.exchange.ledger import take_entries
from diwan_core.exchange.pieces import picture_wish
from diwan_core.exchange.post.outbox import MOST_NAMED
from diwan_core.exchange.post.own_hellos import CLOSING, SAID, stick_nonce, wishes
from diwan_core.exchange.post.post_exchange import PostExchange
from diwan_core.exchange.stick_files import (
    EXPORTED,
    IMPORTED,
    LEAVES,
    MIRRORED,
    Moved,
    StickHello,
    Wanted,
    blob_files,
    ledger_files,
    row_files,
    sealed_file,
    signed_by,
)
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.messages import (
    VERSION,
    BadMessage,
    BoundReceipt,
    SignedHello,
    decode,
    encode,
)
from diwan_core.exchange.wire.parcel import raw_id, text_id
from diwan_core.register import Register, Transaction
from diwan_core.register.exchange_state import epochs, picture_state
from diwan_core.register.exchange_state.counters import was_counted
from diwan_core.register.exchange_state.ledger_entries import ledger_length
from diwan_core.register.journal.clock import BUILD_FLOOR_MS
from diwan_core.register.storage.database import now_ms
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.trust import NodeKeys, ScopeKeyring

ASTRAY_MS: Final = 86_400_000
"""A receipt this far past one's own clock was written while the centre's was wrong."""


def export_to_stick(register: Register, keys: NodeKeys, stick: Stick, *, mirror: bool = False) -> Moved:
    """Bring a stick to what this post has to say: rows and pictures that the centre has not receipted (for a mirror:
    that are not *safe* there). Raises NoStick, NotEnrolled."""
    exchange = PostExchange(register, keys, ScopeKeyring(register.folder))
    stick.make()
    looked = Looked()
    node = register.config.id
    ours = {letter.name for letter in stick.letters(UP, node, signed_by({node: keys.identity_public}), looked, "lpbg")}
    way = exchange.pictures.way
    log = {f"g-{rows}.dwn": sealed_file(way, topics.LOG, make) for rows, make in exchange.log.stretches()}
    with register.store.read() as transaction:
        said = max(now_ms(), (get_state(transaction, SAID) or 0) + 1)
        wanted = {f"h-{said:015d}.dwn": _hello(register, exchange, keys, transaction, said)}
        wanted |= ledger_files(exchange.pictures.way, transaction)
        wanted |= row_files(exchange.pictures.way, keys, transaction, ours, "safe" if mirror else "stored")
        wanted |= _pieces(register, exchange, keys, transaction, mirror)
        wanted |= log
        damaged = {name.rsplit("/", 1)[-1] for name, _ in looked.left}
        written = stick.place(UP, node, wanted, damaged)
    moment = now_ms()
    stick.manifest(moment)
    with register.store.write() as transaction:
        set_state(transaction, MIRRORED if mirror else EXPORTED, moment)
        set_state(transaction, SAID, said)
    return Moved(written=written)


def _hello(
    register: Register, exchange: PostExchange, keys: NodeKeys, transaction: Transaction, said: int
) -> Callable[[], bytes]:
    def payload() -> bytes:
        cursors, marks = exchange.places(transaction)
        hello = SignedHello(
            VERSION,
            DICTIONARY.version,
            __version__,
            [(raw_id(epoch), head) for epoch, head in epochs.own_heads(transaction, MOST_NAMED)],
            cursors | wishes(transaction),
            ledger_length(transaction),
            [picture_wish(register, transaction, name) for name in picture_state.wanted_pictures(transaction, 200)],
            [bytes.fromhex(held.name) for held in picture_state.to_send(transaction, 200)],
            # Own rows that this register lost, put back from an older copy, come with the others.
            was_counted(transaction, "refused_lost"),
            marks,
            stick_nonce(said),
            said,
            bytes(get_state(transaction, CLOSING) or b""),
        )
        return encode(StickHello(said, hello))

    return sealed_file(exchange.pictures.way, topics.HELLO, payload)


def _pieces(
    register: Register, exchange: PostExchange, keys: NodeKeys, transaction: Transaction, mirror: bool
) -> Wanted:
    wanted: Wanted = {}
    pictures = picture_state.given_here(transaction) if mirror else picture_state.to_send(transaction, -1)
    for name, size, media_type in pictures:
        for file, payload in blob_files(register, exchange.pictures.way, name, size, media_type, 0):
            wanted[file] = sealed_file(exchange.pictures.way, topics.PIECE, payload)
    return wanted


def import_from_stick(register: Register, keys: NodeKeys, stick: Stick) -> Moved:
    """Take what the centre wrote for this post. Raises NotEnrolled."""
    exchange = PostExchange(
        register,
        keys,
        ScopeKeyring(register.folder),
        take_ledger=lambda entries: take_entries(register, entries),
        by_stick=True,
    )
    with register.store.read() as transaction:
        exchange.outbox.load(transaction)
        # Also what is receipted: a centre that was put back says that it holds less.
        exchange.outbox.load_receipted(transaction, None)
        exchange.blobs.load(transaction)
    centre = exchange.centre
    looked, moved = Looked(), Moved(missing=stick.missing())
    before = epochs.others_taken(register.store)
    for letter in stick.letters(DOWN, register.config.id, signed_by({centre.id: centre.signing}), looked, LEAVES):
        if letter.reader != register.config.id:
            looked.leave(letter.name, "for another node")
        elif letter.leaf != topics.RECEIPT or _is_news(register, letter):
            exchange.handle([(topics.down(register.config.id, letter.leaf), letter.payload)])
            moved.taken += 1
    exchange.flush(force=True)
    moved.rows = epochs.others_taken(register.store) - before
    moved.left = looked.left
    with register.store.write() as transaction:
        set_state(transaction, IMPORTED, now_ms())
    register.wake(b"stick")
    return moved


def _is_news(register: Register, letter: Letter) -> bool:
    """Whether a receipt is younger than the last one kept: an old stick must not look like a centre put back. One from
    the future is no measure: the centre's clock was ahead when it was written."""
    try:
        receipt = decode(letter.payload, BoundReceipt)
    except BadMessage:
        return True  # the exchange counts it as refused
    with register.store.read() as transaction:
        held = epochs.kept_receipt(transaction, text_id(receipt.epoch))
    if not held:
        return held is not None
    kept = decode(held, BoundReceipt).time
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
        seen = epochs.mirror_mark(self._register.store)
        if seen == self._seen:
            return False
        export_to_stick(self._register, self._keys, self._stick, mirror=True)
        self._seen = seen
        return True
