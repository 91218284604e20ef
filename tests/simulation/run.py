"""A run: a country to which steps happen, one after the other, until it is healed and must come to rest."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Final, TypeAlias

from diwan_core.register import RegisterError
from diwan_core.register.storage import unsynced
from diwan_core.trust import NodeKeys
from diwan_lab.revoked import Revocation, Trust
from diwan_lab.verdict import Verdict, judge

from tests.simulation.checks import Looked, broken
from tests.simulation.country import Country
from tests.simulation.faults import Died
from tests.simulation.indexes import broken_indexes
from tests.simulation.nodes import CentreNode, PostNode, disk_of
from tests.simulation.numbers import broken_numbers
from tests.simulation.people import People
from tests.simulation.plan import PEACE, Step
from tests.simulation.seeded import Machine
from tests.simulation.snapshot import Snapshot

if TYPE_CHECKING:
    from tests.simulation.coverage import Coverage
    from tests.simulation.steps_of_thieves import Hostile

REST_TURNS: Final = 900
"""Rounds within which a country that was healed must have come to rest."""
CALL_TURNS: Final = 10
"""Rounds after which, in a country that was healed, each post calls in once more."""
STILL_TURNS: Final = CALL_TURNS + 8
"""Rounds in a row in which nothing may be left to move: each post has called in meanwhile, and would have heard that
the centre was put back."""
TRIED_AGAIN_AFTER: Final = 4
"""Steps after which a machine is started again that could not start."""

PACES: Final = (0.1, 0.2, 0.3)
"""How likely a machine has a turn after a step: all of a run have one of these. Where it is seldom, more happens to a
machine between two of its turns, and a run of as many faults is sooner done."""
HALF_A_DAY_S: Final = 12 * 3600.0
"""Within so long whoever has an expired certificate asks for another one."""


@dataclass
class Outcome:
    """What came of a run."""

    seed: int
    steps: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    """What happened, by kinds of steps; and deaths when they came: at named points of the code ("crash"), and at
    operations of a disk by power cuts ("cut") and by kills ("death"), and between two statements ("statement")."""
    acknowledged: int = 0
    words: list[str] = field(default_factory=list)
    """What is wrong; empty where nothing is."""
    taken_for_copies: int = 0
    """How often a post was revoked that was no copy and had none."""
    reached: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How often each kind of step, and each point of the code, met a machine in each state, where that was counted."""
    at_rest: bool = False
    rounds: int = 0

    @property
    def good(self) -> bool:
        return self.at_rest and not self.words


Kind: TypeAlias = Callable[["Run", Random], bool | None]
"""What a kind of step does. False where nothing happened, or not yet: that is no fault."""


