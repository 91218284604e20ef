"""Writes into the log of reads what a command shows of people, as a page does (`trust.access_log.log`)."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from diwan_core.trust.access_log.at_machine import ROLE, person_at_machine
from diwan_core.trust.access_log.log import Look, ReadLog


def note(folder: Path, looks: Iterable[Look]) -> None:
    """Log what is about to be shown. Raises AuditUnusable: what cannot be logged is not shown."""
    held = list(looks)
    if not held:
        return
    log = ReadLog.open(folder)
    try:
        log.note(person_at_machine(), ROLE, held)
    finally:
        log.close()
