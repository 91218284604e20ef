"""The number of a paper form, F-XXXXX-SS-L: five characters of the printing, the sheet, and a letter by which a slip of
the pen is seen. Nothing is kept when forms are printed; a number is known once its form was typed in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from .folding import fold

FIELD: Final = "paper_number"
EXAMPLE: Final = "F-7K3M9-01-J"
PATTERN: Final = r"F-[A-Z0-9]{5}-[0-9]{2}-[A-Z]"
SHEETS_MOST: Final = 99
_CHARACTERS: Final = "ACDEFGHJKLMNPQRTUVWXY34679"
"""Without those that are read as another: B and 8, I and 1, O and 0, S and 5, Z and 2."""
_LETTERS: Final = "ACDEFGHJKLMNPQRTUVWXY"
_WRITTEN: Final = re.compile(r"F?([A-Z0-9]{5})([0-9]{2})([A-Z])")


def numbers_of(sheets: int, random: Callable[[int], bytes]) -> list[str]:
    """The numbers of one printing of so many sheets."""
    batch = "".join(_CHARACTERS[byte % len(_CHARACTERS)] for byte in random(5))
    return [_number(batch, f"{sheet:02d}") for sheet in range(1, min(sheets, SHEETS_MOST) + 1)]


def typed(text: str) -> str | None:
    """The number that somebody typed, in digits and letters of any kind; None where its letter does not fit."""
    kept = "".join(one for one in fold(text[:40]).upper() if one.isascii() and one.isalnum())
    found = _WRITTEN.fullmatch(kept)
    if found is None:
        return None
    number = _number(found[1], found[2])
    return number if number[-1] == found[3] else None


def _number(batch: str, sheet: str) -> str:
    total = sum(place * int(character, 36) for place, character in enumerate(batch + sheet, 1))
    return f"F-{batch}-{sheet}-{_LETTERS[total % len(_LETTERS)]}"
