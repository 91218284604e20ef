"""Findings about the machine of a node, worked out when asked: disk, memory, heat, services, certificates, clock.

Every look is cheap (a file of the kernel's, one call of systemctl on an installed machine) and never raises: a thing
that cannot be looked at is not a finding. What only root can see is the matter of the playbook verify."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from diwan_core.health.findings import Finding
from diwan_core.trust.consoles.console_state import FILE as CONSOLE_FILE
from diwan_core.trust.network.keys import NODE_CERTIFICATE

PART: Final = "machine"
FULL: Final = (0.02, 200 * 1000**2)
NEARLY_FULL: Final = (0.10, 1000**3)
"""A share of the disk and bytes: less of either is a finding."""
LITTLE_MEMORY: Final = 0.05
HOT_C: Final = 80.0
"""From here on a Raspberry Pi slows down (its documentation, "Frequency management and thermal control")."""
ENDS_S: Final = 7 * 86_400
FIRST_DAY: Final = 1_767_225_600
"""2026-01-01, before the first release: a clock that says less is wrong."""
RESTARTS: Final = 5
RECENT_S: Final = 3600.0
"""systemd counts restarts for as long as a service runs: one that has been steady for an hour is well again."""


@dataclass(frozen=True)
class Places:
    """The files that are examined; tests give another root."""

    proc: Path = Path("/proc")
    sys: Path = Path("/sys")
    roles: Path = Path("/etc/diwan/roles")
    run: Path = Path("/run/systemd/system")


def of_machine(folder: Path, places: Places | None = None, now: Callable[[], float] = time.time) -> list[Finding]:
    """Everything that is wrong with the machine at this moment."""
    places, moment = places or Places(), now()
    found: list[Finding] = []
    for look in (_disk, _memory, _heat, _clock, _certificates, _services):
        try:
            found += [Finding(PART, code, moment, facts) for code, facts in look(folder, places, moment)]
        except (OSError, ValueError, LookupError, subprocess.SubprocessError):
            continue
    return found


Found = Iterator[tuple[str, dict[str, str]]]


def _disk(folder: Path, _places: Places, _now: float) -> Found:
    usage = shutil.disk_usage(folder)
    facts = {"free": _size(usage.free), "size": _size(usage.total)}
    if usage.free < usage.total * FULL[0] or usage.free < FULL[1]:
        yield "disk_full", facts
    elif usage.free < usage.total * NEARLY_FULL[0] or usage.free < NEARLY_FULL[1]:
        yield "disk_nearly_full", facts
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        yield "disk_read_only", {}


def _memory(_folder: Path, places: Places, _now: float) -> Found:
    lines = (line.split() for line in (places.proc / "meminfo").read_text().splitlines())
    held = {words[0].rstrip(":"): int(words[1]) for words in lines if len(words) > 1}
    if held["MemAvailable"] < held["MemTotal"] * LITTLE_MEMORY:
        yield "memory_short", {"free": _size(held["MemAvailable"] * 1024), "size": _size(held["MemTotal"] * 1024)}


def _heat(_folder: Path, places: Places, _now: float) -> Found:
    degrees = [int(path.read_text()) / 1000 for path in (places.sys / "class/thermal").glob("thermal_zone*/temp")]
    if degrees and HOT_C <= max(degrees) < 150:
        yield "machine_hot", {"degrees": f"{max(degrees):.0f}"}
    for path in (places.sys / "devices/platform/soc").glob("*firmware/get_throttled"):
        if int(path.read_text(), 16) & 1:
            yield "power_weak", {}


def _clock(_folder: Path, places: Places, now: float) -> Found:
    if now < FIRST_DAY:
        yield "clock_wrong", {"shown": f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M}"}
    elif places.roles.exists() and places.run.exists():
        asked = ["timedatectl", "show", "--property=NTPSynchronized", "--value"]
        if _told(asked).strip() == "no":
            yield "clock_unsynchronised", {}


def _certificates(folder: Path, _places: Places, now: float) -> Found:
    for what, until in _ends(folder):
        left = until.timestamp() - now
        if left < ENDS_S:
            yield f"certificate_{'ended' if left < 0 else 'ends'}:{what}", {"what": what, "until": f"{until:%Y-%m-%d}"}


def certificate_ends(folder: Path) -> list[float]:
    """When the certificates of a node end, in seconds since 1970 UTC; empty where it has none that can be read."""
    try:
        return [until.timestamp() for _what, until in _ends(folder)]
    except ValueError:
        return []


def _ends(folder: Path) -> Iterator[tuple[str, datetime]]:
    from diwan_core.trust.network.certificate_facts import said_by

    for what, path in (("node", folder / "keys" / NODE_CERTIFICATE), ("console", folder / "console" / CONSOLE_FILE)):
        try:
            text = path.read_text()
        except OSError:
            continue
        begin = text.find("-----BEGIN CERTIFICATE-----")
        if begin < 0:
            continue
        end = text.index("-----END CERTIFICATE-----", begin) + len("-----END CERTIFICATE-----")
        until, _names = said_by(ssl.PEM_cert_to_DER_cert(text[begin:end]))
        yield what, until


def _services(_folder: Path, places: Places, _now: float) -> Found:
    if not (places.roles.exists() and places.run.exists()):
        return
    properties = "--property=Id,ActiveState,NRestarts,ExecMainStartTimestampMonotonic"
    since_start = float((places.proc / "uptime").read_text().split()[0])
    for block in _told(["systemctl", "show", "diwan-*.service", "nginx.service", properties]).split("\n\n"):
        unit = dict(line.partition("=")[::2] for line in block.splitlines())
        name = unit.get("Id", "").removesuffix(".service")
        if unit.get("ActiveState") == "failed":
            yield f"service_failed:{name}", {"service": name}
        elif int(unit.get("NRestarts") or 0) >= RESTARTS and _started(unit) > since_start - RECENT_S:
            yield f"service_restarts:{name}", {"service": name, "count": unit["NRestarts"]}


def _started(unit: dict[str, str]) -> float:
    """The time when a service was started last, in seconds since the machine's own start."""
    return int(unit.get("ExecMainStartTimestampMonotonic") or 0) / 1_000_000


def _told(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, timeout=10, check=False).stdout


def _size(count: int) -> str:
    return f"{count / 1000**3:.1f} GB" if count >= 1000**3 else f"{count / 1000**2:.0f} MB"
