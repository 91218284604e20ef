"""Who read the records of a report, as the logs of reads say that the centre has; and which logs it does not have."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

from diwan_core.register import Register
from diwan_core.register.inspection.read_logs import AnchoredLog, anchored_logs
from diwan_core.trust.access_log.log import FILE, ReadLog

from diwan_central.privacy.handed_in_logs import HandedIn, handed_in, reads_at_posts, vouch_for_all, what_of
from diwan_central.privacy.store import PrivacyStore

MOST: Final = 500
"""Reads of one record in a report; of more, the newest."""


class Read(NamedTuple):
    """One look at a record: when (UTC milliseconds), in which role, never by which name. `what` is a view of the log
    of reads, or the code of another event; `node` the post whose log says so, "" for the centre's own."""

    record: str
    at_ms: int
    role: str
    what: str
    node: str = ""


class Reads(NamedTuple):
    """The looks of the logs that are here, the newest first. `cut` are records of which only the newest MOST of a log
    are named; `elsewhere` the logs of posts as these anchored them, `handed_in` those of them that are here."""

    here: list[Read]
    cut: list[str]
    elsewhere: list[AnchoredLog]
    handed_in: dict[str, HandedIn]


def reads_of(folder: Path, register: Register, records: Sequence[str]) -> Reads:
    """Who looked at these records. Raises AuditUnusable."""
    found: list[Read] = []
    cut: list[str] = []
    if (folder / FILE).exists():
        log = ReadLog.reading(folder)
        try:
            for record in records:
                rows = log.page(record=record, limit=MOST + 1)
                cut += [record] if len(rows) > MOST else []
                found += [Read(row.record, row.at, row.role, what_of(row)) for row in rows[:MOST]]
        finally:
            log.close()
    with PrivacyStore.open(folder) as store:
        vouch_for_all(register, store)
        logs = handed_in(store)
        for record in records if logs else ():
            at_posts = reads_at_posts(store, record, MOST + 1)
            told: Counter[str] = Counter()
            for node, at, role, what in at_posts:
                told[node] += 1
                found += [Read(record, at, role, what, node)] if told[node] <= MOST else []
            cut += [record] if any(count > MOST for count in told.values()) else []
    found.sort(key=lambda one: (-one.at_ms, one.record))
    return Reads(found, sorted(set(cut)), anchored_logs(register.store), logs)
