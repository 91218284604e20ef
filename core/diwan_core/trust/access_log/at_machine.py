"""Events caused by commands at the machine: finds out who is logged in, and writes the row into the log of reads."""

import os
import pwd
from pathlib import Path
from typing import Final

from diwan_core.trust.access_log.events import Value, event
from diwan_core.trust.access_log.log import ReadLog

ROLE: Final = "command line"
"""The role of whoever works at the machine itself: no account of the node stands behind it."""


def person_at_machine() -> str:
    """The login at this machine, and who became root by sudo."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER", "")
    return f"{before} as {name}" if before.isprintable() and before and before != name else name


def note_at_machine(folder: Path, code: str, /, **parameters: Value) -> None:
    """Write an event that a command in a node's data folder causes. Raises UnknownEvent, AuditUnusable: then the
    command does not do it."""
    look = event(code, **parameters)
    log = ReadLog.open(folder)
    try:
        log.note(person_at_machine(), ROLE, [look])
    finally:
        log.close()
