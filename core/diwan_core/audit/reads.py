"""Check the log of reads against its anchors: what was cut off, removed, altered or replaced by an older file.

An anchor in the journal says that the log had so many rows and that its last one carried this seal. At every node the
anchors of every origin must grow; at the node itself the log must agree with each of them. Only the branch that the
node writes on counts: what lies after the row from which a restored database went on is shown by its epochs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Final, NamedTuple

from diwan_core.audit.finding import Finding
from diwan_core.register.journal.log_anchors import Anchor, against
from diwan_core.trust.access_log.log import ERASURE, FILE, FIRST, Logged, ReadLog

KIND: Final = "log"


class Placed(NamedTuple):
    """An anchor and the row of the journal that holds it."""

    epoch: str
    seq: int
    anchor: Anchor


class Branch(NamedTuple):
    """An epoch as its opening row tells it: whose it is, and up to which row of which epoch its writer had come."""

    origin: str
    parent: str | None
    parent_seq: int


class Anchors:
    """The anchors of every epoch held here."""

    def __init__(self) -> None:
        self._epochs: dict[str, Branch] = {}
        self._placed: dict[str, list[Placed]] = {}

    def epoch(self, name: str, branch: Branch) -> None:
        """An epoch held here."""
        self._epochs[name] = branch

    def add(self, epoch: str, seq: int, anchor: Anchor) -> None:
        """A row that holds an anchor; rows of an epoch come in order."""
        self._placed.setdefault(epoch, []).append(Placed(epoch, seq, anchor))

    @property
    def count(self) -> int:
        """How many there are."""
        return sum(len(placed) for placed in self._placed.values())

    def up_to(self, epoch: str) -> list[Placed]:
        """The anchors on the branch that ends with an epoch, the oldest first."""
        branch: list[list[Placed]] = []
        name, upto, seen = epoch, 1 << 62, set[str]()
        while name in self._epochs and name not in seen:
            seen.add(name)
            branch.append([placed for placed in self._placed.get(name, []) if placed.seq <= upto])
            name, upto = self._epochs[name].parent or "", self._epochs[name].parent_seq
        return [placed for part in reversed(branch) for placed in part]

    def shrunk(self) -> Iterator[Finding]:
        """Find anchors with fewer rows than an anchor before them."""
        for epoch, own in self._placed.items():
            branch = self.up_to(epoch)
            for before, placed in pairwise(branch):
                if placed.epoch != epoch or placed not in own:
                    continue
                what = against(before.anchor, placed.anchor)
                if what:
                    yield Finding(KIND, what, self._epochs[epoch].origin, epoch, placed.seq, name="log of reads")


def own_log(folder: Path, anchors: Iterable[Placed], erased: Iterable[str]) -> Iterator[Finding]:
    """The log of this node: its chain, its anchors in order, and whether words are missing only where an erasure in the
    ledger (`erased`: ids of records) took them. Raises AuditUnusable where it cannot be read."""
    due: dict[int, list[Placed]] = {}
    for placed in anchors:
        due.setdefault(placed.anchor.rows, []).append(placed)
    walked = _Walk(due)
    if (folder / FILE).exists():
        log = ReadLog.reading(folder)
        try:
            yield from walked.all(log.rows(), set(erased))
        finally:
            log.close()
    yield from walked.cut_off()


class _Walk:
    """One pass over the log. A break of its chain is reported once, and so are rows that an anchor shows to be
    altered."""

    def __init__(self, due: Mapping[int, list[Placed]]) -> None:
        self._due = due
        self._last, self._before = 0, FIRST
        self._firm = 0
        """The last row known to be as it was anchored."""

    def all(self, rows: Iterable[Logged], erased: set[str]) -> Iterator[Finding]:
        """Find what is wrong with the rows that are here."""
        forgotten: dict[int, None] = {}
        broken = moved = False
        for row in rows:
            if row.no != self._last + 1:
                what = _missing(self._last + 1, row.no - 1)
                yield Finding(KIND, what, name=f"log of reads, row {self._last + 1}")
                broken = True
            elif not broken and row.sealed_after(self._before) != row.seal:
                yield Finding(KIND, "it is not as it was written", name=f"log of reads, row {row.no}")
                broken = True
            elif broken:
                broken = row.sealed_after(self._before) != row.seal
            if row.detail is None:
                forgotten[row.no] = None
            elif row.how == ERASURE and row.record in erased:
                for number in row.detail.split():
                    if number.isascii() and number.isdigit():
                        forgotten.pop(int(number), None)
            self._last, self._before = row.no, row.seal
            for placed in self._due.get(row.no, ()):
                if placed.anchor.seal == row.seal.hex():
                    self._firm = row.no
                elif not moved:
                    moved = True
                    yield self._other(placed)
        for lost in list(forgotten)[:20]:
            what = "its words are gone and no erasure in the ledger orders it"
            yield Finding(KIND, what, name=f"log of reads, row {lost}")

    def _other(self, placed: Placed) -> Finding:
        what = (
            f"among rows {self._firm + 1} to {placed.anchor.rows} some are not those that row {placed.seq} of epoch "
            f"{placed.epoch} anchored: they were altered, and all after them sealed anew"
        )
        return Finding(KIND, what, epoch=placed.epoch, seq=placed.seq, name=f"log of reads, row {self._firm + 1}")

    def cut_off(self) -> Iterator[Finding]:
        """Find rows that were anchored and are not here."""
        beyond = [number for number in self._due if number > self._last]
        if not beyond:
            return
        placed = self._due[max(beyond)][-1]
        what = (
            f"{_missing(self._last + 1, placed.anchor.rows)}, which row {placed.seq} of epoch {placed.epoch} anchored: "
            "the end was cut off, or an older file put in its place"
        )
        yield Finding(KIND, what, epoch=placed.epoch, seq=placed.seq, name=f"log of reads, row {self._last + 1}")


def _missing(first: int, last: int) -> str:
    return f"row {first} is missing" if first == last else f"rows {first} to {last} are missing"
