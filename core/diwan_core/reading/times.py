"""Reads times of day: 14:05, 14h05, 2:05 pm, alone or after a date."""

from __future__ import annotations

import re
from typing import Final

from diwan_core.dictionary import N_, sentence

from .outcome import Outcome, Refused, Value
from .text import plain, quoted

_CLOCK: Final = (
    r"(?P<hour>[0-9]{1,2})(?:[:hH.](?P<minute>[0-9]{2})(?:[:.m](?P<second>[0-9]{2})(?:[.,][0-9]{1,9})?s?)?|[hH])"
)
_HALF: Final = r"\s*(?P<half>[aApP]\.? ?[mM]\.?|ص|م|صباحا|مساء)?\s*(?P<zone>Z|UTC|GMT|[+-][0-9]{2}:?[0-9]{2})?\Z"
_BEHIND: Final = re.compile(r"(?:[T ,]|\bat |\ba las |\bà )\s*" + _CLOCK + _HALF)
_ALONE: Final = re.compile(_CLOCK + _HALF)
_HOUR_ALONE: Final = re.compile(r"(?P<hour>[0-9]{1,2})(?P<minute>)(?P<second>)" + _HALF)
NO_TIME: Final = N_("{value} is not a time of day. Write hours and minutes, for example 14:05.")


def read_time(text: str) -> Outcome:
    """A time of day, also where it stands behind a date."""
    written = plain(text[:80])
    found = _ALONE.match(written)
    if found is None and (hour := _HOUR_ALONE.match(written)) is not None and hour["half"]:
        found = hour
    found = found or behind(written)
    time = clock(found) if found is not None else None
    if time is None:
        return Refused("not_a_date", sentence(NO_TIME, value=quoted(text)))
    return Value(time)


def behind(written: str) -> re.Match[str] | None:
    """The time that stands behind a date; groups hour, minute, second, half, zone."""
    found = _BEHIND.search(written)
    if found is None or not any(letter.isdigit() for letter in written[: found.start()]):
        return None
    if "." in found.group() and ":" not in found.group():
        return None  # 22 11.05 is no time behind a day
    return found


def clock(found: re.Match[str]) -> str | None:
    """ "14:05" of a match; None where there is no such time."""
    hour, minute, second = (int(found[name] or 0) for name in ("hour", "minute", "second"))
    half = (found["half"] or "").lower()[:1]
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half in ("p", "م") else 0)
    if hour > 23 or minute > 59 or second > 59:
        return None
    return f"{hour:02}:{minute:02}"
