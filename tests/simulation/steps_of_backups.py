"""Databases copied, and put back later."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from random import Random
from typing import Final

from diwan_core.exchange.reopening import close
from diwan_core.register import Register

from tests.simulation.nodes import CentreNode, PostNode, disk_of
from tests.simulation.run import Run
from tests.simulation.snapshot import Snapshot

PATIENCE: Final = 25
"""Steps for which one waits for the moment at which a database can be put back."""


def _save(run: Run, one: PostNode | CentreNode) -> None:
    kept = run.backups.setdefault(one.machine.name, [])
    kept.append(disk_of(one.machine).snapshot())
    del kept[:-4]


def backup(run: Run, chance: Random) -> None:
    """A copy of a post is kept."""
    if (post := run.free_post(chance)) is not None:
        _save(run, post)


def centre_backup(run: Run, chance: Random) -> None:
    """A copy of the centre is kept."""
    if run.country.centre.runs:
        _save(run, run.country.centre)


def put_back(run: Run, chance: Random) -> bool:
    """A post is put back, as soon as it can be."""
    return _as_soon_as_it_can_be(run, "put-back", lambda: _put_back(run, chance))


def centre_back(run: Run, chance: Random) -> bool:
    """The centre is put back, as soon as it can be."""
    return _as_soon_as_it_can_be(run, "centre-back", lambda: _centre_back(run, chance))


def _as_soon_as_it_can_be(run: Run, kind: str, done: Callable[[], bool]) -> bool:
    """Try it after each of the next steps; it is counted when it is done."""

    def tried() -> Iterator[None]:
        for _ in range(PATIENCE):
            if done():
                run.outcome.faults[kind] += 1
                return
            yield

    run.todo.append(tried())
    return False


def _put_back(run: Run, chance: Random) -> bool:
    """What only the lost disk held is gone, with any product: so it happens when the centre holds all of it."""
    post = run.free_post(chance)
    if post is None or not run.backups.get(post.name) or not run.country.centre.runs:
        return False
    if disk_of(post.machine).faults.troubled or disk_of(run.country.centre.machine).faults.troubled:
        return False
    held = dict(run.country.centre.needed()[0].store.rows("SELECT id, seq FROM epoch"))
    register = post.needed()[0]
    own = register.store.rows("SELECT id, seq FROM epoch WHERE own=1")
    pictures = register.store.one("SELECT count(*) FROM blob WHERE own=1 AND stored=0")
    if pictures or any(held.get(epoch, 0) < seq for epoch, seq in own):
        return False
    _restore(run, post, chance.choice(run.backups[post.name]), in_place=chance.random() < 0.3)
    run.backups.pop("central", None)  # what the post had may be nowhere else in an older centre
    return True


def _centre_back(run: Run, chance: Random) -> bool:
    """The centre is put back, when every post holds every fact of its ledger: what nobody else holds is gone."""
    centre = run.country.centre
    if not centre.runs or not run.backups.get("central") or run.treated:
        return False
    if any(disk_of(one.machine).faults.troubled for one in run.country.all_nodes()):
        return False
    length = centre.needed()[0].store.one("SELECT count(*) FROM ledger")
    for post in run.country.posts:
        if not post.runs or post.needed()[0].store.one("SELECT count(*) FROM ledger") != length:
            return False
    _restore(run, centre, chance.choice(run.backups["central"]), in_place=chance.random() < 0.3)
    return True


def _restore(run: Run, one: PostNode | CentreNode, backup: Snapshot, *, in_place: bool) -> None:
    """The database as it was then, and at the centre the pictures; keys and the rest stay as they are."""
    parts = ("register.db", "blobs") if isinstance(one, CentreNode) else ("register.db",)
    run.put_right(one)
    run.put_back[one.machine.name] = run.outcome.steps
    disk = disk_of(one.machine)
    now = disk.snapshot()
    number = now["register.db"].number
    wanted = {name: entry for name, entry in now.items() if not name.startswith(parts)}
    wanted |= {name: entry for name, entry in backup.items() if name.startswith(parts)}
    if in_place:
        wanted["register.db"] = wanted["register.db"]._replace(number=number)
    disk.restore(dict(sorted(wanted.items())), new_inodes=not in_place)
    run.country.stop(one)
    if isinstance(one, CentreNode):  # what `diwan central restored` does
        with run.country.world.at(one.machine), Register.open(one.machine.folder, role="writer") as register:
            close(register.store)
            _note_held(run, register)
    run.next_boot(one.machine)
    run.start_soon(one, 0)


def _note_held(run: Run, register: Register) -> None:
    """What a copy of the centre from before a revocation holds came under keys that were good then; the centre may have
    held less of it when they were revoked, since it had been put back to an older copy meanwhile."""
    held = dict(register.store.rows("SELECT id, seq FROM epoch"))
    good = set(register.store.rows("SELECT id, signing_key FROM node WHERE NOT revoked"))
    run.trust.revocations = [
        replace(gone, heads=held | {epoch: max(seq, held.get(epoch, 0)) for epoch, seq in gone.heads.items()})
        if (gone.node, gone.identity) in good
        else gone
        for gone in run.trust.revocations
    ]
