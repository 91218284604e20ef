"""Records whose nominal halves are not all here, since they do not travel to this post, or not yet."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from diwan_core.dictionary.scopes import NATIONAL
from diwan_core.register.journal.row import NO_COMMITMENT
from diwan_core.register.records.belonging import ADDRESSED, Belonging
from diwan_core.register.records.type_plan import PLANS

LEFT_OUT: Final = "halves left out:"
"""State: of this type, what a snapshot brought has no nominal halves, or they were dropped. What is here of them is in
rows of the journal."""


class KeptBack(NamedTuple):
    """How far the nominal halves of the record's type travel ("all": they are on their way), and which node made the
    record: who holds them."""

    reach: str
    origin: str


def left_out(connection: sqlite3.Connection) -> set[str]:
    """The types of which a snapshot brought no nominal halves, or they were dropped."""
    found = connection.execute("SELECT key FROM state WHERE key GLOB ?", (f"{LEFT_OUT}*",))
    return {key.removeprefix(LEFT_OUT) for (key,) in found}


def kept_back(connection: sqlite3.Connection, record: str) -> KeptBack | None:
    """Whether something that names people in a record is not here and was not erased; None where all of it is."""
    found = connection.execute(
        "SELECT r.no, r.type, c.nominal FROM record r JOIN reach c ON c.type=r.type "
        "LEFT JOIN erasure x ON x.record=r.id WHERE r.id=? AND coalesce(x.halves, 0) & 2 = 0",
        (record,),
    ).fetchone()
    if found is None:
        return None
    number, kind, reach = found
    row = connection.execute(
        f"SELECT t.base IS NULL, t.base_epoch, t.base_seq, e.origin, e.own FROM [{PLANS[kind].table}] t "
        "LEFT JOIN epoch e ON e.id=t.base_epoch WHERE t.no=?",
        (number,),
    ).fetchone()
    by_snapshot, epoch, seq, origin, is_own = row
    lacks = connection.execute(
        "SELECT 1 FROM journal WHERE record=? AND verdict=0 AND nominal IS NULL AND commitments IS NOT NULL "
        "AND substr(commitments, 33)<>? LIMIT 1",
        (number, NO_COMMITMENT),
    ).fetchone()
    if lacks is None and by_snapshot and not is_own and kind in left_out(connection):
        held = "SELECT 1 FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.seq=?"
        if reach == ADDRESSED and NATIONAL in Belonging(connection)(kind, record):
            return None  # the snapshot brought all of it
        lacks = None if connection.execute(held, (epoch, seq)).fetchone() else (1,)
    return None if lacks is None else KeptBack(str(reach), str(origin or ""))
