"""Cards copied, keys revoked and renewed, posts that join, and erasures: what a technician or the law does."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from random import Random
from typing import Final

from diwan_appliance import setup as post_setup
from diwan_core.exchange import erasure
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.node import NodeError
from diwan_core.register import RegisterError
from diwan_core.register.erasure.erase import BOTH, NOMINAL
from diwan_core.trust import NodeKeys, TrustError
from diwan_lab.officers import Told

from tests.simulation.nodes import PostNode, disk_of
from tests.simulation.run import Run
from tests.simulation.steps_of_sticks import export, new_stick

PATIENCE: Final = 100
"""How often a technician tries what the centre cannot do yet."""


def clone(run: Run, chance: Random) -> bool:
    """A post's card is copied, and both machines are used."""
    post = run.free_post(chance)
    if post is None or not run.country.is_open or run.country.is_cut_off(post) or len(run.country.posts) > 6:
        return False
    run.treated.add(post.id)
    run.todo.append(_copied(run, post, chance))
    return True


def _copied(run: Run, post: PostNode, chance: Random) -> Iterator[None]:
    made = run.country
    made.copies += 1
    same_boot = chance.random() < 0.5
    made.killed(post)
    machine = made.machine(f"clone{made.copies}")
    made.use_disk(machine)
    disk_of(post.machine).copy_to(disk_of(machine))
    machine.boot, machine.booted_s, machine.clock_s = post.machine.boot, post.machine.booted_s, post.machine.clock_s
    machine.dictionary = post.machine.dictionary
    copy = PostNode(machine, post.id)
    if not same_boot:
        run.next_boot(post.machine)
    made.posts.append(copy)
    _nobody_dies(run, post)
    run.start_soon(post, 0)
    run.start_soon(copy, 0)
    for _ in range(chance.randrange(5, 30)):
        yield
    while not (made.is_cut_off(copy) or made.is_cut_off(post)):
        yield
        if chance.random() < 0.1:  # nobody noticed yet: people at both write on
            for one in (post, copy):
                if one.runs:
                    with run.dying(one), made.world.at(one.machine):
                        run.people.report(one, chance)
    for _ in range(3):
        yield
    yield from _until_centre_is_open(run)
    if copy.runs:
        made.stop(copy)
    made.posts.remove(copy)
    yield from _rekeyed(run, copy)
    _nobody_dies(run, copy)
    stick = new_stick(run)
    export(run, copy, stick)
    with made.world.at(made.centre.machine):
        for _ in range(2):  # what was torn at the centre is thrown away the first time
            central_stick.import_from_stick(made.centre.needed()[0], run.centre_keys(), Stick(stick))
    made.revoke(copy.id, "the copy of a card")
    run.backups.pop("central", None)  # what the copy had may be nowhere else in an older centre
    run.trust.retired.append(copy.machine.folder)
    yield from _comes_back(run, post)
    run.treated.discard(post.id)


def revoke(run: Run, chance: Random) -> bool:
    """A post's keys are revoked, and a technician gives it new ones."""
    post = run.free_post(chance)
    if post is None or not run.country.is_open or run.country.is_cut_off(post):
        return False
    run.treated.add(post.id)
    run.todo.append(_revoked(run, post, chance))
    return True


def _revoked(run: Run, post: PostNode, chance: Random) -> Iterator[None]:
    yield from _until_centre_is_open(run)  # it may have died since the step was drawn
    _nobody_dies(run, post)
    run.country.revoke(post.id, "by order of the simulation")
    for _ in range(chance.randrange(2, 20)):
        yield
    yield from _comes_back(run, post)
    run.treated.discard(post.id)


def rekey(run: Run, chance: Random) -> bool:
    """A technician gives a post new keys though nothing happened to the old ones."""
    post = run.free_post(chance)
    if post is None or not run.country.is_open or run.country.is_cut_off(post):
        return False
    run.treated.add(post.id)
    run.todo.append(_renewed(run, post))
    return True


def _renewed(run: Run, post: PostNode) -> Iterator[None]:
    yield from _until_centre_is_open(run)
    _nobody_dies(run, post)
    run.country.revoke(post.id, "its keys are renewed")
    yield from _comes_back(run, post)
    run.treated.discard(post.id)


def look_after_cut_off(run: Run) -> None:
    """A post that the centre took for a copied card gets new keys: a card put back from an old copy and then from a
    newer one cannot be told from two cards."""
    for post in run.country.posts:
        if post.id not in run.treated and run.country.is_cut_off(post):
            run.outcome.taken_for_copies += 1
            run.treated.add(post.id)
            run.todo.append(_brought_back(run, post))


def _brought_back(run: Run, post: PostNode) -> Iterator[None]:
    for _ in range(5):
        yield
    yield from _comes_back(run, post)
    run.treated.discard(post.id)


def _comes_back(run: Run, post: PostNode) -> Iterator[None]:
    yield from _until_centre_is_open(run)
    if post.runs:
        run.country.stop(post)
    yield from _rekeyed(run, post)
    yield
    if not post.runs:
        run.start_soon(post, 0)


def _rekeyed(run: Run, post: PostNode) -> Iterator[None]:
    """A technician gives a post that is off new keys and enrols it, again and again until the centre can."""
    place = run.folder / "former" / f"{post.name}-{len(run.trust.former)}"
    shutil.copytree(post.machine.folder / "keys", place / "keys")
    shutil.copy(post.machine.folder / "node.toml", place)
    run.trust.former.append(place)
    run.on_the_bench.add(post.machine.name)
    _nobody_dies(run, post)
    run.country.settle_disk(post.machine)
    with run.country.world.at(post.machine):
        post_setup.rekey(post.machine.folder)
    for _ in range(PATIENCE):
        yield from _until_centre_is_open(run)
        _nobody_dies(run, post)
        try:
            run.country.enrol(post)
            break
        except (TrustError, NodeError, RegisterError):  # a centre that was put back does not know all yet
            run.country.revoke(post.id, "its keys are renewed")
            yield
    run.country.settle_disk(post.machine)
    post.identity = NodeKeys.load(post.machine.folder).identity_public  # by the old one it would be cut off for ever
    run.on_the_bench.discard(post.machine.name)


def _nobody_dies(run: Run, post: PostNode) -> None:
    """A technician's work is done again where it is interrupted; here it is not."""
    run.put_right(post)
    run.put_right(run.country.centre)


def _until_centre_is_open(run: Run) -> Iterator[None]:
    while not run.country.is_open:
        yield


def new_post(run: Run, chance: Random) -> bool:
    """A post joins late."""
    if not run.country.is_open or len(run.country.posts) >= 5 or run.treated:
        return False
    run.put_right(run.country.centre)
    run.country.add_post()
    return True


def erase(run: Run, chance: Random) -> bool:
    """The centre orders an erasure."""
    centre = run.country.centre
    if not run.country.is_open:
        return False
    register = centre.needed()[0]
    reported = {one.record for one in run.people.told if one.kind in ("case", "letter")}
    known = sorted(reported - run.people.erased - run.people.given)
    record = chance.choice(known) if known else None
    if record is None or register.get(record) is None:
        return False
    with run.dying(centre), run.country.world.at(centre.machine):
        erasure.order(register, run.centre_keys(), record, chance.choice((BOTH, NOMINAL)), "Order 12/2026")
        run.people.erased.add(record)
        run.people.told.append(Told("erasure", "central", record, ""))
        centre.needed()[1].ledger_grew = True
    return True
