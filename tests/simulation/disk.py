"""A simulated disk: a folder of real files, of which it knows what a power cut would leave.

Files lie in memory (root on a tmpfs) and are read and written as usual. What is durable is known because SQLite's
files go through a VFS (`vfs.py`) and all others through the doors below: `sync_file`, `sync_folder`, `replace`, `link`
and `unlink`. What is written or named without a door counts as never synced.

A node that dies by `die_at` dies twice: at once for its disk, which takes what it has then as the end and lets every
later operation fail; and a moment later for its caller. A door raises `Died`. SQLite must not be left by an exception:
there the operation ends with an I/O error and `dead` is set. Whoever runs the node looks at `dead` after every error,
throws the node's objects away, and calls `power_cut()` or `killed()`, after which the folder is that of a machine that
starts. Connections of the dead node may be closed whenever, or never: they reach no file of the new one."""

from __future__ import annotations

import errno
import os
import posixpath
import random
from collections.abc import Callable, Container
from pathlib import Path

from tests.simulation.faults import Died, Faults, Kind
from tests.simulation.names import Names, Naming
from tests.simulation.snapshot import Entry, Snapshot, is_database, is_index, read, write_tree
from tests.simulation.stored import Stored, torn
from tests.simulation.watched_folder import Seen, WatchedFolder


