"""Builds the feed of a scope at the centre: each run of its log is sealed once to the scope's key and published once.

What lies behind a reader's place is sent to that reader alone, several runs to a parcel, its own rows left out."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import Final, NamedTuple

import msgspec

from diwan_core.exchange.carriers import Message
from diwan_core.exchange.wire import topics
from diwan_core.exchange.wire.compress import compress
from diwan_core.exchange.wire.feed import feed_message, parcel_text
from diwan_core.exchange.wire.messages import encode
from diwan_core.exchange.wire.parcel import FEED, FeedRun, SignedFeed, clear, header, pack, raw_id
from diwan_core.exchange.wire.signed import FEED_PARCEL
from diwan_core.register import Transaction
from diwan_core.register.admission.reach import Hiding
from diwan_core.register.admission.scope_log import FEED_DOMAIN, Run, feed_at, feed_start, runs_after
from diwan_core.register.exchange_state.epochs import names, origin_of
from diwan_core.register.exchange_state.nodes import reader as reader_of
from diwan_core.register.exchange_state.nodes import role_of
from diwan_core.register.journal.row import chain_start
from diwan_core.register.journal.stretches import hash_at, stretch, stretch_without, weight
from diwan_core.trust import NodeKeys

PAGE_RUNS: Final = 500
PAGE_BYTES: Final = 1_500_000
LIVE_ROWS: Final = 200
"""Rows of several runs that share a live parcel."""
WINDOW_PARCELS: Final = 4
"""Parcels sent to one reader before it says hello again."""


class To(NamedTuple):
    """Whom a parcel is for: one reader, or all members. `whole`: the reader's own rows too; `first_form`: nodes of the
    first releases shall read it as well."""

    reader: str | None
    whole: bool = False
    first_form: bool = False


class FeedOut:
    """Builds FEED parcels of one scope. `key` seals; `sealing_public` of it is the scope's."""

    def __init__(self, scope: str, centre: str, keys: NodeKeys, key_id: bytes | None, key_public: bytes) -> None:
        self.scope = scope
        self._centre = centre
        self._keys = keys
        self._key_id = key_id
        self._public = key_public

    def live(
        self,
        transaction: Transaction,
        after: int,
        members: Collection[str],
        limit: int = 64,
        *,
        first_form: bool = False,
    ) -> Iterator[tuple[int, Message | None]]:
        """For each run after number `after`, or several of one origin that follow each other: the number they end at
        and what to publish, None where only their own author would read it. `first_form`: for nodes of the first
        releases too."""
        for origin, runs in self._of_one_origin(transaction, runs_after(transaction, self.scope, after, limit)):
            if any(member != origin for member in members):
                parcel = self._parcel(transaction, runs, To(None, first_form=first_form))
                yield runs[-1].last, (topics.scope(self.scope, origin), parcel)
            else:
                yield runs[-1].last, None

    @staticmethod
    def _of_one_origin(transaction: Transaction, runs: Iterable[Run]) -> Iterator[tuple[str, list[Run]]]:
        """A post that reports row by row faster than they are published costs every reader a parcel for many."""
        origin, gathered, rows, size = "", list[Run](), 0, 0
        for run in runs:
            of = origin_of(transaction, run.epoch_no)
            count = run.last - run.first + 1
            joins = of == origin and rows + count <= LIVE_ROWS
            if joins:
                # To weigh rows is to read them: only those that may share a parcel are weighed.
                size = size or _weight(transaction, gathered[0])
                added = _weight(transaction, run)
                joins, size = size + added <= PAGE_BYTES, size + added
            if gathered and not joins:
                yield origin, gathered
                gathered, rows, size = [], 0, 0
            origin, rows = of, rows + count
            gathered.append(run)
        if gathered:
            yield origin, gathered

    def page(
        self,
        transaction: Transaction,
        reader: str,
        after: int,
        *,
        whole: bool = False,
        first_form: bool = False,
    ) -> list[Message]:
        """The next parcels for a reader who holds numbers up to `after`; the last one asks for a hello when more
        is left. Its own rows are left out unless `whole`."""
        parcels = list(self._cut(transaction, after, WINDOW_PARCELS))
        topic = topics.down(reader, topics.FEED)
        return [
            (topic, self._parcel(transaction, runs, To(reader, whole, first_form), more=at == len(parcels) - 1))
            for at, runs in enumerate(parcels)
        ]

    def pages(
        self,
        transaction: Transaction,
        reader: str,
        after: int,
        *,
        whole: bool = False,
        first_form: bool = False,
    ) -> Iterator[tuple[int, int, bytes]]:
        """All that lies behind `after` for a reader who cannot ask: (first number, last number, parcel)."""
        while parcels := list(self._cut(transaction, after, WINDOW_PARCELS)):
            for runs in parcels:
                after = runs[-1].last
                yield runs[0].first, after, self._parcel(transaction, runs, To(reader, whole, first_form))

    def _cut(self, transaction: Transaction, after: int, limit: int) -> Iterator[list[Run]]:
        """The runs behind `after`, as many as fit in each of at most `limit` parcels."""
        parcel: list[Run] = []
        cut = size = 0
        for run in runs_after(transaction, self.scope, after, PAGE_RUNS * limit):
            added = _weight(transaction, run)
            if parcel and (size + added > PAGE_BYTES or len(parcel) >= PAGE_RUNS):
                yield parcel
                parcel, size, cut = [], 0, cut + 1
                if cut == limit:
                    return
            parcel.append(run)
            size += added
        if parcel:
            yield parcel

    def _parcel(self, transaction: Transaction, runs: list[Run], to: To, *, more: bool = False) -> bytes:
        described: list[FeedRun] = []
        salts: list[bytes] = []
        lines: list[bytes] = []
        erased: list[tuple[int, bytes]] = []
        count = 0
        hiding = Hiding(transaction, self.scope)
        key_id, public = self._key_id, self._public
        for run in runs:
            epoch, origin = names(transaction, run.epoch_no)
            about = (raw_id(origin), role_of(transaction, origin), raw_id(epoch), run.first_seq, run.last_seq)
            if origin == to.reader and not to.whole:
                described.append(FeedRun(*about))
                continue
            if hiding and origin == to.reader:
                # What it wrote and lost comes back whole, and so nobody else may open this parcel.
                key_id, public = None, reader_of(transaction, origin)[0]
            if hiding and origin != to.reader:
                rows = stretch_without(transaction, run.epoch_no, run.first_seq, run.last_seq, hiding)
            else:
                rows = stretch(transaction, run.epoch_no, run.first_seq, run.last_seq)
            previous = (
                chain_start(origin, epoch)
                if run.first_seq == 1
                else hash_at(transaction, run.epoch_no, run.first_seq - 1)
            )
            described.append(FeedRun(*about, previous, rows.signature))
            salts.append(rows.salts)
            lines.append(rows.lines)
            erased += [(count + at, kept) for at, kept in rows.erased]
            count += rows.last - rows.first + 1
        first, last = runs[0], runs[-1]
        before = feed_at(transaction, self.scope, first.first - 1)
        content = SignedFeed(
            bytes(64),
            before or feed_start(self.scope),
            described,
            b"".join(salts),
            compress(b"\n".join(lines)),
            more,
            erased,
            b"" if to.reader is None else raw_id(to.reader),
        )
        head = header(FEED, self._centre, scope=self.scope, number=first.first, key=key_id)
        whole = self._keys.sign(FEED_PARCEL, parcel_text(self._centre, clear(head), encode(content), to.reader))
        content = msgspec.structs.replace(content, signature=whole)
        if to.first_form:
            place = self._keys.sign(FEED_DOMAIN, feed_message(self.scope, last.last, last.feed_hash))
            content = msgspec.structs.replace(content, signature=place, whole=whole)
        return pack(head, encode(content), public)


def _weight(transaction: Transaction, run: Run) -> int:
    return weight(transaction, run.epoch_no, run.first_seq, run.last_seq)
