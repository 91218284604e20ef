"""Amounts are worked out again beside the writers: in small steps, going on where somebody was ended."""

from __future__ import annotations

import sqlite3
import tarfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import normalise
from diwan_core.register import Edit, Register
from diwan_core.register.index import amounts
from diwan_core.register.maintenance import EVERY_S, turns, upkeep_connection
from diwan_core.register.records import amounts_again

Case = Callable[..., dict[str, Any]]
FROZEN = Path(__file__).parents[1] / "release/frozen/0.1.0.tar.xz"
LINE = {"product_group": "other", "quantity": "500", "unit": "GRM"}


def rows(register: Register) -> list[tuple[Any, ...]]:
    return register.store.rows("SELECT * FROM amount ORDER BY record, line")


def test_one_that_is_ended_after_each_step_comes_to_an_end(
    folder: Path, case: Case, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(amounts_again, "STEP_S", -1.0)  # one record a step
    with Register.open(folder, role="writer") as register:
        sets = [[Edit("case", case(goods={"1": LINE}))] for _ in range(12)]
        register.save_many(sets, author="amal")
        whole = rows(register)
        path = register.store.path
        with register.store.write() as connection:
            connection.execute("DELETE FROM amount")
            amounts.note_all_left(connection)
    steps, more = 0, True
    while more:
        with upkeep_connection(path) as connection:  # a new process each time
            more = amounts_again.step(connection)
        steps += 1
        if steps == 5:  # somebody saves meanwhile
            with Register.open(folder, role="writer") as register:
                register.save([Edit("case", case(goods={"1": LINE}))], author="amal")
    assert steps >= 12
    with Register.open(folder) as register:
        assert len(whole) == 12 and rows(register)[:12] == whole and len(rows(register)) == 13
        assert not register.amounts_are_left()


def test_the_upkeep_of_a_node_works_them_out_by_itself(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case(goods={"1": LINE}))], author="amal")
        whole = rows(register)
        with register.store.write() as connection:
            connection.execute("DELETE FROM amount")
            amounts.note_all_left(connection)
        with closing(turns(register.store.path)) as waits:
            for _, pause in zip(range(20), waits, strict=False):
                assert pause <= EVERY_S
        assert rows(register) == whole and not register.amounts_are_left()


def test_where_somebody_writes_it_is_left_for_later(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case())], author="amal")
        path = register.store.path
        with register.store.write() as connection:
            amounts.note_all_left(connection)
    with closing(sqlite3.connect(path, isolation_level=None)) as writer, upkeep_connection(path) as connection:
        writer.execute("BEGIN IMMEDIATE")
        assert amounts_again.step(connection)
        writer.execute("ROLLBACK")
        assert not amounts_again.step(connection)


def test_another_version_of_the_rules_works_everything_out_again(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        register.save([Edit("case", case(goods={"1": LINE}))], author="amal")
        whole = rows(register)
        with register.store.write() as connection:
            connection.execute("UPDATE amount SET kilograms='7'")
            connection.execute("UPDATE state SET value='1:0' WHERE key='amounts'")
            connection.execute("PRAGMA user_version=1")
    with Register.open(folder, role="writer") as register:
        assert register.amounts_are_left() and rows(register) != whole
        register.work_out_amounts()
        assert rows(register) == whole


@pytest.mark.slow
@pytest.mark.parametrize("node", ["central", "post1"])
def test_what_release_0_1_0_left_gets_its_amounts(tmp_path: Path, node: str) -> None:
    with tarfile.open(FROZEN) as archive:
        archive.extractall(tmp_path)  # our own, in the tree
    for path in [tmp_path / node, *(tmp_path / node).rglob("*")]:
        path.chmod(0o700 if path.is_dir() else 0o600)
    with Register.open(tmp_path / node, role="writer") as register:
        assert rows(register) == [] and register.amounts_are_left()
        register.work_out_amounts()
        wanted = [row for _, found in amounts.every_row(register.store.connection) for row in found]
        assert wanted and sorted(rows(register), key=str) == sorted(wanted, key=str)
        record = next(iter(register.ids("case")))
        held = register.get(record)
        assert held is not None
        line = held.values["goods"]["1"]
        kilograms, base = normalise(line["quantity"], line["unit"]) or ("", "")
        assert (base, register.amounts(record)["1"].kilograms) == ("KGM", kilograms)


def test_with_another_quantity_what_an_earlier_import_worked_out_goes(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        imported = case(goods={"1": {**LINE, "mass_kg": "0.5"}, "2": {**LINE, "mass_kg": "0.48"}})
        record = register.save([Edit("case", imported)], author="amal").records[0]
        changed = {line: {"quantity": "600"} for line in "12"}
        register.save([Edit("case", {"goods": changed}, record)], author="amal")
        held = register.get(record)
        assert held is not None and "mass_kg" not in held.values["goods"]["1"]
        assert [register.amounts(record)[line].kilograms for line in "12"] == ["0.6", "0.48"], (
            "somebody weighed the other"
        )
