"""The names of a simulated disk: which are durable, and which a power cut may undo."""

from __future__ import annotations

import posixpath
import random
from typing import Literal, NamedTuple

from tests.simulation.stored import Stored

Tree = dict[str, Stored]
"""Files and folders by their names below the root."""


class Naming(NamedTuple):
    """A name given, taken away or moved."""

    kind: Literal["make", "remove", "move"]
    name: str
    stored: Stored
    target: str = ""

    def apply(self, tree: Tree) -> None:
        """Do it to these names; where a part of it is not there, what is left of it."""
        if self.kind == "make":
            tree[self.name] = self.stored
            return
        inside = f"{self.name}/"
        moved = {name: tree.pop(name) for name in list(tree) if name == self.name or name.startswith(inside)}
        if self.kind == "move":
            tree.update({self.target + name[len(self.name) :]: stored for name, stored in moved.items()})

    def is_in(self, folder: str) -> bool:
        """Whether it changes the list of names of this folder."""
        return folder in (posixpath.dirname(self.name), posixpath.dirname(self.target or self.name))


class Names:
    """The names as programs see them, the durable ones, and between both what was done, in order.

    A journalling file system commits names in the order in which they were changed; where a power cut interrupts it,
    the first few changes are durable and the others were never made. A sync of a folder commits all changes up to the
    last one in this folder, a sync of a file all up to the last one that named this file."""

    def __init__(self, tree: Tree) -> None:
        self.seen: Tree = dict(tree)
        self._durable: Tree = dict(tree)
        self._pending: list[Naming] = []

    def do(self, naming: Naming) -> None:
        """A change of names that is not durable yet."""
        naming.apply(self.seen)
        self._pending.append(naming)

    def sync_file(self, stored: Stored) -> None:
        """The names of this file are durable."""
        if self._pending:
            self._commit([naming.stored is stored for naming in self._pending])

    def sync_folder(self, folder: str) -> None:
        """The list of names of this folder is durable."""
        if self._pending:
            self._commit([naming.is_in(folder) for naming in self._pending])

    def _commit(self, wanted: list[bool]) -> None:
        if True not in wanted:
            return
        count = len(wanted) - wanted[::-1].index(True)
        for naming in self._pending[:count]:
            naming.apply(self._durable)
        del self._pending[:count]

    def drawn(self, unnoticed: list[Naming], chance: random.Random) -> Tree:
        """The names that a power cut may leave. Of what nobody told the disk the order is not known: each is done or
        not."""
        tree = dict(self._durable)
        for naming in self._pending[: chance.randint(0, len(self._pending))]:
            naming.apply(tree)
        for naming in unnoticed:
            if chance.random() < 0.5:
                naming.apply(tree)
        return {name: stored for name, stored in sorted(tree.items()) if _has_its_folders(name, tree)}


def _has_its_folders(name: str, tree: Tree) -> bool:
    folder = posixpath.dirname(name)
    return not folder or (folder in tree and tree[folder].folder and _has_its_folders(folder, tree))
