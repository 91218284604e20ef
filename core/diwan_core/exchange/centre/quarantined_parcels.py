"""The quarantine of the centre for messages, with limits. Nothing that the law has erased is kept of a sealed
message, whenever it arrives; once anything was erased, a message that nobody here can read is not kept at all."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from typing import Final, NamedTuple

from diwan_core.exchange.centre.log_budget import LogBudget
from diwan_core.exchange.erased_parcels import ERASED, keepable
from diwan_core.register import Transaction
from diwan_core.register.exchange_state.counters import count
from diwan_core.register.exchange_state.quarantine_lines import Line, add_line, bytes_held, lines_held
from diwan_core.trust import NodeKeys

KEEP: Final = 10_000
KEEP_OF_ONE: Final = 1_000
"""Lines kept in quarantine, in all and of one sender; beyond that only counted, so that no hostile node can fill the
disk, nor take the room of others."""
BYTES_OF_ONE: Final = 64 * 1024 * 1024
"""Bytes of messages kept of one sender; beyond that lines without them."""

LOGGED: Final = 20
"""Lines of the log for what one parcel had set aside."""

budget = LogBudget(logging.getLogger("diwan.ingest"))


class Kept(NamedTuple):
    """What is set aside: why, and the message where there is one."""

    code: str
    reason: str
    payload: bytes | None = None
    epoch: str | None = None
    first: int | None = None
    last: int | None = None


def refuse(transaction: Transaction, node: str, code: str, reason: str) -> None:
    """Count and log a message that is dropped."""
    budget.warn(node, "refused from %s: %s (%s)", node[:20], reason, code)
    count(transaction, f"refused_{code}")


def keep(transaction: Transaction, keys: NodeKeys, node: str, found: Sequence[Kept]) -> None:
    """Set aside what came from a node, in a write transaction; all of it is counted, whether there is room or not."""
    if not found:
        return
    for kept in found[:LOGGED]:
        budget.warn(node, "quarantined from %s: %s (%s)", node, kept.reason, kept.code)
    if len(found) > LOGGED:
        budget.warn(node, "quarantined from %s: %d more in the same parcel", node, len(found) - LOGGED)
    for code, many in Counter(kept.code for kept in found).items():
        count(transaction, f"quarantined_{code}", many)
    in_all, of_one = lines_held(transaction, node)
    size = 0
    if of_one < KEEP_OF_ONE and any(kept.payload is not None for kept in found):
        size = bytes_held(transaction, node)
    for kept in found[: max(0, min(KEEP - in_all, KEEP_OF_ONE - of_one))]:
        payload, reason = kept.payload, kept.reason
        if payload is not None and size + len(payload) > BYTES_OF_ONE:
            payload = None
        if payload is not None:
            size += len(payload)
            left = keepable(transaction, payload, keys)
            payload, reason = left, reason if left == payload else reason[:1900] + ERASED
        add_line(transaction, Line(node, kept.code, reason, kept.epoch, kept.first, kept.last, payload))
