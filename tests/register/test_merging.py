"""The search index is merged beside the saves; what is found stays the same, and no save is kept waiting for it."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import Edit, Register, maintenance
from diwan_core.register.maintenance import Upkeep
from diwan_core.register.storage.fts_merge import TABLES, Merging, step

pytestmark = pytest.mark.slow

Case = Callable[..., dict[str, Any]]
SAVES = 30


def segments(register: Register, table: str) -> int:
    """Of an index, as FTS5 writes one for each transaction."""
    return int(register.store.one(f"SELECT count(DISTINCT segid) FROM {table}_idx"))


def save_some(register: Register, case: Case) -> None:
    for number in range(SAVES):
        means = {"1": {"role": "departure", "plate": f"AB {1000 + number}"}}
        narrative = f"Cartons behind wall number{number}."
        register.save([Edit("case", case(means=means, narrative=narrative))], author="officer")


def found(register: Register) -> list[list[int]]:
    return [register.found(text).numbers for text in ("cartons", "number7", "AB1012", "b10")]


def merge_all(connection: sqlite3.Connection) -> None:
    merging = Merging()
    while merging.turn(connection) is not None:
        pass


@pytest.fixture
def beside(register: Register) -> Any:
    """Another process's connection, as the thread of an agent has it."""
    with closing(sqlite3.connect(register.store.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA busy_timeout=0")
        yield connection


def test_what_is_found_is_the_same_after_merging(register: Register, beside: sqlite3.Connection, case: Case) -> None:
    save_some(register, case)
    before = found(register)
    assert [len(numbers) for numbers in before] == [SAVES, 1, 1, SAVES]
    assert segments(register, "search") >= SAVES
    merge_all(beside)
    assert segments(register, "search") < 16
    assert segments(register, "fragment") < 16
    assert found(register) == before


def test_an_edit_after_merging_forgets_the_old_words(
    register: Register, beside: sqlite3.Connection, case: Case
) -> None:
    save_some(register, case)
    (record,) = register.save([Edit("case", case(narrative="Pelicans."))], author="officer").records
    merge_all(beside)
    register.save([Edit("case", {"narrative": "Herons."}, record=record)], author="officer")
    merge_all(beside)
    assert register.found("pelicans").numbers == []
    assert len(register.found("herons").numbers) == 1


def test_where_nothing_was_written_nothing_is_done(register: Register, beside: sqlite3.Connection, case: Case) -> None:
    save_some(register, case)
    merging = Merging()
    while merging.turn(beside) is not None:
        pass
    held = register.store.one("SELECT block FROM search_data WHERE id=10")
    beside.execute("PRAGMA query_only=ON")  # it would fail now
    assert merging.turn(beside) is None
    assert register.store.one("SELECT block FROM search_data WHERE id=10") == held
    beside.execute("PRAGMA query_only=OFF")
    register.save([Edit("case", case())], author="officer")
    assert merging.turn(beside) is not None


def test_a_writer_is_not_waited_for(register: Register, beside: sqlite3.Connection, case: Case) -> None:
    save_some(register, case)
    with register.store.write():
        assert all(step(beside, table) for table in TABLES)  # at once: this process could not go on meanwhile
        assert segments(register, "search") >= SAVES
    assert step(beside, "search")
    assert segments(register, "search") < SAVES


def wait_until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not true():
        assert time.monotonic() < end
        time.sleep(0.02)


def test_a_node_that_runs_merges_by_itself(register: Register, case: Case) -> None:
    with Upkeep(register.store.path):
        save_some(register, case)
        wait_until(lambda: segments(register, "search") < 16)


def test_after_an_error_it_begins_anew(
    register: Register, case: Case, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(maintenance, "AFTER_ERROR_S", 0.05)
    save_some(register, case)
    register.store.connection.execute("ALTER TABLE search RENAME TO elsewhere")
    with Upkeep(register.store.path):
        wait_until(lambda: "search index not merged" in caplog.text)
        register.store.connection.execute("ALTER TABLE elsewhere RENAME TO search")
        wait_until(lambda: segments(register, "search") < 16)


def test_no_save_merges_many_segments_at_once(register: Register, case: Case) -> None:
    save_some(register, case)
    assert segments(register, "search") >= SAVES  # FTS5 itself would have merged at 16, all of them within one save


def test_an_index_of_the_release_before_is_merged_beside_too(folder: Path) -> None:
    with Register.open(folder, role="writer") as register:
        for table in ("search", "fragment"):
            register.store.connection.execute(f"DELETE FROM {table}_config WHERE k IN ('crisismerge', 'usermerge')")
            register.store.connection.execute(f"UPDATE {table}_config SET v=8 WHERE k='automerge'")
        register.store.connection.execute("DELETE FROM _sqlite_migrations WHERE name='m0006_merge_beside'")
        register.store.connection.execute("PRAGMA user_version=1")
    with Register.open(folder, role="writer") as register:
        for table in ("search", "fragment"):
            held = dict(register.store.rows(f"SELECT k, v FROM {table}_config WHERE k LIKE '%merge'"))
            assert held == {"automerge": 64, "crisismerge": 1999, "usermerge": 8}
