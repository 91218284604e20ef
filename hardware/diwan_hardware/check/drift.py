"""How fast the machine's own oscillator runs, held against the centre's clock at both ends of a check.

The centre's time is read from the moment at which the second in its HTTP header `Date` changes; the machine's is its
CLOCK_MONOTONIC_RAW, which no time service corrects (clock_gettime(2)). An hour shows some 30 ppm, a day 1.
"""

from __future__ import annotations

import http.client
import ssl
import time
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Final

from diwan_hardware.check import line
from diwan_hardware.check.job import Job
from diwan_hardware.check.result import Finding, Outcome, judge
from diwan_hardware.profile import Profile

STEP: Final = "drift"
_BOOT: Final = Path("/proc/sys/kernel/random/boot_id")
_TIMEOUT_S: Final = 15.0
_PATIENCE_S: Final = 5.0
_REMEDY: Final = "A clock this wrong spoils the order of events: another board."


@dataclass(frozen=True)
class Reading:
    """One moment on both clocks, in seconds, and how far apart the true moment may be."""

    centre: float
    machine: float
    uncertain: float


def begin(job: Job) -> None:
    """Read both clocks at the beginning of a check. A centre that does not answer is told at the end."""
    kept = job.progress(STEP)
    if job.wanted.central and kept.get("boot") != _boot():  # the machine's clock begins anew with each start
        try:
            reading = read(*line.address(job.wanted.central), job.wanted.authority)
        except (OSError, ssl.SSLError):
            return
        kept.update(boot=_boot(), centre=reading.centre, machine=reading.machine, uncertain=reading.uncertain)
        job.save()


def test(job: Job) -> list[Finding]:
    """Read both clocks again, and judge the difference where it says something."""
    kept = job.progress(STEP)
    unknown = "The clock's drift was not measured: "
    if kept.get("boot") != _boot():
        return [_unknown(unknown + "the centre did not answer at the beginning, or the machine was started anew.")]
    first = Reading(float(kept["centre"]), float(kept["machine"]), float(kept["uncertain"]))
    try:
        second = read(*line.address(job.wanted.central), job.wanted.authority)
    except (OSError, ssl.SSLError) as error:
        return [_unknown(f"{unknown}the centre did not answer at the end ({error}).")]
    return [judged(job.profile, first, second)]


def judged(profile: Profile, first: Reading, second: Reading) -> Finding:
    """The drift between two readings. It is judged only where the readings are far enough apart for its limit."""
    took = second.machine - first.machine
    if took <= 0:
        return _unknown("The machine's clock went backwards.")
    ppm = (took - (second.centre - first.centre)) / took * 1e6
    uncertain = (first.uncertain + second.uncertain) / took * 1e6
    text = f"against the centre, within {uncertain:.1f} ppm"
    limit = profile.limits.get("drift_ppm")
    bound = min((value for value in (limit.warn_above, limit.fail_above) if value), default=0.0) if limit else 0.0
    if bound and uncertain > bound / 2:
        return _unknown(
            f"The check was too short to see the clock's drift: {took / 60:.0f} minutes show it within "
            f"{uncertain:.0f} ppm, and {bound / 2:.0f} are needed."
        )
    return judge(profile, "drift_ppm", abs(ppm), _REMEDY, text)


def read(host: str, port: int, authority: str) -> Reading:
    """Both clocks at the moment when the second at the centre changes. Raises OSError, ssl.SSLError."""
    context = line.context(Path(authority) if authority else None)
    connection = http.client.HTTPSConnection(host, port, timeout=_TIMEOUT_S, context=context)
    try:
        before, last, _answered = _ask(connection)
        end = time.monotonic() + _PATIENCE_S
        while time.monotonic() < end:
            second, asked, answered = _ask(connection)
            if second != before:
                # It changed after the last question with the old second had left, and before this answer came.
                return Reading(second, (last + answered) / 2, (answered - last) / 2)
            last = asked
            time.sleep(0.01)
    except http.client.HTTPException as error:
        raise OSError(f"its answer is not that of a console ({type(error).__name__})") from error
    finally:
        connection.close()
    raise OSError("its clock has stopped")


def _ask(connection: http.client.HTTPSConnection) -> tuple[float, float, float]:
    """(second that the centre names, the machine's clock before, after)."""
    asked = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    connection.request("GET", "/healthz")
    answer = connection.getresponse()
    answer.read(65536)
    named = answer.getheader("Date")
    answered = time.clock_gettime(time.CLOCK_MONOTONIC_RAW)
    try:
        return parsedate_to_datetime(named or "").timestamp(), asked, answered
    except ValueError as error:
        raise OSError("its answer has no time") from error


def _boot() -> str:
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


def _unknown(text: str) -> Finding:
    remedy = "Check again with --central and a burn-in of some hours, or let chrony measure it for a day."
    return Finding("drift_ppm", Outcome.UNKNOWN, text, remedy)
