"""Reports where a program failed without the text of the error, which may quote a value of a case and would outlive
an erasure in a log."""

from __future__ import annotations

import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Final

FRAMES: Final = 12

log = logging.getLogger("diwan.stumble")


def place(error: BaseException) -> str:
    """The kind of an error and the line of our code where it was raised, for one line of a log."""
    frames = traceback.extract_tb(error.__traceback__)
    if not frames:
        return type(error).__name__
    last = frames[-1]
    return f"{type(error).__name__} in {last.name}, line {last.lineno} of {last.filename.rsplit('/', 1)[-1]}"


def trace(error: BaseException) -> str:
    """The way to an error through our code, the latest call last, without its message."""
    return "".join(traceback.format_tb(error.__traceback__, limit=-FRAMES)) + type(error).__name__


def hide_messages() -> None:
    """Let this process and its threads report an unexpected error by its place only, without its message."""

    def told(kind: type[BaseException], error: BaseException | None, where: TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            return
        log.critical("ended by an error:\n%s", trace(error.with_traceback(where)) if error else kind.__name__)

    sys.excepthook = told
    threading.excepthook = lambda args: told(args.exc_type, args.exc_value, args.exc_traceback)
