"""Identifies a machine, and compares its size with what its profile demands."""

from __future__ import annotations

import os
import platform
import shutil
from pathlib import Path
from typing import Final

import psutil

from diwan_hardware.check.disks import disk_of, named
from diwan_hardware.check.result import Finding, Identity, Outcome
from diwan_hardware.profile import Profile

_DMI: Final = Path("/sys/class/dmi/id")
_TREE: Final = Path("/sys/firmware/devicetree/base")
_TOLERANCE: Final = 0.94
"""A disk sold as 128 GB shows some percent less as a file system."""


def identify(profile: Profile, tested: Path, device: str = "") -> Identity:
    """This machine and the disk that is tested; for the profile of a disk, the disk itself is identified. Raises
    CannotCheck, OSError where there is none."""
    disk = named(Path(device)) if device else disk_of(tested)
    if profile.kind == "disk":
        model, serial = (disk.model, disk.serial) if disk else ("", "")
    else:
        model = _first(_TREE / "model", _DMI / "product_name")
        serial = _first(_TREE / "serial-number", _DMI / "product_serial")
    return Identity(
        model=model or "unknown model",
        serial=serial,
        architecture=platform.machine(),
        system=_system(),
        memory_mb=psutil.virtual_memory().total // 1024**2,
        cores=os.cpu_count() or 1,
        disk=disk.model if disk else "",
        disk_serial=disk.serial if disk else "",
        disk_gb=(disk.size if disk else shutil.disk_usage(tested).total) // 10**9,
    )


def findings(profile: Profile, identity: Identity) -> list[Finding]:
    """The machine against what its profile refuses and what was ordered."""
    least, bought = profile.least, profile.bought
    found = []
    if not identity.serial:
        found.append(
            Finding(
                "serial",
                Outcome.UNKNOWN,
                "The machine does not tell its serial number.",
                "Run the check as root, or give the number of its label with --asset.",
            )
        )
    if least is None or bought is None:
        return found
    if identity.architecture not in least.architectures:
        remedy = f"Diwan runs on {' and '.join(least.architectures)}. Install a 64-bit system, or return the machine."
        found.append(Finding("architecture", Outcome.FAIL, f"The processor is {identity.architecture}.", remedy))
    for name, title, unit, value, low, ordered in (
        ("memory_mb", "Memory", "MB", identity.memory_mb, least.memory_mb, bought.memory_mb * 0.9),
        ("disk_gb", "Disk", "GB", identity.disk_gb, least.disk_gb, bought.disk_gb * _TOLERANCE),
        ("cores", "Cores", "", identity.cores, least.cores, bought.cores),
    ):
        found.append(_size(name, title, unit, value, low, ordered))
    return found


def _size(name: str, title: str, unit: str, value: int, low: float, ordered: float) -> Finding:
    text, limit = f"{title}: {value} {unit}".strip(), f"refused below {low:,.0f}, ordered {ordered:,.0f}"
    if value < low:
        remedy = f"At least {low:,.0f} {unit} are needed. Return the machine, or use it for a smaller profile."
        return Finding(name, Outcome.FAIL, text, " ".join(remedy.split()), value, unit, limit)
    if value < ordered:
        remedy = "It works, but it is less than the profile orders. Compare it with the contract."
        return Finding(name, Outcome.WARN, text, remedy, value, unit, limit)
    return Finding(name, Outcome.PASS, text, "", value, unit, limit)


def _first(*files: Path) -> str:
    """The first of these files that says something. Makers leave placeholders where nobody wrote a number."""
    for file in files:
        try:
            text = file.read_bytes()[:200].replace(b"\0", b"").decode("utf-8", "replace").strip()
        except OSError:
            continue
        if text and text.casefold() not in ("to be filled by o.e.m.", "default string", "not specified", "none", "0"):
            return text
    return ""


def _system() -> str:
    try:
        return platform.freedesktop_os_release().get("PRETTY_NAME", "Linux")
    except OSError:
        return "Linux"
