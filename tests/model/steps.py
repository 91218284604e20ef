"""What can happen in the small network, one step at a time, as docs/protocol.md says; and what a flaw would change.

A step is a tuple of a name and plain values. `after` is a function: the same world and step give the same world.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import Enum
from typing import Any, Final

from tests.model.state import (
    ANEW,
    FEED,
    HELLO,
    RECEIPT,
    ROWS,
    Bounds,
    Centre,
    Epoch,
    Journal,
    Machine,
    Message,
    Parent,
    World,
)

Step = tuple[Any, ...]
_PLACE: Final = {name: at for at, name in enumerate(Bounds._fields)}


class Flaw(Enum):
    """A mistake that could be made in building the real thing."""

    RECEIPT_BEFORE_COMMIT = "a receipt is sent before the rows are committed"
    SAME_EPOCH_AFTER_PUT_BACK = "a post put back goes on in the epoch of its copy"
    REVOKED_KEYS_ADMITTED = "rows under revoked keys are admitted"
    GAPS_ADMITTED = "rows are admitted though some before them are missing"
    ASKING_IGNORED = "a post does not send again what a centre put back has lost"
    PLACE_NOT_CHECKED = "a place in the feed counts by its number and not by its hash"
    DUPLICATES_NUMBERED = "rows that come again are numbered in the scope again"
    HELLOS_NOT_HEEDED = "a centre put back does not note which epochs its posts say that they hold"
    KNOWN_IS_PARENT = "an epoch names as its parent whichever own epoch came last, not the one written in"


def steps(world: World, flaw: Flaw | None = None) -> Iterator[Step]:
    """Everything that can happen next."""
    left = dict(zip(Bounds._fields, world.left, strict=True))
    yield from _at_posts(world, left)
    if left["centre_put_backs"]:
        if world.centre_copy is None:
            yield ("copy centre",)
        elif _nothing_only_at_the_centre(world):
            yield ("put centre back",)
    for message in world.wire:
        yield "deliver", message
        if flaw is Flaw.RECEIPT_BEFORE_COMMIT and message[0] == ROWS:
            yield "die after receipt", message


def _at_posts(world: World, left: Mapping[str, int]) -> Iterator[Step]:
    for at, machine in enumerate(world.machines):
        if left["first_saves" if machine.post == 0 else "second_saves"]:
            yield "save", at
        if left["hellos"]:
            yield "hello", at
        if left["reboots"] and machine.writing is not None:
            yield "reboot", at
        if (machine.post, machine.key) in world.centre.revoked and world.closed is None and at < 2:
            yield "rekey", at
    if left["put_backs"]:
        if world.post_copy is None:
            yield "copy post", 0
        elif all(change in world.centre.log for change in _own(world.machines[0])):
            yield "put post back", 0
    if left["clones"] and len(world.machines) == 2:
        yield "clone", 0
    if left["revocations"] and world.closed is None and (0, world.machines[0].key) not in world.centre.revoked:
        yield "revoke", 0


def after(world: World, step: Step, flaw: Flaw | None = None) -> World:
    """The world after a step, without the messages that can bring about nothing any more."""
    found = _after(world, step, flaw)
    return found if flaw else without_dead(found)


def without_dead(world: World) -> World:
    """Take off the wire what can change nothing, now or later: receipts of before, hellos answered, pages of the feed
    that everybody is past, and, while the centre cannot be put back any more, rows that it holds."""
    left = dict(zip(Bounds._fields, world.left, strict=True))
    forward = not left["centre_put_backs"]
    alone = forward and not world.incarnation and not left["put_backs"]
    alive = frozenset(message for message in world.wire if _is_alive(world, message, forward=forward, alone=alone))
    return world if len(alive) == len(world.wire) else world._replace(wire=alive)


def _is_alive(world: World, message: Message, *, forward: bool, alone: bool) -> bool:
    centre = world.centre
    match message[0]:
        case "receipt":
            _, at, number, time, epoch, stored, asks = message
            machine = world.machines[at]
            journal = machine.journal(epoch)
            if (number, time) < machine.heard or journal is None:
                return False
            return stored > journal.stored or (asks and not stored == journal.stored == len(journal.changes))
        case "hello":
            _, at, number, key, _, _ = message
            post = world.machines[at].post
            answered = centre.hellos[post][0] == at and centre.hellos[post][1] >= number
            return not (forward and (answered or (post, key) in centre.revoked))
        case "rows":
            held = centre.journal(message[3])
            if forward and (message[1], message[2]) in centre.revoked:
                return False
            return not (forward and held is not None and len(held.changes) >= len(message[5]))
        case "feed":
            to = world.machines if message[1] == -1 else world.machines[message[1] : message[1] + 1]
            return not alone or any(len(machine.feed) <= len(message[2]) for machine in to)
    return True


def _after(world: World, step: Step, flaw: Flaw | None = None) -> World:
    match step:
        case ("save", at):
            return _save(_spend(world, "first_saves" if world.machines[at].post == 0 else "second_saves"), at, flaw)
        case ("hello", at):
            return hello(_spend(world, "hellos"), at)
        case ("reboot", at):
            return _with(_spend(world, "reboots"), at, _restarted(world.machines[at], None))
        case ("rekey", at):
            return rekey(world, at)
        case ("copy post", at):
            return world._replace(post_copy=world.machines[at], copied=at)
        case ("put post back", at):
            back = world.post_copy
            assert back is not None
            key = world.machines[at].key  # keys are files beside the database
            writing = back.writing if flaw is Flaw.SAME_EPOCH_AFTER_PUT_BACK else None
            back = _restarted(back._replace(key=key, hello=world.machines[at].hello), writing)
            return _with(_spend(world, "put_backs"), at, back)
        case ("clone", at):
            copy = _restarted(world.machines[at]._replace(hello=0), None)
            return _spend(world, "clones")._replace(machines=(*world.machines, copy))
        case ("revoke", at):
            centre = world.centre
            gone = centre.revoked | {(world.machines[at].post, world.machines[at].key)}
            return _spend(world, "revocations")._replace(centre=centre._replace(revoked=gone))
        case ("copy centre",):
            return world._replace(centre_copy=world.centre)
        case ("put centre back",):
            return _put_centre_back(_spend(world, "centre_put_backs"))
        case ("deliver", message):
            return deliver(world, message, flaw)
        case ("die after receipt", message):
            return world._replace(wire=world.wire | (deliver(world, message, None).wire - world.wire))
    raise ValueError(step)


def deliver(world: World, message: Message, flaw: Flaw | None = None) -> World:
    """Hand a message to whom it is for."""
    match message[0]:
        case "rows":
            return _rows(world, message, flaw)
        case "hello":
            return _answer(world, message, flaw)
        case "receipt":
            return _receipt(world, message, flaw)
        case _:
            return _follow(world, message, flaw)


# --- a machine ---------------------------------------------------------------------------------------------------


def _save(world: World, at: int, flaw: Flaw | None) -> World:
    """Somebody is told that a change is saved; it is sent at once."""
    machine = world.machines[at]
    opened = world.opened
    if machine.writing is None:
        epoch = (machine.post, opened[machine.post])
        opened = tuple(many + (post == machine.post) for post, many in enumerate(opened))
        before = machine.journals[-1] if flaw is Flaw.KNOWN_IS_PARENT and machine.journals else None
        before = before or (None if machine.branch is None else machine.journal(machine.branch))
        parent = None if before is None else Parent(before.epoch, len(before.changes))
        journal = Journal(epoch, parent, ())
        machine = machine._replace(writing=epoch, branch=epoch, journals=(*machine.journals, journal))
    assert machine.writing is not None
    written = machine.journal(machine.writing)
    assert written is not None
    written = written._replace(changes=(*written.changes, len(world.saves)))
    machine = _with_journal(machine, written)
    world = world._replace(opened=opened, saves=(*world.saves, written.epoch))
    return _send(_with(world, at, machine), machine, written, len(written.changes) - 1)


def _restarted(machine: Machine, writing: Epoch | None) -> Machine:
    """Its processes begin anew: they believe answers to their own hellos only."""
    return machine._replace(writing=writing, heard=(machine.hello + 1, 0))


def _send(world: World, machine: Machine, journal: Journal, first: int) -> World:
    """Hand the changes from place `first` on to the broker."""
    if first >= len(journal.changes):
        return world
    message = (ROWS, machine.post, machine.key, journal.epoch, journal.parent, journal.changes, first)
    return world._replace(wire=world.wire | {message})


def hello(world: World, at: int) -> World:
    """A machine says which epochs it has, how far, and what it has followed of the feed."""
    machine = world.machines[at]
    machine = machine._replace(hello=machine.hello + 1)
    heads = tuple((one.epoch, len(one.changes)) for one in machine.journals)
    message = (HELLO, at, machine.hello, machine.key, heads, machine.feed)
    return _with(world, at, machine)._replace(wire=world.wire | {message})


def _receipt(world: World, message: Message, flaw: Flaw | None) -> World:
    """A receipt counts that answers no earlier hello than the last one taken, and was not written before it."""
    _, at, number, time, epoch, stored, asks = message
    if at >= len(world.machines):
        return world
    machine = world.machines[at]
    journal = machine.journal(epoch)
    if (number, time) < machine.heard or number > machine.hello or journal is None:
        return world
    machine = machine._replace(heard=(number, time))
    told = min(stored, len(journal.changes))
    if told > journal.stored or (asks and flaw is not Flaw.ASKING_IGNORED):
        journal = journal._replace(stored=told)
        machine = _with_journal(machine, journal)
    world = _with(world, at, machine)
    return _send(world, machine, journal, journal.stored) if asks else world


def _follow(world: World, message: Message, flaw: Flaw | None) -> World:
    """Runs are taken that go on from what was followed; own changes that were lost come back with them."""
    kind, to = message[:2]
    for at, machine in enumerate(world.machines):
        if to not in (-1, at):
            continue
        followed = machine
        if kind == ANEW:
            if message[2] == machine.hello:
                followed = machine._replace(feed=())
        else:
            before, then = message[2:]
            fits = len(machine.feed) == len(before) if flaw is Flaw.PLACE_NOT_CHECKED else machine.feed == before
            readable = (machine.post, machine.key) not in world.centre.revoked
            if kind == FEED and fits and readable:
                followed = _take_back(world, machine._replace(feed=machine.feed + then))
        world = _with(world, at, followed)
    return world


def _take_back(world: World, machine: Machine) -> Machine:
    """Changes of its own post that the feed names and its database has lost, or that its copy wrote, are its own again;
    an epoch that was lost whole comes after those it has."""
    for change in machine.feed:
        epoch = world.saves[change]
        if epoch[0] != machine.post:
            continue
        held = world.centre.journal(epoch)
        journal = machine.journal(epoch)
        if journal is None and held is not None:
            journal = Journal(epoch, held.parent, ())
            machine = machine._replace(journals=(*machine.journals, journal))
        if journal is None or change in journal.changes:
            continue
        if [one for one in range(change) if world.saves[one] == epoch] == list(journal.changes):
            known = (*journal.changes, change)
            machine = _with_journal(machine, journal._replace(changes=known, stored=max(journal.stored, len(known))))
    return machine


def rekey(world: World, at: int) -> World:
    """A post whose keys were revoked is enrolled and confirmed with new ones."""
    machine, centre = world.machines[at], world.centre
    key = centre.keys[machine.post] + 1
    keys = tuple(key if post == machine.post else old for post, old in enumerate(centre.keys))
    settled = centre.settled | {one.epoch for one in centre.journals if one.epoch[0] == machine.post}
    world = world._replace(centre=centre._replace(keys=keys, settled=settled))
    return _with(world, at, machine._replace(key=key))


# --- the centre --------------------------------------------------------------------------------------------------


def _rows(world: World, message: Message, flaw: Flaw | None) -> World:
    _, post, key, epoch, parent, changes, first = message
    centre = world.centre
    if world.closed is not None:
        return world
    if (post, key) in centre.revoked and flaw is not Flaw.REVOKED_KEYS_ADMITTED:
        return world  # quarantined, and not receipted
    held = centre.journal(epoch) or Journal(epoch, parent, ())
    known = len(held.changes)
    if changes[:known] != held.changes[: len(changes)]:
        return world  # a fork: quarantined
    if first > known and flaw is not Flaw.GAPS_ADMITTED:
        return _receipts(world, post, held, asks=True)
    new = changes[known:] if first <= known else changes[first:]
    if flaw is Flaw.DUPLICATES_NUMBERED:
        new = changes[first:]
    if new:
        held = held._replace(changes=held.changes + new)
        before = centre.log
        centre = _known_at(centre, held)._replace(log=before + new)
        if _two_machines(world._replace(centre=centre), epoch, flaw):
            centre = centre._replace(revoked=centre.revoked | {(post, key)})
            world = world._replace(blamed=world.blamed | {post})
        ever = dict(world.ever)
        ever[epoch] = max(ever.get(epoch, 0), len(held.changes))
        world = world._replace(
            centre=centre, wire=world.wire | {(FEED, -1, before, new)}, ever=tuple(sorted(ever.items()))
        )
    return _receipts(world, post, held, asks=False)


def _two_machines(world: World, epoch: Epoch, flaw: Flaw | None) -> bool:
    """Whether an epoch that has just grown lies in a branch beside which a newer one has been opened
    (docs/protocol.md, "Databases put back, and cards cloned")."""
    centre = world.centre
    at = {one.epoch: number for number, one in enumerate(centre.journals) if one.epoch[0] == epoch[0]}
    length = {one.epoch: len(one.changes) for one in centre.journals}
    held = {} if flaw is Flaw.HELLOS_NOT_HEEDED else dict(world.named)
    if length[epoch] <= held.get(epoch, 0):
        return False
    parents = {name: parent for name in at if (parent := centre.journals[at[name]].parent) and parent.epoch in at}
    grown: set[Epoch] = set()
    for name in at:
        up: Epoch | None = name if length[name] > held.get(name, 0) else None
        while up is not None:
            grown.add(up)
            up = parents[up].epoch if up in parents else None
    counted = [name for name in parents if name in grown and name not in centre.settled]
    if any(parents[name].epoch == epoch and parents[name].length < length[epoch] for name in counted):
        return True  # a newer one went on from before its end
    within = epoch
    while within in parents:
        if any(parents[name].epoch == parents[within].epoch and at[name] > at[within] for name in counted):
            return True
        within = parents[within].epoch
    return False


def _receipts(world: World, post: int, held: Journal, *, asks: bool) -> World:
    """One receipt, to whichever machine of this post has said hello last."""
    at, number = world.centre.hellos[post]
    time = world.incarnation * 100 + len(world.centre.log)
    made = (RECEIPT, at, number, time, held.epoch, len(held.changes), asks)
    at_first = number == 0 and world.incarnation == 0
    to = post if at_first else at  # before the first hello there is the post alone
    made = (RECEIPT, to, *made[2:])
    return world._replace(wire=world.wire | {made}) if to >= 0 else world


def _answer(world: World, message: Message, flaw: Flaw | None) -> World:
    """A hello is answered with a receipt for each epoch named, asking, and with what follows in the feed."""
    _, at, number, key, heads, feed = message
    if at >= len(world.machines):
        return world
    post = world.machines[at].post
    centre = world.centre
    if centre.hellos[post][0] == at and centre.hellos[post][1] >= number:
        return world
    if (post, key) in centre.revoked:
        return world
    hellos = tuple((at, number) if one == post else old for one, old in enumerate(centre.hellos))
    world = world._replace(centre=centre._replace(hellos=hellos))
    if world.incarnation and flaw is not Flaw.HELLOS_NOT_HEEDED:
        named = dict(world.named)
        for epoch, many in heads:
            named.setdefault(epoch, many)
        world = world._replace(named=tuple(sorted(named.items())))
    if world.closed is not None:
        heard = world.closed | {post}
        return world._replace(closed=None if len(heard) == 2 else heard)  # once it is open, it asks for other hellos
    for epoch, _ in heads:
        held = world.centre.journal(epoch) or Journal(epoch, None, ())
        world = _receipts(world, post, held, asks=True)
    log = world.centre.log
    same = len(feed) <= len(log) if flaw is Flaw.PLACE_NOT_CHECKED else log[: len(feed)] == feed
    if not same:
        return world._replace(wire=world.wire | {(ANEW, at, number)})
    then = log[len(feed) :]
    return world._replace(wire=world.wire | {(FEED, at, feed, then)}) if then else world


def _put_centre_back(world: World) -> World:
    """The copy of its database, and what the ledgers of the posts bring back: keys and revocations."""
    copy, now = world.centre_copy, world.centre
    assert copy is not None
    centre = copy._replace(keys=now.keys, revoked=now.revoked, settled=now.settled)
    return world._replace(centre=centre, incarnation=world.incarnation + 1, closed=frozenset(), named=())


# --- small things ------------------------------------------------------------------------------------------------


def _spend(world: World, name: str) -> World:
    place = _PLACE[name]
    return world._replace(left=(*world.left[:place], world.left[place] - 1, *world.left[place + 1 :]))


def _with(world: World, at: int, machine: Machine) -> World:
    return world._replace(machines=(*world.machines[:at], machine, *world.machines[at + 1 :]))


def _with_journal(machine: Machine, journal: Journal) -> Machine:
    journals = tuple(journal if one.epoch == journal.epoch else one for one in machine.journals)
    return machine._replace(journals=journals)


def _known_at(centre: Centre, held: Journal) -> Centre:
    if centre.journal(held.epoch) is None:
        return centre._replace(journals=(*centre.journals, held))
    return centre._replace(journals=tuple(held if one.epoch == held.epoch else one for one in centre.journals))


def _own(machine: Machine) -> set[int]:
    return {change for one in machine.journals for change in one.changes}


def _nothing_only_at_the_centre(world: World) -> bool:
    """Whether a machine of its origin holds each change the centre would lose."""
    copy = world.centre_copy
    assert copy is not None
    own = set().union(*(_own(machine) for machine in world.machines))
    return set(world.centre.log) - set(copy.log) <= own
