"""What the centre remembers of the anchors other nodes wrote, along the branches of their epochs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from diwan_core.register import Register
from diwan_core.register.journal.log_anchors import Anchor, follow, remember_anchor
from diwan_core.register.storage.schema import BRANCHES, FRAME

SEAL, OTHER_SEAL = "1" * 64, "2" * 64


@pytest.fixture
def connection() -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as made:
        made.executescript(FRAME + BRANCHES)
        yield made


def opened(connection: sqlite3.Connection, name: str, parent: str | None, at: int, origin: str = "post") -> int:
    cursor = connection.execute(
        "INSERT INTO epoch (id, origin, parent, parent_seq, seq, hash) VALUES (?, ?, ?, ?, 9, x'')",
        (name, origin, parent, at),
    )
    follow(connection, cursor.lastrowid or 0)
    return cursor.lastrowid or 0


def test_a_log_cut_off_is_told_after_any_number_of_boots_without_an_anchor(connection: sqlite3.Connection) -> None:
    first = opened(connection, "e0", None, 0)
    assert remember_anchor(connection, first, 5, Anchor(30, SEAL)) == ""
    for number in range(1, 40):
        last = opened(connection, f"e{number}", f"e{number - 1}", 9)
    assert "the end was cut off" in remember_anchor(connection, last, 2, Anchor(29, SEAL))
    assert "another seal" in remember_anchor(connection, last, 3, Anchor(29, OTHER_SEAL))


def test_a_branch_of_a_node_put_back_before_its_last_anchor_is_not_held_against_it(
    connection: sqlite3.Connection,
) -> None:
    first = opened(connection, "e0", None, 0)
    remember_anchor(connection, first, 5, Anchor(30, SEAL))
    remember_anchor(connection, first, 8, Anchor(40, SEAL))
    back = opened(connection, "back", "e0", 6)
    assert remember_anchor(connection, back, 2, Anchor(31, OTHER_SEAL)) == ""
    on = opened(connection, "on", "e0", 8)
    assert "cut off" in remember_anchor(connection, on, 2, Anchor(31, OTHER_SEAL)), "the other branch had seen 40"


def test_an_anchor_of_another_origin_is_nothing_to_compare_with(connection: sqlite3.Connection) -> None:
    remember_anchor(connection, opened(connection, "e0", None, 0), 5, Anchor(30, SEAL))
    assert remember_anchor(connection, opened(connection, "x", "e0", 9, "another"), 2, Anchor(1, SEAL)) == ""


def test_what_the_release_before_remembered_is_brought_along(folder: Path) -> None:
    with Register.open(folder, role="writer") as register:
        write = register.store.connection.execute
        for statement in ("DROP TABLE branch", "DROP TABLE held", "DROP TABLE anchored", "DROP INDEX epoch_parent"):
            write(statement)
        write("DELETE FROM _sqlite_migrations WHERE name='m0008_branches'")
        write("PRAGMA user_version=1")
        for name, parent, at in (("e0", None, 0), ("e1", "e0", 9), ("e2", "e1", 9), ("aside", "e0", 3)):
            write(
                "INSERT INTO epoch (id, origin, parent, parent_seq, seq, hash) VALUES (?, 'post', ?, ?, 9, x'')",
                (name, parent, at),
            )
        write("INSERT INTO state VALUES ('anchored:post', ?)", (f"30 {SEAL} e0 5",))
        write("INSERT INTO state VALUES ('held:post', ?)", ('{"e0": 7}',))
    with Register.open(folder, role="writer") as register:
        rows = register.store.rows
        assert rows("SELECT e.id, a.seq, a.rows, a.seal FROM anchored a JOIN epoch e ON e.no=a.epoch ORDER BY 1") == [
            ("e0", 5, 30, SEAL), ("e1", 0, 30, SEAL), ("e2", 0, 30, SEAL)
        ]  # fmt: skip
        assert rows("SELECT * FROM held") == [("post", "e0", 7)]
