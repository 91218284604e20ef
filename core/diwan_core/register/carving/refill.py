"""Fills a new register with what was carved from a damaged one: its rows come in through admission, as from a stick.

What can be applied is applied. What cannot be applied here, and is at the centre, is left out, since it comes again
from there. This node's own rows that the centre has not receipted are all kept: in the journal as far as their chain
goes without a gap, and beside it (`register.journal.salvaged_rows`) from there on.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

from diwan_core.node import NodeConfig
from diwan_core.register.admission.admit import admit
from diwan_core.register.admission.bundle import Bundle, NotAdmitted
from diwan_core.register.admission.left_out import note_left_out
from diwan_core.register.admission.waiting import release
from diwan_core.register.carving import by_snapshot, leftovers
from diwan_core.register.carving.carve import Carved
from diwan_core.register.carving.chains import Candidate, Chain, hash_before, proven_rows
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import Row
from diwan_core.register.journal.salvaged_rows import note_gaps
from diwan_core.register.storage.database import Store, Transaction
from diwan_core.trust import NodeKeys

BUNDLE: Final = 350
AT_ONCE: Final = 200
"""Bundles of a transaction."""


@dataclass
class Refilled:
    """What was put into the new register."""

    rows: int = 0
    """Rows of the journal, proven by their chains."""
    own_unsent: int = 0
    """Of these, this node's own that the centre has not receipted."""
    beside: int = 0
    """This node's own rows, unreceipted, that no chain holds any more: kept beside the journal."""
    lost: list[str] = field(default_factory=list)
    """Stretches of this node's own unreceipted rows of which nothing can be read."""
    left_out: int = 0
    """Rows that come again from the centre."""
    records: int = 0
    """Records known from a snapshot, without their history."""
    ledger: int = 0
    """Entries of the ledger."""


