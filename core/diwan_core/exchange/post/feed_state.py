"""A post's place in the feed of a scope: parcels are taken in order, missing ones are asked for, another feed is joined
anew."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from typing import Final

from diwan_core import world
from diwan_core.exchange.post.feed_in import EARLY, FeedIn, OwnRun, Taken
from diwan_core.exchange.post.feed_pacing import Paced
from diwan_core.exchange.post.halves_in import HalvesIn
from diwan_core.exchange.post.own_centre import Centre
from diwan_core.exchange.post.snapshot_in import SnapshotIn
from diwan_core.exchange.wire.parcel import BadParcel
from diwan_core.register import Register, Transaction
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.exchange_state import feed_places
from diwan_core.register.exchange_state.counters import count
from diwan_core.register.storage.database import savepoint
from diwan_core.trust import NodeKeys, ScopeKeyring

ASK_AGAIN_S: Final = 2.0
PATIENCE_S: Final = 60.0
"""A post that knows that it is behind in the feed, and hears nothing more, asks again after this long; then twice as
long, up to the heartbeat. The answer to a hello may be lost like any message."""
REJOIN_AGAIN_S: Final = 60.0
TAKE_S: Final = 0.1
"""Others' rows that cost more time than their bytes say do not hold the database for longer at once."""
HEARTBEAT_S: Final = 900.0
"""A post without news says hello this often, so that the centre knows it lives."""

log = logging.getLogger("diwan.agent")


