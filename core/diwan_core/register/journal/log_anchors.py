"""Anchors: the head of the log of reads (`trust.access_log.log`), written into the journal from time to time.

Whoever owns a machine owns its log, and can cut off the end or write all of it anew. The journal is signed, receipted
and held by other nodes; a log that does not agree with the anchors in it was altered. An anchor is a row of no record,
like the one that opens an epoch: it is in no list, no search and no count of records."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final, NamedTuple

from diwan_core import world
from diwan_core.register.storage.database import Store, now_ms
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.trust.access_log.log import AuditUnusable, head_of

EVERY_ROWS: Final = 500
EVERY_MS: Final = 86_400_000
LOOK_EVERY_S: Final = 60.0
"""Between two looks at the log's file: a save must not pay for it."""
MOST_ROWS: Final = 1 << 53
_STATE: Final = "anchored"
_SEAL: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)


class Anchor(NamedTuple):
    """The log's head: its last row and that row's seal."""

    rows: int
    seal: str

    def rest(self) -> dict[str, Any]:
        """The anchor as it stands in a row of the journal."""
        return {"rows": self.rows, "seal": self.seal}


def anchor_of(rest: Mapping[str, Any]) -> Anchor | None:
    """The anchor a row holds, None where it is not one; further members are let pass."""
    rows, seal = rest.get("rows"), rest.get("seal")
    if type(rows) is not int or not 0 <= rows <= MOST_ROWS or not isinstance(seal, str) or not _SEAL.match(seal):
        return None
    return Anchor(rows, seal)


def against(before: Anchor, after: Anchor) -> str:
    """What is wrong with a log between its last anchor and the new one; "" where nothing is wrong."""
    if after.rows < before.rows:
        return f"{after.rows} rows are anchored here where {before.rows} were before: the end was cut off"
    if after.rows == before.rows and after.seal != before.seal:
        return f"row {after.rows} was anchored with another seal before: rows up to it were written anew"
    return ""


def remember_anchor(connection: sqlite3.Connection, epoch_no: int, seq: int, anchor: Anchor) -> str:
    """Remember what another node anchored in an epoch; what is wrong with it, "" where nothing is. It is held against
    the one before it on its branch, in this epoch or one that this one goes on from (see `follow`)."""
    before = connection.execute("SELECT rows, seal FROM anchored WHERE epoch=?", (epoch_no,)).fetchone()
    connection.execute("INSERT OR REPLACE INTO anchored VALUES (?, ?, ?, ?)", (epoch_no, seq, anchor.rows, anchor.seal))
    return "" if before is None else against(Anchor(*before), anchor)


def follow(connection: sqlite3.Connection, epoch_no: int) -> None:
    """An epoch was opened: the last anchor up to the row it goes on from is before its own. Where its parent has
    anchored again since, its node was put back, and there is nothing to compare with."""
    connection.execute(
        "INSERT OR IGNORE INTO anchored SELECT e.no, 0, a.rows, a.seal FROM epoch e "
        "JOIN epoch p ON p.id=e.parent AND p.origin=e.origin AND p.no<>e.no JOIN anchored a ON a.epoch=p.no "
        "WHERE e.no=? AND a.seq<=e.parent_seq",
        (epoch_no,),
    )


def take_over_anchors(connection: sqlite3.Connection) -> None:
    """Bring what an earlier release remembered as each origin's last anchor into the table, once: for the epoch it
    stands in and those that go on from it."""
    notes = connection.execute(
        "SELECT substr(key, ?), value FROM state WHERE key GLOB 'anchored:*'", (len(_STATE) + 2,)
    )
    for origin, text in notes.fetchall():
        rows, seal, epoch, seq = text.split()
        connection.execute(
            "INSERT OR IGNORE INTO anchored SELECT no, ?, ?, ? FROM epoch WHERE id=? AND origin=?",
            (int(seq), int(rows), seal, epoch, origin),
        )
        connection.execute(
            "INSERT OR IGNORE INTO anchored SELECT e.no, 0, ?, ? FROM epoch e WHERE e.id IN ("
            "WITH RECURSIVE after(id) AS (SELECT id FROM epoch WHERE parent=? AND parent_seq>=? AND origin=? "
            "UNION SELECT f.id FROM epoch f JOIN after ON f.parent=after.id WHERE f.origin=?) SELECT id FROM after)",
            (int(rows), seal, epoch, int(seq), origin, origin),
        )


def last_anchor(store: Store) -> Anchor | None:
    """The anchor this node wrote last, by its own note of it; None before the first."""
    held = str(store.one("SELECT value FROM state WHERE key=?", (_STATE,)) or "").split()
    return Anchor(int(held[0]), held[1]) if len(held) == 4 else None


class Anchoring:
    """Decides when a node's log is to be anchored: the first time in an epoch, after EVERY_ROWS rows or a day, and
    where it holds fewer rows than it did. One per register."""

    def __init__(self, folder: Path, monotonic: Callable[[], float] = world.monotonic_s) -> None:
        self._folder = folder
        self._now = monotonic
        self._looked = -1e9

    def may_look(self) -> bool:
        """Whether it is time to look at the log again."""
        return self._now() - self._looked >= LOOK_EVERY_S

    def due(self, connection: sqlite3.Connection, epoch: str, *, at_once: bool = False) -> Anchor | None:
        """The anchor to write in `epoch` now; None where none is due. `at_once`: whatever is new is due."""
        if not (at_once or self.may_look()):
            return None
        self._looked = self._now()
        try:
            rows, seal = head_of(self._folder)
        except AuditUnusable:
            return None  # nothing is shown that it could not write down; what is wrong with it `audit verify` says
        held = str(get_state(connection, _STATE) or "").split()
        if len(held) != 4:
            return Anchor(rows, seal.hex()) if rows else None
        before, moment = int(held[0]), int(held[3])
        if (held[0], held[1]) == (str(rows), seal.hex()):
            return None
        overdue = not before <= rows < before + EVERY_ROWS or abs(now_ms() - moment) >= EVERY_MS
        return Anchor(rows, seal.hex()) if at_once or overdue or held[2] != epoch else None

    @staticmethod
    def note(connection: sqlite3.Connection, epoch: str, anchor: Anchor) -> None:
        """Remember what was anchored last, in the transaction that writes it."""
        set_state(connection, _STATE, f"{anchor.rows} {anchor.seal} {epoch} {now_ms()}")
