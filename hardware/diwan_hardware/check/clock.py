"""The check of the clock: battery, time, and how fast the system's clock runs."""

from __future__ import annotations

import shutil
import subprocess
import time
from pathlib import Path
from typing import Final

from diwan_hardware.check.result import Finding, Outcome, judge
from diwan_hardware.profile import Profile

_CLOCKS: Final = Path("/sys/class/rtc")
_APART_S: Final = 3.0
_FREQUENCY, _FIELDS = 7, 14
"""Fields of `chronyc -c tracking`: the eighth is the clock's error in ppm (chronyc(1), "tracking")."""

_NO_SOURCE: Final = frozenset({"", "00000000", "7F7F0101"})
"""Reference of a chrony that has no source: none at all, or its own clock (directive `local`)."""


def test(profile: Profile) -> list[Finding]:
    """The clock with a battery, and the drift that the time service has measured."""
    return [battery_clock(_CLOCKS, time.time()), drift(profile, _tracking())]


def battery_clock(clocks: Path, now: float) -> Finding:
    """Whether a clock with a battery is there and right."""
    said = sorted(clocks.glob("rtc*/since_epoch"))
    if not said:
        text, remedy = (
            "There is no clock with a battery.",
            "Add the clock of the profile (RTC): after a power cut the time is lost.",
        )
        return Finding("battery_clock", Outcome.WARN, text, remedy)
    try:
        apart = int(said[0].read_text()) - now
    except (OSError, ValueError):
        text = "The clock with a battery is there and cannot be read."
        return Finding("battery_clock", Outcome.FAIL, text, "Check its seat and its battery.")
    if abs(apart) > _APART_S:
        text = f"The clock with a battery is {abs(apart):.0f} s {'ahead of' if apart > 0 else 'behind'} the system's."
        remedy = "`hwclock --systohc`, then ten minutes without power; if it is wrong again, a new battery."
        return Finding("battery_clock", Outcome.WARN, text, remedy, abs(apart), "s")
    return Finding(
        "battery_clock", Outcome.PASS, "The clock with a battery agrees with the system's.", "", abs(apart), "s"
    )


def drift(profile: Profile, tracking: str | None) -> Finding:
    """The clock's own error, as chrony measured it: `chronyc -c tracking`."""
    remedy = "Let chrony reach a time source for a day, then check again."
    if tracking is None:
        return Finding(
            "drift_ppm", Outcome.UNKNOWN, "No time service measures the clock here.", "Install chrony. " + remedy
        )
    parts = tracking.strip().split(",")
    try:
        ppm, reference = float(parts[_FREQUENCY]), parts[0]
    except (IndexError, ValueError):
        return Finding("drift_ppm", Outcome.UNKNOWN, f"chronyc answered {tracking.strip()[:80]!r}.", remedy)
    if len(parts) != _FIELDS or reference in _NO_SOURCE:
        return Finding(
            "drift_ppm", Outcome.UNKNOWN, "chrony has no time source, so the clock's drift is not known.", remedy
        )
    return judge(
        profile, "drift_ppm", abs(ppm), "A clock this wrong spoils the order of events: another board.", "by chrony"
    )


def _tracking() -> str | None:
    program = shutil.which("chronyc")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "-c", "tracking"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
