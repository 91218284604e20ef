"""A new register out of what was carved from a damaged one: its rows come in through admission, as from a stick.

What can be applied is applied; what the centre has and cannot be applied here is left out, since it comes again. Rows
of one's own that the centre has not receipted are kept whatever they lack: in the journal as far as the chain goes,
beside it (`register.journal.salvaged_rows`) where it is broken.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec

from diwan_core.exchange.ledger import take_entries
from diwan_core.register import Bundle, NotAdmitted, Register, admit
from diwan_core.register.admission.snapshot import Line, install
from diwan_core.register.admission.waiting import release
from diwan_core.register.journal.journal import CHECKPOINT_DOMAIN, checkpoint_message
from diwan_core.register.journal.row import ANCHOR, OPENING, Row, chain_start
from diwan_core.register.journal.salvaged_rows import SalvagedRow, keep, note_gaps
from diwan_core.register.storage.database import now_ms
from diwan_core.salvage.carve import Carved
from diwan_core.salvage.chains import Candidate, Chain, hash_before, proven_rows, rows_from
from diwan_core.trust import KeysMissing
from diwan_core.trust.errors import KeysUnreadable, LedgerRefused
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.ledger import Ledger

BUNDLE: Final = 350
AT_ONCE: Final = 200
"""Bundles of a transaction."""


@dataclass
class Rebuilt:
    """What came into the new register."""

    rows: int = 0
    """Of the journal, proven by their chains."""
    own_unsent: int = 0
    """Of these, one's own that the centre has not receipted."""
    beside: int = 0
    """Rows of one's own that no chain holds any more, unreceipted: kept beside the journal."""
    lost: list[str] = field(default_factory=list)
    """Stretches of one's own unreceipted rows of which nothing can be read."""
    left_out: int = 0
    """Rows that come again from the centre."""
    records: int = 0
    """Records known from a snapshot, without their history."""
    ledger: int = 0