class SimulatedDisk(WatchedFolder):
    """The disk of one node, or a stick."""

    def __init__(self, root: Path, chance: random.Random) -> None:
        super().__init__(root)
        self.chance = chance
        self.faults = Faults(self._freeze)
        self.on_death: list[Callable[[SimulatedDisk], None]] = []
        """Called when the node dies, by whoever holds files open."""
        self.open_files: set[int] = set()
        """Numbers of the files that SQLite has open."""
        self._at_death: Seen | None = None
        self._become(self.snapshot(), self.open_files)  # what is there already is durable

    # -- what the node sees -----------------------------------------------------------------------------------------

    @property
    def dead(self) -> bool:
        """Whether the node died and was not switched on again."""
        return self.faults.dead

    @property
    def operations(self) -> int:
        """How many operations that change something there were."""
        return self.faults.operations

    def inode(self, path: str | Path | int) -> int:
        """The inode number as the simulated node sees it: the same in each run, and the same file keeps it through
        power cuts."""
        return self._needed(self.name_of(path), path).number

    # -- doors --------------------------------------------------------------------------------------------------------

    def sync_file(self, path: str | Path | int) -> None:
        """The content of a file is durable, and its name. In place of `os.fsync(file)`; takes an open file too."""
        name = self.name_of(path)
        stored = self._needed(name, path)
        error = self._begin("sync", name, fails_here=(errno.EIO,))
        stored.notice(read(self._prefix + name))
        if error:
            stored.fail_sync(self.chance)
            raise OSError(error, os.strerror(error), str(path))
        if self.faults.limit is not None and stored.pending and self.used() > self.faults.limit:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(path))
        stored.sync()
        self.names.sync_file(stored)

    def sync_folder(self, path: str | Path | int) -> None:
        """The names in a folder are durable. In place of `os.fsync` of an open folder."""
        name = self.name_of(path)
        self._begin("sync", name)
        self.noticed(name)
        known = [one for one in self.names.seen if posixpath.dirname(one) == name]
        for one in sorted({*known, *(posixpath.join(name, entry) for entry in os.listdir(self.root / name))}):
            self.noticed(one)
        self.names.sync_folder(name)

    def replace(self, source: str | Path, target: str | Path, folder: int | None = None) -> None:
        """In place of `os.replace` and `os.rename`: not durable before one of the folders is synced. `folder` is an
        open folder that both names are in."""
        within = "" if folder is None else self.name_of(folder)
        old, new = (
            self.name_of(name) if folder is None else posixpath.join(within, str(name)) for name in (source, target)
        )
        stored = self._needed(old, source)
        self._begin("name", new)
        self.noticed(posixpath.dirname(new))
        os.replace(source, target, src_dir_fd=folder, dst_dir_fd=folder)
        self.names.do(Naming("move", old, stored, new))

    def link(self, source: str | Path, target: str | Path) -> None:
        """In place of `os.link`: a second name."""
        old, new = self.name_of(source), self.name_of(target)
        stored = self._needed(old, source)
        self._begin("name", new)
        self.noticed(posixpath.dirname(new))
        os.link(source, target)
        self.names.do(Naming("make", new, stored))

    def unlink(self, path: str | Path, *, missing_ok: bool = False) -> None:
        """In place of `os.unlink`."""
        name = self.name_of(path)
        self._refuse_if_dead()
        stored = self.noticed(name)
        if stored is None and missing_ok:
            return
        self._begin("name", name)
        os.unlink(path)
        if stored is not None:
            self.names.do(Naming("remove", name, stored))

    # -- what SQLite's files ask (`vfs.py`) ---------------------------------------------------------------------------

    def has_room(self, path: str, size: int) -> bool:
        """Whether a file may grow to this size."""
        assert self.faults.limit is not None
        try:
            growth = size - os.lstat(path).st_size
        except FileNotFoundError:
            growth = size
        return growth <= 0 or self.used() + growth <= self.faults.limit

    def is_refused_a_name(self, path: str, *, taken_away: bool = False) -> bool:
        """Count the making of a file that is not there yet, or the taking away of one; whether it fails."""
        return os.path.lexists(path) == taken_away and self.faults.begin("name") != 0

    def _begin(self, kind: Kind, name: str, fails_here: tuple[int, ...] = ()) -> int:
        error = self.faults.begin(kind)
        self._refuse_if_dead()
        if error and error not in fails_here:
            raise OSError(error, os.strerror(error), str(self.root / name))
        return error

    def _refuse_if_dead(self) -> None:
        """Also before it is noticed what lies there: what was made after the death is no part of the disk."""
        if self.dead:
            raise Died(f"{self.root}: the node died at operation {self.operations} of its disk")

    def _needed(self, name: str, path: str | Path | int) -> Stored:
        self._refuse_if_dead()
        stored = self.noticed(name)
        if stored is None:
            raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), str(path))
        return stored

    # -- what a machine finds when it starts --------------------------------------------------------------------------

    def dies(self) -> None:
        """The node dies now, if it has not: what is done before the machine starts again reaches no disk. Who closes
        its files meanwhile saves `killed` and `power_cut` the work of making them anew."""
        self._end()

    def power_cut(self) -> None:
        """The folder becomes what a disk may hold after a power cut: all that was synced, and of the rest what chance
        wants. The machine may start."""
        seen = self._end()
        names = self.names.drawn(seen.unnoticed, self.chance)
        left: dict[int, Entry] = {}
        for name, stored in names.items():
            if stored.number not in left:
                content = None if stored.folder else self._left_of(name, stored)
                left[stored.number] = Entry(stored.number, stored.mode, content)
        self._become({name: left[stored.number] for name, stored in names.items()}, self.open_files)

    def _left_of(self, name: str, stored: Stored) -> bytes:
        if is_index(name):  # never synced; SQLite makes it anew
            return self.chance.randbytes(len(stored.content()))
        return torn(bytes(stored.durable), stored.pending, self.chance)

    @property
    def gave_up(self) -> bool:
        """Whether a sync has failed of something that programs read as if it were written, until the machine starts
        anew."""
        return any(stored.written_off is not None for stored in self.names.seen.values())

    def killed(self) -> None:
        """The node's processes ended by SIGKILL and the machine goes on: everything that was written is there, and
        nothing was closed. What was not durable is not durable yet."""
        seen = self._end()
        for naming in seen.unnoticed:
            self.names.do(naming)
        self._started(write_tree(self.root, seen.snapshot(), self.open_files, self._is_there))

    def snapshot(self) -> Snapshot:
        """All files as programs see them now."""
        if self._at_death is not None:
            return self._at_death.snapshot()
        seen = self.look()
        for naming in seen.unnoticed:
            self.names.do(naming)
        return seen.snapshot()

    def restore(self, snapshot: Snapshot, *, new_inodes: bool = False) -> None:
        """The folder becomes the one of the snapshot, durable as it is: a card written back whole, or, with
        `new_inodes`, files put back one by one. Processes of the node that still run end as by `killed`."""
        self._end()
        anew = set(self.open_files)
        if new_inodes:
            fresh = {entry.number: self._next_number() for entry in snapshot.values()}
            snapshot = {name: entry._replace(number=fresh[entry.number]) for name, entry in snapshot.items()}
            # Also one that holds the same bytes: SQLite would share the old index of its log with whoever has it open.
            anew |= {entry.number for name, entry in snapshot.items() if is_database(name)}
        self._become(snapshot, anew)

    def copy_to(self, other: SimulatedDisk) -> None:
        """Clone this disk, as programs see it now, onto another one."""
        other.restore(self.snapshot())

    def _freeze(self) -> None:
        """The node dies: what happens from now on, while its caller learns of it, reaches no disk."""
        self._at_death = self.look()
        for tell in self.on_death:
            tell(self)

    def _end(self) -> Seen:
        """The node is dead, if it was not; the folder as it was then."""
        if self._at_death is None:
            self.faults.dead = True
            self._freeze()
        assert self._at_death is not None
        return self._at_death

    def _become(self, snapshot: Snapshot, anew: Container[int]) -> None:
        """The folder holds this, all of it durable. `anew`: numbers of files that nobody who is dead may have open."""
        inodes = write_tree(self.root, snapshot, anew, self._is_there)
        before = {stored.number: stored for stored in self.names.seen.values()}
        made: dict[int, Stored] = {}
        for entry in snapshot.values():
            if entry.number not in made:
                made[entry.number] = _stored_of(entry, before.get(entry.number))
        self._last_number = max([self._last_number, *made])
        self.names = Names({name: made[entry.number] for name, entry in snapshot.items()})
        self._started(inodes)

    def _is_there(self, name: str, entry: Entry, found: os.stat_result) -> bool:
        """Whether a file must hold the content of this entry, by what was seen when the node died."""
        seen = self._at_death
        stored = None if seen is None else seen.tree.get(name)
        if seen is None or stored is None or stored.real != found.st_ino or not stored.is_as_known(found):
            return False
        content = seen.contents.get(stored.number)
        return content is not None and len(content) == found.st_size and content == entry.content

    def _started(self, inodes: dict[str, int]) -> None:
        for name, stored in self.names.seen.items():
            stored.real = inodes[name]
        self.open_files.clear()
        self._at_death = None
        self.faults.dead = False


def _stored_of(entry: Entry, before: Stored | None) -> Stored:
    """A file or folder of which all is durable; the one that was there, where it is the same."""
    content = entry.content
    same = before is not None and before.folder == (content is None) and not before.pending
    if before is not None and same and (content is None or before.durable == content):
        before.starts(entry.mode)
        return before
    return Stored(entry.number, 0, entry.mode, content or b"", folder=content is None)
