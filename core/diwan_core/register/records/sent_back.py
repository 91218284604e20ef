"""A case that was sent back is validated only once it has been submitted again, corrected or with a reason why nothing
is to be corrected (ADR 12): one rule for the register's door and for the centre, which judges what posts send."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any, Final

import msgspec

from diwan_core.dictionary import N_, Problem, problem
from diwan_core.register.journal.row import Ref, Row
from diwan_core.register.records import merge
from diwan_core.register.records.four_eyes import validates

SENT_BACK: Final = "sent_back"
STATE: Final = "review_state"
UNCORRECTED: Final = N_("This case was sent back. It can be validated once it has been submitted again.")
REASON: Final = "validated although it was sent back and not submitted again"
_WRITTEN: Final = ("status", STATE)
"""What a change writes that sends a case back, or validates one."""
_STATES: Final = {"withdrawn": 0, SENT_BACK: 1, "validated": 3}
_half = msgspec.json.Decoder(dict[str, Any]).decode


def rank_of_check(state: object) -> int:
    """Of several states of the check that stand beside each other the first counts: what was sent back at one node
    stays so beside what others said meanwhile, and nothing is validated before a person has resolved it."""
    return _STATES.get(str(state), 2)


def is_sent_back(values: Mapping[str, Any]) -> bool:
    """Whether a record with these values was sent back and has not been submitted again."""
    return values.get(STATE) == SENT_BACK and values.get("status") == "submitted"


def uncorrected_problems(state: merge.State, seen: Mapping[str, Any], rest: Mapping[str, Any]) -> list[Problem]:
    """What is wrong where an edit whose author saw these heads validates a case that is here."""
    if rest.get("status") != "validated":
        return []
    held = state.alternatives.get(STATE)
    backs = (
        [head for head, (_, value) in held.items() if value == SENT_BACK]
        if held
        else state.heads_of(STATE) * (state.rest.get(STATE) == SENT_BACK)
    )
    known = merge.seen_of(seen, STATE)
    return [problem("status", "rule", UNCORRECTED)] if any(head.ref in known for head in backs) else []


def breaks(connection: sqlite3.Connection, change_set: Sequence[Row], newest: int = 0) -> bool:
    """Whether a change set validates a case that its author saw sent back. `newest`: the newest dictionary that the
    node was ever heard with."""
    for row in change_set:
        seen = row.meta.seen
        if seen is None or not validates(row, newest):
            continue
        if STATE not in row.rest and _is_back_here(connection, row.meta.record):
            return True
        if any(_sends_back(connection, ref) for key in _WRITTEN for ref in merge.seen_of(seen, key)):
            return True
    return False


def _sends_back(connection: sqlite3.Connection, ref: Ref) -> bool:
    found = connection.execute(
        "SELECT j.rest FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.seq=?", ref
    ).fetchone()
    return found is not None and bool(found[0]) and _half(found[0]).get(STATE) == SENT_BACK


def _is_back_here(connection: sqlite3.Connection, record: str) -> bool:
    """Whether a case stands here as sent back: asked for a row that validates it and says nothing of its check."""
    row = connection.execute(
        f"SELECT t.{STATE} FROM record r JOIN record_case t ON t.no=r.no WHERE r.id=?", (record,)
    ).fetchone()
    return row is not None and row[0] == SENT_BACK
