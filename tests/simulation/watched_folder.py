"""A folder of real files, and what one knows of it: which file each name is, and which names came about unseen."""

from __future__ import annotations

import os
import posixpath
import stat
import time
from pathlib import Path
from typing import NamedTuple

from tests.simulation.names import Names, Naming, Tree
from tests.simulation.snapshot import Entry, Snapshot, is_index, names_below, read
from tests.simulation.stored import Stored


class Seen(NamedTuple):
    """What lies in the folder: its names and contents, and which names nobody has told the disk of."""

    tree: Tree
    contents: dict[int, bytes]
    unnoticed: list[Naming]

    def snapshot(self) -> Snapshot:
        """The same as plain values."""
        return {name: Entry(one.number, one.mode, self.contents.get(one.number)) for name, one in self.tree.items()}


class WatchedFolder:
    """Everything below one folder."""

    def __init__(self, root: Path) -> None:
        self.root = Path(os.path.realpath(root))
        self.root.mkdir(parents=True, exist_ok=True)
        self.names = Names({})
        self._prefix = f"{self.root}/"
        self._last_number = 0

    def name_of(self, path: str | Path | int) -> str:
        """The name below the root of a path or of an open file. Raises ValueError for one that is not on this disk."""
        text = os.readlink(f"/proc/self/fd/{path}") if isinstance(path, int) else os.path.abspath(path)
        if text == str(self.root):
            return ""
        if not text.startswith(self._prefix):
            raise ValueError(f"{text} is not on the disk at {self.root}")
        return text[len(self._prefix) :]

    def used(self) -> int:
        """How many bytes all files have."""
        return sum(
            found.st_size
            for name, found in names_below(self.root).items()
            if not (is_index(name) or stat.S_ISDIR(found.st_mode))
        )

    def noticed(self, name: str) -> Stored | None:
        """The file or folder of a name as it is now, None where there is none; the disk knows of it from now on."""
        if not name:
            return None  # the root has no name
        self.noticed(posixpath.dirname(name))
        try:
            found = os.lstat(self._prefix + name)
        except OSError:
            known = self.names.seen.get(name)
            if known is not None:
                self.names.do(Naming("remove", name, known))
            return None
        naming = self._naming_of(name, found)
        if naming is not None:
            self.names.do(naming)
        return self.names.seen[name]

    def _naming_of(self, name: str, found: os.stat_result) -> Naming | None:
        """How this name must have come about; None where it is as the disk knows it."""
        known = self.names.seen.get(name)
        if known is not None and known.real == found.st_ino:
            known.mode = stat.S_IMODE(found.st_mode)
            return None
        for other, stored in self.names.seen.items():
            if stored.real == found.st_ino:
                if os.path.lexists(self._prefix + other):
                    return Naming("make", name, stored)
                return Naming("move", other, stored, name)
        folder = stat.S_ISDIR(found.st_mode)
        new = Stored(self._next_number(), found.st_ino, stat.S_IMODE(found.st_mode), folder=folder)
        return Naming("make", name, new)

    def _next_number(self) -> int:
        self._last_number += 1
        return self._last_number

    def content_of(self, name: str, stored: Stored, found: os.stat_result) -> bytes:
        """What a file holds now; what was written into it unseen is noticed. It is read only where it may hold anything
        else than is known of it."""
        if stored.is_as_known(found) and not is_index(name):  # an index is written by memory
            known = stored.content()
            if len(known) == found.st_size:
                return known
        seen = read(self._prefix + name)
        stored.notice(seen)
        return seen

    def look(self) -> Seen:
        """Look at the whole folder. Contents written without a door are noticed as never synced."""
        tree, contents, unnoticed = {}, {}, []
        new: dict[int, Stored] = {}
        now_ns = time.time_ns()
        for name, found in names_below(self.root).items():
            naming = self._naming_of(name, found)
            if naming is not None:
                naming = naming._replace(stored=new.setdefault(found.st_ino, naming.stored))
                unnoticed.append(naming)
            stored = self.names.seen[name] if naming is None else naming.stored
            tree[name] = stored
            if not stored.folder and stored.number not in contents:
                contents[stored.number] = self.content_of(name, stored, found)
                stored.looked_at(found, now_ns)
        moved = {naming.name for naming in unnoticed if naming.kind == "move"}
        for name, stored in self.names.seen.items():
            if name not in tree and name not in moved:
                unnoticed.append(Naming("remove", name, stored))
        return Seen(tree, contents, unnoticed)
