"""The result of a check: measured values with their outcomes, which can be signed."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from msgspec import Struct

from diwan_hardware.profile import MEASURES, Limit, Profile

FORMAT = 1


class Outcome(StrEnum):
    """The relation of a value to its limits. `unknown`: it could not be measured, and a person has to judge."""

    PASS = "pass"
    UNKNOWN = "unknown"
    WARN = "warn"
    FAIL = "fail"


_WORST = (Outcome.PASS, Outcome.UNKNOWN, Outcome.WARN, Outcome.FAIL)


class Finding(Struct, frozen=True):
    """One thing that was looked at. `text` says what was found, `remedy` what to do where it is not good."""

    name: str
    outcome: Outcome
    text: str
    remedy: str = ""
    value: float | None = None
    unit: str = ""
    limit: str = ""


class Done(Struct, frozen=True):
    """A finished step of a check."""

    step: str
    title: str
    findings: tuple[Finding, ...]
    seconds: float


class Identity(Struct, frozen=True):
    """Which machine it is, as far as it can tell."""

    model: str
    serial: str
    architecture: str
    system: str
    memory_mb: int
    cores: int
    disk: str = ""
    disk_serial: str = ""
    disk_gb: int = 0


class Result(Struct, frozen=True):
    """The whole result. Times are seconds since 1970 by the machine's own clock."""

    format: int
    profile: str
    profile_digest: str
    identity: Identity
    began: int
    ended: int
    interrupted: int
    """How often the check was interrupted and went on."""
    steps: tuple[Done, ...]
    asset: str = ""
    place: str = ""
    technician: str = ""
    warranty_months: int = 0
    """That the profile asks for, from the day of acceptance."""

    @property
    def outcome(self) -> Outcome:
        """The worst outcome of all."""
        return worst(finding.outcome for step in self.steps for finding in step.findings)


def worst(outcomes: Iterable[Outcome]) -> Outcome:
    """The worst of some outcomes; without any, nothing is known."""
    return max(outcomes, key=_WORST.index, default=Outcome.UNKNOWN)


def judge(profile: Profile, name: str, value: float, remedy: str, text: str = "") -> Finding:
    """A measured value against the limits of a profile. Without a limit it is only told."""
    measure = MEASURES[name]
    shown = f"{measure.title}: {number(value)} {measure.unit}" + (f" ({text})" if text else "")
    limit = profile.limits.get(name)
    if limit is None:
        return Finding(name, Outcome.PASS, shown, "", value, measure.unit, "")
    outcome = _outcome(limit, value)
    return Finding(
        name, outcome, shown, "" if outcome is Outcome.PASS else remedy, value, measure.unit, limit_words(limit)
    )


def number(value: float) -> str:
    """A number as people read it: three digits that say something, no exponent."""
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3g}" if abs(value) >= 0.01 else "0"


def _outcome(limit: Limit, value: float) -> Outcome:
    def beyond(above: float | None, below: float | None) -> bool:
        return (above is not None and value > above) or (below is not None and value < below)

    if beyond(limit.fail_above, limit.fail_below):
        return Outcome.FAIL
    return Outcome.WARN if beyond(limit.warn_above, limit.warn_below) else Outcome.PASS


def limit_words(limit: Limit) -> str:
    """A limit as it stands on a sheet: "warns above 75, fails above 82"."""
    parts = [
        f"{word} {side} {value:g}"
        for word, side, value in (
            ("warns", "above", limit.warn_above), ("fails", "above", limit.fail_above),
            ("warns", "below", limit.warn_below), ("fails", "below", limit.fail_below),
        )
        if value is not None
    ]  # fmt: skip
    return ", ".join(parts)
