"""What the command line shows of people is written down like what a page shows: who, what, when (`trust.reads`)."""

from __future__ import annotations

import os
import pwd
from collections.abc import Iterable
from pathlib import Path

from diwan_core.trust.reads import Look, ReadLog


def note(folder: Path, looks: Iterable[Look]) -> None:
    """Log what is about to be shown. Raises AuditUnusable: what cannot be logged is not shown."""
    held = list(looks)
    if not held:
        return
    log = ReadLog.open(folder)
    try:
        log.note(_user(), "command line", held)
    finally:
        log.close()


def _user() -> str:
    """Who is at the machine: the login, and who became root by sudo."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = str(os.getuid())
    before = os.environ.get("SUDO_USER", "")
    return f"{before} as {name}" if before.isprintable() and before and before != name else name
