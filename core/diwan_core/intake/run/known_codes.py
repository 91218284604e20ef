"""What a node knows by its centre of units and offices, so that only such codes leave without personal data."""

from __future__ import annotations

from typing import Final

from diwan_core.leaving import Known
from diwan_core.register import Register

_MOST: Final = 100_000


def known_codes(register: Register) -> Known:
    """Codes of units and of offices that the centre has written into records of units and sites."""
    units = [row.columns for row in register.find("unit", limit=_MOST)]
    sites = [row.columns for row in register.find("site", limit=_MOST)]
    return Known(
        frozenset(str(unit["code"]) for unit in units if unit.get("code")),
        frozenset(str(held["office"]) for held in (*units, *sites) if held.get("office")),
    )
