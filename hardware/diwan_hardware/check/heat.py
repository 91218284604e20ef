"""Temperature, and whether the machine slowed itself down for heat or for too little voltage."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_hardware.check.result import Finding, Outcome

_ZONES: Final = Path("/sys/class/thermal")
_CPUS: Final = Path("/sys/devices/system/cpu")
_BITS: Final = {0: "under_voltage", 1: "capped", 2: "throttled", 3: "soft_limit"}
"""`vcgencmd get_throttled`: bits 0 to 3 say it is so now, bits 16 to 19 that it was since the start (Raspberry Pi
documentation, "get_throttled")."""


@dataclass(frozen=True)
class Throttling:
    """What a Raspberry Pi's firmware says."""

    now: frozenset[str]
    since_start: frozenset[str]


class Unreadable(Exception):
    """A tool answered something else than it should."""


def throttling(answer: str) -> Throttling:
    """The answer of `vcgencmd get_throttled`, such as `throttled=0x50005`. Raises Unreadable."""
    found = re.fullmatch(r"throttled=0x([0-9a-fA-F]{1,8})", answer.strip())
    if not found:
        raise Unreadable(f"vcgencmd get_throttled answered {answer.strip()[:80]!r}")
    bits = int(found[1], 16)
    return Throttling(
        frozenset(name for bit, name in _BITS.items() if bits >> bit & 1),
        frozenset(name for bit, name in _BITS.items() if bits >> (bit + 16) & 1),
    )


def read_throttling() -> Throttling | None:
    """What the firmware says; None on a machine that is not a Raspberry Pi. Raises Unreadable."""
    program = shutil.which("vcgencmd")
    if program is None:
        return None
    try:
        done = subprocess.run([program, "get_throttled"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        raise Unreadable(f"vcgencmd does not run: {error}") from error
    return throttling(done.stdout or done.stderr)


def temperatures() -> Iterator[float]:
    """Temperatures of the thermal zones in °C. A sensor that is broken says 0 or nonsense, and is left out."""
    for file in sorted(_ZONES.glob("thermal_zone*/temp")):
        try:
            value = int(file.read_text()) / 1000
        except (OSError, ValueError):
            continue
        if 1 <= value <= 150:
            yield value


def slowdowns() -> int | None:
    """How often the cores of a PC were slowed down for heat since the start; None where the kernel does not count."""
    counts = []
    for file in _CPUS.glob("cpu*/thermal_throttle/core_throttle_count"):
        try:
            counts.append(int(file.read_text()))
        except (OSError, ValueError):
            continue
    return sum(counts) if counts else None


def throttling_findings(said: Throttling | None, before: int | None, after: int | None) -> list[Finding]:
    """What firmware and kernel say, as findings."""
    if said is not None:
        return _by_firmware(said)
    if before is None or after is None:
        text = "Neither firmware nor kernel of this machine says whether it slows itself down for heat."
        return [
            Finding("throttled", Outcome.UNKNOWN, text, "Compare the time of two equal loads by hand, cold and warm.")
        ]
    more = after - before
    text = f"The processor was slowed down for heat {more} times during the load."
    if more:
        return [Finding("throttled", Outcome.WARN, text, "Clean the cooler; give the machine more air.", more)]
    return [Finding("throttled", Outcome.PASS, text, "", more)]


def _by_firmware(said: Throttling) -> list[Finding]:
    found, all_of_it = [], said.now | said.since_start
    if "under_voltage" in all_of_it:
        remedy = "Use the supply made for the board, a short thick cable, and an SSD with a supply of its own."
        found.append(Finding("under_voltage", Outcome.FAIL, "The voltage fell below 4.63 V.", remedy))
    if "throttled" in all_of_it or "soft_limit" in all_of_it:
        remedy = "A metal case that touches the processor, shade, more air; start it anew, then check again."
        found.append(Finding("throttled", Outcome.FAIL, "The board slowed itself down for heat.", remedy))
    elif "capped" in all_of_it:
        found.append(Finding("capped", Outcome.WARN, "The board limited its frequency.", "Check supply and cooling."))
    return found or [Finding("throttled", Outcome.PASS, "Neither under-voltage nor throttling since the start.")]
