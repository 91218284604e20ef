"""The faults of a simulated disk, counted by operation: the same plan and the same operations give the same faults."""

from __future__ import annotations

import errno
from collections import Counter
from collections.abc import Callable
from typing import Final, Literal, NamedTuple

Kind = Literal["write", "sync", "name", "read"]
"""What is counted: writes and truncations, syncs of files and folders, changes of names, reads by SQLite."""
SHORT: Final = -1
"""In place of an errno: a read gives less than is there, and zeros for the rest."""
SHORT_IN_LOG: Final = -2
"""The same, of a log only. SQLite says that such a read failed; of a database it takes the zeros for what is there."""


class Died(BaseException):
    """The node died at this operation of its disk. Not an Exception: a node that is dead handles nothing."""


class Armed(NamedTuple):
    """A fault that meets the operations of one kind from `first` on and before `last`."""

    kind: Kind
    first: int
    last: int
    error: int


class Faults:
    """Counts the operations of one disk and says which fail."""

    def __init__(self, die: Callable[[], None]) -> None:
        self._die = die
        self.dead = False
        """Every operation fails: the node has died and nobody has switched it on again."""
        self.operations = 0
        """How many operations that change something were begun; reads are not counted here."""
        self.counted: Counter[Kind] = Counter()
        self.limit: int | None = None
        """How many bytes all files together may have."""
        self.on_reads: list[Callable[[], None]] = []
        """Called when reads may begin to fail, and when they no longer do."""
        self.troubled = False
        """Whether errors were armed since a technician has seen to the disk: the node may still know of them."""
        self._armed: list[Armed] = []
        self._dies_at: int | None = None

    @property
    def reads_can_fail(self) -> bool:
        """Whether reads must be counted at all."""
        return any(one.kind == "read" for one in self._armed)

    def fail_write(self, after: int, error: int = errno.EIO, times: int = 1) -> None:
        """After so many more writes by SQLite, `times` writes fail."""
        self._arm("write", after, error, times)

    def fail_name(self, after: int, error: int = errno.EIO, times: int = 1) -> None:
        """After so many more changes of names, `times` of them fail."""
        self._arm("name", after, error, times)

    def fail_sync(self, after: int, times: int = 1) -> None:
        """After so many more syncs, `times` syncs fail; of what they were about, a part is lost for good."""
        self._arm("sync", after, errno.EIO, times)

    def fail_read(self, after: int, times: int = 1) -> None:
        """After so many more reads by SQLite, `times` reads fail."""
        self._arm("read", after, errno.EIO, times)

    def short_read(self, after: int, times: int = 1) -> None:
        """After so many more reads by SQLite, `times` reads find the second half missing, as on a file system that
        lost a part of a file."""
        self._arm("read", after, SHORT, times)

    def short_read_of_log(self, after: int, times: int = 1) -> None:
        """After so many more reads by SQLite, of the next `times` those of a log find the second half missing."""
        self._arm("read", after, SHORT_IN_LOG, times)

    def full(self, limit_bytes: int | None) -> None:
        """All files together may have so many bytes; None: there is room again."""
        self.limit = limit_bytes

    def die_at(self, operation: int) -> None:
        """The node dies instead of beginning the operation of this number (compare `operations`)."""
        self._dies_at = operation

    def clear(self) -> None:
        """No faults any more; the counts go on."""
        self._armed.clear()
        self._dies_at = self.limit = None
        self._reads_changed()

    def _arm(self, kind: Kind, after: int, error: int, times: int) -> None:
        self.troubled = True
        first = self.counted[kind] + after + 1
        self._armed.append(Armed(kind, first, first + times, error))
        self._reads_changed()

    def _reads_changed(self) -> None:
        for tell in self.on_reads:
            tell()

    def begin(self, kind: Kind) -> int:
        """Count an operation. 0 where it may be done, otherwise the error it ends with (`errno`, or SHORT)."""
        if self.dead:
            return errno.EIO
        if kind != "read":
            self.operations += 1
            if self.operations == self._dies_at:
                self.dead = True
                self._die()
                return errno.EIO
        self.counted[kind] += 1
        if self._armed:
            count = self.counted[kind]
            for one in self._armed:
                if one.kind == kind and one.first <= count < one.last:
                    return one.error
        return 0
