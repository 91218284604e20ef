"""Converts a workbook's sheet to a sheet file (`sheet`) in a confined process, because a workbook comes from a
stranger."""

from __future__ import annotations

import errno
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from diwan_core.confined import host
from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.sheet import SheetFacts, facts_of
from diwan_core.intake.wording import sentence_of

SECONDS: Final = 300.0
WAIT_SECONDS: Final = 20.0
"""How long a workbook waits for the one before it."""
ANSWER_MOST: Final = 64 * 1024
NO_MEMORY: Final = 77
"""Exit code of a worker that has none left to say it with."""
_WORKER: Final = "diwan_core.intake.sources.workbook_worker"
_BEGINNINGS: Final = (b"PK\x03\x04", b"PK\x05\x06", b"\xd0\xcf\x11\xe0")
_one_at_a_time: Final = threading.Lock()

Progress = Callable[[float], None]
"""Called with the share of the sheet that was read (0.0 to 1.0)."""


def is_workbook(path: Path) -> bool:
    """Whether a file is a workbook as far as its beginning tells, whatever its name says."""
    with path.open("rb") as file:
        return file.read(4) in _BEGINNINGS


def to_cells(workbook: Path, out: Path, sheet: str = "", progress: Progress | None = None) -> SheetFacts:
    """Write a sheet of a workbook, the first that is not hidden where none is named, as a sheet file.

    One at a time: two of them would not fit beside the rest on a small post. Raises Unreadable with the reason,
    OSError (a full disk)."""
    if not _one_at_a_time.acquire(timeout=WAIT_SECONDS):
        raise Unreadable(N_("another workbook is being read: try again in a minute"))
    try:
        _worked(workbook, out, sheet, progress)
        return facts_of(out)
    except (Unreadable, OSError):
        out.unlink(missing_ok=True)
        raise
    finally:
        _one_at_a_time.release()


class _Told:
    """Listens to how far the worker is."""

    def __init__(self, descriptor: int, progress: Progress | None) -> None:
        self._descriptor = descriptor
        self._progress = progress

    def fileno(self) -> int:
        return self._descriptor

    def answer(self) -> None:
        told = os.read(self._descriptor, 4096)
        if not told:
            self._descriptor = -1
        elif self._progress is not None:
            self._progress(min(1.0, told[-1] / 100))


def _worked(workbook: Path, out: Path, sheet: str, progress: Progress | None) -> None:
    with workbook.open("rb") as source, out.open("wb") as target, _pipe() as (told, telling):
        try:
            ended = host.run(
                _WORKER,
                [sheet.replace("\0", ""), str(target.fileno()), str(telling.fileno())],
                stdin=source,
                seconds=SECONDS,
                answer_most=ANSWER_MOST,
                pass_fds=(target.fileno(), telling.fileno()),
                beside=_Told(told, progress),
            )
        except host.TooSlow as error:
            raise _too_slow() from error
        except host.TooMuch as error:
            raise _damaged() from error
    _understood(ended)


@contextmanager
def _pipe() -> Iterator[tuple[int, Any]]:
    told, telling = os.pipe()
    try:
        with os.fdopen(telling, "wb", buffering=0) as end:
            yield told, end
    finally:
        os.close(told)


def _understood(ended: host.Ended) -> None:
    """The worker's answer, checked. The worker has read bytes from a stranger, so its answer is trusted no more than
    they are."""
    try:
        said: Any = json.loads(ended.out)
    except ValueError:
        said = None
    match said:
        case {"done": True} if ended.code == 0:
            return
        case {"full": True}:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        case {"refused": reason}:
            raise Unreadable(sentence_of(reason))
    if ended.code in (-signal.SIGXCPU, -signal.SIGKILL):
        raise _too_slow()
    if ended.code in (NO_MEMORY, -signal.SIGABRT):
        raise Unreadable(N_("the workbook needs too much memory to be read: save its sheet as CSV (UTF-8)"))
    raise _damaged()


def _too_slow() -> Unreadable:
    return Unreadable(N_("the workbook takes too long to read: save its sheet as CSV (UTF-8)"))


def _damaged() -> Unreadable:
    return Unreadable(N_("the workbook is cut off or damaged: copy or download it again, or save it anew"))
