"""Reads a scope's feed at a member: runs are admitted in order, its own rows are bridged, and gaps are asked for.

The centre's signature over the whole parcel vouches for the rows, and is looked at before anything is made of them;
each origin's chain is recomputed all the same. Of a centre that does not sign parcels whole yet, its signature over the
feed's hash does, which covers the hash of each run's last row."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import msgspec

from diwan_core.exchange.post.own_centre import Centre
from diwan_core.exchange.wire.feed import feed_message, parcel_text
from diwan_core.exchange.wire.messages import BadMessage
from diwan_core.exchange.wire.parcel import (
    FEED,
    BadParcel,
    FeedRun,
    Header,
    SignedFeed,
    raw_id,
    read_feed,
    read_header,
    text_id,
    unpack,
)
from diwan_core.exchange.wire.peers import takes_unsigned
from diwan_core.exchange.wire.signed import FEED_PARCEL, elements
from diwan_core.register import Bundle, NotAdmitted, Transaction, admit
from diwan_core.register.admission import halves
from diwan_core.register.admission.how_far import UNIT, restricted, said_of
from diwan_core.register.admission.moves import forget_kept_pictures, settle_letters, settle_runs
from diwan_core.register.admission.reach import note_held_back, shares_a_scope
from diwan_core.register.admission.scope_log import FEED_DOMAIN, NATIONAL, feed_link
from diwan_core.register.admission.snapshot_place import holds_parts
from diwan_core.register.erasure.erase import NOMINAL
from diwan_core.register.exchange_state import feed_places
from diwan_core.register.exchange_state.epochs import number_of, own_came_back
from diwan_core.register.journal.row import BrokenLine, Row
from diwan_core.register.journal.row_lines import decode_rows
from diwan_core.register.journal.salvaged_rows import has_gaps
from diwan_core.register.journal.stretches import all_there, hash_at
from diwan_core.register.records.apply import without_halves
from diwan_core.register.records.belonging import ADDRESSED
from diwan_core.register.records.kept_back import left_out
from diwan_core.register.storage.database import savepoint
from diwan_core.trust import NodeKeys, ScopeKeyring, verify

MAX_EARLY: Final = 256
MAX_EARLY_BYTES: Final = 8 * 1024 * 1024
"""Parcels kept that came before what they follow; the rest is asked for again."""
MAX_OWN_EARLY: Final = 10_000
"""The most numbers of this post's own rows that are kept until what goes before them has come. Receipts tell them; a
post that saves while it takes a backlog of others has hundreds, of a hundred bytes each."""


@dataclass(frozen=True, slots=True)
class OwnRun:
    """Numbers of a scope that are this node's own rows, as a receipt tells."""

    number: int
    epoch: str
    first_seq: int
    count: int


@dataclass(slots=True)
class Taken:
    """The result of taking a parcel or receipt. `behind`: numbers are missing, say hello; `more`: the centre waits
    for one; `refused`: why parcels that had come early were dropped; `kept_back`: the scope of a unit has more of rows
    that came."""

    applied: int = 0
    kept_back: bool = False
    behind: bool = False
    more: bool = False
    refused: list[BadParcel] = field(default_factory=list)


EARLY: Final = "early"
"""The code of a parcel with rows that have to come by the national feed first."""
_SIGNED: Final = (0, 7, 8)
"""Where a content holds its signature, the reader it is for, and the signature over all of it."""


class Unsealed(NamedTuple):
    """A FEED parcel that the scope's key opened; `clear` is what stood before the sealed bytes."""

    head: Header
    clear: bytes
    content: bytes


class Read(NamedTuple):
    """A FEED parcel that was read; `vouched`: the centre's signature over all of it is right."""

    head: Header
    content: SignedFeed
    lines: bytes
    vouched: bool


