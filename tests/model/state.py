"""The state of the small network: what the centre, each machine and the wire hold.

It knows nothing of bytes, signatures or SQL. A saved change is a number; an epoch's journal is the changes in it, in
their order, so that two different journals of one epoch would be seen. Opening rows, records, pictures and erasures are
left out. Messages stay on the wire for ever: one that is never delivered is lost, one delivered twice is doubled, and
they come in any order.
"""

from __future__ import annotations

from typing import Any, Final, NamedTuple

Epoch = tuple[int, int]
"""(post, number among the epochs of this post, in the order they were opened)."""

ROWS: Final = "rows"
"""(ROWS, post, key, epoch, parent, changes from the first one of the epoch, place of the first that is sent)"""
HELLO: Final = "hello"
"""(HELLO, machine, number of the hello, key, ((epoch, how many)…), the feed followed)"""
RECEIPT: Final = "receipt"
"""(RECEIPT, machine, number of the hello it answers, time, epoch, how many are stored, whether it asks)"""
FEED: Final = "feed"
"""(FEED, machine or -1 for all, what it follows, what comes then)"""
ANEW: Final = "anew"
"""(ANEW, machine, number of the hello): the place named is none of this feed's"""

Message = tuple[Any, ...]


class Parent(NamedTuple):
    """Where an epoch goes on from: an epoch and how many changes of it its writer knew."""

    epoch: Epoch
    length: int


class Journal(NamedTuple):
    """An epoch as a machine or the centre holds it."""

    epoch: Epoch
    parent: Parent | None
    changes: tuple[int, ...]
    stored: int = 0
    """How many of them are receipted; of the machine's own."""


class Machine(NamedTuple):
    """A card in a machine: a post, or the copy of its card."""

    post: int
    key: int
    """Which keys of this post it has: 0 the first ones."""
    journals: tuple[Journal, ...]
    """Its own epochs, in the order it opened them."""
    writing: Epoch | None
    """The epoch of this boot; None until something is saved in it."""
    branch: Epoch | None
    """The epoch it wrote in last, before this boot or in it."""
    feed: tuple[int, ...]
    """What it has followed of the scope's log, in its order."""
    hello: int = 0
    heard: tuple[int, int] = (0, 0)
    """(hello, time) of the receipt taken last."""

    def journal(self, epoch: Epoch) -> Journal | None:
        """Its own epoch of this name."""
        return next((one for one in self.journals if one.epoch == epoch), None)

    def holds(self) -> set[int]:
        """Every change it has."""
        return {change for one in self.journals for change in one.changes} | set(self.feed)


class Centre(NamedTuple):
    """The centre's database."""

    journals: tuple[Journal, ...] = ()
    """Epochs in the order in which they first came."""
    log: tuple[int, ...] = ()
    """The scope: changes in the order of their numbers."""
    keys: tuple[int, ...] = (0, 0)
    """The keys of each post that are enrolled."""
    revoked: frozenset[tuple[int, int]] = frozenset()
    """(post, key)"""
    hellos: tuple[tuple[int, int], ...] = ((-1, 0), (-1, 0))
    """Of each post the machine and the number of the latest hello."""
    settled: frozenset[Epoch] = frozenset()
    """Epochs that were known when keys of their post changed: no sign of a second machine."""

    def journal(self, epoch: Epoch) -> Journal | None:
        """An epoch as it is held here."""
        return next((one for one in self.journals if one.epoch == epoch), None)


class World(NamedTuple):
    """Everything. `left` counts what may still happen, by names of `Bounds`."""

    centre: Centre
    machines: tuple[Machine, ...]
    wire: frozenset[Message]
    saves: tuple[Epoch, ...]
    """In which epoch each change was saved, by its number: what people were told."""
    opened: tuple[int, ...]
    """How many epochs each post has opened."""
    left: tuple[int, ...]
    incarnation: int = 0
    """How often the centre was put back."""
    closed: frozenset[int] | None = None
    """After the centre was put back: the posts that have said hello since; None while it is open."""
    named: tuple[tuple[Epoch, int], ...] = ()
    """How far hellos since the centre was put back have named each epoch."""
    post_copy: Machine | None = None
    centre_copy: Centre | None = None
    copied: int = -1
    """Which machine the copy of a database was made of; -1 before there is one."""
    ever: tuple[tuple[Epoch, int], ...] = ()
    """How much of each epoch the centre has ever held."""
    blamed: frozenset[int] = frozenset()
    """Posts whose keys the centre has revoked by itself, since it took them for two machines."""


class Bounds(NamedTuple):
    """How often each thing may happen: changes saved at each of two posts, hellos of each machine, and the rest."""

    first_saves: int = 2
    second_saves: int = 1
    hellos: int = 2
    put_backs: int = 0
    clones: int = 0
    revocations: int = 0
    centre_put_backs: int = 0
    reboots: int = 0


def begin(bounds: Bounds) -> World:
    """Two posts and a centre, and nothing saved."""
    machines = tuple(Machine(post, 0, (), None, None, ()) for post in (0, 1))
    return World(Centre(), machines, frozenset(), (), (0, 0), tuple(bounds))
