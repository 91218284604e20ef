"""What an administration says of scopes: how far what names people travels, and which posts are a unit.

They are steps of runs of their own, since the plans of all others would change with them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from random import Random
from typing import Final

from diwan_central.network import members, running, scopes
from diwan_core.exchange.reopening import Closed
from diwan_core.register import Edit, Refused
from diwan_core.register.admission import reach
from diwan_core.register.admission.scope_log import feed_head
from diwan_core.register.exchange_state.found_pictures import unknown_files
from diwan_core.register.operations import RUNNING, Operation, operations
from diwan_core.register.records.belonging import Belonging, maker_of

from tests.simulation.nodes import PostNode
from tests.simulation.run import Kind, Run

TYPES: Final = ("case", "attachment")
UNITS: Final = ("north", "south")
CODES: Final = ("HOUND", "HERON", "OTTER", "BADGER", "STORK", "LYNX")
"""Of the operations of a country."""


def say(run: Run, chance: Random) -> bool:
    """What names people travels less far, or further."""
    far = chance.choice(("all", "unit", "unit", "centre"))
    return decided(run, lambda folder: scopes.set_reach(folder, TYPES, far))


def join(run: Run, chance: Random) -> bool:
    """A post becomes a member of a unit."""
    unit, post = chance.choice(UNITS), run.some_post(chance, running=False)
    return post is not None and decided(run, lambda folder: scopes.add(folder, unit, [post.id]))


def leave(run: Run, chance: Random) -> bool:
    """A post leaves a unit."""
    unit, post = chance.choice(UNITS), run.some_post(chance, running=False)
    return post is not None and decided(run, lambda folder: scopes.remove(folder, unit, [post.id]))


def move(run: Run, chance: Random) -> bool:
    """The centre, or the post that made a case, says which unit or operation it belongs to."""
    made, operation = run.country, some_operation(run, chance)
    values = chance.choice(
        ({"unit": "north"}, {"unit": "south"}, {"unit": None}, {"operation": operation}, {"operation": None})
    )
    node = made.centre if chance.random() < 0.4 else run.some_post(chance)
    if node is None or not node.runs or not run.people.cases or values == {"operation": ""}:
        return False
    record = chance.choice(run.people.cases)
    moved = False
    with run.dying(node), made.world.at(node.machine), suppress(Refused):
        register = node.needed()[0]
        if register.get(record) is None or record in run.people.erased:
            return False
        if node is made.centre:
            written_here(run)
        else:
            with register.store.read() as transaction:
                maker = maker_of(transaction, "case", record)
            if maker is None or maker[1] != node.id:
                return False
        register.save([Edit("case", values, record=record)], author="somebody")
        moved = True
        if isinstance(node, PostNode):
            node.needed()[1].woken()
    return moved


def written_here(run: Run) -> None:
    """What the centre itself writes is nowhere sent to an older centre."""
    run.backups.pop("central", None)


def plan_operation(run: Run, chance: Random) -> bool:
    """An operation begins, which lasts for a year, or for ever."""
    written_here(run)
    last = f"{1970 + chance.choice((60, 61, 900))}-12-31"
    code = chance.choice(CODES)
    return decided(
        run, lambda folder: running.plan(folder, code, "Testhound", "1970-01-01", last, "officer.a", author="somebody")
    )


def join_operation(run: Run, chance: Random) -> bool:
    """A post takes part in an operation."""
    code, post = chance.choice(CODES), run.some_post(chance, running=False)
    written_here(run)
    return post is not None and decided(run, lambda folder: running.add(folder, code, [post.id], author="somebody"))


def leave_operation(run: Run, chance: Random) -> bool:
    """A post that takes part in an operation does so no longer."""
    found = [(one.code, member.post) for one in _operations(run) for member in one.members]
    if not found:
        return False
    code, post = chance.choice(found)
    written_here(run)
    return decided(run, lambda folder: running.remove(folder, code, [post], author="somebody"))


def end_operation(run: Run, chance: Random) -> bool:
    """An operation ends before its last day."""
    found = [one.code for one in _operations(run) if one.state == RUNNING]
    if not found:
        return False
    code = chance.choice(found)
    written_here(run)
    return decided(run, lambda folder: running.end(folder, code, author="somebody"))


def follow(run: Run) -> None:
    """What the process of the centre does by itself once a minute."""
    made = run.country
    if made.centre.runs and made.is_open:
        with run.dying(made.centre), made.world.at(made.centre.machine), suppress(Closed):
            register = made.centre.needed()[0]
            assert register.keys is not None
            if members.follow_records(made.centre.machine.folder, register, register.keys):
                made.hear_of_the_ledger()


def some_operation(run: Run, chance: Random) -> str:
    """An operation of this country; "" where the centre does not know of one, or its disk reports errors."""
    found = _operations(run)
    return chance.choice(found).record if found else ""


def _operations(run: Run) -> list[Operation]:
    """All that the centre knows of; none where its disk reports errors."""
    centre, found = run.country.centre, list[Operation]()
    if centre.runs:
        with run.dying(centre), run.country.world.at(centre.machine):
            found = operations(centre.needed()[0].store)
    return found


KINDS: Final[Mapping[str, Kind]] = {
    "say-reach": say, "join-unit": join, "leave-unit": leave, "move": move, "plan-operation": plan_operation,
    "join-operation": join_operation, "leave-operation": leave_operation, "end-operation": end_operation,
}  # fmt: skip
WEIGHTS: Final = {
    "say-reach": 4, "join-unit": 5, "leave-unit": 3, "move": 9, "plan-operation": 3, "join-operation": 5,
    "leave-operation": 4, "end-operation": 1,
}  # fmt: skip


def decided(run: Run, what: Callable[[Path], object]) -> bool:
    """Whether the centre could decide it now; it may die over it."""
    made = run.country
    if not made.is_open:
        return False
    with run.dying(made.centre), made.world.at(made.centre.machine):
        try:
            what(made.centre.machine.folder)
        except (scopes.BadScope, Closed, Refused):
            return False
    if made.centre.runs:
        made.hear_of_the_ledger()
    return True


# -- what must be when the country is at rest -------------------------------------------------------------------------


def unsettled(run: Run) -> list[str]:
    """Which members of units do not hold all of their scopes, and who has files of pictures it does not know."""
    centre, left = run.country.centre.needed()[0], []
    for post in run.country.posts:
        register, exchange = post.needed()
        with centre.store.read() as transaction:
            heads = {scope: feed_head(transaction, scope)[0] for scope in reach.scopes_of(transaction, post.id)}
            said = reach.held(transaction)
        with register.store.read() as transaction:
            if reach.held(transaction) != said:
                left.append(f"{post.name}: has not heard what the ledger says of scopes")
            unknown = [] if exchange.pictures.found.is_settled else unknown_files(transaction, register.blobs)
        if unknown:
            left.append(f"{post.name}: has files of pictures that it does not know")
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
    post: PostNode, run: Run, scopes_of: Mapping[str, frozenset[str]], far: str, who: set[tuple[str, str]]
) -> list[str]:
    found = []
    register, centre = post.needed()[0], run.country.centre.needed()[0]
    mine = {scope for node, scope in who if node == post.id}
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
        "SELECT DISTINCT json_extract(j.meta, '$[0]') FROM journal j JOIN epoch e ON e.no=j.epoch AND e.own=0 "
        "WHERE j.nominal IS NOT NULL AND json_extract(j.meta, '$[1]')='case'"
    )
    held = {record for (record,) in register.store.rows(others)} if far != "all" else set()
    hidden = {record for record in held if far == "centre" or not mine & scopes_of.get(record, frozenset())}
    if hidden:
        found.append(f"{post.name}: out of scope: rows of others hold halves of {', '.join(sorted(hidden))}")
    return found
