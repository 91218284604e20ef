"""Reads a date with a time, in UTC as documents hold it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable

from diwan_core.dictionary import N_, sentence

from . import times
from .dates import NO_DAY, NOT_EXACT, UNSAID, DateStyle, read_date
from .outcome import Outcome, Refused, Value
from .text import plain, quoted

Zone = Callable[[dt.datetime], dt.datetime]
"""Gives a moment that names no offset from UTC its own: the local time of a place."""


def read_moment(text: str, style: DateStyle = UNSAID, zone: Zone | None = None) -> Outcome:
    """A date with its time, in UTC."""
    written = plain(text[:80])
    found = times.behind(written)
    if found is None:
        said = N_("{value} is not a date and time. Write it like this: 2026-11-22T14:05:00Z.")
        return Refused("not_a_date", sentence(said, value=quoted(text)))
    time, day = times.clock(found), read_date(written[: found.start()].strip(" ,"), style)
    if time is None:
        return Refused("not_a_date", sentence(times.NO_TIME, value=quoted(text)))
    if not isinstance(day, Value):
        return day
    if "precision" in day.beside:
        return Refused("not_a_date", sentence(NOT_EXACT, value=quoted(text)))
    return _in_utc(f"{day.value}T{time}:{int(found['second'] or 0):02}", found["zone"] or "", text, day.assumed, zone)


def _in_utc(local: str, offset: str, text: str, assumed: str, zone: Zone | None) -> Outcome:
    offset = "+00:00" if offset in ("Z", "UTC", "GMT") else offset
    if offset and ":" not in offset:
        offset = f"{offset[:3]}:{offset[3:]}"
    try:
        moment = dt.datetime.fromisoformat(local + offset)
        if moment.tzinfo is None:
            if zone is None:
                said = N_("{value} names no offset from UTC. Write it like this: 2026-11-22T14:05:00+03:00.")
                return Refused("not_a_date", sentence(said, value=quoted(text)))
            moment = zone(moment)
        return Value(moment.astimezone(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"), assumed=assumed)
    except (ValueError, OverflowError):
        return Refused("not_a_date", sentence(NO_DAY, value=quoted(text)))
