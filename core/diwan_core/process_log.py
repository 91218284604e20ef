"""The format of a process's log on standard error: one line for each message, with the time and its offset from UTC.

What follows on further lines of a message (the way to an error) is set in, and control characters are written as
escapes: nothing that came from outside can look like a line of ours.
"""

import logging
import os
import sys
from datetime import UTC, datetime
from typing import Final

_SET_IN: Final = "\n    "


class LogLine(logging.Formatter):
    """`2026-11-20T14:05:09.123+02:00 diwan.web ERROR message`."""

    def formatTime(self, record: logging.LogRecord, datefmt: str | None = None) -> str:
        """Local time with its offset, to the millisecond (ISO 8601)."""
        return datetime.fromtimestamp(record.created, UTC).astimezone().isoformat("T", "milliseconds")

    def format(self, record: logging.LogRecord) -> str:
        """The line, further lines set in."""
        return _SET_IN.join(_plain(line) for line in super().format(record).splitlines())


def configure() -> None:
    """Send what this process logs to standard error; `DIWAN_LOG` sets the level."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(LogLine("%(asctime)s %(name)s %(levelname)s %(message)s"))
    logging.basicConfig(level=os.environ.get("DIWAN_LOG", "INFO"), handlers=[handler])


def _plain(line: str) -> str:
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in line)
