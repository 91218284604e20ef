"""What journal, epoch, receipt and scope promise, in as few words as will do: a picture to compare the real one with.

It knows nothing of chains, parcels or SQL. A change is a reference, what it sets, and what its author saw of it; the
state of a record is what follows from a *set* of changes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

Ref = tuple[str, int]
"""(epoch, seq)"""


@dataclass(frozen=True)
class Change:
    """One saved change of one field; `seen` are the heads of that field its author knew, None where it creates."""

    ref: Ref
    record: str
    key: str
    value: str
    seen: frozenset[Ref] | None


@dataclass
class Branch:
    """What one copy of a post's database goes on from: the epoch it writes, how far, and the boot it is written in."""

    boot: int
    epoch: str | None = None
    seq: int = 0
    written_in: int | None = None

    def copy(self) -> Branch:
        return Branch(self.boot, self.epoch, self.seq, self.written_in)


@dataclass
class Model:
    """Everything that was acknowledged, and every epoch that was opened."""

    changes: dict[Ref, Change] = field(default_factory=dict)
    last: dict[str, int] = field(default_factory=dict)
    """The highest seq acknowledged, by epoch."""
    parents: dict[str, tuple[str, int] | None] = field(default_factory=dict)
    """Where each epoch goes on from, as far as its writer must have known; None where it need not have known any."""

    def saved(self, branch: Branch, ref: Ref) -> None:
        """A post acknowledged a change: is this where it had to be written?"""
        epoch, seq = ref
        if branch.written_in == branch.boot:
            assert epoch == branch.epoch, "one boot, one epoch"
            assert seq == branch.seq + 1, "numbered without a gap"
        else:
            assert epoch not in self.last, "a new boot writes in an epoch nobody has written in"
            assert seq == 2, "behind the row that opens it"
            self.parents[epoch] = None if branch.epoch is None else (branch.epoch, branch.seq)
        branch.epoch, branch.seq, branch.written_in = epoch, seq, branch.boot
        self.last[epoch] = seq

    def heads(self, record: str, key: str, known: Iterable[Ref]) -> frozenset[Ref]:
        """Who holds a field, for somebody who knows these changes: those that nobody of them has seen."""
        mine = [self.changes[ref] for ref in known if ref in self.changes and self.changes[ref].record == record]
        holding = [change for change in mine if change.seen is None or change.key == key]
        replaced = {ref for change in holding for ref in change.seen or ()}
        return frozenset(change.ref for change in holding) - replaced

    def value(self, ref: Ref, key: str, created_with: str) -> str:
        """What a head says of a field."""
        change = self.changes[ref]
        return change.value if change.key == key else created_with
