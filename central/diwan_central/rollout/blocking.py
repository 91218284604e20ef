"""Works out what keeps a milestone from being done: earlier milestones, lacks of the site, machines, training."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from diwan_core.dictionary import N_, Sentence, Term, sentence

from diwan_central.rollout.machines import Machine
from diwan_central.rollout.milestones import PHASES, Milestone
from diwan_central.rollout.questions import QUESTIONS
from diwan_central.rollout.readiness import Readiness

USERS: Final = 2
"""Trained users a site needs: one may be away."""


@dataclass(frozen=True)
class Facts:
    """The known facts of a site beside its milestones."""

    ready: Readiness
    machines: tuple[Machine, ...] = ()
    trained: int = 0
    """People with a certificate as users."""


@dataclass(frozen=True)
class Plan:
    """All milestones, and what is known of the sites, by id."""

    milestones: Mapping[int, Milestone]
    facts: Mapping[int, Facts] = field(default_factory=dict)

    def blocks(self, milestone: Milestone) -> list[Sentence]:
        """Why it cannot be done yet; nothing for one that is done."""
        if milestone.state == "done":
            return []
        found = list(self._before(milestone))
        about = self.facts.get(int(milestone.place)) if milestone.level == "site" else None
        check = _CHECKS.get(milestone.phase)
        if about is not None and check is not None:
            found += check(about)
        return found

    def _before(self, milestone: Milestone) -> Iterator[Sentence]:
        for number in milestone.needs:
            needed = self.milestones.get(number)
            if needed is not None and needed.state != "done":
                yield sentence(N_("Not done yet: {what}."), what=name_of_milestone(needed))

    def begins_too_early(self, milestone: Milestone) -> Iterator[Sentence]:
        """A sentence for each milestone that it needs and that ends after it begins."""
        for number in milestone.needs:
            needed = self.milestones.get(number)
            if needed is not None and milestone.starts and needed.due > milestone.starts and milestone.state != "done":
                yield sentence(
                    N_("It begins on {starts}, but needs “{what}”, which ends on {due}."),
                    starts=milestone.starts, what=name_of_milestone(needed), due=needed.due,
                )  # fmt: skip


def name_of_milestone(milestone: Milestone) -> str | Term:
    """The name of a milestone: its title, or its phase."""
    return milestone.title or Term(PHASES[milestone.phase])


def _questionnaire(about: Facts) -> Iterator[Sentence]:
    left = len(QUESTIONS) - about.ready.answered
    if left:
        yield sentence(N_("Questions without an answer: {count}."), count=left)


def _stopping(about: Facts) -> Iterator[Sentence]:
    for reason in about.ready.stops:
        yield sentence(N_("The site lacks: {what} – {remedy}"), what=Term(reason.question.label),
                       remedy=Term(reason.question.remedy))  # fmt: skip


def _training(about: Facts) -> Iterator[Sentence]:
    if about.trained < USERS:
        yield sentence(
            N_("Trained users of this site: {count}. At least {least} are needed: give them certificates."),
            count=about.trained, least=USERS,
        )  # fmt: skip


def _machines(about: Facts) -> Iterator[Sentence]:
    if not any(machine.is_post for machine in about.machines):
        yield sentence(
            N_("No machine was accepted here: bring its signed sheet, with the number of the site as its place.")
        )
    for machine in about.machines:
        if not machine.is_accepted:
            yield sentence(N_("Machine {name} is not accepted: check it again."), name=machine.name)


def _acceptance(about: Facts) -> Iterator[Sentence]:
    yield from _stopping(about)
    yield from _machines(about)
    yield from _training(about)


_CHECKS: Final[Mapping[str, Callable[[Facts], Iterator[Sentence]]]] = {
    "questionnaire": _questionnaire,
    "installation": _stopping,
    "training": _training,
    "acceptance": _acceptance,
}
