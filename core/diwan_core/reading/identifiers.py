"""Reads identifiers as they are printed: plates, container numbers, document numbers, telephone numbers.

They are kept as written, but for what cannot be seen on paper. A number that a spreadsheet has shortened, and one whose
digits it has rounded away, is refused: it names something else."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import N_, sentence

from .numbers import lost_digits
from .outcome import Outcome, Refused, Value
from .text import one_line

_SHORTENED: Final = N_(
    "{value} was shortened by a spreadsheet program and has lost digits. Give the column the format Text there, "
    "correct the number, and save the file again."
)


def read_identifier(text: str) -> Outcome:
    """An identifier on one line."""
    line = one_line(text)
    if lost_digits(line):
        return Refused("shortened", sentence(_SHORTENED, value=f'"{line[:40]}"'))
    return Value(line)
