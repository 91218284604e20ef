"""The report of the roll-out: progress, readiness, money, milestones met and late, training."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from diwan_central.rollout.milestones import LATE, PHASES, Milestone
from diwan_central.rollout.overview import Line, Overview
from diwan_central.rollout.store import RolloutStore
from diwan_central.rollout.training import figures


@dataclass(frozen=True)
class Money:
    """Of some milestones: sums of what is planned and spent, and how many have a planned cost."""

    planned: Decimal
    spent: Decimal
    priced: int
    of: int


@dataclass(frozen=True)
class Report:
    """A report, of the country or of one region."""

    look: Overview
    region: str
    lines: tuple[Line, ...]
    milestones: tuple[Milestone, ...]
    phases: Mapping[str, int]
    """Sites by the phase they are in; "" where nothing is planned."""
    stops: Mapping[str, int]
    """Sites by what stops them, as keys of questions, the most frequent first."""
    money: Mapping[str, Money]
    """By phase, of those with an amount; "" is the sum."""
    training: Mapping[str, Mapping[str, int]]
    """Of the whole country, by module."""

    @property
    def ready(self) -> int:
        """Sites that are ready."""
        return sum(1 for line in self.lines if line.ready.is_ready)

    @property
    def score(self) -> int:
        """The mean readiness; 0 where there is no site."""
        return sum(line.ready.score for line in self.lines) // len(self.lines) if self.lines else 0

    @property
    def complete(self) -> int:
        """Questionnaires without an open question."""
        return sum(1 for line in self.lines if line.ready.is_complete)

    @property
    def operating(self) -> int:
        """Sites whose acceptance is done."""
        return sum(
            1
            for line in self.lines
            if any(one.phase == "acceptance" and one.state == "done" for one in line.milestones)
        )

    @property
    def met(self) -> int:
        """Milestones done by their day."""
        return sum(1 for one in self.milestones if one.state == "done" and not one.was_late())

    @property
    def met_late(self) -> int:
        """Milestones done after their day."""
        return sum(1 for one in self.milestones if one.was_late())

    @property
    def late(self) -> tuple[Milestone, ...]:
        """Milestones whose day is over and that are not done, the oldest first."""
        found = (one for one in self.milestones if one.shown_state(self.look.today) == LATE)
        return tuple(sorted(found, key=lambda one: one.due))


def make(store: RolloutStore, look: Overview, region: str = "") -> Report:
    """The report of a country or a region. Raises RolloutUnusable."""
    lines = tuple(line for line in look.lines if not region or line.site.region == region)
    milestones = tuple(look.milestones(region))
    phases = Counter(line.phase for line in lines)
    stops = Counter(reason.question.key for line in lines for reason in line.ready.stops)
    money = {phase: _money([one for one in milestones if one.phase == phase]) for phase in PHASES}
    return Report(
        look, region, lines, milestones,
        {phase: phases[phase] for phase in ("", *PHASES, "finished") if phases[phase]},
        dict(stops.most_common()),
        {"": _money(list(milestones))} | {phase: one for phase, one in money.items() if one.planned or one.spent},
        figures(store),
    )  # fmt: skip


def _money(found: list[Milestone]) -> Money:
    planned = sum((Decimal(one.cost) for one in found if one.cost), Decimal())
    spent = sum((Decimal(one.spent) for one in found if one.spent), Decimal())
    return Money(planned, spent, sum(1 for one in found if one.cost), len(found))


def facts(report: Report) -> dict[str, object]:
    """The report for programs: the object that --json prints."""
    return {
        "day": report.look.today.isoformat(),
        "region": report.region,
        "sites": len(report.lines),
        "ready": report.ready,
        "mean_readiness": report.score,
        "questionnaires_complete": report.complete,
        "accepted": report.operating,
        "phases": dict(report.phases),
        "stopped_by": dict(report.stops),
        "milestones": {
            "all": len(report.milestones),
            "met": report.met,
            "met_late": report.met_late,
            "late": len(report.late),
        },
        "money": {
            phase or "all": {
                "planned": str(one.planned), "spent": str(one.spent), "priced": one.priced, "milestones": one.of
            }
            for phase, one in report.money.items()
        },
        "currency": report.look.currency,
        "training": {module: dict(numbers) for module, numbers in report.training.items()},
    }  # fmt: skip