class Refill:
    """Fills one register, which is new and has its ledger already."""

    def __init__(self, store: Store, config: NodeConfig, carved: Carved, found: list[Chain]) -> None:
        self._store = store
        self._config = config
        self._carved = carved
        self._chains = {chain.epoch.no: chain for chain in found}
        self._limits = {no: self._limit(chain) for no, chain in self._chains.items()}
        self.done = Refilled()

    def _is_own(self, chain: Chain) -> bool:
        return chain.epoch.own or chain.epoch.origin == self._config.id

    def _limit(self, chain: Chain) -> int:
        """The last row of an epoch that goes into the journal. A post's own epoch ends where its chain has the first
        gap after what the centre has receipted: what is behind a gap could never be sent."""
        if not self._is_own(chain) or self._config.role == "central":
            return 1 << 62
        return chain.last_with(chain.epoch.stored + 1)

    def add_centre(self, centre: str, signing: bytes, sealing: bytes) -> None:
        """Name the centre, as enrolment left it; the other nodes come with the ledger. Raises RegisterError."""
        with self._store.write() as transaction:
            transaction.execute(
                "INSERT OR IGNORE INTO node (id, label, office, role, signing_key, sealing_key) "
                "VALUES (?, '', '', 'central', ?, ?)",
                (centre, signing, sealing),
            )

    def run(self, keys: NodeKeys | None) -> Refilled:
        """Fill the register; own epochs end with a checkpoint signed by `keys`. Raises RegisterError."""
        others = [chain for chain in self._chains.values() if not self._is_own(chain)]
        with self._store.write() as transaction:
            by_snapshot.add_joints(transaction, self._carved, others)
            for epoch, stretches in self._carved.left_out.items():
                note_left_out(transaction, epoch, stretches)
        self._rows()
        with self._store.write() as transaction:
            release(transaction, seconds=1e9)
            self.done.records = by_snapshot.add_states(transaction, self._carved, self._chains.values())
            by_snapshot.ask_again(transaction)
            self.done.left_out += leftovers.leave_out(transaction, self._config.id, self._stored())
            for chain in self._chains.values():
                leftovers.count_anew(transaction, chain.epoch, own=self._is_own(chain))
            self._beside(transaction)
            leftovers.add_blobs(transaction, self._carved.blobs)
            leftovers.follow_anew(transaction)
        self._sign(keys)
        self.done.rows, self.done.own_unsent = leftovers.counts(self._store)
        return self.done

    def _stored(self) -> dict[str, int]:
        """By epoch: its last row that the centre receipted, as the damaged register knew it."""
        stored: dict[str, int] = {}
        for chain in self._chains.values():
            stored[chain.epoch.id] = max(chain.epoch.stored, stored.get(chain.epoch.id, 0))
        return stored

    def _rows(self) -> None:
        gathered: list[tuple[Chain, list[Candidate]]] = []
        for bundle in self._bundles():
            gathered.append(bundle)
            if len(gathered) >= AT_ONCE:
                self._admit(gathered)
                gathered = []
        self._admit(gathered)

    def _bundles(self) -> Iterator[tuple[Chain, list[Candidate]]]:
        """Consecutive rows of an epoch that end with a whole change set, and with a checkpoint where there is one; in
        the order in which they came into the damaged register."""
        gathered: list[Candidate] = []
        of: Chain | None = None
        for no, found in proven_rows(self._carved.scratch):
            chain, seq = self._chains[no], found.row.seq
            if seq > self._limits[no] or not any(one.first <= seq <= one.last for one in chain.stretches):
                continue
            if of is not None and (chain is not of or seq != gathered[-1].row.seq + 1):
                yield of, gathered
                gathered, of = [], None
            gathered.append(found)
            of = chain
            if not found.row.meta.more and (found.signature is not None or len(gathered) >= BUNDLE):
                yield of, gathered
                gathered, of = [], None
        if of is not None:
            yield of, gathered

    def _admit(self, gathered: list[tuple[Chain, list[Candidate]]]) -> None:
        with self._store.write() as transaction:
            for chain, found in gathered:
                rows = [one.row for one in found]
                while rows and rows[-1].meta.more:
                    rows.pop()
                if rows:
                    self._admit_one(transaction, chain, rows, found[len(rows) - 1].signature)

    def _admit_one(self, transaction: Transaction, chain: Chain, rows: list[Row], signature: bytes | None) -> None:
        epoch = chain.epoch
        if rows[0].seq > 1 and transaction.execute("SELECT 1 FROM epoch WHERE id=?", (epoch.id,)).fetchone() is None:
            note_gaps(transaction, epoch.id)
        previous = hash_before(self._carved.scratch, epoch, rows[0].seq)
        first, last = rows[0].seq, rows[-1].seq
        bundle = Bundle(
            epoch.origin, self._role(epoch.origin), epoch.id, first, last, b"", b"", signature, previous, None, rows
        )
        transaction.execute("SAVEPOINT bundle")
        try:
            admit(transaction, bundle, None)
        except NotAdmitted:
            transaction.execute("ROLLBACK TO bundle")
            self.done.left_out += len(rows)
        finally:
            transaction.execute("RELEASE bundle")

    def _role(self, origin: str) -> str:
        if origin == self._config.id:
            return self._config.role
        return "central" if origin == self._config.central_id else "post"

    def _beside(self, transaction: Transaction) -> None:
        """Keep this post's own rows that the centre has not receipted and the journal cannot hold."""
        if self._config.role == "central":
            return
        for no, chain in self._chains.items():
            if self._is_own(chain):
                after = max(self._limits[no], chain.epoch.stored)
                kept, lost = leftovers.keep_beside(
                    transaction, self._carved.scratch, chain.epoch, after, self._config.id
                )
                self.done.beside += kept
                self.done.lost += lost

    def _sign(self, keys: NodeKeys | None) -> None:
        """Sign a checkpoint at the head of every own epoch that is not receipted whole: what is sent ends at one."""
        if keys is None:
            return
        origin = self._config.id
        made = [
            (keys.sign(CHECKPOINT_DOMAIN, checkpoint_message(origin, name, seq, head)), no, seq)
            for no, name, seq, head in self._store.rows(
                "SELECT no, id, seq, hash FROM epoch WHERE own=1 AND stored<seq"
            )
        ]
        with self._store.write() as transaction:
            transaction.executemany("UPDATE journal SET signature=? WHERE epoch=? AND seq=?", made)
