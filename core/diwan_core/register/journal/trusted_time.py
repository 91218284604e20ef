"""The centre's time at a post whose own clock may be wrong: one anchor for each boot, on the monotonic clock.

A post without a clock battery wakes up anywhere. Once the centre has said what time it is, true time is the anchor plus
the milliseconds since the boot, whatever the system clock says; stamps go by that, and the rows written before in the
same boot can be dated by it (`mono` in their meta)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Final

from diwan_core.register.journal import clock
from diwan_core.register.storage.wall_clock import WallClock, system_time, wall_ms

TOLERATED_S: Final = 2.0
"""How far a system clock may be from the centre's time and still be believed."""
_FIRST_ZONE_S: Final = 14 * 3600
"""Where a day begins first: UTC+14."""
_KEY: Final = "trusted_time"


def note(connection: sqlite3.Connection, identity: str, anchor_ms: int) -> None:
    """Keep the anchor of this boot of this machine (`identity`): true time, ms since 1970 UTC, when it booted; also
    for the rows of the epoch it writes, if it has one."""
    _put(connection, _KEY, f"{identity} {anchor_ms}")
    row = connection.execute(
        "SELECT e.id FROM state w JOIN state o ON o.key='own_epoch' JOIN epoch e ON e.no=o.value "
        "WHERE w.key='writer' AND w.value=?",
        (identity,),
    ).fetchone()
    if row is not None:
        _put(connection, f"{_KEY}:{row[0]}", str(anchor_ms))


def anchor_of(connection: sqlite3.Connection, identity: str) -> int | None:
    """The anchor of this boot, if the centre has been heard in it."""
    kept, _, anchor = (_get(connection, _KEY) or "").rpartition(" ")
    return int(anchor) if kept == identity else None


def time_written(connection: sqlite3.Connection, epoch: str, mono: int) -> int | None:
    """The time when a row of an own epoch was written, ms since 1970 UTC, by its `mono`; None where the centre was
    not heard in that boot."""
    anchor = _get(connection, f"{_KEY}:{epoch}")
    return None if anchor is None else int(anchor) + mono


def wall_clock(
    connection: sqlite3.Connection,
    identity: str,
    system: WallClock = system_time,
    mono_ms: Callable[[], int] = clock.monotonic_ms,
) -> WallClock:
    """The clock to stamp changes by: the system's, unless this boot's anchor says that it is wrong."""
    anchor = anchor_of(connection, identity)
    if anchor is None:
        return system

    def wall() -> float:
        now, true = system(), (anchor + mono_ms()) / 1000
        return now if abs(now - true) <= TOLERATED_S else true

    return wall


def last_day(connection: sqlite3.Connection, identity: str, role: str) -> str:
    """The latest day that anybody on Earth can have by now, as year-month-day; "" where no clock here is sure of it. A
    post is sure once the centre has been heard in this boot, the centre where its clock can be right at all."""
    anchor = anchor_of(connection, identity)
    if anchor is not None:
        now_ms = anchor + clock.monotonic_ms()
    elif role == "central" and wall_ms() >= clock.BUILD_FLOOR_MS:
        now_ms = wall_ms()
    else:
        return ""
    return datetime.fromtimestamp(now_ms / 1000 + _FIRST_ZONE_S, UTC).date().isoformat()


def last_day_unsure() -> str:
    """The same by the clock of this machine, which may be wrong; "" where it cannot be right at all."""
    now_ms = wall_ms()
    if now_ms < clock.BUILD_FLOOR_MS:
        return ""
    return datetime.fromtimestamp(now_ms / 1000 + _FIRST_ZONE_S, UTC).date().isoformat()


def sure_day(connection: sqlite3.Connection, identity: str, role: str) -> date | None:
    """The day (UTC) where a clock here is sure of it, as for `last_day`; None where none is."""
    anchor = anchor_of(connection, identity)
    if anchor is None and not (role == "central" and wall_ms() >= clock.BUILD_FLOOR_MS):
        return None
    now_ms = wall_ms() if anchor is None else anchor + clock.monotonic_ms()
    return datetime.fromtimestamp(now_ms / 1000, UTC).date()


def _get(connection: sqlite3.Connection, key: str) -> str | None:
    row = connection.execute("SELECT value FROM state WHERE key=?", (key,)).fetchone()
    return None if row is None else str(row[0])


def _put(connection: sqlite3.Connection, key: str, value: str) -> None:
    connection.execute("INSERT OR REPLACE INTO state (key, value) VALUES (?, ?)", (key, value))
