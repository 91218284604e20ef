"""Looks through the whole register of a node where it was marked as damaged, and takes the mark away if nothing is
wrong.

A card, a cable or the memory may give false bytes once, and the right ones ever after. A post that nobody visits for
weeks must not stand still for that; and a centre has no `salvage`. So the process that writes the register looks as it
starts: every page, and everything `diwan audit verify` recomputes of the register. It does so once in a while only,
since what gives false bytes again and again is worn out, whatever the file holds now."""

from __future__ import annotations

import json
import logging
import os
from contextlib import suppress
from pathlib import Path
from typing import Final

from diwan_core import node, systemd, world
from diwan_core.audit.verify import verify_node
from diwan_core.health.findings import Findings
from diwan_core.register import RegisterError
from diwan_core.register.carving.soundness import is_sound, make_indexes_anew
from diwan_core.register.storage import unsynced
from diwan_core.register.storage.damage import RECHECKED, is_marked, times_met, unmark
from diwan_core.register.storage.database import FILE
from diwan_core.trust import TrustError
from diwan_core.trust.files import write_private

FOUND_SOUND: Final = "disk_false_alarm"
"""The finding; `health.words` says it."""
ONCE_IN_S: Final = 30 * 86_400.0
MAY_TAKE_S: Final = 4 * 3600.0
_BESIDE: Final = ("blob", "log")
"""Kinds of findings that are not about the register's file: pictures, and the log of reads."""
_FAILS: Final = (RegisterError, node.NodeError, TrustError, OSError, ValueError, LookupError, TypeError)

log = logging.getLogger("diwan.register")


def recheck(folder: Path, findings: Findings) -> bool:
    """Before this process opens the register: whether it was marked as damaged, and is no longer. That is noted for
    thirty days, unless it is marked again."""
    met = times_met(folder)
    done = is_marked(folder) and not unsynced.is_marked(folder) and not _was_lately(folder) and _is_whole(folder)
    if done:
        with suppress(OSError, RegisterError):
            # Also for the other processes: with what is committed here, all of them forget the pages they have read.
            make_indexes_anew(folder / FILE)
            if times_met(folder) == met:  # else another process has met damage again meanwhile
                write_private(folder / RECHECKED, json.dumps({"since": world.wall_s()}).encode())
                unmark(folder)
    if _was_lately(folder) and not is_marked(folder):  # else it is closed, and says so
        findings.note(FOUND_SOUND)
    return done and not is_marked(folder)


def _is_whole(folder: Path) -> bool:
    log.warning("the register was found damaged; all of it is looked through, which may take long")
    systemd.may_take(MAY_TAKE_S)
    try:
        for name in (FILE, f"{FILE}-wal"):
            _forget_what_was_read(folder / name)
        if not is_sound(folder / FILE):
            log.error("the register is damaged: SQLite finds pages that are not what was written")
            return False
        wrong = [found for found in verify_node(folder, pictures=False).findings if found.kind not in _BESIDE]
    except _FAILS as error:
        log.error("the register cannot be looked through: %s", type(error).__name__)
        return False
    for found in wrong[:10]:
        log.error("the register is damaged: %s", found)
    return not wrong


def _forget_what_was_read(path: Path) -> None:
    """Let the system read a file anew from the disk. Closing it would take away the locks of this process's own
    connections, but it has none yet."""
    with suppress(FileNotFoundError):
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
        finally:
            os.close(descriptor)


def _was_lately(folder: Path) -> bool:
    """Whether a mark was taken away in the last thirty days, by a clock that may have been put right since."""
    try:
        since = float(json.loads((folder / RECHECKED).read_bytes())["since"])
    except FileNotFoundError:
        return False
    except (OSError, ValueError, LookupError, TypeError):
        return True
    return abs(world.wall_s() - since) < ONCE_IN_S
