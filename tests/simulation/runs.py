"""A run: steps drawn from a seed, each with a seed of its own, so that a run can be repeated and made shorter."""

from __future__ import annotations

import shutil
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Final, NamedTuple

from diwan_appliance import setup as post_setup
from diwan_core import crash
from diwan_core.exchange import erasure
from diwan_core.exchange.carriers.folder import Stick
from diwan_core.exchange.centre import central_stick
from diwan_core.exchange.post import post_stick
from diwan_core.exchange.reopening import close
from diwan_core.node import NodeError
from diwan_core.register import Refused, Register, RegisterError
from diwan_core.register.erasure.erase import BOTH, NOMINAL
from diwan_core.trust import NodeKeys, TrustError
from diwan_lab.officers import Told
from diwan_lab.revoked import Trust
from diwan_lab.verdict import Verdict, judge

from tests.simulation.checks import broken
from tests.simulation.country import CentreNode, Country, PostNode, country, disk_of
from tests.simulation.faults import Died
from tests.simulation.people import People
from tests.simulation.snapshot import Snapshot

REST_TURNS: Final = 900
"""Rounds within which a network that was healed must have come to rest."""
PATIENCE: Final = 100
"""How often a technician tries what the centre cannot do yet."""
CLOCKS: Final = {"ten years ahead": 315e6, "ten years behind": -315e6, "1970": -1e12}


class Step(NamedTuple):
    """One thing that happens, drawn entirely from its seed."""

    kind: str
    seed: int


@dataclass
class Outcome:
    """What came of a run."""

    seed: int
    steps: int = 0
    faults: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    words: list[str] = field(default_factory=list)
    """What is wrong; empty where nothing is."""
    taken_for_copies: int = 0
    """How often a post was revoked that was no copy and had none."""
    at_rest: bool = False
    rounds: int = 0

    @property
    def good(self) -> bool:
        return self.at_rest and not self.words


WEIGHTS: Final = {
    "report": 60, "edit": 40, "photograph": 15, "rivals": 6, "turns": 60,
    "kill": 8, "crash": 8, "power": 10, "death": 14, "full": 3, "clock": 3, "line": 8, "weather": 10, "wipe": 3,
    "backup": 8, "put-back": 3, "centre-backup": 4, "centre-back": 2, "clone": 1, "revoke": 1, "erase": 2,
    "stick": 6, "carry": 6, "rekey": 1, "new-post": 0.3, "quiet": 2,
}  # fmt: skip
PEACE: Final = frozenset({"report", "edit", "photograph", "rivals", "turns", "backup", "centre-backup", "quiet"})
"""Steps that are no faults."""


def plan(seed: int, steps: int) -> list[Step]:
    """Steps of a run. Each run draws its own mix (swarm testing): some kinds are left out, others come often."""
    chance = Random(f"plan {seed}")
    weights = {kind: weight * chance.choice((0, 0.3, 1, 1, 3)) for kind, weight in WEIGHTS.items()}
    weights["report"] = weights["report"] or 20
    weights["turns"] = weights["turns"] or 20
    kinds, rates = list(weights), list(weights.values())
    return [Step(chance.choices(kinds, rates)[0], chance.getrandbits(48)) for _ in range(steps)]


