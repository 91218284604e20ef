"""The progress of a long step: one line a second on standard error, for a person or, with --json, for a program."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from typing import Any, Final

_EVERY_S: Final = 1.0


class Progress:
    """Told of bytes and files as they are done; says how far it is and how long it will take."""

    def __init__(
        self, step: str, of_bytes: int, of_files: int, *, as_json: bool = False, quiet: bool = False,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:  # fmt: skip
        self._step, self._of_bytes, self._of_files = step, of_bytes, of_files
        self._json, self._quiet, self._now = as_json, quiet, monotonic
        self._began = self._said = monotonic()

    def at(self, done_bytes: int, done_files: int) -> None:
        """Note that so much is done."""
        now = self._now()
        if self._quiet or now - self._said < _EVERY_S:
            return
        self._said = now
        sys.stderr.write(self.line(done_bytes, done_files, now - self._began) + "\n")
        sys.stderr.flush()

    def line(self, done_bytes: int, done_files: int, seconds: float) -> str:
        """The line that is shown."""
        left = seconds * (self._of_bytes - done_bytes) / done_bytes if 0 < done_bytes < self._of_bytes else 0.0
        if self._json:
            facts = {"step": self._step, "bytes": done_bytes, "of_bytes": self._of_bytes, "files": done_files,
                     "of_files": self._of_files, "seconds_left": round(left)}  # fmt: skip
            return json.dumps({"progress": facts})
        return (
            f"{self._step}: {size(done_bytes)} of {size(self._of_bytes)}, {done_files:,} of {self._of_files:,} "
            f"files, {duration(left)} left"
        )

    def hear(self, message: dict[str, Any]) -> None:
        """borg's word of how far it is."""
        if message.get("type") == "archive_progress" and "original_size" in message:
            self.at(int(message["original_size"]), int(message.get("nfiles", 0)))


def size(count: int) -> str:
    """Bytes for people."""
    for limit, unit in ((1000**3, "GB"), (1000**2, "MB"), (1000, "kB")):
        if count >= limit:
            return f"{count / limit:.1f} {unit}"
    return f"{count} bytes"


def duration(seconds: float) -> str:
    """A time span for people."""
    if seconds >= 90 * 60:
        return f"{seconds / 3600:.1f} hours"
    return f"{seconds / 60:.0f} minutes" if seconds >= 90 else f"{seconds:.0f} s"