@dataclass(slots=True)
class FeedIn:
    """The reader of one scope."""

    scope: str
    node: str
    centre: Centre
    keyring: ScopeKeyring
    keys: NodeKeys | None = None
    early: dict[int, bytes | OwnRun] = field(default_factory=dict)
    step: int | None = None
    """Bytes of parcels that share a transaction, those that came early included; None for all there are."""
    enough: Callable[[], bool] = lambda: False
    """Whether this transaction has lasted long enough: what else is there waits for the next."""
    left: bool = False
    """Early parcels whose turn has come wait for the next transaction: call `go_on`."""

    @property
    def only_own_is_early(self) -> bool:
        """Whether nothing came before its turn except numbers of this post's own rows."""
        return all(isinstance(item, OwnRun) for item in self.early.values())

    def cursor(self, transaction: Transaction) -> tuple[int, bytes]:
        """The last number held and the feed's hash there."""
        return feed_places.place(transaction, self.scope)

    def take(self, transaction: Transaction, item: bytes | OwnRun) -> Taken:
        """Take a FEED parcel, or a run of one's own, in a write transaction. Raises BadParcel."""
        taken = Taken()
        number = item.number if isinstance(item, OwnRun) else read_header(item)[0].number
        cursor, digest = self.cursor(transaction)
        if self.enough() and number > cursor:
            self.early[number] = item
            self.left = True
            return taken
        if number > cursor + 1:
            if not isinstance(item, OwnRun):
                # What is damaged or forged is refused now, not when it is in the way of what fits.
                self._vouched(self._opened(item))
            if self._has_room(item):
                self.early[number] = item
            taken.behind = not self.left
            return taken
        cursor, digest = self._one(transaction, item, cursor, digest, taken)
        self._go_on(transaction, cursor, digest, taken, _size(item))
        return taken

    def _has_room(self, item: bytes | OwnRun) -> bool:
        if isinstance(item, OwnRun):
            return len(self.early) < MAX_OWN_EARLY
        parcels = [_size(early) for early in self.early.values() if not isinstance(early, OwnRun)]
        return len(parcels) < MAX_EARLY and sum(parcels) < MAX_EARLY_BYTES

    def go_on(self, transaction: Transaction) -> Taken:
        """Take parcels that came early and whose turn has come, in a write transaction."""
        taken = Taken()
        self._go_on(transaction, *self.cursor(transaction), taken, 0)
        return taken

    def _go_on(self, transaction: Transaction, cursor: int, digest: bytes, taken: Taken, size: int) -> None:
        """Take early parcels as long as they follow, and fit in the step beside what was taken already."""
        self.left = False
        while self.early and not (taken.behind or self.left):
            number = min(self.early)
            if number > cursor + 1:
                taken.behind = True
            elif (self.step is not None and size and size + _size(self.early[number]) > self.step) or self.enough():
                self.left = True
            else:
                size += _size(self.early[number])
                cursor, digest = self._early(transaction, self.early.pop(number), cursor, digest, taken)
        feed_places.move(transaction, self.scope, cursor, digest)

    def _one(
        self, transaction: Transaction, item: bytes | OwnRun, cursor: int, digest: bytes, taken: Taken
    ) -> tuple[int, bytes]:
        if (cursor == 0 or self.scope != NATIONAL) and holds_parts(transaction, NATIONAL):
            # Sent before, or again by somebody: the rest of the snapshot comes first. Who made the records that other
            # scopes bring halves of is not known before its last part; they are asked for again then.
            return cursor, digest
        if isinstance(item, OwnRun):
            last = item.number + item.count - 1
            if last <= cursor:
                return cursor, digest
            if item.number != cursor + 1:
                raise self._fork(cursor)
            return last, self._own(
                transaction, digest, last, item.epoch, item.first_seq, item.first_seq + item.count - 1
            )
        parcel = self._opened(item)
        vouched = self._vouched(parcel)
        content, lines = read_feed(parcel.content, parcel.head)
        taken.more = taken.more or content.more
        return self._runs(transaction, Read(parcel.head, content, lines, vouched), cursor, digest, taken)

    def _early(
        self, transaction: Transaction, item: bytes | OwnRun, cursor: int, digest: bytes, taken: Taken
    ) -> tuple[int, bytes]:
        """Take what came before its turn; where it is refused, what was taken before it stays."""
        try:
            with savepoint(transaction):
                return self._one(transaction, item, cursor, digest, taken)
        except BadParcel as error:
            taken.refused.append(error)
            taken.behind = True
            return cursor, digest

    def _opened(self, parcel: bytes) -> Unsealed:
        head, start = read_header(parcel)
        if head.kind != FEED or head.scope != self.scope:
            raise BadParcel("foreign", f"not a feed parcel of scope {self.scope}")
        key = self.keys if head.key is None else self.keyring.get(self.scope, head.key)
        if key is None:
            raise BadParcel("key", f"the key of scope {self.scope} is not here yet")
        return Unsealed(head, parcel[:start], unpack(parcel, start, key))

    def _vouched(self, parcel: Unsealed) -> bool:
        """Whether the centre signed this parcel whole; False where it is in the form of the first releases and that is
        still taken. Raises BadParcel."""
        try:
            found = elements(parcel.content)
            first, reader, whole = (msgspec.msgpack.decode(found[at], type=bytes) for at in _SIGNED)
        except (BadMessage, msgspec.DecodeError) as error:
            raise BadParcel("broken", f"the content cannot be read: {error}") from error
        except IndexError:
            if parcel.head.key is None:
                raise BadParcel("foreign", "a parcel sealed to this node that does not say so") from None
            if self.centre.by_stick or (takes_unsigned() and not self.centre.signs):
                return False
            raise BadParcel("unsigned", f"a parcel of scope {self.scope} that is not signed whole") from None
        if (reader or parcel.head.key is None) and reader != raw_id(self.node):
            raise BadParcel("foreign", "a parcel of the feed for another node")
        message = parcel_text(self.centre.id, parcel.clear, parcel.content, self.node if reader else None)
        if not verify(self.centre.signing, FEED_PARCEL, message, whole or first):
            raise BadParcel("signature", f"a parcel of scope {self.scope} is not what the centre signed")
        self.centre.signs = True
        return True

    def _own(
        self, transaction: Transaction, digest: bytes, last: int, epoch: str, first_seq: int, last_seq: int
    ) -> bytes:
        number = number_of(transaction, epoch)
        row_hash = None if number is None else hash_at(transaction, number, last_seq)
        # Rows known by a snapshot alone may be known without what names people: then they are asked for like lost ones.
        in_doubt = has_gaps(transaction, epoch) or bool(left_out(transaction))
        if number is None or row_hash is None or (in_doubt and not all_there(transaction, number, first_seq, last_seq)):
            raise BadParcel("lost", f"own rows up to {epoch}:{last_seq} are not in this register any more")
        return feed_link(digest, last, epoch, first_seq, last_seq, row_hash)

    def _fork(self, cursor: int) -> BadParcel:
        """What follows the place here does not begin at it, or goes on from something else: runs are never cut anew."""
        return BadParcel("fork", f"scope {self.scope} does not go on from the feed known here at {cursor}")

    def _runs(
        self, transaction: Transaction, parcel: Read, cursor: int, digest: bytes, taken: Taken
    ) -> tuple[int, bytes]:
        content = parcel.content
        number, feed = parcel.head.number, content.feed
        kept_back = restricted(transaction)
        body, salt_at, line_at = parcel.lines.split(b"\n") if parcel.lines else [], 0, 0
        fresh: list[Bundle] = []
        for run in content.runs:
            count = run.last_seq - run.first_seq + 1
            if not 0 < count <= 1_000_000:
                raise BadParcel("broken", "a run without rows")
            last, epoch, origin = number + count - 1, text_id(run.epoch), text_id(run.origin)
            if number <= cursor + 1 <= last and (number <= cursor or feed != digest):
                raise self._fork(cursor)
            if run.previous is None:
                feed = self._own(transaction, feed, last, epoch, run.first_seq, run.last_seq)
            else:
                salts, own_lines = (
                    content.salts[salt_at : salt_at + 16 * count],
                    b"\n".join(body[line_at : line_at + count]),
                )
                erased = {
                    run.first_seq + at - line_at: kept for at, kept in content.erased if 0 <= at - line_at < count
                }
                salt_at, line_at = salt_at + 16 * count, line_at + count
                rows = _decoded(run, own_lines, salts, erased)
                feed = feed_link(feed, last, epoch, run.first_seq, run.last_seq, rows[-1].hash)
                if kept_back and last > cursor:
                    readable = self._readable(transaction, origin, rows, kept_back, taken)
                    if any(one is not other for one, other in zip(readable, rows, strict=True)):
                        note_held_back(transaction, cursor, digest, self.scope)
                    rows = readable
                if last > cursor:
                    fresh.append(
                        Bundle(
                            origin, run.role, epoch, run.first_seq, run.last_seq, salts, own_lines, run.checkpoint,
                            run.previous, erased, rows,
                        )
                    )  # fmt: skip
            number = last + 1
        message = feed_message(self.scope, number - 1, feed)
        if not (parcel.vouched or verify(self.centre.signing, FEED_DOMAIN, message, content.signature)):
            raise BadParcel("signature", f"a parcel of scope {self.scope} is not what the centre signed")
        for bundle in join_stretches(fresh):
            try:
                taken.applied += self._admitted(transaction, bundle, (cursor, digest))
            except NotAdmitted as error:
                raise BadParcel(error.code, error.reason) from error
        return max(cursor, number - 1), feed if number - 1 > cursor else digest

    def _readable(
        self, transaction: Transaction, origin: str, rows: list[Row], kept_back: dict[str, str], taken: Taken
    ) -> list[Row]:
        """Rows as this scope may show them here: what was sealed before the ledger said so holds more."""
        if origin == self.node:
            return rows
        hidden = {kind for kind, far in kept_back.items() if far != ADDRESSED}  # of letters see `settle_letters`
        found = [without_halves(row, NOMINAL) if row.meta.type in hidden else row for row in rows]
        if not taken.kept_back and any(kept_back.get(row.meta.type) == UNIT and row.commitments for row in found):
            taken.kept_back = shares_a_scope(transaction, self.node, origin)
        return found

    def _admitted(self, transaction: Transaction, bundle: Bundle, place: tuple[int, bytes]) -> int:
        """Admit rows that came after a place of this feed; how many were applied. Raises NotAdmitted."""
        if kinds := said_of(transaction):
            halves.fill(transaction, bundle, kinds, strict=False)
        admission = admit(transaction, bundle, None)
        if bundle.origin == self.node:  # before it is looked at who may read what: what it wrote itself stays
            own_came_back(transaction, bundle.epoch, bundle.last)
        settle_runs(transaction, self.node, admission.epoch_no, admission.runs)
        settle_letters(transaction, self.node, admission.epoch_no, admission.runs, bundle.rows or (), place)
        if bundle.origin != self.node:
            forget_kept_pictures(transaction, self.node, bundle.rows or ())
        for number, _, first, last in admission.released:
            settle_runs(transaction, self.node, number, [(first, last)])
            settle_letters(transaction, self.node, number, [(first, last)], (), place)
        return admission.applied