class Run:
    """A country to which steps happen."""

    def __init__(self, made: Country, folder: Path, seed: int) -> None:
        self.country, self.folder = made, folder
        self.people = People(made)
        self.trust = Trust()
        self.outcome = Outcome(seed)
        self._boots = 0
        self._armed: tuple[str, str, int] | None = None
        self._by_power = False
        """Whether who dies at an operation of its disk has no power any more; else its processes are killed."""
        self._mortal = False
        """Whether a machine may die now: a technician's work is done again when it is interrupted, and is not here."""
        self._backups: dict[str, list[Snapshot]] = {}
        self._held: dict[Path, int] = {}
        self._todo: list[Iterator[None]] = []
        self._treated: set[str] = set()
        """Ids of nodes to whose cards and keys something is happening."""
        self._starting: set[str] = set()
        """Names of machines that will be started."""
        self._on_the_bench: set[str] = set()
        """Names of machines that a technician works on: they are not started meanwhile."""
        self._sticks: list[Path] = []
        self._last = 0
        made.world.on_point = self._point

    # -- carrying out ----------------------------------------------------------------------------------------------

    def do(self, step: Step) -> None:
        """Let one step happen, and what goes on beside it."""
        chance = Random(step.seed)
        self.outcome.steps += 1
        if step.kind not in PEACE:
            self.outcome.faults[step.kind] += 1
        getattr(self, "_" + step.kind.replace("-", "_"))(chance)
        for going_on in list(self._todo):
            if next(going_on, self) is self:
                self._todo.remove(going_on)
        self.turn(chance.uniform(0.1, 3.0))
        self._look_after_cut_off()
        self.outcome.words += [f"step {self.outcome.steps}, {step.kind}: {words}" for words in broken(self.country)]

    def turn(self, seconds: float) -> None:
        """One turn of every machine that is on."""
        made = self.country
        made.world.seconds += seconds
        made.broker.step()
        for one in made.all_nodes():
            with self._dying(one):
                made.turn(one)

    @contextmanager
    def _dying(self, one: PostNode | CentreNode) -> Iterator[None]:
        """Inside, the machine may die at an armed point."""
        self._mortal = True
        try:
            yield
        except (Died, RegisterError, OSError, sqlite3.Error) as error:
            disk = disk_of(one.machine)
            if not isinstance(error, Died) and not disk.dead and disk.faults.limit is None:
                raise
            self.over(one, by_power=disk.dead and self._by_power, again=one.runs)
        finally:
            self._mortal = False

    def over(self, one: PostNode | CentreNode, *, by_power: bool, again: bool = True) -> None:
        """Its processes have ended; the machine starts again, after a power cut in another boot."""
        if by_power:
            self.country.power_cut(one)
            self._boots += 1
            self.country.boots(one.machine, self._boots)
        else:
            self.country.killed(one)
        if again:
            self._start_soon(one, 3)

    def _point(self, name: str) -> None:
        here = self.country.world.here
        if not self._mortal or self._armed is None or here is None or self._armed[:2] != (here.name, name):
            return
        machine, point, left = self._armed
        self._armed = (machine, point, left - 1) if left > 1 else None
        if left <= 1:
            raise Died(name)

    def _start_soon(self, one: PostNode | CentreNode, steps: int) -> None:
        """Start it after some steps, and try again where a full disk or a death keeps it from starting."""
        if one.machine.name in self._starting:
            return

        def later() -> Iterator[None]:
            for _ in range(steps):
                yield
            while not one.runs and one in self.country.all_nodes():
                if one.machine.name in self._on_the_bench or not self._started(one):
                    yield
            self._starting.discard(one.machine.name)

        self._starting.add(one.machine.name)
        self._todo.append(later())

    def _started(self, one: PostNode | CentreNode) -> bool:
        """Whether it could start; on a full disk it may not, and is tried again."""
        with self._dying(one):
            self._start(one)
        return one.runs

    def _start(self, one: PostNode | CentreNode) -> None:
        if isinstance(one, PostNode):
            self.country.start(one)
        else:
            self.country.start_centre()

    def _some_post(self, chance: Random, *, running: bool = True) -> PostNode | None:
        found = [one for one in self.country.posts if one.runs or not running]
        return chance.choice(found) if found else None

    def _free_post(self, chance: Random) -> PostNode | None:
        """One that runs, and to whose card nothing else is happening."""
        found = [one for one in self.country.posts if one.runs and one.id not in self._treated]
        return chance.choice(found) if found else None

    # -- people ----------------------------------------------------------------------------------------------------

    def _by_somebody(self, chance: Random, what: Callable[[PostNode, Random], None]) -> None:
        post = self._some_post(chance)
        if post is None:
            return
        with self._dying(post), self.country.world.at(post.machine), suppress(Refused):
            what(post, chance)  # what was erased meanwhile cannot be filled in again

    def _report(self, chance: Random) -> None:
        self._by_somebody(chance, self.people.report)

    def _edit(self, chance: Random) -> None:
        self._by_somebody(chance, self.people.edit)

    def _photograph(self, chance: Random) -> None:
        self._by_somebody(chance, self.people.photograph)

    def _rivals(self, chance: Random) -> None:
        post = self._some_post(chance)
        record = None
        if post is not None:
            with self._dying(post), self.country.world.at(post.machine):
                record = self.people.some_case(post, chance)
        for one in self.country.posts:
            if record is None or not one.runs:
                continue
            with self._dying(one), self.country.world.at(one.machine):
                if one.needed()[0].get(record) is not None:
                    with suppress(Refused):
                        self.people.edit(one, chance, record)

    def _turns(self, chance: Random) -> None:
        for _ in range(chance.choice((1, 3, 10))):
            self.turn(chance.choice((0.2, 1.0, 5.0)))

    def _quiet(self, chance: Random) -> None:
        self.turn(chance.choice((60.0, 3600.0, 90 * 86400.0)))

    # -- machines --------------------------------------------------------------------------------------------------

    def _anyone(self, chance: Random) -> PostNode | CentreNode | None:
        found = [one for one in self.country.all_nodes() if one.runs]
        return chance.choice(found) if found else None

    def _kill(self, chance: Random) -> None:
        if (one := self._anyone(chance)) is not None:
            self.country.killed(one)
            self._start_soon(one, chance.randrange(4))

    def _crash(self, chance: Random) -> None:
        if (one := self._anyone(chance)) is not None:
            self._armed = (one.machine.name, chance.choice(crash.POINTS), chance.choice((1, 1, 2, 5)))

    def _power(self, chance: Random) -> None:
        """The power is cut between two turns."""
        if (one := self._anyone(chance)) is not None:
            self.over(one, by_power=True)

    def _death(self, chance: Random) -> None:
        """The next work of a machine ends at any operation of its disk, by a power cut or a kill."""
        if (one := self._anyone(chance)) is not None:
            disk = disk_of(one.machine)
            disk.faults.die_at(disk.operations + chance.choice((1, 3, 10, 40, 150)) * chance.randint(1, 3))
            self._by_power = chance.random() < 0.7

    def _full(self, chance: Random) -> None:
        """A disk has room for little more, or has room again."""
        if (one := self._anyone(chance)) is not None:
            disk = disk_of(one.machine)
            room = disk.used() + chance.choice((0, 10_000, 200_000))
            disk.faults.full(None if disk.faults.limit is not None else room)

    def _clock(self, chance: Random) -> None:
        post = self._some_post(chance)
        if post is None:
            return
        self.country.killed(post)
        self._boots += 1
        post.machine.clock_s = CLOCKS[chance.choice(sorted(CLOCKS))] if chance.random() < 0.6 else 0.0
        self.country.boots(post.machine, self._boots)
        self._start_soon(post, 0)

    def _line(self, chance: Random) -> None:
        if (post := self._some_post(chance)) is not None:
            post.line = not post.line
            if post.line:
                with self.country.world.at(post.machine):
                    post.needed()[1].came_up()

    def _weather(self, chance: Random) -> None:
        kinds = ("lose", "double", "reorder", "harm", "late")
        self.country.broker.weather = {
            kind: chance.choice((0.05, 0.3, 0.9)) for kind in kinds if chance.random() < 0.3
        }  # fmt: skip

    def _wipe(self, chance: Random) -> None:
        self.country.broker.wipe()

    # -- databases put back ------------------------------------------------------------------------------------------

    def _save_backup(self, one: PostNode | CentreNode) -> None:
        kept = self._backups.setdefault(one.machine.name, [])
        kept.append(disk_of(one.machine).snapshot())
        del kept[:-4]

    def _backup(self, chance: Random) -> None:
        if (post := self._free_post(chance)) is not None:
            self._save_backup(post)

    def _centre_backup(self, chance: Random) -> None:
        if self.country.centre.runs:
            self._save_backup(self.country.centre)

    def _put_back(self, chance: Random) -> None:
        """What only the lost disk held is gone, with any product: so it happens when the centre holds all of it."""
        post = self._free_post(chance)
        if post is None or not self._backups.get(post.name) or not self.country.centre.runs:
            return
        held = dict(self.country.centre.needed()[0].store.rows("SELECT id, seq FROM epoch"))
        register = post.needed()[0]
        own = register.store.rows("SELECT id, seq FROM epoch WHERE own=1")
        pictures = register.store.one("SELECT count(*) FROM blob WHERE own=1 AND stored=0")
        if pictures or any(held.get(epoch, 0) < seq for epoch, seq in own):
            return
        self._restore(post, chance.choice(self._backups[post.name]), in_place=chance.random() < 0.3)
        self._backups.pop("central", None)  # what the post had may be nowhere else in an older centre

    def _centre_back(self, chance: Random) -> None:
        centre = self.country.centre
        if not centre.runs or not self._backups.get("central") or self._treated:
            return
        length = centre.needed()[0].store.one("SELECT count(*) FROM ledger")
        for post in self.country.posts:
            if not post.runs or post.needed()[0].store.one("SELECT count(*) FROM ledger") != length:
                return
        self._restore(centre, chance.choice(self._backups["central"]), in_place=chance.random() < 0.3)

    def _restore(self, one: PostNode | CentreNode, backup: Snapshot, *, in_place: bool) -> None:
        """The database as it was then, and at the centre the pictures; keys and the rest stay as they are."""
        parts = ("register.db", "blobs") if isinstance(one, CentreNode) else ("register.db",)
        disk = disk_of(one.machine)
        now = disk.snapshot()
        number = now["register.db"].number
        wanted = {name: entry for name, entry in now.items() if not name.startswith(parts)}
        wanted |= {name: entry for name, entry in backup.items() if name.startswith(parts)}
        if in_place:
            wanted["register.db"] = wanted["register.db"]._replace(number=number)
        disk.restore(dict(sorted(wanted.items())), new_inodes=not in_place)
        self.country.stop(one)
        if isinstance(one, CentreNode):  # what `diwan central restored` does
            with self.country.world.at(one.machine), Register.open(one.machine.folder, role="writer") as register:
                close(register.store)
        self._boots += 1
        self.country.boots(one.machine, self._boots)
        self._start_soon(one, 0)

    # -- cards and keys ----------------------------------------------------------------------------------------------

    def _clone(self, chance: Random) -> None:
        post = self._free_post(chance)
        if post is None or not self.country.centre.runs or self.country.is_cut_off(post) or len(self.country.posts) > 6:
            return
        self._treated.add(post.id)
        self._todo.append(self._copied(post, chance))

    def _copied(self, post: PostNode, chance: Random) -> Iterator[None]:
        made = self.country
        made.copies += 1
        same_boot = chance.random() < 0.5
        made.killed(post)
        machine = made.machine(f"clone{made.copies}")
        made.use_disk(machine)
        disk_of(post.machine).copy_to(disk_of(machine))
        machine.boot, machine.booted_s, machine.clock_s = post.machine.boot, post.machine.booted_s, post.machine.clock_s
        copy = PostNode(machine, post.id)
        if not same_boot:
            self._boots += 1
            made.boots(post.machine, self._boots)
        made.posts.append(copy)
        self._nobody_dies(post)
        self._start_soon(post, 0)
        self._start_soon(copy, 0)
        for _ in range(chance.randrange(5, 30)):
            yield
        while not (made.is_cut_off(copy) or made.is_cut_off(post)):
            yield
            if chance.random() < 0.1:  # nobody noticed yet: people at both write on
                for one in (post, copy):
                    if one.runs:
                        with self._dying(one), made.world.at(one.machine):
                            self.people.report(one, chance)
        for _ in range(3):
            yield
        yield from self._until_centre_runs()
        if copy.runs:
            made.stop(copy)
        made.posts.remove(copy)
        yield from self._rekeyed(copy)
        self._nobody_dies(copy)
        stick = self._new_stick()
        self._export(copy, stick)
        with made.world.at(made.centre.machine):
            central_stick.import_from_stick(made.centre.needed()[0], self._centre_keys(), Stick(stick))
        made.revoke(copy.id, "the copy of a card")
        self.trust.retired.append(copy.machine.folder)
        yield from self._comes_back(post)
        self._treated.discard(post.id)

    def _revoke(self, chance: Random) -> None:
        post = self._free_post(chance)
        if post is None or not self.country.centre.runs or self.country.is_cut_off(post):
            return
        self._treated.add(post.id)
        self._todo.append(self._revoked(post, chance))

    def _revoked(self, post: PostNode, chance: Random) -> Iterator[None]:
        self._nobody_dies(post)
        self.country.revoke(post.id, "by order of the simulation")
        for _ in range(chance.randrange(2, 20)):
            yield
        yield from self._comes_back(post)
        self._treated.discard(post.id)

    def _rekey(self, chance: Random) -> None:
        """A technician gives a post new keys though nothing happened to the old ones."""
        post = self._free_post(chance)
        if post is None or not self.country.centre.runs or self.country.is_cut_off(post):
            return
        self._treated.add(post.id)
        self._todo.append(self._renewed(post))

    def _renewed(self, post: PostNode) -> Iterator[None]:
        self._nobody_dies(post)
        self.country.revoke(post.id, "its keys are renewed")
        yield from self._comes_back(post)
        self._treated.discard(post.id)

    def _look_after_cut_off(self) -> None:
        """A post that the centre took for a copied card gets new keys: a card put back from an old copy and then from a
        newer one cannot be told from two cards."""
        for post in self.country.posts:
            if post.id not in self._treated and self.country.is_cut_off(post):
                self.outcome.taken_for_copies += 1
                self._treated.add(post.id)
                self._todo.append(self._brought_back(post))

    def _brought_back(self, post: PostNode) -> Iterator[None]:
        for _ in range(5):
            yield
        yield from self._comes_back(post)
        self._treated.discard(post.id)

    def _comes_back(self, post: PostNode) -> Iterator[None]:
        yield from self._until_centre_runs()
        if post.runs:
            self.country.stop(post)
        yield from self._rekeyed(post)
        yield
        if not post.runs:
            self._start_soon(post, 0)

    def _rekeyed(self, post: PostNode) -> Iterator[None]:
        """A technician gives a post that is off new keys and enrols it, again and again until the centre can."""
        place = self.folder / "former" / f"{post.name}-{len(self.trust.former)}"
        shutil.copytree(post.machine.folder / "keys", place / "keys")
        shutil.copy(post.machine.folder / "node.toml", place)
        self.trust.former.append(place)
        self._on_the_bench.add(post.machine.name)
        self._nobody_dies(post)
        self.country.settle_disk(post.machine)
        with self.country.world.at(post.machine):
            post_setup.rekey(post.machine.folder)
        for _ in range(PATIENCE):
            yield from self._until_centre_runs()
            self._nobody_dies(post)
            try:
                self.country.enrol(post)
                break
            except (TrustError, NodeError, RegisterError):  # a centre that was put back does not know all yet
                self.country.revoke(post.id, "its keys are renewed")
                yield
        self.country.settle_disk(post.machine)
        self._on_the_bench.discard(post.machine.name)

    def _nobody_dies(self, post: PostNode) -> None:
        """A technician's work is done again where it is interrupted; here it is not."""
        for machine in (post.machine, self.country.centre.machine):
            disk_of(machine).faults.clear()

    def _until_centre_runs(self) -> Iterator[None]:
        while not self.country.centre.runs:
            yield

    def _new_post(self, chance: Random) -> None:
        if self.country.centre.runs and len(self.country.posts) < 5 and not self._treated:
            disk_of(self.country.centre.machine).faults.clear()
            self.country.add_post()

    # -- erasure ---------------------------------------------------------------------------------------------------

    def _erase(self, chance: Random) -> None:
        centre = self.country.centre
        if not centre.runs:
            return
        register = centre.needed()[0]
        known = sorted({one.record for one in self.people.told if one.kind == "case"} - self.people.erased)
        record = chance.choice(known) if known else None
        if record is None or register.get(record) is None:
            return
        with self._dying(centre), self.country.world.at(centre.machine):
            erasure.order(register, self._centre_keys(), record, chance.choice((BOTH, NOMINAL)), "Order 12/2026")
            self.people.erased.add(record)
            self.people.told.append(Told("erasure", "central", record, ""))
            centre.needed()[1].ledger_grew = True

    # -- sticks ----------------------------------------------------------------------------------------------------

    def _new_stick(self) -> Path:
        self._last += 1
        stick = self.folder / "sticks" / str(self._last)
        stick.mkdir(parents=True)
        return stick

    def _export(self, post: PostNode, stick: Path) -> None:

        with self.country.world.at(post.machine):
            if post.register is not None:
                post_stick.export_to_stick(post.register, NodeKeys.load(post.machine.folder), Stick(stick))
                return
            with Register.open(post.machine.folder, role="writer") as register:
                post_stick.export_to_stick(register, NodeKeys.load(post.machine.folder), Stick(stick))

    def _stick(self, chance: Random) -> None:
        """A post writes a stick: a new one, or one that was somewhere already."""
        post = self._some_post(chance)
        if post is None:
            return
        if not self._sticks or (len(self._sticks) < 6 and chance.random() < 0.5):
            self._sticks.append(self._new_stick())
        with self._dying(post):
            self._export(post, chance.choice(self._sticks))

    def _carry(self, chance: Random) -> None:
        """A courier comes to the centre or to a post, with any stick."""
        if not self._sticks:
            return
        stick, centre = Stick(chance.choice(self._sticks)), self.country.centre
        if centre.runs and chance.random() < 0.5:
            with self._dying(centre), self.country.world.at(centre.machine):
                register = centre.needed()[0]
                central_stick.import_from_stick(register, self._centre_keys(), stick)
                central_stick.export_to_stick(register, self._centre_keys(), self.country.scope_key(), stick, 400)
        elif (post := self._some_post(chance)) is not None:
            with self._dying(post), self.country.world.at(post.machine):
                post_stick.import_from_stick(post.needed()[0], NodeKeys.load(post.machine.folder), stick)
                post.needed()[1].woken()

    def _centre_keys(self) -> NodeKeys:
        return NodeKeys.load(self.country.centre.machine.folder)

    # -- rest ------------------------------------------------------------------------------------------------------

    def rest(self) -> None:
        """Heal everything, wait until nothing moves any more, and look at all of it."""
        made, outcome = self.country, self.outcome
        made.broker.weather, self._armed = {}, None
        made.broker.hurry()
        self._heal()
        outcome.acknowledged = len(self.people.told)
        for turn in range(REST_TURNS):
            outcome.rounds = turn
            for going_on in list(self._todo):
                if next(going_on, self) is self:
                    self._todo.remove(going_on)
            if turn % 10 == 0:
                self._heal()
            self._look_after_cut_off()
            self.turn(2.0)
            if turn > 8 and not self._todo and self._is_at_rest():
                outcome.at_rest = True
                break
        else:
            outcome.words.append(f"not at rest after {REST_TURNS} rounds: {self._unrest()}")
        for one in made.all_nodes():
            if one.runs:
                with made.world.at(one.machine):
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
            disk_of(one.machine).faults.clear()
            if isinstance(one, PostNode):
                one.line = True
                if one.machine.clock_s:
                    one.machine.clock_s = 0.0
                    self._boots += 1
                    self.country.boots(one.machine, self._boots)
                    self.country.killed(one)
            if not one.runs:
                self._start_soon(one, 0)
            if isinstance(one, PostNode) and one.runs:
                with self.country.world.at(one.machine):
                    one.needed()[1].came_up()

    def _is_at_rest(self) -> bool:
        return all(one.runs for one in self.country.all_nodes()) and self.country.settled()

    def _unrest(self) -> str:
        found = [f"{one.machine.name} is off" for one in self.country.all_nodes() if not one.runs]
        return ", ".join(found or self.country.unsettled()) or f"{len(self._todo)} tasks are left"


def simulate(seed: int, steps: Sequence[Step], folder: Path, posts: int = 3) -> Outcome:
    """Carry out these steps from this seed in an empty folder, and let the country come to rest."""
    with country(folder / "country", seed, posts) as made:
        run = Run(made, folder, seed)
        for step in steps:
            try:
                run.do(step)
            except RegisterError as error:
                run.outcome.words.append(f"{step}: {error}")
            if run.outcome.words:
                return run.outcome
        run.rest()
        return run.outcome