class Run:
    """A country, and what is going on in it. `kinds` says what each kind of step does, `beside` what is looked at after
    each of them."""

    def __init__(
        self,
        made: Country,
        folder: Path,
        seed: int,
        kinds: Mapping[str, Kind],
        beside: Callable[[Run], None],
    ) -> None:
        self.country, self.folder = made, folder
        self.pace = Random(f"pace {seed}").choice(PACES)
        self._kinds, self._beside = kinds, beside
        self.people = People(made)
        self.trust = Trust()
        self.outcome = Outcome(seed)
        self.armed: dict[str, tuple[str, int]] = {}
        """Of each machine: the point of the code at which it dies, and how many times it passes it before."""
        self.between_statements: set[str] = set()
        """Names of machines that died between two statements, and whose death is not counted yet."""
        self.editions = 0
        """How many editions of code lists were published."""
        self.by_power = False
        """Whether who dies at an operation of its disk has no power any more; else its processes are killed."""
        self.backups: dict[str, list[Snapshot]] = {}
        self.sticks: list[Path] = []
        """Those that couriers carry."""
        self.sticks_made = 0
        self.todo: list[Iterator[None]] = []
        """What goes on beside the steps, a little after each of them."""
        self.treated: set[str] = set()
        """Ids of nodes to whose cards and keys something is happening."""
        self.put_back: dict[str, int] = {}
        """Machines whose databases were put back, and at which step last."""
        self.coverage: Coverage | None = None
        self.thief: Hostile | None = None
        """The hostile post, once there is one."""
        self.on_the_bench: set[str] = set()
        """Names of machines that a technician works on: they are not started meanwhile."""
        self._starting: set[str] = set()
        self._looked_at: dict[str, Looked] = {}
        self._mortal = False
        self._boots = 0
        made.world.on_point = self._point
        made.on_revoked = self._revoked

    def do(self, step: Step) -> None:
        """Let one step happen, and what goes on beside it."""
        chance = Random(step.seed)
        self.outcome.steps += 1
        if self.coverage is not None:
            self.coverage.step(self, step.kind)
        if self._kinds[step.kind](self, chance) is not False and step.kind not in PEACE:
            self.outcome.faults[step.kind] += 1
        self._end_the_dead()
        self._go_on()
        self.turn(chance.uniform(0.1, 3.0), chance)
        self._beside(self)
        found = broken(self.country, self._looked_at)
        self.outcome.words += [f"step {self.outcome.steps}, {step.kind}: {words}" for words in found]

    def do_nothing(self, seconds: float = 1.0) -> None:
        """What goes on beside the steps, and one turn of every machine."""
        self._go_on()
        self.turn(seconds)

    def _go_on(self) -> None:
        for going_on in list(self.todo):
            if next(going_on, self) is self:
                self.todo.remove(going_on)
            self._end_the_dead()

    def _end_the_dead(self) -> None:
        """Where a machine has died at work for another one, as the centre may that renews a certificate, its processes
        are over before anybody looks into it."""
        for one in self.country.all_nodes():
            if one.runs and disk_of(one.machine).dead:
                with self.dying(one):
                    pass

    def turn(self, seconds: float, chance: Random | None = None) -> None:
        """One turn of every machine that is on; with a chance, of those to which it comes at the pace of this run."""
        made = self.country
        made.world.seconds += seconds
        made.broker.step()
        for one in made.all_nodes():
            if chance is None or chance.random() < self.pace:
                with self.dying(one):
                    made.turn(one)
        self._end_the_dead()

    @contextmanager
    def dying(self, one: PostNode | CentreNode) -> Iterator[None]:
        """Inside, the machine may die at an armed point."""
        self._mortal = True
        try:
            yield
            if disk_of(one.machine).dead:  # who meets the error may go on: the upkeep, say
                raise Died(one.machine.name)
        except (Died, RegisterError, OSError, sqlite3.Error, SystemError) as error:
            # SystemError: Python's sqlite3 where SQLite has forgotten its error by the time it is asked for the words.
            disk = disk_of(one.machine)
            if not isinstance(error, Died) and not disk.dead and disk.faults.limit is None and not disk.faults.troubled:
                raise
            by_power = disk.dead and self.by_power
            if disk.dead or isinstance(error, Died):
                self.outcome.faults[self._death(one, by_power=by_power)] += 1
            self.over(one, by_power=by_power, again=one.runs)
        finally:
            self._mortal = False

    def may_die(self, one: PostNode | CentreNode) -> bool:
        """Whether the machine is at work, and whoever runs it knows what to do where it dies."""
        return self._mortal and self.country.world.here is one.machine

    def _death(self, one: PostNode | CentreNode, *, by_power: bool) -> str:
        """The kind of a death that has come."""
        if not disk_of(one.machine).dead:
            return "crash"
        if one.machine.name in self.between_statements:
            self.between_statements.discard(one.machine.name)
            return "statement"
        return "cut" if by_power else "death"

    def over(self, one: PostNode | CentreNode, *, by_power: bool, again: bool = True) -> None:
        """Its processes have ended; the machine starts again, after a power cut in another boot."""
        if by_power:
            self.country.power_cut(one)
            self.next_boot(one.machine)
        else:
            self.country.killed(one)
        if again:
            self.start_soon(one, 3)

    def put_right(self, one: PostNode | CentreNode) -> None:
        """A technician sees to a machine: its disk makes no trouble any more. Where the disk did not confirm what was
        written, the machine is restarted, as every page of it says."""
        disk = disk_of(one.machine)
        disk.faults.clear()
        disk.faults.troubled = False
        self.between_statements.discard(one.machine.name)
        if one.runs:
            one.needed()[0].store.connection.set_trace_callback(None)
        with self.country.world.at(one.machine):
            marked = unsynced.is_marked(one.machine.folder)
        if marked and not disk.dead:
            again = one.runs
            self.country.power_cut(one)
            self.next_boot(one.machine)
            if again:
                self._start(one)

    def _point(self, name: str) -> None:
        if self.coverage is not None:
            self.coverage.point(name)
        here = self.country.world.here
        if not self._mortal or here is None or self.armed.get(here.name, ("", 0))[0] != name:
            return
        left = self.armed.pop(here.name)[1]
        if left <= 1:
            raise Died(name)
        self.armed[here.name] = name, left - 1

    def next_boot(self, machine: Machine) -> None:
        """A machine starts anew, after its processes have ended. What its kernel held for written is gone with its
        memory."""
        if disk_of(machine).gave_up:
            disk_of(machine).power_cut()
        self._boots += 1
        self.country.boots(machine, self._boots)

    def _revoked(self, node: str, identity: bytes) -> None:
        """The checker must know how far the centre held what a node wrote when its keys were revoked."""
        register = self.country.centre.needed()[0]
        heads = dict(register.store.rows("SELECT id, seq FROM epoch WHERE origin=?", (node,)))
        self.trust.revocations.append(Revocation(node, identity, heads))

    def start_soon(self, one: PostNode | CentreNode, steps: int) -> None:
        """Start it after some steps, and try again where a full disk or a death keeps it from starting."""
        if one.machine.name in self._starting:
            return

        def later() -> Iterator[None]:
            for _ in range(steps):
                yield
            while not one.runs and one in self.country.all_nodes():
                if one.machine.name in self.on_the_bench:
                    yield
                elif not self._started(one):
                    for _ in range(TRIED_AGAIN_AFTER):
                        yield
            self._starting.discard(one.machine.name)

        self._starting.add(one.machine.name)
        self.todo.append(later())

    def _started(self, one: PostNode | CentreNode) -> bool:
        """Whether it could start; on a full disk it may not, and is tried again."""
        with self.dying(one):
            self._start(one)
        return one.runs

    def _start(self, one: PostNode | CentreNode) -> None:
        if isinstance(one, PostNode):
            self.country.start(one)
        else:
            self.country.start_centre()

    def some_post(self, chance: Random, *, running: bool = True) -> PostNode | None:
        found = [one for one in self.country.posts if one.runs or not running]
        return chance.choice(found) if found else None

    def free_post(self, chance: Random) -> PostNode | None:
        """One that runs, and to whose card nothing else is happening."""
        found = [one for one in self.country.posts if one.runs and one.id not in self.treated]
        return chance.choice(found) if found else None

    def anyone(self, chance: Random) -> PostNode | CentreNode | None:
        found = [one for one in self.country.all_nodes() if one.runs]
        return chance.choice(found) if found else None

    def centre_keys(self) -> NodeKeys:
        return NodeKeys.load(self.country.centre.machine.folder)

    def rest(self) -> None:
        """Heal everything, wait until nothing moves any more, and look at all of it."""
        self.come_to_rest()
        self._judge()

    def come_to_rest(self, unsettled: Callable[[], list[str]] = list) -> None:
        """Heal everything, and wait until nothing moves any more; `unsettled` says what else has to settle."""
        made, outcome = self.country, self.outcome
        made.broker.weather, self.armed = {}, {}
        made.broker.hurry()
        self._heal()
        outcome.acknowledged = len(self.people.told)
        still = 0
        for turn in range(REST_TURNS):
            outcome.rounds = turn
            self._go_on()
            if turn % CALL_TURNS == 0:
                self._heal()
            self._beside(self)
            self.turn(2.0)
            still = still + 1 if not self.todo and self._is_at_rest() and not unsettled() else 0
            if still == STILL_TURNS:
                outcome.at_rest = True
                break
        else:
            outcome.words.append(f"not at rest after {REST_TURNS} rounds: {self._unrest()} {', '.join(unsettled())}")

    def _judge(self) -> None:
        made, outcome = self.country, self.outcome
        outcome.words += [f"at rest: {words}" for words in broken(made)]
        with made.world.at(made.centre.machine):
            outcome.words += [f"at rest: {words}" for words in broken_numbers(made.centre.needed()[0])]
        for one in made.all_nodes():
            if one.runs:
                with made.world.at(one.machine):
                    outcome.words += [
                        f"at rest: {one.machine.name}: {words}" for words in broken_indexes(one.needed()[0])
                    ]
                    if isinstance(one, PostNode):
                        one.needed()[1].flush(force=True)
        folders = [post.machine.folder for post in made.posts]
        for one in made.all_nodes():
            made.stop(one)
        verdict: Verdict = judge(made.centre.machine.folder, folders, self.people.told, [], self.trust)
        if not verdict.good:
            outcome.words += verdict.words or ["the verdict is bad and says nothing"]

    def _heal(self) -> None:
        """Faults end, clocks are put right, and what is off is started."""
        for one in self.country.all_nodes():
            self.put_right(one)
            if isinstance(one, PostNode):
                one.line = True
                if one.machine.clock_s:
                    one.machine.clock_s = 0.0
                    self.country.killed(one)
                    self.next_boot(one.machine)
            if one.machine.dictionary:
                self.country.killed(one)
                one.machine.dictionary = 0
            if not one.runs:
                self.start_soon(one, 0)
            if isinstance(one, PostNode) and one.runs:
                with self.country.world.at(one.machine):
                    one.needed()[1].came_up()
        if any(one.runs and self.country.certificates.shut_out(one) for one in self.country.all_nodes()):
            self.country.world.seconds += HALF_A_DAY_S

    def _is_at_rest(self) -> bool:
        return all(one.runs for one in self.country.all_nodes()) and self.country.settled()

    def _unrest(self) -> str:
        found = [f"{one.machine.name} is off" for one in self.country.all_nodes() if not one.runs]
        return ", ".join(found or self.country.unsettled()) or f"{len(self.todo)} tasks are left"