def join_stretches(bundles: Iterable[Bundle]) -> Iterator[Bundle]:
    """Stretches that follow each other as one: a record that is changed in many of them is read and written once."""
    held: Bundle | None = None
    for bundle in bundles:
        follows = held is not None and (held.epoch, held.last + 1) == (bundle.epoch, bundle.first)
        if held is None or not follows or held.rows is None or bundle.rows is None:
            if held is not None:
                yield held
            held = bundle
            continue
        marks = {**(held.marks or {}), **({} if held.signature is None else {held.last: held.signature})}
        held = dataclasses.replace(
            bundle, first=held.first, salts=held.salts + bundle.salts, body=held.body + b"\n" + bundle.body,
            previous=held.previous, erased={**(held.erased or {}), **(bundle.erased or {})},
            rows=[*held.rows, *bundle.rows], marks=marks,
        )  # fmt: skip
    if held is not None:
        yield held


def _size(item: bytes | OwnRun) -> int:
    return 0 if isinstance(item, OwnRun) else len(item)


def _decoded(run: FeedRun, lines: bytes, salts: bytes, erased: dict[int, bytes]) -> list[Row]:
    """A run's rows, chained from what went before it."""
    try:
        rows = decode_rows(lines, run.first_seq, salts, run.previous or b"", erased)
    except BrokenLine as error:
        raise BadParcel("broken", str(error)) from error
    if len(rows) != run.last_seq - run.first_seq + 1:
        raise BadParcel("broken", "a run's rows are not all there")
    return rows
