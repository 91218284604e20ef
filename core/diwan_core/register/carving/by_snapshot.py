"""Restores what the damaged register had by a snapshot: records with their state, and epochs known only from a joint
on.

Of such a record the state is all that there ever was here; its history is at the centre."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from diwan_core.register.admission import snapshot_place
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.admission.snapshot import Line
from diwan_core.register.admission.snapshot_join import NewerRecords, install
from diwan_core.register.carving.carve import Carved
from diwan_core.register.carving.chains import Chain
from diwan_core.register.carving.scratch import FoundState, Scratch
from diwan_core.register.storage.database import Transaction


def add_joints(transaction: Transaction, carved: Carved, others: Iterable[Chain]) -> None:
    """Add the epochs (of other nodes) of which the register had the state up to a row by a snapshot, and only the rows
    after it."""
    for chain in others:
        no = chain.epoch.no
        first = chain.stretches[0].first if chain.stretches else 1 << 62
        joints = sorted(seq for epoch, seq in carved.joints if epoch == no and seq < first)
        if not joints or carved.scratch.is_proven(no, 1):
            continue
        digest = carved.joints[no, joints[0]]
        cursor = transaction.execute(
            "INSERT OR IGNORE INTO epoch (id, origin, seq, hash) VALUES (?, ?, ?, ?)",
            (chain.epoch.id, chain.epoch.origin, joints[0], digest),
        )
        transaction.execute(
            "INSERT OR IGNORE INTO joint (epoch, seq, hash) VALUES (?, ?, ?)", (cursor.lastrowid, joints[0], digest)
        )


def add_states(transaction: Transaction, carved: Carved, chains: Iterable[Chain]) -> int:
    """Put in the records that came by a snapshot; how many there were."""
    numbers = {chain.epoch.id: chain.epoch.no for chain in chains}
    count = 0
    for state in carved.scratch.states():
        number = numbers.get(state.epoch)
        joined = number is not None and any(held == number and at >= state.seq for held, at in carved.joints)
        if not joined or number is None or carved.scratch.is_proven(number, state.seq):
            continue
        if transaction.execute("SELECT 1 FROM record WHERE id=?", (state.record,)).fetchone() is not None:
            continue
        try:
            install(transaction, _line(carved.scratch, state))
        except (msgspec.DecodeError, msgspec.ValidationError, TypeError, ValueError, RecursionError, NewerRecords):
            continue
        count += 1
        _applied_already(transaction, state.record)
    return count


def ask_again(transaction: Transaction) -> None:
    """Have a post that had joined by a snapshot join by another one: records of the first that could not be read come
    no other way, since their rows are known by their numbers alone. Until then the post has what was restored, and what
    it changed of it is set upon what comes (`snapshot_join.finish`)."""
    if transaction.execute("SELECT 1 FROM joint LIMIT 1").fetchone() is not None:
        snapshot_place.expect_after_salvage(transaction, NATIONAL)


def _line(scratch: Scratch, state: FoundState) -> bytes:
    """A record as a line of a snapshot. Raises DecodeError, TypeError, ValueError where its parts cannot be read."""
    alternatives = [
        (key, (hlc, epoch, seq), bool(secret), msgspec.json.decode(value))
        for key, epoch, seq, hlc, secret, value in scratch.alternatives(state.no)
    ]
    return msgspec.json.encode(
        Line(
            state.record, state.type, state.epoch, state.seq, state.created, state.updated,
            msgspec.json.decode(state.heads) if state.heads else None, alternatives or None,
            msgspec.Raw(state.rest.encode()), msgspec.Raw((state.nominal or "null").encode()),
        )
    )  # fmt: skip


def _applied_already(transaction: Transaction, record: str) -> None:
    """Mark the later changes of a record as applied: they are in the state that has just been put in."""
    (number,) = transaction.execute("SELECT no FROM record WHERE id=?", (record,)).fetchone()
    waiting = transaction.execute("SELECT no FROM journal WHERE verdict=2 AND record_id=?", (record,)).fetchall()
    transaction.executemany(
        "UPDATE journal SET verdict=0, record=?, record_id=NULL WHERE no=?", [(number, no) for (no,) in waiting]
    )
    transaction.executemany("DELETE FROM waiting WHERE first=?", waiting)
