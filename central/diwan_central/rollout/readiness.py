"""The readiness of a site: a score from 0 to 100, and for each missing point what to do about it.

The score is the sum of weights by what each answer is worth. What is not answered is worth nothing, so that
nobody gains by leaving it out. A site is ready when nothing stops it and it has 70 points."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from diwan_central.rollout.questions import BY_KEY, QUESTIONS, Question

ENOUGH: Final = 70
_STICK_DAYS: Final = 31
"""A stick that travels at least once a month can stand in for a line."""
Why = Literal["unanswered", "weak", "missing"]


@dataclass(frozen=True)
class Reason:
    """Why points are missing. `lost` are points of the score; `stops` says that the site cannot be ready before."""

    question: Question
    why: Why
    lost: float
    stops: bool


@dataclass(frozen=True)
class Readiness:
    """The readiness of a site. `reasons` are sorted: what stops first, then by points."""

    score: int
    answered: int
    reasons: tuple[Reason, ...]

    @property
    def stops(self) -> tuple[Reason, ...]:
        """The reasons that keep the site from being ready whatever its score."""
        return tuple(reason for reason in self.reasons if reason.stops)

    @property
    def is_ready(self) -> bool:
        """Whether nothing stops it and it has enough points."""
        return not self.stops and self.score >= ENOUGH

    @property
    def is_complete(self) -> bool:
        """Every question is answered."""
        return self.answered == len(QUESTIONS)


def readiness(answers: Mapping[str, str]) -> Readiness:
    """The readiness of a site with these answers."""
    whole = sum(question.weight for question in QUESTIONS)
    shares = {question.key: _share(question, answers) for question in QUESTIONS if question.weight}
    got = sum(BY_KEY[key].weight * share for key, share in shares.items())
    reasons = sorted(_reasons(answers, shares, whole), key=lambda one: (not one.stops, -one.lost))
    return Readiness(int(100 * got / whole), sum(1 for one in QUESTIONS if answers.get(one.key)), tuple(reasons))


def _reasons(answers: Mapping[str, str], shares: Mapping[str, float], whole: int) -> Iterator[Reason]:
    for key, share in shares.items():
        question = BY_KEY[key]
        if share < 1:
            why: Why = "unanswered" if not answers.get(key) else "missing" if share <= 0 else "weak"
            yield Reason(question, why, 100 * question.weight * (1 - share) / whole, question.stops and share <= 0)


def _share(question: Question, answers: Mapping[str, str]) -> float:
    """What the answer to a question is worth, from 0 to 1; some are worth more by what else the site has."""
    answer = answers.get(question.key, "")
    if not answer:
        return 0.0
    match question.kind:
        case "number":
            share = _between(float(answer), question.bad, question.good)
        case "choice":
            share = question.worth.get(answer, 0.0)
        case _:
            share = 1.0
    if question.key == "power_hours" and answers.get("power_backup") in ("generator", "solar"):
        share = max(share, 0.6)
    if question.key in ("line", "line_speed", "line_hours") and 1 <= int(answers.get("stick_days") or 0) <= _STICK_DAYS:
        share = max(share, 0.5)
    return share


def _between(number: float, bad: float, good: float) -> float:
    return min(1.0, max(0.0, (number - bad) / (good - bad)))
