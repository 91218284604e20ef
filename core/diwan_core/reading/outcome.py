"""The outcomes of reading a text: a value, a refusal with its remedy, or a question between several meanings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from diwan_core.dictionary import Sentence

Companion = Literal["precision", "to", "time"]
"""What a date as written can say beside the day: how exact it is, the last possible day, the time of day."""
Code = Literal["not_a_number", "not_a_date", "other_calendar", "unknown_code", "format", "shortened"]
"""Why a text was refused, for programs."""


@dataclass(frozen=True, slots=True)
class Value:
    """The one thing a text means, in the form documents hold. `assumed` names a stated convention that was needed to
    read it ("two-digit year"), "" where none was."""

    value: str | int | bool
    beside: Mapping[Companion, str] = field(default_factory=dict)
    assumed: str = ""


@dataclass(frozen=True, slots=True)
class Refused:
    """A text that cannot be read; the sentence says why, and what to do."""

    code: Code
    reason: Sentence


@dataclass(frozen=True, slots=True)
class Meaning:
    """One way to read a text: `style` is the setting under which it has this value, for a mapping to name."""

    style: str
    value: str


@dataclass(frozen=True, slots=True)
class Ambiguous:
    """A text that can be read in several ways, or in one that nobody has confirmed. `reason` is the question."""

    meanings: tuple[Meaning, ...]
    reason: Sentence


Outcome = Value | Refused | Ambiguous
