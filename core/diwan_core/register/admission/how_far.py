"""How far the nominal halves of each record type travel, as the ledger says."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Final

from diwan_core.register.records.belonging import ADDRESSED
from diwan_core.register.records.type_plan import PLANS

ALL: Final = "all"
UNIT: Final = "unit"
CENTRE: Final = "centre"
FAR: Final[Mapping[str, int]] = {CENTRE: 0, UNIT: 1, ADDRESSED: 2, ALL: 3}


def restricted(connection: sqlite3.Connection) -> dict[str, str]:
    """The types whose nominal halves do not all travel to all posts, each with how far they do."""
    return dict(connection.execute("SELECT type, nominal FROM reach WHERE nominal<>?", (ALL,)).fetchall())


def kinds_in_scopes(connection: sqlite3.Connection) -> list[str]:
    """The types of which scopes beside the national one bring nominal halves."""
    return [kind for kind, far in restricted(connection).items() if far in (UNIT, ADDRESSED) and kind in PLANS]


def said_of(connection: sqlite3.Connection) -> list[str]:
    """The types of which the ledger ever said how far they travel."""
    return [kind for (kind,) in connection.execute("SELECT type FROM reach")]
