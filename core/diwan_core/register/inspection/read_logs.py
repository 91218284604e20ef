"""What a centre knows of the logs of reads at its posts: how long each was when its post last wrote that down."""

from __future__ import annotations

import sqlite3
from typing import NamedTuple

import msgspec

from diwan_core.register.journal.row import Meta
from diwan_core.register.storage.database import Store

_meta = msgspec.json.Decoder(Meta).decode


class AnchoredLog(NamedTuple):
    """The log of reads of another node: `rows` at the time `at_ms` (UTC), 0 and 0 where it has never said so."""

    node: str
    label: str
    rows: int
    at_ms: int


def anchored_logs(store: Store) -> list[AnchoredLog]:
    """The logs of all nodes but this one, by label, as each node anchored its own last."""
    own = store.one("SELECT origin FROM epoch WHERE own=1 ORDER BY no DESC LIMIT 1") or ""
    found: dict[str, tuple[int, int]] = {}
    for origin, rows, meta in store.rows(
        "SELECT e.origin, a.rows, j.meta FROM anchored a JOIN epoch e ON e.no=a.epoch "
        "JOIN journal j ON j.epoch=a.epoch AND j.seq=a.seq WHERE e.own=0"
    ):
        at = _meta(meta).hlc >> 16
        if at > found.get(origin, (0, 0))[1]:
            found[origin] = (int(rows), at)
    nodes = store.rows("SELECT id, label FROM node WHERE role='post' AND id<>? ORDER BY label", (own,))
    return [AnchoredLog(str(id), str(label), *found.get(id, (0, 0))) for id, label in nodes]


def anchors_of_node(store: Store, node: str) -> list[tuple[int, str]]:
    """What a node anchored of its log last in each of its epochs: (rows, seal of the last one), the newest first."""
    with store.read() as connection:
        return anchors_in(connection, node)


def anchors_in(connection: sqlite3.Connection, node: str) -> list[tuple[int, str]]:
    """The same, within a transaction."""
    found = connection.execute(
        "SELECT a.rows, a.seal FROM anchored a JOIN epoch e ON e.no=a.epoch WHERE e.origin=? AND e.own=0 "
        "ORDER BY a.rows DESC",
        (node,),
    )
    return [(int(rows), str(seal)) for rows, seal in found]
