"""Burn-in: load, memory and disk in turn for hours, so that a machine that fails early fails before it is carried to
a post."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Final

from diwan_hardware.check import heat, load, memory
from diwan_hardware.check.job import Job
from diwan_hardware.check.pattern import block_at
from diwan_hardware.check.result import Finding, Outcome
from diwan_hardware.check.target import FolderTarget, room

LOAD_S: Final = 300.0
_MEMORY_MB: Final = 256
_BLOCKS: Final = 64


def test(job: Job, step: str, folder: Path, seconds: float) -> list[Finding]:
    """Rounds of load, memory and disk until so many seconds were worked. Goes on where it stopped. Raises OSError."""
    kept = job.progress(step)
    before = heat.slowdowns()
    while (left := seconds - float(kept.get("seconds", 0.0))) > 0:
        began = time.monotonic()
        hottest, faults = _round(job, folder, min(LOAD_S, left))
        kept["seconds"] = float(kept.get("seconds", 0.0)) + time.monotonic() - began
        kept["rounds"] = int(kept.get("rounds", 0)) + 1
        kept["hottest"] = max(float(kept.get("hottest", 0.0)), hottest)
        job.save()
        job.tell(
            f"burn-in: {float(kept['seconds']) / 3600:.2f} of {seconds / 3600:.2f} h, {hottest:.0f} °C, round "
            f"{kept['rounds']}"
        )
        if faults:
            return faults
    hours = float(kept.get("seconds", 0.0)) / 3600
    text = f"{hours:.1f} hours of load, memory and disk in {kept.get('rounds', 0)} rounds without a fault."
    wanted = job.profile.burn_in_hours
    done = Finding("burn_in", Outcome.PASS, text, "", round(hours, 2), "h", f"wanted {wanted:g}")
    if hours < wanted * 0.99:
        remedy = (
            f"The profile asks for {wanted:g} hours: run it again with --burn-in {wanted:g}h before it is accepted."
        )
        done = Finding("burn_in", Outcome.WARN, text, remedy, round(hours, 2), "h", f"wanted {wanted:g}")
    return [done, *load.findings(job, float(kept.get("hottest", 0.0)), before)]


def _round(job: Job, folder: Path, seconds: float) -> tuple[float, list[Finding]]:
    hottest, end = 0.0, time.monotonic() + seconds
    with load.all_cores_busy():
        while True:
            hottest = max([hottest, *heat.temperatures()])
            found = memory.test(_MEMORY_MB, lambda _text: None)
            faults = [each for each in found if each.outcome is Outcome.FAIL] + _disk(folder)
            if faults or time.monotonic() >= end:
                return hottest, faults
            job.tell(f"burn-in: {hottest:.0f} °C")
            time.sleep(min(2.0, max(0.0, end - time.monotonic())))


def _disk(folder: Path) -> list[Finding]:
    """Write 64 MB and read them back."""
    blocks = min(_BLOCKS, room(folder))
    if not blocks:
        return []
    target, seed = FolderTarget(folder, blocks), os.urandom(16)
    try:
        for number in range(blocks):
            target.write(number, block_at(seed, number))
        target.settle()
        wrong = [number for number in range(blocks) if target.read(number) != block_at(seed, number)]
    finally:
        target.remove()
    if not wrong:
        return []
    text = f"{len(wrong)} of {blocks} blocks came back otherwise than they were written, under load."
    return [
        Finding(
            "burn_in_disk", Outcome.FAIL, text, "Another supply and cable; if it stays so, return the disk.", len(wrong)
        )
    ]
