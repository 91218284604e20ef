"""One file of a simulated disk: what is durable, what was changed since, and what a power cut leaves of it."""

from __future__ import annotations

import os
import random
from typing import Final, TypeAlias

SECTOR: Final = 512
"""What a disk writes whole or not at all."""
PAGE: Final = 4096
"""What the page cache writes back together."""

Change: TypeAlias = tuple[int, bytes | None]
"""A write (offset, bytes), or a truncation (new size, None)."""
Marks: TypeAlias = tuple[int, int, int]
"""Size, time of the last write, and of the last change of anything, in nanoseconds."""
SETTLED_NS: Final = 50_000_000
"""A file not changed for so long before a look cannot be changed after it without another time: the kernel's clock for
files goes in steps of some milliseconds."""


class Stored:
    """A file or folder, whatever names it has (an inode). A folder has no content."""

    __slots__ = ("durable", "folder", "looked", "mode", "number", "pending", "real", "told", "written_off")

    def __init__(self, number: int, real: int, mode: int, durable: bytes = b"", *, folder: bool = False) -> None:
        self.number = number
        """The inode number that the simulated node sees."""
        self.real = real
        """The inode number of the file on the machine that simulates."""
        self.mode = mode
        self.folder = folder
        self.durable = bytearray(durable)
        self.pending: list[Change] = []
        """The changes since the last sync, in order."""
        self.told = False
        """Whether the disk was told of every change of the content: SQLite's files."""
        self.looked: Marks | None = None
        """What told the file's content at the last look, if it was old enough then to tell a later change."""
        self.written_off: bytes | None = None
        """The content of which a sync has failed. Linux then holds it for written: a sync that follows does not write
        it again, and says that all is well."""

    def content(self) -> bytes:
        """What programs read: the durable content with every change since."""
        if not self.pending:
            return bytes(self.durable)
        made = bytearray(self.durable)
        for change in self.pending:
            _apply(made, change)
        return bytes(made)

    def is_as_known(self, found: os.stat_result) -> bool:
        """Whether the file on the machine that simulates must hold what is known of it, so that it need not be read."""
        if self.told:
            return self.written_off is None
        return self.looked is not None and self.looked == _marks(found)

    def looked_at(self, found: os.stat_result, now_ns: int) -> None:
        """Its content is known now: keep in mind how the file looked."""
        marks = _marks(found)
        self.looked = marks if marks[2] < now_ns - SETTLED_NS and self.written_off is None else None

    def starts(self, mode: int) -> None:
        """A machine starts with it as it is, all of it durable."""
        self.mode, self.told, self.written_off = mode, False, None

    def sync(self) -> None:
        """All changes are durable from now on."""
        durable = self.durable
        for change in self.pending:
            _apply(durable, change)
        self.pending.clear()

    def fail_sync(self, chance: random.Random) -> None:
        """A sync failed: of the changes the disk holds what chance wants, and nobody will write the rest."""
        self.written_off, self.looked = self.content(), None
        self.durable = bytearray(torn(bytes(self.durable), self.pending, chance))
        self.pending.clear()

    def notice(self, seen: bytes) -> None:
        """Take as changes what was written into the file without telling the disk."""
        if self.told and self.written_off is not None:
            return  # it differs by what a failed sync has lost
        if not self.pending and self.durable == seen:
            return
        known = self.content()
        if seen in (known, self.written_off):
            return
        if len(seen) == len(known) or seen.startswith(known):
            first, last = _difference(known, seen)
            self.pending.append((first, seen[first:last]))
        else:  # written anew from its beginning, as open(…, "wb") does
            self.pending.append((0, None))
            self.pending.append((0, seen))


def _marks(found: os.stat_result) -> Marks:
    return found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _apply(content: bytearray, change: Change) -> None:
    offset, data = change
    if len(content) < offset:
        content.extend(bytes(offset - len(content)))
    if data is None:
        del content[offset:]
    else:
        content[offset : offset + len(data)] = data


def _difference(old: bytes, new: bytes) -> tuple[int, int]:
    """Where the new content begins and ends to differ from the old, which is as long or shorter; in whole pages."""
    pages = range(0, len(new), PAGE)
    differing = [at for at in pages if old[at : at + PAGE] != new[at : at + PAGE]]
    return differing[0], min(differing[-1] + PAGE, len(new))


def torn(durable: bytes, changes: list[Change], chance: random.Random) -> bytes:
    """What a disk may hold after a power cut: the durable content, and each change kept, lost or torn.

    Some cuts come before anything was written back, some after everything, some in between in the order of the
    changes, and most leave any mixture, page by page or sector by sector."""
    if not changes:
        return durable
    manner = chance.choice(("nothing", "everything", "in order", "pages", "sectors", "sectors"))
    if manner == "nothing":
        return durable
    kept = list(changes)
    if manner == "in order":
        kept = kept[: chance.randint(0, len(kept))]
        if kept and kept[-1][1] is not None:
            kept[-1] = _beginning_of(kept[-1], chance)
    if manner in ("everything", "in order"):
        made = bytearray(durable)
        for change in kept:
            _apply(made, change)
        return bytes(made)
    return _mixed(durable, _with_some_truncations(kept, chance), PAGE if manner == "pages" else SECTOR, chance)


def _beginning_of(change: Change, chance: random.Random) -> Change:
    """A write of which only the sectors up to some boundary arrived."""
    offset, data = change
    assert data is not None
    boundary = (offset + chance.randint(0, len(data))) // SECTOR * SECTOR
    return offset, data[: max(0, boundary - offset)]


def _with_some_truncations(changes: list[Change], chance: random.Random) -> list[Change]:
    """The changes when only the first few truncations are durable. They are metadata, which a journalling file system
    commits in order; what was written later beyond the end of a truncation that is lost, is lost with it."""
    places = [index for index, (_, data) in enumerate(changes) if data is None]
    durable = chance.randint(0, len(places)) if places else 0
    if durable == len(places):
        return changes
    kept, limit = changes[: places[durable]], changes[places[durable]][0]
    for offset, data in changes[places[durable] :]:
        if data is None:
            limit = min(limit, offset)
        elif offset < limit:
            kept.append((offset, data[: limit - offset]))
    return kept


def _mixed(durable: bytes, changes: list[Change], unit: int, chance: random.Random) -> bytes:
    """Each unit of the file as it was at some moment since the last sync, independently of all others."""
    versions: dict[int, list[bytes]] = {}
    sizes = [len(durable)]
    for offset, data in changes:
        if data is None:
            if offset < sizes[-1]:
                durable, sizes = durable[:offset], [offset]
                versions = {
                    at: [one[: offset - at].ljust(unit, b"\0") for one in found]
                    for at, found in versions.items()
                    if at < offset
                }
            else:
                sizes.append(offset)
            continue
        end = offset + len(data)
        for at in range(offset // unit * unit, end, unit):
            found = versions.setdefault(at, [durable[at : at + unit].ljust(unit, b"\0")])
            first, last = max(offset, at), min(end, at + unit)
            before = found[-1]
            found.append(before[: first - at] + data[first - offset : last - offset] + before[last - at :])
        sizes.append(max(sizes[-1], end))
    size = chance.choice(sizes)
    made = bytearray(durable[:size].ljust(size, b"\0"))
    for at in sorted(versions):
        chosen = chance.choice(versions[at])
        if at < size:
            made[at : min(at + unit, size)] = chosen[: size - at]
    return bytes(made)