class Rebuild:
    """Fills one register, which is new."""

    def __init__(self, register: Register, carved: Carved, found: list[Chain]) -> None:
        self._register = register
        self._carved = carved
        self._chains = {chain.epoch.no: chain for chain in found}
        self._node = register.config.id
        self._limits = {no: self._limit(chain) for no, chain in self._chains.items()}
        self.done = Rebuilt()

    def _is_own(self, chain: Chain) -> bool:
        return chain.epoch.own or chain.epoch.origin == self._node

    def _limit(self, chain: Chain) -> int:
        """Up to where an epoch's rows go into the journal: of an own one no further than its chain goes without a gap
        from what the centre has receipted; what is behind a gap could never be sent."""
        if not self._is_own(chain) or self._register.config.role == "central":
            return 1 << 62
        return chain.last_with(chain.epoch.stored + 1)

    def run(self) -> Rebuilt:
        """Do it. Raises RegisterError."""
        self._ledger()
        with self._register.store.write() as connection:
            self._nodes(connection)
            self._joined_by_snapshot(connection)
        gathered: list[tuple[Chain, list[Candidate]]] = []
        for bundle in self._bundles():
            gathered.append(bundle)
            if len(gathered) >= AT_ONCE:
                self._admit(gathered)
                gathered = []
        self._admit(gathered)
        with self._register.store.write() as connection:
            release(connection, seconds=1e9)
            self._states(connection)
            self._leave_out(connection)
            for chain in self._chains.values():
                self._settle(connection, chain)
            self._beside(connection)
            self._blobs(connection)
            connection.execute("DELETE FROM feed")
        self._sign()
        store = self._register.store
        self.done.rows = int(store.one("SELECT count(*) FROM journal"))
        self.done.own_unsent = int(store.one("SELECT coalesce(sum(seq-stored), 0) FROM epoch WHERE own=1"))
        return self.done

    # -- before the rows ------------------------------------------------------------------------------------------

    def _ledger(self) -> None:
        """The entries of the ledger that are the centre's, from the first one on without a gap."""
        try:
            ledger = Ledger(load_central(self._register.folder).identity)
        except (KeysMissing, KeysUnreadable):
            return
        entries: list[bytes] = []
        while True:
            candidates = self._carved.scratch.execute(
                "SELECT entry FROM ledger WHERE number=? ORDER BY length(entry)", (len(entries) + 1,)
            ).fetchall()
            for (entry,) in candidates:
                try:
                    ledger = ledger.accept([entry])
                except LedgerRefused:
                    continue
                entries.append(entry)
                break
            else:
                break
        if entries:
            take_entries(self._register, msgspec.msgpack.encode((1, entries)))
        self.done.ledger = len(entries)

    def _nodes(self, connection: sqlite3.Connection) -> None:
        """The centre, from the file that enrolment left; the others come with the ledger."""
        try:
            centre = load_central(self._register.folder)
        except (KeysMissing, KeysUnreadable):
            return
        connection.execute(
            "INSERT OR IGNORE INTO node (id, label, office, role, signing_key, sealing_key) "
            "VALUES (?, '', '', 'central', ?, ?)",
            (centre.id, centre.identity, centre.sealing),
        )

    def _joined_by_snapshot(self, connection: sqlite3.Connection) -> None:
        """Epochs of which the register had the state up to a row by a snapshot, and the rows behind it only."""
        for no, chain in self._chains.items():
            if self._is_own(chain):
                continue
            first = chain.stretches[0].first if chain.stretches else 1 << 62
            joints = sorted(seq for epoch, seq in self._carved.joints if epoch == no and seq < first)
            if not joints or self._proven(no, 1):
                continue
            digest = self._carved.joints[no, joints[0]]
            cursor = connection.execute(
                "INSERT OR IGNORE INTO epoch (id, origin, seq, hash) VALUES (?, ?, ?, ?)",
                (chain.epoch.id, chain.epoch.origin, joints[0], digest),
            )
            connection.execute(
                "INSERT OR IGNORE INTO joint (epoch, seq, hash) VALUES (?, ?, ?)",
                (cursor.lastrowid, joints[0], digest),
            )

    def _proven(self, epoch: int, seq: int) -> bool:
        sql = "SELECT 1 FROM proven WHERE epoch=? AND seq=? AND edge=0"
        return self._carved.scratch.execute(sql, (epoch, seq)).fetchone() is not None

    # -- the rows -------------------------------------------------------------------------------------------------

    def _bundles(self) -> Iterator[tuple[Chain, list[Candidate]]]:
        """Consecutive rows of an epoch, ending with a checkpoint where there is one, always with a whole change set; in
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
        with self._register.store.write() as connection:
            for chain, found in gathered:
                rows = [one.row for one in found]
                while rows and rows[-1].meta.more:
                    rows.pop()
                if rows:
                    self._admit_one(connection, chain, rows, found[len(rows) - 1].signature)

    def _admit_one(
        self, connection: sqlite3.Connection, chain: Chain, rows: list[Row], signature: bytes | None
    ) -> None:
        epoch = chain.epoch
        if connection.execute("SELECT 1 FROM epoch WHERE id=?", (epoch.id,)).fetchone() is None and rows[0].seq > 1:
            note_gaps(connection, epoch.id)
        previous = hash_before(self._carved.scratch, epoch, rows[0].seq)
        first, last = rows[0].seq, rows[-1].seq
        bundle = Bundle(
            epoch.origin, self._role(epoch.origin), epoch.id, first, last, b"", b"", signature, previous, None, rows
        )
        connection.execute("SAVEPOINT bundle")
        try:
            admit(connection, bundle, None)
        except NotAdmitted:
            connection.execute("ROLLBACK TO bundle")
            self.done.left_out += len(rows)
        finally:
            connection.execute("RELEASE bundle")

    def _role(self, origin: str) -> str:
        if origin == self._node:
            return self._register.config.role
        return "central" if origin == self._register.config.central_id else "post"

    # -- after the rows -------------------------------------------------------------------------------------------

    def _states(self, connection: sqlite3.Connection) -> None:
        """Records that came by a snapshot: their state is all there ever was of them here."""
        by_name = {chain.epoch.id: chain.epoch.no for chain in self._chains.values()}
        for no, record, kind, epoch, seq, created, updated, heads, rest, nominal in self._carved.scratch.execute(
            "SELECT s.no, r.id, r.type, s.epoch, s.seq, s.created, s.updated, s.heads, s.rest, s.nominal "
            "FROM state s JOIN record r ON r.no=s.no"
        ).fetchall():
            number = by_name.get(epoch)
            joined = number is not None and any(
                held == number and at >= seq for held, at in self._carved.joints
            )  # fmt: skip
            if not joined or number is None or self._proven(number, seq):
                continue
            if connection.execute("SELECT 1 FROM record WHERE id=?", (record,)).fetchone() is not None:
                continue
            alternatives = [
                (key, (hlc, of, at), bool(secret), msgspec.json.decode(value))
                for key, of, at, hlc, secret, value in self._carved.scratch.execute(
                    "SELECT key, epoch, seq, hlc, nominal, value FROM alternative WHERE record=?", (no,)
                )
            ]
            try:
                line = msgspec.json.encode(
                    Line(
                        record, kind, epoch, seq, created, updated, msgspec.json.decode(heads) if heads else None,
                        alternatives or None, msgspec.Raw(rest.encode()), msgspec.Raw((nominal or "null").encode()),
                    )
                )  # fmt: skip
                install(connection, line)
            except (msgspec.DecodeError, msgspec.ValidationError, TypeError, ValueError, RecursionError):
                continue
            self.done.records += 1
            self._applied_already(connection, record)

    def _applied_already(self, connection: sqlite3.Connection, record: str) -> None:
        """Later changes of a record whose state has just been put in are in that state."""
        (number,) = connection.execute("SELECT no FROM record WHERE id=?", (record,)).fetchone()
        waiting = connection.execute("SELECT no FROM journal WHERE verdict=2 AND record_id=?", (record,)).fetchall()
        connection.executemany(
            "UPDATE journal SET verdict=0, record=?, record_id=NULL WHERE no=?", [(number, no) for (no,) in waiting]
        )
        connection.executemany("DELETE FROM waiting WHERE first=?", waiting)

    def _leave_out(self, connection: sqlite3.Connection) -> None:
        """What waits for something that is lost here, and the centre has, comes again in its order. What the centre
        does not have yet waits in its place."""
        for first, last in connection.execute("SELECT first, last FROM waiting").fetchall():
            epoch, own, seq = connection.execute(
                "SELECT e.id, e.origin=?, j.seq FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.no=?",
                (self._node, first),
            ).fetchone()
            stored = max((c.epoch.stored for c in self._chains.values() if c.epoch.id == epoch), default=0)
            if own and seq > stored:
                continue
            self.done.left_out += connection.execute(
                "DELETE FROM journal WHERE no BETWEEN ? AND ?", (first, last)
            ).rowcount
            connection.execute("DELETE FROM waiting WHERE first=?", (first,))
            note_gaps(connection, epoch)

    def _settle(self, connection: sqlite3.Connection, chain: Chain) -> None:
        """An epoch's numbers, as what is here of it gives them."""
        epoch = chain.epoch
        row = connection.execute("SELECT no, seq FROM epoch WHERE id=?", (epoch.id,)).fetchone()
        if row is None:
            return
        no = row[0]
        last = (
            connection.execute(
                "SELECT seq, hash FROM journal WHERE epoch=? ORDER BY seq DESC LIMIT 1", (no,)
            ).fetchone()
            or connection.execute(
                "SELECT seq, hash FROM joint WHERE epoch=? ORDER BY seq DESC LIMIT 1", (no,)
            ).fetchone()
        )
        if last is None:
            connection.execute("DELETE FROM epoch WHERE no=?", (no,))
            return
        counts = [
            connection.execute("SELECT count(*) FROM journal WHERE epoch=? AND verdict=?", (no, verdict)).fetchone()[0]
            for verdict in (0, 2, 1)
        ]
        own = self._is_own(chain)
        connection.execute(
            "UPDATE epoch SET own=?, seq=?, hash=?, signed=?, applied=?, waiting=?, quarantined=?, duplicates=0, "
            "stored=?, safe=?, receipt=?, heard=?, parent=coalesce(parent, ?), parent_seq=coalesce(parent_seq, ?), "
            "parent_hash=coalesce(parent_hash, ?) WHERE no=?",
            (
                int(own), *last, last[0] if own else 0, *counts, min(epoch.stored, last[0]) if own else 0,
                min(epoch.safe, last[0]) if own else 0, epoch.receipt if own else None, epoch.heard,
                *(epoch.parent or (None, None, None)), no,
            ),
        )  # fmt: skip
        held = connection.execute("SELECT count(*), min(seq) FROM journal WHERE epoch=?", (no,)).fetchone()
        if held[0] != last[0] and (own or held[1] == 1):
            note_gaps(connection, epoch.id)

    def _beside(self, connection: sqlite3.Connection) -> None:
        """Rows of one's own that the centre has not receipted and the journal cannot hold."""
        if self._register.config.role == "central":
            return
        for no, chain in self._chains.items():
            if not self._is_own(chain):
                continue
            kept: list[SalvagedRow] = []
            at = max(self._limits[no], chain.epoch.stored)
            for found in rows_from(self._carved.scratch, no, at + 1):
                if found.row.seq > at + 1:
                    self.done.lost.append(f"{chain.epoch.id}:{at + 1}-{found.row.seq - 1}")
                at = found.row.seq
                if found.row.meta.type not in (OPENING, ANCHOR):
                    kept.append(_beside(chain.epoch.id, found.row))
            if chain.epoch.seq > at:
                self.done.lost.append(f"{chain.epoch.id}:{at + 1}-{chain.epoch.seq}")
            if kept:
                keep(connection, kept)
                connection.execute(
                    "INSERT OR IGNORE INTO epoch (id, origin, own, seq, hash) VALUES (?, ?, 1, 0, ?)",
                    (chain.epoch.id, self._node, chain_start(self._node, chain.epoch.id)),
                )
                self.done.beside += len(kept)

    def _blobs(self, connection: sqlite3.Connection) -> None:
        """Pictures: what the records name and the damaged register knew. What of it is here `check_pictures` says."""
        known = dict(self._carved.blobs)
        for name, size, kind, own in connection.execute(
            "SELECT t.sha256, t.size, t.media_type, e.own FROM record_attachment t JOIN epoch e ON e.id=t.base_epoch "
            "WHERE t.sha256 IS NOT NULL AND t.size IS NOT NULL AND t.media_type IS NOT NULL"
        ):
            before = known.get(name, (size, kind, 0, 0))
            known[name] = (before[0], before[1], max(own, before[2]), before[3])
        now = now_ms()
        connection.executemany(
            "INSERT OR IGNORE INTO blob (sha256, size, media_type, have, stored, own, added) "
            "VALUES (?, ?, ?, 0, ?, ?, ?)",
            [(name, size, kind, stored, own, now) for name, (size, kind, own, stored) in known.items()],
        )

    def _sign(self) -> None:
        """A checkpoint at the head of every own epoch that is not receipted whole: what is sent ends at one."""
        keys, store = self._register.keys, self._register.store
        if keys is None:
            return
        made = [
            (keys.sign(CHECKPOINT_DOMAIN, checkpoint_message(self._node, name, seq, head)), no, seq)
            for no, name, seq, head in store.rows("SELECT no, id, seq, hash FROM epoch WHERE own=1 AND stored<seq")
        ]
        with store.write() as connection:
            connection.executemany("UPDATE journal SET signature=? WHERE epoch=? AND seq=?", made)


def _beside(epoch: str, row: Row) -> SalvagedRow:
    nominal = None if row.nominal_json is None else row.nominal_json.decode()
    return SalvagedRow(epoch, row.seq, row.meta_json.decode(), row.rest_json.decode() or None, nominal)
