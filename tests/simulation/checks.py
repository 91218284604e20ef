"""What must hold after every step, whatever has happened; the rest is judged when the country is at rest."""

from __future__ import annotations

from sqlite3 import Connection
from typing import Final, TypeAlias

from diwan_core.register import Register

from tests.simulation.country import Country
from tests.simulation.nodes import CentreNode, PostNode, disk_of

_LAST: Final = "(SELECT coalesce(max(j.seq), 0) FROM journal j WHERE j.epoch=e.no)"
_OF_EVERY_NODE: Final = (
    (
        "an epoch's last row is not the one its counter names",
        f"SELECT e.id FROM epoch e WHERE e.seq<>max({_LAST},"
        " (SELECT coalesce(max(b.seq), 0) FROM joint b WHERE b.epoch=e.no))",  # up to there by a snapshot, without rows
    ),
    ("more is receipted than was written", "SELECT id FROM epoch WHERE own=1 AND (stored>seq OR safe>stored)"),
    ("more is signed than was written", "SELECT id FROM epoch WHERE own=1 AND signed>seq"),
)
_OF_THE_CENTRE: Final = (
    (
        "an epoch's last row is not the one its counter names",
        f"SELECT e.id FROM epoch e WHERE e.own=0 AND e.seq<>{_LAST}",
    ),
    (
        "rows are neither applied nor waiting nor in quarantine, or are counted twice",
        "SELECT id FROM epoch WHERE own=0 AND applied+waiting+quarantined<>seq",
    ),
    (
        "the scope's numbers have a gap",
        "SELECT first FROM scope_run r WHERE first>1 AND NOT EXISTS (SELECT 1 FROM scope_run b WHERE b.last=r.first-1)",
    ),
    (
        "a stretch of the scope is not as long as its numbers",
        "SELECT first FROM scope_run WHERE last-first<>last_seq-first_seq",
    ),
)  # fmt: skip


Looked: TypeAlias = tuple[Connection, int, int]
"""By what one sees that a register may have changed since it was looked at: whose connection, how many rows it has
changed by itself, and how often others have committed."""


def broken(country: Country, looked_at: dict[str, Looked] | None = None) -> list[str]:
    """Every invariant that does not hold at a machine that is on; in words. With `looked_at`, which is brought up to
    date, only machines are looked at whose registers may have changed since then."""
    found = []
    for one in country.all_nodes():
        if one.runs and not disk_of(one.machine).dead and not disk_of(one.machine).faults.troubled:
            if looked_at is not None:
                now = _looked(one)
                if looked_at.get(one.machine.name) == now:
                    continue
                looked_at[one.machine.name] = now
            found += [f"{one.machine.name}: {words}" for words in _broken_at(one)]
    return found


def _looked(one: PostNode | CentreNode) -> Looked:
    store = one.needed()[0].store
    return store.connection, store.connection.total_changes, store.one("PRAGMA data_version")


def _broken_at(one: PostNode | CentreNode) -> list[str]:
    register: Register = one.needed()[0]
    asked = _OF_EVERY_NODE + (_OF_THE_CENTRE if isinstance(one, CentreNode) else ())
    return [f"{words} ({rows[0][0]})" for words, sql in asked if (rows := register.store.rows(sql))]
