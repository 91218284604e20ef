"""Lists what came from other nodes and is not applied: rows that wait, and messages and rows in quarantine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import msgspec

from diwan_core.register.journal.row import Meta
from diwan_core.register.records.apply import WAITING
from diwan_core.register.records.reasons import CLEANED
from diwan_core.register.storage.database import Store

MOST: Final = 300


@dataclass(frozen=True, slots=True)
class SetAside:
    """A refused message or row: when (ms since 1970 UTC), from which node, the kind of fault, and its reason in
    English."""

    received_ms: int
    sender: str
    code: str
    reason: str
    rows: int


@dataclass(frozen=True, slots=True)
class Waits:
    """Rows of one sender that wait, by whether a newer release or a change that has not arrived is missing."""

    sender: str
    rows: int
    newest_dictionary: int


def set_aside(store: Store, limit: int = MOST) -> list[SetAside]:
    """What was refused, the latest first."""
    return [
        SetAside(*row)
        for row in store.rows(
            "SELECT received, sender, code, CASE WHEN value_free OR code NOT IN ('rule', 'error') THEN reason ELSE ? "
            "END, coalesce(last - first + 1, 0) FROM quarantine ORDER BY no DESC LIMIT ?",
            (CLEANED, limit),
        )
    ]


def waits(store: Store) -> list[Waits]:
    """The rows that wait, by sender."""
    found: dict[str, tuple[int, int]] = {}
    decode = msgspec.json.Decoder(Meta).decode
    for origin, meta in store.rows(
        "SELECT e.origin, j.meta FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.verdict=? ORDER BY j.no LIMIT ?",
        (WAITING, 20_000),
    ):
        count, newest = found.get(origin, (0, 0))
        found[origin] = (count + 1, max(newest, decode(meta).dictionary))
    return [Waits(sender, count, newest) for sender, (count, newest) in found.items()]
