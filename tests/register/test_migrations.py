"""Migrations only expand: an older register opens with its data, and the older release still runs on the new one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.register import Edit, Register
from diwan_core.register.migrations import expand, migrations
from diwan_core.register.storage.schema import MARK, table_of
from sqlite_utils import Database

Case = Callable[..., dict[str, Any]]


def columns(connection: sqlite3.Connection) -> dict[str, set[str]]:
    return {
        name: {row[1] for row in connection.execute(f"PRAGMA table_info([{table_of(name)}])")}
        for name in DICTIONARY.types
    }


def test_every_type_has_the_table_its_declaration_asks_for(register: Register) -> None:
    for name, present in columns(register.store.connection).items():
        assert {column for column, _ in DICTIONARY.type(name).columns()} <= present
    assert register.store.one("PRAGMA user_version") == MARK


def test_a_register_made_before_a_column_was_declared_keeps_its_cases(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        (record,) = register.save([Edit("case", case(place="Before"))], author="officer").records
        register.store.connection.execute("ALTER TABLE record_case DROP COLUMN outcome")
        register.store.connection.execute("PRAGMA user_version=1")
    with Register.open(folder, role="writer") as register:
        assert register.store.one("PRAGMA user_version") == MARK
        assert "outcome" in columns(register.store.connection)["case"]
        found = register.get(record)
        assert found is not None
        assert found.values["place"] == "Before"
        (after,) = register.save([Edit("case", case(outcome="seized"))], author="officer").records
        assert [row.id for row in register.find("case", {"outcome": "seized"})] == [after]


def test_an_older_release_writes_into_the_wider_tables(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        connection = register.store.connection
        connection.execute("ALTER TABLE record_case ADD COLUMN of_the_next_release TEXT")
        register.save([Edit("case", case())], author="officer")
        assert register.count("case") == 1


def test_expanding_twice_changes_nothing() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    database = Database(connection)
    migrations.apply(database)
    expand(database)
    before = columns(connection)
    expand(database)
    assert columns(connection) == before
    narrower = [RecordType(DICTIONARY.declarations["case"], DICTIONARY.lists)]
    expand(database, narrower)
    assert columns(connection) == before
