"""After an upgrade a register is indexed anew beside its writers: what was found before is found all the while, and in
the end each record stands in the index as this release folds."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import Edit, Register
from diwan_core.register.index.fold_range import KEPT, first_left
from diwan_core.register.index.folding import FIRST
from diwan_core.register.maintenance import Upkeep
from diwan_core.register.records.apply import load_state
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.search.reindex import step

Case = Callable[..., dict[str, Any]]
NARRATIVES = ["Łukasz Próbny", "النُّور 2", "plain words", "Yıldız Örnek", "ABRIAQUÍ", "عبد الله نمونه"]


def opened(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


def of_an_earlier_release(folder: Path, case: Case) -> list[str]:
    """A register as the release before this folding left it; the ids of its records."""
    with Register.open(folder, role="writer") as register:
        edits = [Edit("case", case(narrative=text, means=_means(n))) for n, text in enumerate(NARRATIVES)]
        records = [register.save([edit], author="officer").records[0] for edit in edits]
        path = register.store.path
    with closing(opened(path)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        for table in ("search", "fragment"):
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
        for number, kind in connection.execute("SELECT no, type FROM record").fetchall():
            state = load_state(connection, PLANS[kind], number)
            words = PLANS[kind].index(state.rest, state.nominal, FIRST)
            connection.execute(
                "INSERT INTO search (rowid, rest, nominal, identifier) VALUES (?, ?, ?, ?)", (number, *words)
            )
            if words[2]:
                connection.execute("INSERT INTO fragment (rowid, value) VALUES (?, ?)", (number, words[2]))
        connection.execute("DELETE FROM state WHERE key=?", (KEPT,))
        connection.execute("PRAGMA user_version=7")
        connection.execute("COMMIT")
    return records


def _means(number: int) -> dict[str, Any]:
    return {"1": {"role": "departure", "plate": f"١٢-{number}4567"}}


def indexed(path: Path) -> set[tuple[str, str, int]]:
    """Every word of the index and where it stands."""
    with closing(opened(path)) as connection:
        found = set()
        for table in ("search", "fragment"):
            connection.execute(f"CREATE VIRTUAL TABLE temp.v_{table} USING fts5vocab(main, {table}, instance)")
            found |= {(table, *row) for row in connection.execute(f"SELECT term, doc FROM temp.v_{table}")}
        return found


def ids(register: Register, typed: str) -> list[str]:
    return [row.id for row in register.search(typed)]


def test_what_was_found_before_is_found_all_the_while_and_more_in_the_end(folder: Path, case: Case) -> None:
    records = of_an_earlier_release(folder, case)
    with Register.open(folder) as reader:  # a console that was opened first
        assert ids(reader, "abriaqui") == [records[4]] and ids(reader, "النور") == [records[1]]
    with Register.open(folder, role="writer") as register, closing(opened(register.store.path)) as beside:
        assert first_left(beside) == (1, len(records))
        assert ids(register, "abriaqui") == [records[4]] and ids(register, "النُّور") == [records[1]]
        assert ids(register, "yildiz") == [], "not yet"
        assert [row.id for row in register.search_identifier("١٢-14567")] == [records[1]]
        while step(beside):
            assert ids(register, "abriaqui") == [records[4]] and ids(register, "النور") == [records[1]]
        assert first_left(beside) is None
        for typed, at in (("yildiz", 3), ("lukasz", 0), ("عبدالله", 5), ("abriaqui", 4), ("plain", 2)):
            assert ids(register, typed) == [records[at]], typed
        assert [row.id for row in register.search_identifier("1214567")] == [records[1]]


def test_what_is_written_meanwhile_does_no_harm(folder: Path, case: Case, tmp_path: Path) -> None:
    """Each record is edited before or after its turn; the index is the one a new register would have."""
    records = of_an_earlier_release(folder, case)
    with Register.open(folder, role="writer") as register, closing(opened(register.store.path)) as beside:
        register.save([Edit("case", {"narrative": "Þórður Müller"}, record=records[0])], author="officer")
        assert ids(register, "lukasz") == [] and ids(register, "muller") == [records[0]]
        (new,) = register.save([Edit("case", case(narrative="Sørensen"))], author="officer").records
        assert ids(register, "soerensen") == [new], "what is new is folded anew at once"
        while step(beside):
            pass
        register.save([Edit("case", {"narrative": "Œuvrard"}, record=records[1])], author="officer")
        assert ids(register, "thordur mueller") == [records[0]] and ids(register, "oeuvrard") == [records[1]]
        path = register.store.path
    after = indexed(path)
    with closing(opened(path)) as connection:
        for table in ("search", "fragment"):
            connection.execute(f"INSERT INTO {table} ({table}) VALUES ('delete-all')")
        for number, kind in connection.execute("SELECT no, type FROM record").fetchall():
            state = load_state(connection, PLANS[kind], number)
            words = PLANS[kind].index(state.rest, state.nominal)
            connection.execute(
                "INSERT INTO search (rowid, rest, nominal, identifier) VALUES (?, ?, ?, ?)", (number, *words)
            )
            connection.execute("INSERT INTO fragment (rowid, value) VALUES (?, ?)", (number, words[2]))
    assert indexed(path) == after


def test_the_long_running_process_does_it_by_itself(folder: Path, case: Case) -> None:
    records = of_an_earlier_release(folder, case)
    with Register.open(folder, role="writer") as register, closing(opened(register.store.path)) as beside:
        with Upkeep(register.store.path):
            for _ in range(200):
                if first_left(beside) is None:
                    break
                beside.execute("SELECT 1")
                time.sleep(0.05)
        assert ids(register, "yildiz") == [records[3]]


def test_a_new_register_has_nothing_to_index_anew(register: Register, case: Case) -> None:
    register.save([Edit("case", case())], author="officer")
    assert first_left(register.store.connection) is None


def test_after_an_earlier_release_has_written_again_the_index_is_made_from_scratch(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        (record,) = register.save([Edit("case", case(narrative="Yıldız"))], author="officer").records
        path = register.store.path
    with closing(opened(path)) as connection:  # it takes nothing out that it does not know, and leaves its own mark
        number = connection.execute("SELECT no FROM record").fetchone()[0]
        connection.execute(
            "INSERT INTO search (rowid, rest, nominal, identifier) VALUES (?, 'yıldız', '', '')", (number,)
        )
        connection.execute("PRAGMA user_version=7")
    with Register.open(folder, role="writer") as register:
        assert ids(register, "yildiz") == [record] and first_left(register.store.connection) is None
    assert ("search", "yıldız", number) not in indexed(path)


@pytest.mark.parametrize(
    ("written", "typed"),
    [
        ("عبد الله حسن", "عبدالله"),
        ("عبدالله حسن", "عبد الله"),
        ("عبدالله حسن", "حسن عبد الله"),
        ("عبد الرحمن", "عبدالرحمن"),
        ("نور الدين", "نورالدين"),
        ("نورالدين", "نور الدين"),
        ("أبو بكر المصري", "ابوبكر مصري"),
        ("مصري", "المصري"),
        ("آل سعود", "السعود"),
        ("السعود", "ال سعود"),
        ("علی‌رضا", "علیرضا"),
        ("علی‌رضا", "علی رضا"),
        ("علیرضا", "علی‌رضا"),
        ("ﺳﻤﻴﺮ", "سمير"),
        ("Müller", "Muller"),
        ("Müller", "Mueller"),
        ("Mueller", "Müller"),
        ("Sørensen", "Soerensen"),
        ("Sørensen", "sorens"),
        ("Đorđe Ħamid", "Dorde Hamid"),
        ("Œuvrard", "Oeuvrard"),
        ("Ka\u00adrim", "karim"),
        ("Ёлкина", "елкина"),
        ("رقم ١٢٣", "123"),
        ("Al-Masri", "almasri"),
        ("Almasri", "Al Masri"),
        ("Al-Masri Hasan", "el masri hasan"),
        ("Abdelkader", "Abd el-Kader"),
        ("Abdul Rahman", "abdulrahman"),
        ("Oceanstar", "ocean star"),
        ("Jean-Pierre", "jeanpierre"),
        ("NO2RTH", "n02rth"),
    ],
)
def test_a_name_is_found_however_it_is_typed(register: Register, case: Case, written: str, typed: str) -> None:
    (record,) = register.save([Edit("case", case(narrative=written))], author="officer").records
    register.save([Edit("case", case(narrative="عبدالكريم Miller Saad أحمد"))], author="officer")
    assert ids(register, typed) == [record]


@pytest.mark.parametrize("plate", ["12‐34567", "12‑34567", "12\u200e-34567", "١٢-٣٤٥٦٧"])
def test_an_identifier_is_found_by_the_plain_number(register: Register, case: Case, plate: str) -> None:
    means = {"1": {"role": "departure", "plate": plate}}
    (record,) = register.save([Edit("case", case(means=means))], author="officer").records
    for typed in ("12-34567", "1234567", "3456", "۱۲۳۴"):
        assert [row.id for row in register.search_identifier(typed)] == [record], typed


@pytest.mark.parametrize(
    ("plate", "typed"),
    [("٣٤-٥٦٧٨٩", "34-56789"), ("34-56789", "٣٤-٥٦٧٨٩"), ("34-56789", "۳۴ ۵۶۷۸۹"), ("OI-2205", "01-22O5"),
     ("AB 10", "abio"), ("CSQU3054383", "CSQU3O54383"), ("10-IO", "i0"), ("IO-7", "10"), ("O1-B7", "01")],
)  # fmt: skip
def test_an_identifier_is_found_whichever_digits_and_letters_were_read(
    register: Register, case: Case, plate: str, typed: str
) -> None:
    means = {"1": {"role": "departure", "plate": plate}}
    (record,) = register.save([Edit("case", case(means=means))], author="officer").records
    register.save([Edit("case", case(means={"1": {"role": "departure", "plate": "ZZ-99999"}}))], author="officer")
    assert [row.id for row in register.search_identifier(typed)] == [record]
    assert len(register.found(typed).numbers) == 1


def test_a_long_number_of_letters_and_digits_that_look_alike_is_asked_for_in_one_query(
    register: Register, case: Case
) -> None:
    plate = "0O1I" * 10
    means = {"1": {"role": "departure", "plate": plate}}
    (record,) = register.save([Edit("case", case(means=means))], author="o").records
    assert [row.id for row in register.search_identifier("01" * 20)] == []
    assert [row.id for row in register.search_identifier("00II" * 10)] == [record]
