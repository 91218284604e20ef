"""The index of codes is kept up beside the saves: no save has a transaction behind it for its codes alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any

import pytest
from diwan_core.register import Edit, Register
from diwan_core.register.index import codes
from diwan_core.register.records.type_plan import CODE_READERS
from diwan_core.register.search import coding
from diwan_core.register.search.coding import FEW, Coding
from diwan_core.register.search.index_later import Indexing

Case = Callable[..., dict[str, Any]]


@pytest.fixture
def beside(register: Register) -> Iterator[sqlite3.Connection]:
    """The connection of the upkeep."""
    with closing(sqlite3.connect(register.store.path, isolation_level=None)) as connection:
        yield connection


def save(register: Register, case: Case, count: int) -> None:
    register.save_many([[Edit("case", case(time=f"10:{n % 60:02d}"))] for n in range(count)], author="officer")


def test_few_records_are_left_for_later_and_then_entered_together(
    register: Register, case: Case, beside: sqlite3.Connection
) -> None:
    upkeep, commits = Coding(), 0
    version = register.store.version()
    for number in range(1, FEW + 1):
        register.save([Edit("case", case())], author="officer")
        upkeep._due = 0.0  # as if a while had passed
        assert upkeep.turn(beside) is None
        commits += register.store.version() != version
        version = register.store.version()
        assert len(register.sought("namibia", ["case"]).ranks) == number, "a search reads what is not entered yet"
    assert commits == 1
    assert codes.done(beside) == FEW
    assert upkeep.turn(beside) is None


def test_beside_others_a_step_enters_a_portion(
    register: Register, case: Case, beside: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = iter(range(10_000))
    save(register, case, 5 * codes.PORTION)
    monkeypatch.setattr("diwan_core.world.monotonic_s", lambda: float(next(now)))
    upkeep, indexing = Coding(), Indexing()
    while indexing.turn(beside) is not None:
        pass
    assert upkeep.turn(beside) == coding.WHILE_WRITTEN_S
    assert codes.done(beside) == codes.PORTION
    save(register, case, 1)
    assert upkeep.turn(beside) == coding.WHILE_WRITTEN_S
    assert codes.done(beside) == 2 * codes.PORTION
    while upkeep.turn(beside) is not None:
        pass
    assert codes.done(beside) > 5 * codes.PORTION - FEW


def test_what_came_in_bulk_is_entered_after_its_words_unless_very_many_are_left(
    register: Register, case: Case, beside: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("diwan_core.world.monotonic_s", lambda: now[0])
    monkeypatch.setattr("diwan_core.register.search.coding.MOST", 100)
    upkeep, indexing = Coding(), Indexing()
    save(register, case, 60)
    assert upkeep.turn(beside) is None and codes.done(beside) == 0, "its words are pending"
    save(register, case, 60)
    now[0] += 1.0
    upkeep.turn(beside)
    assert codes.done(beside) == 120, "too many for a search; a clock that stands still ends no step"
    save(register, case, 60)
    now[0] += 1.0
    assert upkeep.turn(beside) is None and codes.done(beside) == 120
    while indexing.turn(beside) is not None:
        now[0] += 1.0
    upkeep.turn(beside)
    assert codes.done(beside) == 180, "also where nobody has written since"


def test_records_are_read_together(register: Register, case: Case, beside: sqlite3.Connection) -> None:
    save(register, case, 4 * codes.PORTION)
    read: list[str] = []
    beside.set_trace_callback(lambda sql: read.append(sql) if "record_case" in sql else None)
    beside.execute("BEGIN")
    codes.fill(beside, CODE_READERS, most=1_000, seconds=None)
    beside.execute("COMMIT")
    assert len(read) == 4
    assert codes.done(beside) == 4 * codes.PORTION
