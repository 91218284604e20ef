"""Logs of reads that posts handed in: taken where no row is missing, and kept by role, without officers' names."""

from __future__ import annotations

from typing import NamedTuple

from diwan_core.register import Register
from diwan_core.register.inspection.read_logs import anchors_of_node
from diwan_core.roles import ROLES
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.at_machine import ROLE as AT_MACHINE
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.handed_in import LogRefused, opened_log
from diwan_core.trust.access_log.log_row import Logged

from diwan_central.days import now_ms
from diwan_central.privacy.store import PrivacyStore


class HandedIn(NamedTuple):
    """A log that is here: up to which row, and when that was written (UTC milliseconds)."""

    node: str
    rows: int
    at_ms: int


def take_log(register: Register, store: PrivacyStore, keys: NodeKeys, sealed: bytes) -> HandedIn:
    """Take the log of a post in place of what it handed in before. Raises LogRefused, NotForUs."""
    node, rows = opened_log(sealed, keys)
    anchors = [anchor for anchor in anchors_of_node(register.store, node) if 0 < anchor[0] <= len(rows)]
    if not anchors:
        raise LogRefused("Nothing that this post has sent vouches for this log. Take it after the post was heard.")
    at, seal = anchors[0]
    if rows[at - 1].seal.hex() != seal:
        raise LogRefused(f"Row {at} of this log is not the one that its post anchored. Verify the log at its post.")
    before = handed_in(store).get(node)
    if before and before.rows > len(rows):
        raise LogRefused(f"A later log of this post is here already, with {before.rows} rows.")
    taken = HandedIn(node, len(rows), rows[-1].at)
    with store.writing():
        store.write("delete from post_read where node=?", (node,))
        store.write("delete from post_log where node=?", (node,))
        store.write("insert into post_log values (?, ?, ?, ?)", (*taken, now_ms()))
        for row in rows:
            if len(row.record) == 36:
                store.write(
                    "insert into post_read values (?, ?, ?, ?, ?, ?)",
                    (node, row.no, row.record, row.at, _role_of(row), what_of(row)),
                )
    return taken


def handed_in(store: PrivacyStore) -> dict[str, HandedIn]:
    """The logs that are here, by node."""
    return {row["node"]: HandedIn(*row) for row in store.rows("select node, rows, at_ms from post_log")}


def reads_at_posts(store: PrivacyStore, record: str, limit: int) -> list[tuple[str, int, str, str]]:
    """The newest looks at a record in the logs that are here: (node, UTC milliseconds, role, what)."""
    rows = store.rows(
        "select node, at_ms, role, what from post_read where record=? order by at_ms desc limit ?", (record, limit)
    )
    return [(row["node"], row["at_ms"], row["role"], row["what"]) for row in rows]


def _role_of(row: Logged) -> str:
    """The role of a look; "" for a word that is no role here, since it is told to others and may name somebody."""
    return row.role if row.role in ROLES or row.role == AT_MACHINE else ""


def what_of(row: Logged) -> str:
    """What a row of a log says was shown: a view, or the code of another event; "" where its words are not here."""
    held = event_of(row.detail)
    return "" if held is None else str(held.parameters.get("view") or held.code)
