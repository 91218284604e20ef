"""Runs the processes of a node together: `diwan post run`, `diwan central run`.

Each part is a process of its own that ends with this one (`parent`) and holds a lock of its own (`lock`). A part that
ends is started again, after a pause that grows while it keeps failing; it says itself what is wrong, and so does
`status`. A change of the node's settings or keys ends the pause, so that a correction takes effect at once.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Final

from diwan_core.processes.lock import AlreadyRunning, Lock, running, said_running
from diwan_core.processes.memory import ONE_HEAP
from diwan_core.processes.parent import with_parent
from diwan_core.processes.restarts import Restarts
from diwan_core.ready import ready

RUN: Final = "run"
_END_S: Final = 15.0
_LOOK_S: Final = 1.0
_SETTINGS: Final = ("node.toml", "keys")


class Parts:
    """The parts of the node in `folder`, which are commands of `diwan group`."""

    def __init__(self, group: str, parts: Sequence[str], folder: Path, say: Callable[[str], None]) -> None:
        self._folder, self._say = folder, say
        self._parts = {part: _Part(f"{group} {part}", _command(group, part, folder)) for part in parts}
        self._lock = Lock(folder, RUN)
        self._signals = _Signals()

    def run(self) -> None:
        """Until asked to stop. Raises AlreadyRunning when a process of the folder is there."""
        self._lock.take()
        there = [part for part, held in running(self._folder, self._parts).items() if held]
        if there:
            self._lock.release()
            raise AlreadyRunning(said_running(self._folder, there[0], ""))
        try:
            settings = self._settings()
            while not self._signals.ending:
                changed, settings = settings != (now := self._settings()), now
                for part in self._parts.values():
                    part.look(self._say, changed)
                self._signals.wait(min((part.due_in() for part in self._parts.values()), default=_LOOK_S))
        finally:
            self._end()
            self._lock.release()

    def _settings(self) -> tuple[int, ...]:
        return tuple(_changed_at(self._folder / name) for name in _SETTINGS)

    def _end(self) -> None:
        for part in reversed(self._parts.values()):
            part.ask_to_end()
        for part in self._parts.values():
            part.end()


@dataclass
class _Part:
    """One of the parts."""

    name: str
    command: list[str]
    process: subprocess.Popen[bytes] | None = None
    restarts: Restarts = field(default_factory=Restarts)

    def look(self, say: Callable[[str], None], changed: bool) -> None:
        """Start it when it is time to; tell when it has ended."""
        now = time.monotonic()
        if self.process is not None and self.process.poll() is not None:
            pause = self.restarts.ended(now)
            say(f"{self.name} ended ({_how(self.process.returncode)}); it is started again in {pause:.0f} s")
            self.process = None
        if self.process is None and (changed or now >= self.restarts.due):
            self.process = subprocess.Popen(self.command, env=with_parent({**ONE_HEAP, **os.environ}))
            self.restarts.started(now)

    def due_in(self) -> float:
        """Seconds until it has to be looked at."""
        if self.process is not None:
            return _LOOK_S
        return min(_LOOK_S, max(0.01, self.restarts.due - time.monotonic()))

    def ask_to_end(self) -> None:
        if self.process is not None:
            self.process.terminate()

    def end(self) -> None:
        if self.process is None:
            return
        try:
            self.process.wait(_END_S)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


class _Signals:
    """SIGTERM and SIGINT end the wait and all; the end of a child ends the wait."""

    def __init__(self) -> None:
        self.ending = False
        self._reader, self._writer = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._end)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.set_wakeup_fd(self._writer, warn_on_full_buffer=False)

    def _end(self, _number: int, _frame: FrameType | None) -> None:
        self.ending = True

    def wait(self, seconds: float) -> None:
        """Until a signal comes, but not for longer."""
        if ready([self._reader], timeout_s=seconds):
            os.read(self._reader, 512)


def _command(group: str, part: str, folder: Path) -> list[str]:
    return [sys.argv[0], group, part, "--dir", str(folder)]


def _how(code: int) -> str:
    return f"signal {-code}" if code < 0 else f"exit code {code}"


def _changed_at(path: Path) -> int:
    try:
        return path.stat().st_mtime_ns
    except OSError:
        return 0