class Following:
    """A post's place in the feed of a scope, and what it does about numbers it misses."""

    def __init__(
        self,
        register: Register,
        keyring: ScopeKeyring,
        centre: Centre,
        monotonic: Callable[[], float] = world.monotonic_s,
        *,
        keys: NodeKeys | None = None,
        scope: str = NATIONAL,
        queue: Paced | None = None,
    ) -> None:
        """`queue`: the parcels that came and are not taken yet, where they are not given to `take` at once."""
        node = register.config.id
        self.scope = scope
        self.feed = (FeedIn if scope == NATIONAL else HalvesIn)(scope, node, centre, keyring, keys)
        self.kept_back = False
        """The scope of a unit has more of rows that came."""
        self.ask_due = False
        """What is missing comes only when asked for: say hello."""
        self.whole = False
        """Rows of one's own are missing here: the hello asks for them too."""
        self.own_runs: list[OwnRun] = []
        """Numbers that receipts told to be one's own rows, not yet taken."""
        self._queue = Paced() if queue is None else queue
        self._told = 0
        self._register = register
        self._centre = centre
        self._snapshot = SnapshotIn(NATIONAL, node, centre.signing, keyring)
        self._now = monotonic
        self._behind = False
        self._gap_at = float("inf")
        self._fed_at = -1e9
        self._patience = PATIENCE_S
        self._rejoined_at = -1e9
        self._head: int | None = None
        """How far the scope goes, as the centre told last; None: it has not told this process yet."""

    def is_level(self, transaction: Transaction) -> bool:
        """Whether the centre has told how far the scope goes and all of it is here."""
        missing = self._behind or self.own_runs or self.kept_back or self.feed.left or self._queue
        return not missing and self._head is not None and self.feed.cursor(transaction)[0] >= self._head

    def own(self, epoch: str, runs: Iterable[tuple[str, int, int, int]]) -> None:
        """A receipt told where one's own rows stand."""
        for scope, number, first_seq, many in runs:
            if scope == self.scope:
                self.own_runs.append(OwnRun(number, epoch, first_seq, many))

    def take(self, parcels: Sequence[bytes], asked: float, waiting: bool) -> None:
        """Take parcels, and what was told of one's own rows, in one transaction. `asked`: when hello was said last;
        `waiting`: rows of one's own are on their way."""
        if not (parcels or self.feed.left):
            return
        with self._register.store.write() as transaction:
            # One's own numbers first: what others wrote after them waits for them.
            taken = self._take(transaction, (*self.own_runs, *([None] if self.feed.left else []), *parcels))
        self.settle(taken, asked, waiting)
        if self._told and not self._queue:
            told, self._told = self._told, 0
            self.announced(told)

    def take_own(self, transaction: Transaction) -> Taken:
        """Take what receipts told, in a write transaction; once it is committed, `settle`."""
        return self._take(transaction, self.own_runs)

    def _take(self, transaction: Transaction, items: Iterable[bytes | OwnRun | None]) -> Taken:
        taken = Taken()
        end = self._now() + TAKE_S
        self.feed.enough = lambda: self._now() >= end
        for item in items:
            self._one(transaction, item, taken)
        return taken

    def _one(self, transaction: Transaction, item: bytes | OwnRun | None, taken: Taken) -> None:
        """Take a parcel or a run of one's own; None for what came early and is due."""
        try:
            with savepoint(transaction):
                found = self.feed.go_on(transaction) if item is None else self.feed.take(transaction, item)
        except BadParcel as error:
            taken.behind = True
            self._not_taken(transaction, error)
            return
        taken.applied += found.applied
        taken.behind, taken.more = found.behind, taken.more or found.more
        taken.kept_back = taken.kept_back or found.kept_back
        for refused in found.refused:
            self._not_taken(transaction, refused)

    def _not_taken(self, transaction: Transaction, error: BadParcel) -> None:
        if error.code == EARLY:
            return  # asked for again, once the national feed has brought the rows
        count_refused(transaction, error)
        self.whole = self.whole or error.code == "lost"
        if error.code == "fork" and self._centre.signs:
            # It may be an old parcel, sent again. The centre says so in its answer to a hello, or sends what follows.
            self._behind = True
        elif error.code == "fork":
            self._rejoin(transaction)

    def _rejoin(self, transaction: Transaction) -> None:
        """The centre's feed is not the one followed here (it was put back to an older copy): follow it from the start.
        Rows known here are duplicates by their numbers. Twice within a minute it waits, and asks again later."""
        self._behind = True
        if self._now() - self._rejoined_at > REJOIN_AGAIN_S:
            log.warning("the feed of scope %s is joined anew", self.scope)
            self._rejoined_at = self._now()
            self.feed.early.clear()
            feed_places.start_again(transaction, self.scope)
            self.ask_due = True

    def settle(self, taken: Taken, asked: float, waiting: bool) -> None:
        """Look whether something is missing, after what was taken is committed."""
        self.own_runs.clear()
        self.kept_back = self.kept_back or taken.kept_back
        now = self._now()
        self._behind = taken.behind or taken.more
        if taken.applied:
            self._fed_at, self._patience = now, PATIENCE_S
        # What goes before one's own numbers may be in the queue: they are told at once, however long the queue is.
        missing = taken.behind and not (self._queue and self.feed.only_own_is_early)
        self._gap_at = min(self._gap_at, now) if missing else float("inf")
        # Numbers that are missing may be those of one's own rows, and the receipt that tells them on its way.
        own = waiting and now - self._gap_at < ASK_AGAIN_S
        if taken.more or (missing and not own and now - asked > ASK_AGAIN_S):
            self.ask_due = True

    def join(self, payload: bytes) -> bytes | None:
        """Take a part of a snapshot; the ask for the next one (see `SnapshotIn.take`). Raises BadParcel."""
        with self._register.store.write() as transaction:
            ask = self._snapshot.take(transaction, payload)
        self._fed_at = self._now()
        self.ask_due = self.ask_due or ask is None
        return ask

    def announced(self, head: int) -> None:
        """The centre tells everybody where the feed stands."""
        if self._queue:
            self._told = head  # what is in the queue goes up to there, unless something was lost
            return
        with self._register.store.statements() as transaction:
            cursor, _ = self.feed.cursor(transaction)
        self._behind = head > cursor and not self.own_runs
        self._head = head
        self.ask_due = self.ask_due or self._behind

    def expect(self, asked: float) -> None:
        """There is something more in this scope than is here."""
        self._behind = True
        self.ask_due = self.ask_due or self._now() - asked > ASK_AGAIN_S

    def told_head(self, head: int) -> bool:
        """The answer to a hello that claimed numbers the centre does not know; whether the feed is followed anew."""
        with self._register.store.write() as transaction:
            behind = head < self.feed.cursor(transaction)[0]
            if behind:
                self._rejoin(transaction)
        return behind

    def look_at_clock(self, asked: float) -> None:
        """Ask again when nothing has come for a while though something is missing."""
        if self._behind and self._now() - max(self._fed_at, asked) > self._patience:
            self._patience = min(2 * self._patience, HEARTBEAT_S)
            self.ask_due = True


def count_refused(transaction: Transaction, error: Exception) -> None:
    """Count, in a write transaction, what the centre or somebody in its name sent and is not taken."""
    log.warning("refused from the centre: %s", error)
    count(transaction, f"refused_{getattr(error, 'code', 'broken')}")
