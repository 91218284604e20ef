"""The capacity test of a disk: fills it and reads everything back, to find its true size and speed. It goes on after
an interruption."""

from __future__ import annotations

import errno
import os
import time
from dataclasses import dataclass
from typing import Final

from diwan_hardware.check.job import Job
from diwan_hardware.check.pattern import BLOCK, block_at, first_difference, origin
from diwan_hardware.check.result import Finding, Outcome, judge
from diwan_hardware.check.target import Target
from diwan_hardware.storage import sized

_SETTLED: Final = 64
"""Blocks after which what was written is brought to the disk, and the place is kept."""
_SPEED_LEAST: Final = 16
"""Blocks without which a speed says nothing."""
_COUNTERFEIT: Final = "It is counterfeit or broken. Keep the packaging, test the rest of the lot, and return all of it."


@dataclass
class Bad:
    """How many blocks came back wrong, where the first one is, and how far from its place the nearest content lies."""

    count: int = 0
    place: int = -1
    apart: int = 0
    error: str = ""


def test(job: Job, step: str, target: Target, claimed: int) -> list[Finding]:
    """Fill a target and read it back. `claimed` is the whole capacity in bytes. Raises OSError where it cannot
    begin."""
    kept = job.progress(step)
    seed = bytes.fromhex(str(kept.setdefault("seed", os.urandom(16).hex())))
    kept.setdefault("blocks", target.blocks)
    bad = _write(job, step, target, seed)
    if not bad.error:
        bad = _read(job, step, target, seed)
    blocks = int(kept["blocks"])
    found = [_verdict(bad, blocks, claimed)]
    for name, key in (("write_mb_s", "write"), ("read_mb_s", "read")):
        seconds, count = float(kept.get(f"{key}_seconds", 0.0)), int(kept.get(f"{key}_timed", 0))
        if count >= _SPEED_LEAST and seconds > 0:
            remedy = "Slower than ordered: another cable or socket (USB 3.0), or a better card."
            found.append(judge(job.profile, name, count * BLOCK / 10**6 / seconds, remedy))
    return found


def is_ours(target: Target, seed: str) -> bool:
    """Whether a target begins with what a test with this seed has written. Raises OSError."""
    return origin(bytes.fromhex(seed), target.read(0)) is not None


def _write(job: Job, step: str, target: Target, seed: bytes) -> Bad:
    kept = job.progress(step)
    number = int(kept.get("written", 0))
    while number < int(kept["blocks"]):
        end = min(number + _SETTLED, int(kept["blocks"]))
        content = [block_at(seed, each) for each in range(number, end)]
        began = time.perf_counter()
        try:
            for offset, block in enumerate(content):
                target.write(number + offset, block)
            target.settle()
        except OSError as error:
            if error.errno == errno.ENOSPC and number:  # somebody else has used the room: test what there is
                kept["blocks"] = number
                job.save()
                break
            return Bad(1, number * BLOCK, error=os.strerror(error.errno or 0))
        _timed(kept, "write", end - number, time.perf_counter() - began)
        number = end
        kept["written"] = number
        job.save()
        job.tell(f"capacity: {sized(number * BLOCK)} of {sized(int(kept['blocks']) * BLOCK)} written")
    return Bad()


def _read(job: Job, step: str, target: Target, seed: bytes) -> Bad:
    kept = job.progress(step)
    bad = Bad(int(kept.get("bad", 0)), int(kept.get("bad_place", -1)), int(kept.get("bad_apart", 0)))
    number, blocks = int(kept.get("read", 0)), int(kept["blocks"])
    target.settle()
    while number < blocks:
        end, seconds = min(number + _SETTLED, blocks), 0.0
        for each in range(number, end):
            began = time.perf_counter()
            try:
                found = target.read(each)
            except OSError as error:
                return Bad(bad.count + 1, each * BLOCK, error=os.strerror(error.errno or 0))
            seconds += time.perf_counter() - began
            expected = block_at(seed, each)
            if found != expected:
                _note(bad, seed, each, expected, found)
        _timed(kept, "read", end - number, seconds)
        number = end
        kept |= {"read": number, "bad": bad.count, "bad_place": bad.place, "bad_apart": bad.apart}
        job.save()
        job.tell(f"capacity: {sized(number * BLOCK)} of {sized(blocks * BLOCK)} read back, {bad.count} blocks wrong")
    return bad


def _note(bad: Bad, seed: bytes, number: int, expected: bytes, found: bytes) -> None:
    bad.count += 1
    start = first_difference(expected, found)
    place = number * BLOCK + start
    belongs = origin(seed, found[start : start + 64])
    if bad.place < 0:
        bad.place = place
    if belongs is not None and belongs > place:
        # A card that wraps around more than once is overwritten from far: the smallest distance is what it holds.
        bad.apart = min(bad.apart or belongs - place, belongs - place)


def _timed(kept: dict[str, float | int | str], key: str, blocks: int, seconds: float) -> None:
    kept[f"{key}_seconds"] = float(kept.get(f"{key}_seconds", 0.0)) + seconds
    kept[f"{key}_timed"] = int(kept.get(f"{key}_timed", 0)) + blocks


def _verdict(bad: Bad, blocks: int, claimed: int) -> Finding:
    tested = blocks * BLOCK
    if bad.error:
        text = f"The disk failed at {sized(bad.place)}: {bad.error}."
        return Finding(
            "capacity",
            Outcome.FAIL,
            text,
            "Return it. If it is in use, copy what is on it at once.",
            bad.place,
            "bytes",
        )
    if bad.apart:
        real = bad.apart
        text = (
            f"It claims {sized(claimed)} and holds about {sized(real)}: what was written beyond came back at its "
            "beginning."
        )
        return Finding("capacity", Outcome.FAIL, text, _COUNTERFEIT, real, "bytes")
    if bad.count:
        text = (
            f"{bad.count} of {blocks} blocks came back otherwise than they were written, the first at "
            f"{sized(bad.place)}."
        )
        return Finding("capacity", Outcome.FAIL, text, _COUNTERFEIT, bad.place, "bytes")
    if tested < claimed * 0.8:
        text = f"{sized(tested)} of {sized(claimed)} were tested and are true. What lies beyond was not tested."
        remedy = "Test it empty, without --disk-gb; or whole, with --device, before anything is on it."
        return Finding("capacity", Outcome.WARN, text, remedy, tested, "bytes")
    return Finding(
        "capacity",
        Outcome.PASS,
        f"{sized(tested)} of {sized(claimed)} were written and read back true.",
        "",
        tested,
        "bytes",
    )
