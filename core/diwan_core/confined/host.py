"""Starts a confined worker and reads its answer, with a limit of time and size; the answer is not trusted."""

from __future__ import annotations

import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import IO, Final, Protocol

from diwan_core.processes.parent import with_parent

ENVIRONMENT: Final = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}
"""All that a worker is told of its surroundings."""
OPENER: Final = "diwan_core.confined.fonts"
_PIECE: Final = 64 * 1024


class TooSlow(Exception):
    """The worker took more time than it was given, and was ended."""


class TooMuch(Exception):
    """The worker's answer was longer than allowed, and the worker was ended."""


class Beside(Protocol):
    """Something to listen to while a worker works, such as its progress."""

    def fileno(self) -> int:
        """The descriptor to wait for; negative when nothing will come any more."""

    def answer(self) -> None:
        """Answer what has come."""


@dataclass(frozen=True)
class Ended:
    """How a worker ended: its exit code (negative: the signal that ended it) and what it said."""

    code: int
    out: bytes
    err: bytes


def run(
    module: str,
    arguments: Sequence[str] = (),
    *,
    stdin: IO[bytes] | int,
    seconds: float,
    answer_most: int,
    pass_fds: Sequence[int] = (),
    environment: Mapping[str, str] = ENVIRONMENT,
    beside: Beside | None = None,
    fonts: bool = False,
) -> Ended:
    """Run `python -I -m module arguments` to its end. It reads `stdin`, an open file, and may use the descriptors
    `pass_fds` by their numbers. At most `answer_most` bytes each of its standard output and error are taken. With
    `fonts`, a process between us and it opens fonts for it (`fonts`).

    Raises TooSlow, TooMuch, OSError (it cannot be started)."""
    modules = [OPENER, module] if fonts else [module]
    with subprocess.Popen(
        [sys.executable, "-I", "-m", *modules, *arguments],
        stdin=stdin,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        pass_fds=pass_fds,
        env=with_parent(environment),
        cwd="/",
    ) as worker:
        try:
            out, err = _said(worker, time.monotonic() + seconds, answer_most, beside)
            code = worker.wait(max(0.1, seconds))
        except subprocess.TimeoutExpired as error:
            raise TooSlow(module) from error
        finally:
            worker.kill()
    return Ended(code, out, err)


def _said(worker: subprocess.Popen[bytes], end: float, answer_most: int, beside: Beside | None) -> tuple[bytes, bytes]:
    """The worker's two outputs, once it has closed them."""
    if worker.stdout is None or worker.stderr is None:
        raise TypeError("the outputs of a worker are pipes")
    said = {worker.stdout.fileno(): bytearray(), worker.stderr.fileno(): bytearray()}
    out, err = said.values()
    open_ones = set(said)
    while open_ones:
        waiting = select.poll()
        for descriptor in open_ones:
            waiting.register(descriptor, select.POLLIN)
        asked = -1 if beside is None else beside.fileno()
        if asked >= 0:
            waiting.register(asked, select.POLLIN)
        ready = waiting.poll(max(0.0, end - time.monotonic()) * 1000)
        if not ready:
            raise TooSlow
        for descriptor, _ in ready:
            if descriptor == asked and beside is not None:
                beside.answer()
            elif piece := os.read(descriptor, _PIECE):
                said[descriptor] += piece
                if len(said[descriptor]) > answer_most:
                    raise TooMuch
            else:
                open_ones.discard(descriptor)
    return bytes(out), bytes(err)
