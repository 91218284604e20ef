"""The order of the tests of a machine; the result of each is kept when it is done."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from diwan_hardware.check import (
    burn_in,
    capacity,
    clock,
    disks,
    drift,
    line,
    load,
    machine,
    memory,
    safe_writes,
    smart,
    target,
)
from diwan_hardware.check.job import Job
from diwan_hardware.check.pattern import BLOCK
from diwan_hardware.check.result import Done, Finding, Outcome

Step = Callable[[Job], list[Finding]]


def planned(job: Job) -> Iterator[tuple[str, str, Step]]:
    """(name, title, test) of every step that this check has."""
    is_machine = job.profile.least is not None
    if is_machine:
        yield "machine", "The machine", lambda job: machine.findings(job.profile, job.state.identity)
    yield "smart", "What the disk says of itself", _smart
    yield "capacity", "Capacity and speed of the disk", _device if job.wanted.device else _folder
    if not job.wanted.device:
        yield (
            "safe_writes",
            "Writes that survive a power cut",
            lambda job: safe_writes.test(job.profile, Path(job.wanted.tested)),
        )
    if is_machine:
        yield "memory", "Memory", lambda job: memory.test(job.wanted.memory_mb, job.tell)
        yield "clock", "Clock", lambda job: clock.test(job.profile)
        yield "load", "Temperature under load", lambda job: load.test(job, "load", job.wanted.load_minutes * 60)
    if job.wanted.central:
        yield "line", "Line to the centre", _line
    if job.wanted.burn_in_hours:
        yield "burn_in", "Burn-in", _burn_in
    if job.wanted.central and is_machine:
        yield drift.STEP, "Drift of the clock", drift.test


def run(job: Job) -> None:
    """Every step that is not done. An interruption leaves what was done. Raises CannotCheck, OSError."""
    steps = list(planned(job))
    drift.begin(job)
    finished = {done.step for done in job.state.done}
    for number, (name, title, test) in enumerate(steps, 1):
        if name in finished:
            continue
        job.tell(f"step {number} of {len(steps)}: {title}")
        began = time.monotonic()
        found = test(job)
        job.finish(Done(name, title, tuple(found), round(time.monotonic() - began, 1)))
    if job.wanted.device == "":
        target.remove_leftovers(Path(job.wanted.tested))


def _smart(job: Job) -> list[Finding]:
    disk = disks.named(Path(job.wanted.device)) if job.wanted.device else disks.disk_of(Path(job.wanted.tested))
    return smart.test(job.profile, disk)


def _folder(job: Job) -> list[Finding]:
    folder = Path(job.wanted.tested)
    kept = job.progress("capacity")
    limit = round(job.wanted.disk_gb * 10**9 / BLOCK)
    blocks = int(kept["blocks"]) if "blocks" in kept else min(target.room(folder), limit or target.room(folder))
    if blocks <= 0:
        text = f"Too little of the disk of {folder} is free to test it."
        return [Finding("capacity", Outcome.UNKNOWN, text, "Test it empty, or make room.")]
    files = target.FolderTarget(folder, blocks)
    try:
        found = capacity.test(job, "capacity", files, disk_size(folder))
    finally:
        files.close()
    files.remove()
    return found


def disk_size(folder: Path) -> int:
    """What the disk of a folder claims to hold: the whole disk, or the file system where the kernel names none."""
    disk = disks.disk_of(folder)
    return disk.size if disk and disk.size else shutil.disk_usage(folder).total


def _device(job: Job) -> list[Finding]:
    disk = disks.named(Path(job.wanted.device))
    kept = job.progress("capacity")
    with target.opened_device(job.wanted.device, disk.size) as opened:
        # One that goes on must meet the disk it began with: another one may have the name now.
        if not (int(kept.get("written", 0)) and capacity.is_ours(opened, str(kept["seed"]))):
            disks.refuse_used(disk)
        return capacity.test(job, "capacity", opened, disk.size)


def _line(job: Job) -> list[Finding]:
    return line.test(job.profile, job.wanted.central, job.wanted.authority, job.tell)


def _burn_in(job: Job) -> list[Finding]:
    return burn_in.test(job, "burn_in", Path(job.wanted.tested), job.wanted.burn_in_hours * 3600)
