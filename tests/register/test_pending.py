"""What came in bulk is indexed later, and found all the while as if it were indexed."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import Edit, Register
from diwan_core.register.index import pending as pending_module
from diwan_core.register.index.amounts import note_all_left
from diwan_core.register.index.pending import FEW, PORTION, index_some, pending
from diwan_core.register.inspection.inspect import inspect
from diwan_core.register.maintenance import turns
from diwan_core.register.records.dictionary_upgrade import search_again
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.search import index_later
from diwan_core.register.search import unindexed as unindexed_module
from diwan_core.register.search.index_later import BULK, LOOKS_EVERY_S, WHILE_WRITTEN_S, Indexing, index_between
from diwan_core.register.search.unindexed import Unindexed

from tests.exchange.erased_kit import greet, order, traces
from tests.exchange.network import case as short_case
from tests.exchange.network import network
from tests.register.test_refolding import ids, indexed, opened

Case = Callable[..., dict[str, Any]]
WORDS = ("amber", "birch", "cobalt", "dune", "ember")


def many(register: Register, case: Case, count: int = FEW + 10) -> list[str]:
    """Cases that come in one transaction."""
    edits = [
        [Edit("case", case(narrative=f"{WORDS[n % 5]} no{n:04}", party=party(n), means=plate(n)))] for n in range(count)
    ]
    return [made for (made,) in register.save_many(edits, author="officer").records]


def party(number: int) -> dict[str, Any]:
    return {"1": {"role": "declarant", "name": f"Zaynab Sample{number}"}}


def plate(number: int) -> dict[str, Any]:
    return {"1": {"role": "departure", "plate": f"QX {number:04}-77"}}


def ticking(now: list[float], by: float = 0.01) -> Callable[[], float]:
    """A clock that goes on with each look at it."""

    def seconds() -> float:
        now[0] += by
        return now[0]

    return seconds


def first(register: Register) -> int | None:
    held = pending(register.store.connection)
    return None if held is None else held.first


def index_all(register: Register) -> None:
    with register.store.write() as connection:
        while index_some(connection, PLANS, 7):
            pass


def made_at_once(path: Path) -> set[tuple[str, str, int]]:
    """The index as it would be if every record had been put into it as it is now."""
    with closing(opened(path)) as connection:
        search_again(connection)
    return indexed(path)


def test_what_came_in_bulk_is_found_at_once_in_every_way(register: Register, case: Case, folder: Path) -> None:
    (before,) = register.save([Edit("case", case(narrative="amber before"))], author="officer").records
    records = many(register, case)
    (after,) = register.save([Edit("case", case(narrative="amber after"))], author="officer").records
    assert first(register) == 2
    assert [found for found in indexed(register.store.path) if found[1] == "amber"] == [("search", "amber", 1)]
    with Register.open(folder) as reader:
        assert ids(reader, "no0007") == [records[7]] and ids(reader, "zaynab sample8") == [records[8]]
        assert reader.search("zaynab", nominal=False) == []
        assert [row.id for row in reader.search_identifier("0009-77")] == [records[9]]
        assert [row.id for row in reader.search("amber", limit=100)] == [after, *records[0::5][::-1], before]
        assert len(reader.found("amber").numbers) == 2 + len(records[0::5])
        with reader.store.read():
            assert len(ids(reader, "after")) == 1
            (latest,) = register.save([Edit("case", case(narrative="amber latest"))], author="officer").records
            assert ids(reader, "latest") == [], "a transaction sees what was there when it began"
        assert ids(reader, "latest") == [latest] and ids(reader, "amber latest") == [latest]


def test_an_edit_of_what_is_pending_is_found_and_its_old_words_are_not(register: Register, case: Case) -> None:
    records = many(register, case)
    assert ids(register, "no0007") == [records[7]]
    register.save([Edit("case", {"narrative": "xylophone"}, record=records[7])], author="officer")
    assert ids(register, "no0007") == [] and ids(register, "xylophone") == [records[7]]
    index_all(register)
    assert first(register) is None
    assert ids(register, "no0007") == [] and ids(register, "xylophone") == [records[7]]
    after = indexed(register.store.path)
    register.save([Edit("case", {"narrative": "yacht"}, record=records[7])], author="officer")
    assert ids(register, "xylophone") == [] and ids(register, "yacht") == [records[7]]
    many(register, case)  # records are pending anew
    assert ids(register, "xylophone") == [] and len(ids(register, "no0007")) == 1
    index_all(register)
    assert after - indexed(register.store.path) == {("search", "xylophone", 8)}
    assert indexed(register.store.path) == made_at_once(register.store.path)


def test_few_records_are_indexed_with_their_save(register: Register, case: Case) -> None:
    many(register, case, FEW)
    assert first(register) is None
    assert ids(register, "no0003") == [row.id for row in register.search_identifier("0003-77")]


def test_the_writer_indexes_what_is_too_much(register: Register, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pending_module, "MOST", 20)
    monkeypatch.setattr(pending_module, "PORTION", 1)
    records = many(register, case)
    assert first(register) == len(records) - 20 + 1
    more = many(register, case)
    assert first(register) == len(records) + len(more) - 20 + 1
    assert ids(register, "no0003") == [more[3], records[3]] and ids(register, f"no{FEW + 9:04}") == [
        more[-1],
        records[-1],
    ]
    index_all(register)
    assert indexed(register.store.path) == made_at_once(register.store.path)


def test_who_takes_much_indexes_between_its_transactions_before_it_has_to_within_them(
    register: Register, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in (pending_module, index_later):
        monkeypatch.setattr(module, "MOST", 90)
    monkeypatch.setattr(index_later, "BETWEEN", PORTION)
    monkeypatch.setattr(index_later, "ROOM", 9)
    assert not index_between(register.store)
    records = many(register, case)
    assert not index_between(register.store) and first(register) == 1, "there is room"
    monkeypatch.setattr(index_later, "ROOM", 45)
    for _ in range(4):
        while index_between(register.store):
            pass
        before = first(register)
        assert before is not None
        records += many(register, case)
        assert first(register) == before, "no transaction that adds some has to index any"
        assert len(ids(register, "no0003")) == len(records) // (FEW + 10)
    index_all(register)
    assert indexed(register.store.path) == made_at_once(register.store.path)


def test_large_records_are_indexed_sooner(register: Register, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    records = many(register, case)
    monkeypatch.setattr(pending_module, "MOST_BYTES", 150_000)
    edits = [[Edit("case", case(narrative=f"grove no9{n:03} " + "word " * 1_000))] for n in range(40)]
    large = [made for (made,) in register.save_many(edits, author="officer").records]
    held = pending(register.store.connection)
    assert held is not None and 40_000 < held.size <= 150_000
    assert len(records) < held.first < len(records) + len(large), "small ones first, in their order"
    for record in large[-8:]:
        register.save([Edit("case", {"narrative": "grove " + "more " * 3_900}, record=record)], author="officer")
    after = pending(register.store.connection)
    assert after is None or (after.first > held.first and after.size <= 150_000), "edits make them larger"
    assert len(register.search("grove", limit=100)) == len(large)
    index_all(register)
    assert len(register.search("grove", limit=100)) == len(large)
    assert indexed(register.store.path) == made_at_once(register.store.path)


def test_a_transaction_indexes_no_more_than_some_bytes(
    register: Register, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    many(register, case, 3 * PORTION)
    monkeypatch.setattr(pending_module, "AT_ONCE_BYTES", 1_000)
    with register.store.write() as connection:
        assert index_some(connection, PLANS, 1_000)
    assert first(register) == 1 + PORTION


def test_it_waits_while_many_come_and_then_does_all(
    register: Register, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = [100.0]
    monkeypatch.setattr("diwan_core.world.monotonic_s", lambda: now[0])
    path = register.store.path
    indexing = Indexing()
    with closing(opened(path)) as connection:
        assert indexing.turn(connection) is None
        many(register, case, BULK + 1)
        assert indexing.turn(connection) == LOOKS_EVERY_S
        now[0] += LOOKS_EVERY_S / 4
        assert indexing.turn(connection) == LOOKS_EVERY_S * 3 / 4, "that none came in so short a time says little"
        many(register, case, BULK + 1)
        now[0] += LOOKS_EVERY_S
        assert indexing.turn(connection) == LOOKS_EVERY_S
        register.save([Edit("case", case())], author="officer")
        now[0] += LOOKS_EVERY_S
        assert indexing.turn(connection) == WHILE_WRITTEN_S
        held = pending(connection)
        assert held is not None and held.first == 1 + PORTION, "beside others the steps are short, and far apart"
        while indexing.turn(connection) is not None:
            now[0] += 1.0
        assert indexing.turn(connection) is None and pending(connection) is None
    assert indexed(path) == made_at_once(path)


def test_the_long_running_process_does_it(register: Register, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    records = many(register, case)
    monkeypatch.setattr("diwan_core.world.monotonic_s", ticking([100.0], by=1.0))
    upkeep = turns(register.store.path)
    for _ in range(10):
        next(upkeep)
    upkeep.close()
    assert first(register) is None and ids(register, "no0003") == [records[3]]


def test_amounts_of_what_is_pending_are_told_and_asked_for(register: Register, case: Case) -> None:
    records = many(register, case)
    rows = "SELECT count(*) FROM amount"
    assert register.store.one(rows) == 0
    assert register.amounts(records[3])["1"].kilograms == "12.5"
    register.save([Edit("case", {"goods": {"1": {"quantity": "700"}}}, record=records[3])], author="officer")
    assert register.store.one(rows) == 0 and register.amounts(records[3])["1"].kilograms == "700"
    told = register.amounts_of(records)
    heavy = {"kilograms": (500.0, 800.0)}

    def listed() -> tuple[list[str], int, int]:
        page = register.page("case", heavy)
        return [row.id for row in page.rows], register.matching("case", heavy), len(register.numbers("case", heavy))

    assert listed() == ([records[3]], 1, 1)
    with inspect(register.store) as inspection:
        assert list(inspection.states.wrong_amounts()) == []
    index_all(register)
    assert register.store.one(rows) == len(records) and register.amounts_of(records) == told
    assert listed() == ([records[3]], 1, 1)
    with inspect(register.store) as inspection:
        assert list(inspection.states.wrong_amounts()) == []


def test_amounts_that_are_worked_out_again_meanwhile(register: Register, case: Case) -> None:
    (before,) = register.save([Edit("case", case())], author="officer").records
    records = many(register, case)
    with register.store.write() as connection:
        note_all_left(connection)
    register.work_out_amounts()
    assert register.store.one("SELECT count(*) FROM amount") == 1
    index_all(register)
    assert len(register.amounts_of([before, *records])) == 1 + len(records)
    many(register, case)
    with register.store.write() as connection:
        search_again(connection)
    register.work_out_amounts()
    assert register.store.one("SELECT count(DISTINCT record) FROM amount") == 1 + 2 * len(records)


def test_what_is_pending_goes_with_the_file(register: Register, case: Case, tmp_path: Path) -> None:
    """A copy that is put back later has its own place: what the index lacked then is pending again."""
    records = many(register, case)
    copy = tmp_path / "copy.db"
    with closing(sqlite3.connect(copy)) as held:
        register.store.connection.backup(held)
    index_all(register)
    assert ids(register, "no0003") == [records[3]]
    folder = register.folder
    register.close()
    for path in folder.glob("register.db*"):
        path.unlink()
    shutil.copy(copy, folder / "register.db")
    with Register.open(folder, role="writer") as again:
        assert first(again) == 1 and ids(again, "no0003") == [records[3]]
        index_all(again)
        assert ids(again, "no0003") == [records[3]]


def test_after_a_release_that_knows_nothing_of_it_the_index_is_made_anew(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        records = many(register, case)
        path = register.store.path
    with closing(opened(path)) as connection:
        connection.execute("INSERT INTO search (rowid, rest) VALUES (4, 'also indexed there')")
        connection.execute("UPDATE state SET value='7:' || substr(value, instr(value, ':') + 1) WHERE key='folding'")
        connection.execute("PRAGMA user_version=7")
    with Register.open(folder, role="writer") as register:
        assert first(register) is None
        assert ids(register, "no0003") == [records[3]] and ids(register, "also") == []


def test_what_is_erased_while_it_is_pending_never_comes_into_the_index(tmp_path: Path) -> None:
    with network(tmp_path, 2) as net:
        one = net.posts[0]
        secret = short_case(
            narrative="Quagmire behind the seat", party={"1": {"role": "declarant", "name": "Zephyrine"}}
        )
        records = one.save(secret, *[short_case(narrative=f"plain{n}") for n in range(FEW + 5)])
        net.settle()
        assert all(pending(register.store.connection) for register in net.registers())
        assert all(ids(register, "zephyrine") == [records[0]] for register in net.registers())
        order(net, records[0])
        greet(net)
        for register in net.registers():
            assert pending(register.store.connection) is not None
            assert ids(register, "zephyrine") == [] and len(ids(register, "plain9")) == 1
            index_all(register)
            assert ids(register, "quagmire") == [] and len(ids(register, "plain9")) == 1
        greet(net)
        assert [traces(post.register) for post in net.posts] == [[], []]


def test_a_search_that_fails_leaves_nothing_half_indexed(
    register: Register, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    records = many(register, case)

    def broken(*_: object) -> None:
        raise ValueError("interrupted")

    with monkeypatch.context() as patched:
        patched.setattr(pending_module, "_of_type", broken)
        with pytest.raises(ValueError, match="interrupted"):
            register.search("no0003")
    assert ids(register, "no0003") == [records[3]]


@pytest.mark.parametrize("together", [unindexed_module._TOGETHER_BYTES, 0])
def test_what_is_pending_comes_into_memory_together(
    register: Register, case: Case, monkeypatch: pytest.MonkeyPatch, together: int
) -> None:
    """Each row by itself was a segment of the index by itself, which took two and a half times as long; and 32 rows at
    a time, in turns with the index of fragments, took half as long again as many."""
    many(register, case, 3 * PORTION + 1)
    monkeypatch.setattr(unindexed_module, "_TOGETHER_BYTES", together)
    connection = register.store.connection
    unindexed = Unindexed(connection)
    asked: list[str] = []
    unindexed._memory.set_trace_callback(asked.append)
    held = pending(connection)
    assert held is not None
    with closing(unindexed):
        for _ in range(2):
            assert len(unindexed.matching(connection, held, "search", "amber", 50)) == 20
            assert len(unindexed.matching(connection, held, "fragment", "QX0", 200)) == 3 * PORTION + 1
        assert [sql for sql in asked if sql in {"BEGIN", "COMMIT"}] == ["BEGIN", "COMMIT"]
    tables = [sql.split()[2] for sql in asked if sql.startswith("INSERT")]
    assert len(tables) == 2 * (3 * PORTION + 1)
    assert len([0 for one, other in pairwise(tables) if one != other]) == (1 if together else 7)
