"""Who read the records of a report, as the logs of reads say that the centre has; and which logs it does not have."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, NamedTuple

from diwan_core.register import Register
from diwan_core.register.inspection.read_logs import AnchoredLog, anchored_logs
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import FILE, Logged, ReadLog

MOST: Final = 500
"""Reads of one record in a report; of more, the newest."""


class Read(NamedTuple):
    """One look at a record: when (UTC milliseconds), in which role, never by which name. `what` is a view of the log
    of reads, or the code of another event."""

    record: str
    at_ms: int
    role: str
    what: str


class Reads(NamedTuple):
    """The looks of the centre's own log, the newest first. `cut` are records of which only the newest MOST are named;
    `elsewhere` the logs of posts, which stay there."""

    here: list[Read]
    cut: list[str]
    elsewhere: list[AnchoredLog]


def reads_of(folder: Path, register: Register, records: Iterable[str]) -> Reads:
    """Who looked at these records. Raises AuditUnusable."""
    found: list[Read] = []
    cut: list[str] = []
    if (folder / FILE).exists():
        log = ReadLog.reading(folder)
        try:
            for record in records:
                rows = log.page(record=record, limit=MOST + 1)
                cut += [record] if len(rows) > MOST else []
                found += [_read(row) for row in rows[:MOST]]
        finally:
            log.close()
    found.sort(key=lambda one: (-one.at_ms, one.record))
    return Reads(found, cut, anchored_logs(register.store))


def _read(row: Logged) -> Read:
    held = event_of(row.detail)
    what = "" if held is None else str(held.parameters.get("view") or held.code)
    return Read(row.record, row.at, row.role, what)
