"""The tasks of a course, and the numbers in them, which differ between neighbouring officers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from diwan_core.dictionary import N_

TASKS: Final[Mapping[str, str]] = {
    "report": N_("Report a case"),
    "picture": N_("Add a picture"),
    "correct": N_("Correct it"),
    "search": N_("Search"),
}
EXPECTED: Final[dict[str, str]] = {
    "direction": "import",
    "goods.product_group": "tobacco",
    "goods.unit": "KGM",
    "concealment_method": "tyres",
    "leg.mode": "3",
}
"""What the case of the first task must say beside quantity and country, by path without the number of a part."""
_COUNTRIES: Final = ("EG", "KE", "PE", "TH", "UA")


@dataclass(frozen=True)
class Assignment:
    """The numbers of one officer's tasks."""

    quantity: int
    corrected: int
    country: str
    """Of departure, alpha-2."""
    word: str
    """To be searched for: it stands in the case that the course brought along."""


def assignment(course: str, person: str, word: str) -> Assignment:
    """The numbers for somebody in a course; always the same for the same person."""
    drawn = hashlib.sha256(f"{course}\0{person}".encode()).digest()
    quantity = 20 + int.from_bytes(drawn[:2], "big") % 900
    corrected = quantity + 3 + drawn[2] % 40
    return Assignment(quantity, corrected, _COUNTRIES[drawn[3] % len(_COUNTRIES)], word)
