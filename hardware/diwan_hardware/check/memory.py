"""Tests memory from user space by writing and reading patterns. It reaches free memory only, not what the system
uses."""

from __future__ import annotations

import hashlib
import mmap
from collections.abc import Callable, Iterator
from typing import Final

import psutil

from diwan_hardware.check.job import Tell
from diwan_hardware.check.result import Finding, Outcome

_PIECE: Final = 4 * 1024 * 1024
_LEFT_MB: Final = 256
_REMEDY: Final = "Test again with memtest86+ or, for a board, with another board of the same kind. Return the machine."
Pattern = Callable[[int], bytes]
"""What a piece with this number holds."""


def patterns() -> Iterator[tuple[str, Pattern]]:
    """The patterns: all bits off and on, neighbours opposed (both ways), and content that differs in each piece,
    which also finds two addresses that lead to one place."""
    for name, value in (("0x00", 0), ("0xff", 255), ("0x55", 0x55), ("0xaa", 0xAA)):
        piece = bytes([value]) * _PIECE
        yield name, lambda number, piece=piece: piece  # type: ignore[misc]
    yield "random", lambda number: hashlib.shake_128(number.to_bytes(8, "big")).digest(_PIECE)


def usable_mb(wanted_mb: int) -> int:
    """How much may be tested: what was asked for, at most what is available less what others need to go on."""
    available = psutil.virtual_memory().available // 1024**2
    return max(0, min(wanted_mb or available // 2, available - _LEFT_MB))


def test(wanted_mb: int, tell: Tell) -> list[Finding]:
    """Fill and read back memory with each pattern."""
    size = usable_mb(wanted_mb)
    pieces = size * 1024**2 // _PIECE
    if not pieces:
        text = "Too little memory is free to test any."
        return [Finding("memory", Outcome.UNKNOWN, text, "End other programs, then check again with --again.")]
    with mmap.mmap(-1, pieces * _PIECE) as memory:
        for name, pattern in patterns():
            tell(f"memory: {size} MB with the pattern {name}")
            fill(memory, pieces, pattern)
            wrong = differing(memory, pieces, pattern)
            if wrong:
                text = f"{len(wrong)} of {pieces} pieces of 4 MB came back otherwise than the pattern {name}."
                return [Finding("memory", Outcome.FAIL, text, _REMEDY, len(wrong))]
    return [Finding("memory", Outcome.PASS, f"{size} MB held five patterns.", "", size, "MB")]


def fill(memory: mmap.mmap, pieces: int, pattern: Pattern) -> None:
    """Write a pattern into all of it."""
    for number in range(pieces):
        memory[number * _PIECE : (number + 1) * _PIECE] = pattern(number)


def differing(memory: mmap.mmap, pieces: int, pattern: Pattern) -> list[int]:
    """The pieces that do not hold the pattern."""
    return [number for number in range(pieces) if memory[number * _PIECE : (number + 1) * _PIECE] != pattern(number)]
