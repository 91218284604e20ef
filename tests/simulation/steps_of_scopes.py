"""What an administration says of scopes: how far what names people travels, and which posts are a unit.

They are steps of runs of their own, since the plans of all others would change with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from random import Random
from typing import Final

from diwan_central.network import scopes
from diwan_core.exchange.reopening import Closed
from diwan_core.register.admission import reach
from diwan_core.register.admission.scope_log import feed_head
from diwan_core.register.records.belonging import Belonging

from tests.simulation.nodes import PostNode
from tests.simulation.run import Kind, Run

TYPES: Final = ("case", "attachment")
UNITS: Final = ("north", "south")


def say(run: Run, chance: Random) -> bool:
    """What names people travels less far, or further."""
    far = chance.choice(("all", "unit", "unit", "centre"))
    return _decided(run, lambda folder: scopes.set_reach(folder, TYPES, far))


def join(run: Run, chance: Random) -> bool:
    """A post becomes a member of a unit."""
    unit, post = chance.choice(UNITS), run.some_post(chance, running=False)
    return post is not None and _decided(run, lambda folder: scopes.add(folder, unit, [post.id]))


def leave(run: Run, chance: Random) -> bool:
    """A post leaves a unit."""
    unit, post = chance.choice(UNITS), run.some_post(chance, running=False)
    return post is not None and _decided(run, lambda folder: scopes.remove(folder, unit, [post.id]))


KINDS: Final[Mapping[str, Kind]] = {"say-reach": say, "join-unit": join, "leave-unit": leave}
WEIGHTS: Final = {"say-reach": 4, "join-unit": 5, "leave-unit": 3}


def _decided(run: Run, what: Callable[[Path], object]) -> bool:
    """Whether the centre could decide it now; it may die over it."""
    made = run.country
    if not made.is_open:
        return False
    with run.dying(made.centre), made.world.at(made.centre.machine):
        try:
            what(made.centre.machine.folder)
        except (scopes.BadScope, Closed):
            return False
    if made.centre.runs:
        made.hear_of_the_ledger()
    return True


# -- what must be when the country is at rest -------------------------------------------------------------------------


def unsettled(run: Run) -> list[str]:
    """Which members of units do not hold all of their scopes."""
    centre, left = run.country.centre.needed()[0], []
    for post in run.country.posts:
        register, exchange = post.needed()
        with centre.store.read() as transaction:
            heads = {scope: feed_head(transaction, scope)[0] for scope in reach.scopes_of(transaction, post.id)}
            said = reach.held(transaction)
        with register.store.read() as transaction:
            if reach.held(transaction) != said:
                left.append(f"{post.name}: has not heard what the ledger says of scopes")
        for scope, head in heads.items():
            following = exchange.units.get(scope)
            place = following.feed.cursor(register.store.connection)[0] if following is not None else None
            if place != head:
                left.append(f"{post.name}: stands at {place} of {head} in {scope}")
    return left


def out_of_scope(run: Run) -> list[str]:
    """What is at a post that is not for it, and what is not there though it is."""
    centre = run.country.centre.needed()[0]
    with centre.store.read() as transaction:
        said, belonging = reach.held(transaction), Belonging(transaction)
        cases = [record for (record,) in transaction.execute("SELECT id FROM record WHERE type='case'").fetchall()]
        scopes_of = {record: belonging("case", record) for record in cases}
    far = said.reach.get("case", ("all", 0))[0]
    return [words for post in run.country.posts for words in _at(post, run, scopes_of, far, said.members)]


def _at(
    post: PostNode, run: Run, scopes_of: Mapping[str, frozenset[str]], far: str, members: set[tuple[str, str]]
) -> list[str]:
    found = []
    register, centre = post.needed()[0], run.country.centre.needed()[0]
    mine = {scope for node, scope in members if node == post.id}
    own = "SELECT r.id FROM journal j JOIN epoch e ON e.no=j.epoch AND e.own=1 JOIN record r ON r.no=j.record"
    written = {row[0] for row in register.store.rows(own)}
    for record, theirs in scopes_of.items():
        here, there = register.get(record), centre.get(record)
        if here is None or there is None:
            continue
        if far == "all" or (far == "unit" and mine & theirs):
            if here.values != there.values:
                found.append(f"{post.name}: case {record} is not as at the centre, and it is of its scopes")
        elif record not in written and here.nominal:
            found.append(f"{post.name}: out of scope: case {record} shows what names people")
    others = (
        "SELECT count(*) FROM journal j JOIN epoch e ON e.no=j.epoch AND e.own=0 "
        "WHERE j.nominal IS NOT NULL AND json_extract(j.meta, '$[1]')='case'"
    )
    if far == "centre" and register.store.one(others):
        found.append(f"{post.name}: out of scope: {register.store.one(others)} rows of others hold their halves")
    return found
