"""What a series of runs has reached, and what it has never reached: each kind of step in each state of a machine, and
each named point of the code in each of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from diwan_core import crash
from diwan_core.register.erasure.purge import is_due as erasure_is_due
from diwan_core.register.storage import unsynced

from tests.simulation.nodes import CentreNode, PostNode, disk_of

if TYPE_CHECKING:
    from tests.simulation.run import Run

LATELY: Final = 20
"""Steps after which a database that was put back is like any other."""
Node = PostNode | CentreNode
State = Callable[["Run", Node], bool]


def _asked(run: Run, one: Node, sql: str) -> bool:
    """Whether a register that can be read has a row for this."""
    if not one.runs or disk_of(one.machine).dead or disk_of(one.machine).faults.troubled:
        return False
    with run.country.world.at(one.machine):
        return bool(one.needed()[0].store.rows(sql))


def _is_unsynced(run: Run, one: Node) -> bool:
    with run.country.world.at(one.machine):
        return unsynced.is_marked(one.machine.folder)


def _is_erasing(run: Run, one: Node) -> bool:
    if not _asked(run, one, "SELECT 1"):
        return False
    with run.country.world.at(one.machine):
        return erasure_is_due(one.needed()[0].store)


def _has_ended(run: Run, one: Node) -> bool:
    return one.runs and run.country.certificates.shut_out(one)


OF_ANY: Final[Mapping[str, State]] = {
    "ok": lambda run, one: not any(holds(run, one) for name, holds in _states_of(one).items() if name != "ok"),
    "off": lambda run, one: not one.runs,
    "full": lambda run, one: disk_of(one.machine).faults.limit is not None,
    "disk errors": lambda run, one: disk_of(one.machine).faults.troubled,
    "unsynced": _is_unsynced,
    "older release": lambda run, one: one.machine.dictionary > 0,
    "certificate ended": _has_ended,
    "erasing": _is_erasing,
    "rows wait": lambda run, one: _asked(run, one, "SELECT 1 FROM epoch WHERE waiting>0 LIMIT 1"),
    "put back": lambda run, one: run.outcome.steps - run.put_back.get(one.machine.name, -LATELY) < LATELY,
}
OF_A_POST: Final[Mapping[str, State]] = {
    "no line": lambda run, one: isinstance(one, PostNode) and not one.line,
    "cut off": lambda run, one: isinstance(one, PostNode) and run.country.is_cut_off(one),
    "copied": lambda run, one: sum(other.id == one.id for other in run.country.posts) > 1,
    "wrong clock": lambda run, one: one.machine.clock_s != 0,
    "joining by snapshot": lambda run, one: _asked(run, one, "SELECT 1 FROM state WHERE key='snapshot:national'"),
    "rows unreceipted": lambda run, one: _asked(run, one, "SELECT 1 FROM epoch WHERE own=1 AND stored<seq LIMIT 1"),
}
OF_THE_CENTRE: Final[Mapping[str, State]] = {
    "closed": lambda run, one: _asked(run, one, "SELECT 1 FROM state WHERE key='restored'"),
}


def _states_of(one: Node) -> dict[str, State]:
    return {**OF_ANY, **(OF_A_POST if isinstance(one, PostNode) else OF_THE_CENTRE)}


STATES: Final = (
    *(f"post {name}" for name in (*OF_ANY, *OF_A_POST)),
    *(f"centre {name}" for name in (*OF_ANY, *OF_THE_CENTRE)),
)
"""Every state that a machine may be in; several at a time."""


def states_now(run: Run) -> set[str]:
    """The states in which some machine is."""
    found = set()
    for one in run.country.all_nodes():
        kind = "post" if isinstance(one, PostNode) else "centre"
        found |= {f"{kind} {name}" for name, holds in _states_of(one).items() if holds(run, one)}
    return found


def every_pair(kinds: Mapping[str, object]) -> Iterator[tuple[str, str]]:
    """All there is to be reached: whatever happens, and whatever is going on meanwhile."""
    for happening in (*sorted(kinds), *(f"at {point}" for point in crash.POINTS)):
        for state in STATES:
            yield happening, state


@dataclass
class Coverage:
    """How often each pair was reached."""

    reached: Counter[tuple[str, str]] = field(default_factory=Counter)
    _now: set[str] = field(default_factory=set)

    def step(self, run: Run, kind: str) -> None:
        """A step of this kind is about to happen."""
        self._now = states_now(run)
        self.reached.update((kind, state) for state in self._now)

    def point(self, name: str) -> None:
        """Somebody passes this point of the code."""
        self.reached.update((f"at {name}", state) for state in self._now)

    def add(self, reached: Mapping[tuple[str, str], int]) -> None:
        """What another run has reached."""
        self.reached.update(reached)

    def never(self, kinds: Mapping[str, object]) -> dict[str, list[str]]:
        """By state: what never happened while a machine was in it."""
        found: dict[str, list[str]] = {}
        for happening, state in every_pair(kinds):
            if not self.reached[happening, state]:
                found.setdefault(state, []).append(happening)
        return found


def as_table(coverage: Coverage, kinds: Mapping[str, object]) -> str:
    """What was never reached, a line for each state, and how much of all there is was."""
    never = coverage.never(kinds)
    missing = sum(map(len, never.values()))
    lines = [f"{state}: {', '.join(never[state])}" for state in STATES if state in never]
    total = sum(1 for _ in every_pair(kinds))
    return "\n".join([f"{total - missing} of {total} pairs of a state and what happened were reached; never:", *lines])
