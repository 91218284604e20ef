"""The declaration of a state machine: which steps a state may take, at which nodes, by whom, and what a step needs.

A step is judged from the versions of the record that its change names, by every node alike (ADR 52)."""

import dataclasses
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from diwan_core.roles import Action

from .field import Field, WrongDeclaration

Origin = Literal["post", "central", "gateway"]
NONE: Final = ""
"""The state of what has none yet: a new record or part, or one of an older dictionary."""


@dataclass(frozen=True, slots=True)
class Step:
    """One step: from any of `before` to `state`.

    label     what the button that takes it says.
    origins   the nodes that may take it.
    by        the actions, one of which a person needs to take it at a console (`diwan_core.roles`); none: only the
              node itself takes it, by its clock.
    needs     what its change carries, each as names of which one is enough: a field ("result"), of the same part where
              the state is a part's, or a field of any part ("subject.name"), which only a new record is asked for.
    asks      what may be said with it besides.
    ends      it ends something, so that the person is asked once more.
    other     it is taken by somebody else than whoever brought the record into the state before."""

    before: tuple[str, ...]
    state: str
    label: str
    origins: frozenset[Origin]
    by: tuple[Action, ...] = ()
    needs: tuple[tuple[str, ...], ...] = ()
    asks: tuple[str, ...] = ()
    ends: bool = False
    other: bool = False

    @property
    def carries(self) -> frozenset[str]:
        """The fields and parts that may be written with the step, by whoever may take it."""
        names = [name for need in self.needs for name in need]
        return frozenset(name.partition(".")[0] for name in (*names, *self.asks))


@dataclass(frozen=True, slots=True)
class ByClock:
    """A state that follows from the day and is never written: what is in one of `of` is shown as `state` once the day
    in `field`, a date beside the state, has gone by."""

    of: tuple[str, ...]
    state: str
    field: str


@dataclass(frozen=True, slots=True)
class StateMachine:
    """The steps of one field that holds a state.

    order    its states, from the first to the last: of two that stand beside each other the earlier one counts.
    part     the part whose field it is; "" the record itself.
    reason   the field beside it with the reason of the last step: each step that needs one says its own.
    says     nodes of which every change says the state, and thereby takes a step or stays where it may.
    clock    the state that follows from the day; it decides nothing about a change.
    since    the dictionary's version that brought it."""

    field: str
    order: tuple[str, ...]
    steps: Sequence[Step]
    part: str = ""
    reason: str = ""
    says: frozenset[Origin] = frozenset()
    clock: ByClock | None = None
    since: int = 1
    ranks: Mapping[str, int] = dataclasses.field(init=False, compare=False)
    settled: frozenset[str] = dataclasses.field(init=False, compare=False)
    """States that end something and that the centre alone leads to: of several beside each other they count first, so
    that a post which names an older version cannot show as open what the centre has closed."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "ranks", {state: rank for rank, state in enumerate((NONE, *self.order))})
        shared = {step.state for step in self.steps if not step.ends or step.origins != {"central"}}
        object.__setattr__(self, "settled", frozenset(step.state for step in self.steps) - shared)
        taken: set[tuple[str, str]] = set()
        for step in self.steps:
            unknown = [state for state in (*step.before, step.state) if state not in self.ranks]
            pairs = {(before, step.state) for before in step.before}
            if unknown or step.state == NONE or step.state in step.before or not step.origins or pairs & taken:
                raise WrongDeclaration(
                    f"state machine of {self.path!r}: the step to {step.state!r} is of no use, is declared twice, or "
                    f"names states that are not in its order: {', '.join(unknown)}"
                )
            taken |= pairs
        if self.clock is not None and not {self.clock.state, *self.clock.of} < set(self.order):
            raise WrongDeclaration(f"state machine of {self.path!r}: its clock names states that are not in its order")

    @property
    def path(self) -> str:
        """The field, as "state" or "task.state"."""
        return f"{self.part}.{self.field}" if self.part else self.field

    def rank(self, state: object) -> int:
        """The place of a state in the order; what is no state of ours comes last."""
        return self.ranks.get(state if isinstance(state, str) else NONE, len(self.ranks))

    def precedence(self, state: object) -> int:
        """Which of several states beside each other counts: the one with the lowest; what the centre has ended stays
        ended, else the earlier one counts."""
        return self.rank(state) - (len(self.ranks) if state in self.settled else 0)

    def earliest(self, states: Iterable[str]) -> str:
        """The state that counts of several beside each other."""
        return min(states, key=lambda state: (self.precedence(state), state))

    def shown(self, holder: Mapping[str, Any], day: str) -> str:
        """The state as it is shown on a day (year-month-day; "" where no clock is sure of it)."""
        state = holder.get(self.field)
        now = state if isinstance(state, str) else NONE
        until = holder.get(self.clock.field) if self.clock is not None and now in self.clock.of else None
        over = isinstance(until, str) and bool(day) and until[:10] < day
        return self.clock.state if over and self.clock is not None else now

    def step(self, before: str, state: str) -> Step | None:
        """The step from one state to another; None where there is none."""
        return next((step for step in self.steps if step.state == state and before in step.before), None)

    def steps_from(self, before: str) -> list[Step]:
        """The steps that leave a state, in the order of declaration."""
        return [step for step in self.steps if before in step.before]

    def steps_to(self, state: str, origin: str) -> list[Step]:
        """The steps that lead to a state and that a node of this kind may take."""
        return [step for step in self.steps if step.state == state and origin in step.origins]

    def check_field(self, where: str, held: Field | None, names: Iterable[str]) -> None:
        """Raises WrongDeclaration unless the field can hold a state, and the steps need only what there is."""
        if held is None or held.kind != "code" or held.open_list or held.nominal or held.group or held.repeated:
            raise WrongDeclaration(f"{where}: {self.path!r} can hold no state: it must be one code of the plain half")
        known = set(names)
        for step in self.steps:
            asked = {name for need in step.needs for name in need} | {*step.asks, *filter(None, [self.reason])}
            if not asked <= known:
                missing = ", ".join(sorted(asked - known))
                raise WrongDeclaration(f"{where}: a step of {self.path!r} needs what is not there: {missing}")
        if self.clock is not None and self.clock.field not in known:
            raise WrongDeclaration(f"{where}: the clock of {self.path!r} reads an unknown field")
