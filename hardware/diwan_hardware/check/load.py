"""Full load on every core, with the temperature watched."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Final

from diwan_hardware.check import heat
from diwan_hardware.check.job import Job
from diwan_hardware.check.result import Finding, Outcome, judge

_WORK: Final = (
    "import hashlib, os, sys\n"
    "parent, block = int(sys.argv[1]), bytes(1 << 20)\n"
    "os.nice(10)\n"  # a post that is at work goes first
    "while os.getppid() == parent:\n"  # a check that was killed leaves no load behind
    "    for _ in range(20):\n"
    "        block = hashlib.shake_128(block).digest(1 << 20)\n"
)
_STEP_S: Final = 2.0
_SAVED_S: Final = 20.0
_COOLER: Final = "It runs too hot. A metal case that touches the processor, shade, more air; then check again."


@contextmanager
def all_cores_busy() -> Iterator[None]:
    """Keep every core busy for the length of the block."""
    argv = [sys.executable, "-I", "-c", _WORK, str(os.getpid())]
    workers = [subprocess.Popen(argv, stdin=subprocess.DEVNULL) for _ in range(os.cpu_count() or 1)]
    try:
        yield
    finally:
        for worker in workers:
            worker.kill()
        for worker in workers:
            with suppress(subprocess.TimeoutExpired):
                worker.wait(10)


def test(job: Job, step: str, seconds: float) -> list[Finding]:
    """Full load for so long; the hottest moment, and whether the machine slowed itself down. Goes on where it
    stopped."""
    kept = job.progress(step)
    before, first = heat.slowdowns(), True
    left = seconds - float(kept.get("seconds", 0.0))
    if left > 0:
        with all_cores_busy():
            while left > 0:
                if not first and left % _SAVED_S < _STEP_S:
                    job.save()
                first = False
                time.sleep(min(_STEP_S, left))
                left -= _STEP_S
                hottest = max(heat.temperatures(), default=0.0)
                kept["seconds"] = seconds - max(left, 0.0)
                kept["hottest"] = max(float(kept.get("hottest", 0.0)), hottest)
                job.tell(f"load: {kept['seconds']:.0f} of {seconds:.0f} s, {hottest:.0f} °C")
    return findings(job, float(kept.get("hottest", 0.0)), before)


def findings(job: Job, hottest: float, before: int | None) -> list[Finding]:
    """The hottest moment and what firmware and kernel say."""
    if hottest:
        found = [judge(job.profile, "temperature_c", hottest, _COOLER, "the hottest moment under full load")]
    else:
        text = "This machine has no temperature sensor that the kernel reads."
        found = [Finding("temperature_c", Outcome.UNKNOWN, text, "Feel the case after an hour of load, or measure it.")]
    try:
        return found + heat.throttling_findings(heat.read_throttling(), before, heat.slowdowns())
    except heat.Unreadable as error:
        return [*found, Finding("throttled", Outcome.UNKNOWN, f"{error}.", "Run `vcgencmd get_throttled` by hand.")]
