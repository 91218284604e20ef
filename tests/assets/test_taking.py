"""The asset register: what a sheet makes of it, and that nothing that was accepted is lost or believed wrongly."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from diwan_central.assets.model import Machine, NoResult, accepted, months_later
from diwan_central.assets.notices import notices, plain_words
from diwan_central.assets.sheets import SheetRefused, take_sheet, trust
from diwan_central.assets.store import AssetStore, AssetsUnusable
from diwan_central.assets.table import as_csv, row_of, rows
from diwan_central.assets.taking import BadValue, Taken, correct, machine_of, take

from .sheets_kit import MOMENT, NOW_MS, result, technician

DAY = date(2026, 9, 21)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AssetStore]:
    with AssetStore.open(tmp_path) as opened:
        yield opened


def take_in(store: AssetStore, signer: str = "amal", **changes: Any) -> Taken:
    content = result(**({"technician": signer} | changes))
    return take(store, accepted(content, signer), content, "console", NOW_MS)


def machine(store: AssetStore, number: int) -> Machine:
    return machine_of(store.rows("select * from machine where id = ?", (number,))[0])


def told(store: AssetStore, number: int, today: date = DAY) -> dict[str, str]:
    return {notice.code: plain_words(notice) for notice in notices(store, machine(store, number), today)}


def test_a_sheet_makes_a_machine_known_with_place_and_warranty(store: AssetStore) -> None:
    taken = take_in(store)
    found = machine(store, taken.machine)
    assert taken.is_new and not taken.was_here
    assert (found.tag, found.serial, found.place, found.state) == ("XA-00012-M", "10000000abcd", "Aqaba port", "in_use")
    assert found.since_ms == MOMENT * 1000
    assert found.warranty_until == "2028-09-21"
    assert told(store, taken.machine) == {}


def test_the_same_sheet_twice_changes_nothing(store: AssetStore) -> None:
    first = take_in(store)
    again = take_in(store)
    assert (again.machine, again.is_new, again.was_here) == (first.machine, False, True)
    assert len(store.rows("select 1 from result")) == 1
    assert store.rows("select 1 from change") == []


def test_two_technicians_who_accept_one_machine_are_both_kept_and_it_is_said_plainly(store: AssetStore) -> None:
    first = take_in(store, "amal")
    second = take_in(store, "karim", outcome="warn", place="Amman airport", ended=MOMENT + 60)
    assert second.machine == first.machine and not second.is_new
    assert machine(store, first.machine).place == "Amman airport"
    said = told(store, first.machine)
    assert set(said) == {"accepted_by_several", "places_differ"}
    assert "amal on 2026-09-21 (pass) and karim on 2026-09-21 (warn)" in said["accepted_by_several"]
    assert "Aqaba port, then Amman airport" in said["places_differ"]
    kept = {row["signer"]: row["content"] for row in store.rows("select signer, content from result")}
    assert kept == {
        "amal": result(technician="amal"),
        "karim": result(technician="karim", outcome="warn", place="Amman airport", ended=MOMENT + 60),
    }
    changed = store.rows("select person, field, before, after from change")
    assert [tuple(row) for row in changed] == [("console", "place", "Aqaba port", "Amman airport")]


def test_an_older_sheet_that_comes_later_is_kept_and_overwrites_nothing(store: AssetStore) -> None:
    first = take_in(store, place="Amman airport")
    older = take_in(store, "karim", place="Aqaba port", ended=MOMENT - 86_400)
    assert older.machine == first.machine
    assert machine(store, first.machine).place == "Amman airport"
    assert "amal" in told(store, first.machine)["accepted_by_several"].rpartition(" and ")[2]


def test_a_label_on_two_machines_makes_two_and_both_say_so(store: AssetStore) -> None:
    first = take_in(store)
    second = take_in(store, serial="20000000beef")
    assert second.is_new and second.machine != first.machine
    assert f"#{second.machine}" in told(store, first.machine)["label_twice"]
    assert f"#{first.machine}" in told(store, second.machine)["label_twice"]


def test_a_machine_that_did_not_tell_its_serial_number_is_known_again_by_its_label(store: AssetStore) -> None:
    first = take_in(store, serial="")
    second = take_in(store, serial="10000000abcd", ended=MOMENT + 5)
    assert second.machine == first.machine
    assert machine(store, first.machine).serial == "10000000abcd"


def test_the_same_serial_number_of_two_makers_is_two_machines(store: AssetStore) -> None:
    first = take_in(store, asset="")
    second = take_in(store, asset="", model="OnLogic Karbon")
    assert second.machine != first.machine


def test_another_label_on_a_known_machine_is_told_and_not_believed(store: AssetStore) -> None:
    first = take_in(store)
    take_in(store, asset="XA-00013-K", ended=MOMENT + 5)
    assert machine(store, first.machine).tag == "XA-00012-M"
    assert "XA-00013-K" in told(store, first.machine)["other_label"]


def test_a_machine_that_failed_says_so_and_its_warranty_has_not_begun(store: AssetStore) -> None:
    taken = take_in(store, outcome="fail")
    assert "failed. Do not use it" in told(store, taken.machine)["failed"]
    assert machine(store, taken.machine).warranty_until == ""
    take_in(store, "karim", outcome="pass", ended=MOMENT + 5)
    assert "failed" not in told(store, taken.machine)


@pytest.mark.parametrize("ended", [0, MOMENT + 10 * 365 * 86_400])
def test_a_clock_that_was_not_set_dates_nothing(store: AssetStore, ended: int) -> None:
    taken = take_in(store, ended=ended)
    assert machine(store, taken.machine).since_ms == NOW_MS
    assert "clock_wrong" in told(store, taken.machine)


def test_warranty_is_told_before_it_ends_and_when_it_is_over(store: AssetStore) -> None:
    taken = take_in(store)
    assert told(store, taken.machine, date(2028, 7, 1)) == {}
    assert "warranty_ends" in told(store, taken.machine, date(2028, 8, 1))
    assert "warranty_over" in told(store, taken.machine, date(2028, 9, 22))
    assert months_later(date(2026, 1, 31), 1) == date(2026, 2, 28)
    assert months_later(date(2026, 12, 31), 2) == date(2027, 2, 28)


def test_a_person_corrects_and_every_change_is_kept(store: AssetStore) -> None:
    number = take_in(store).machine
    values = {
        "place": " Store\u202e room ",
        "state": "spare",
        "warranty_until": "2030-01-31",
        "note": "x",
        "serial": "evil",
    }
    assert correct(store, number, values, "amal", NOW_MS) == 4
    found = machine(store, number)
    assert (found.place, found.state, found.warranty_until, found.serial) == (
        "Store room", "spare", "2030-01-31", "10000000abcd",
    )  # fmt: skip
    assert correct(store, number, values, "amal", NOW_MS) == 0
    for field, value in (
        ("state", "lost"),
        ("warranty_until", "soon"),
        ("tag", "12"),
        ("warranty_until", "2026-02-30"),
    ):
        with pytest.raises(BadValue) as wrong:
            correct(store, number, {field: value, "note": "must not be kept"}, "amal", NOW_MS)
        assert wrong.value.field == field
    assert machine(store, number).note == "x"
    with pytest.raises(KeyError):
        correct(store, 99, {"note": "x"}, "amal", NOW_MS)


def test_the_csv_has_every_machine_and_no_cell_that_runs_as_a_formula(store: AssetStore) -> None:
    take_in(store, place='=HYPERLINK("http://x")')
    take_in(store, serial="2", place="Aqaba", technician="karim")
    found = list(csv.DictReader(io.StringIO(as_csv(rows(store, DAY)))))
    assert len(found) == 2
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in found for cell in row.values())
    assert [row.machine.place for row in rows(store, DAY, "aqaba 0000")] == []
    assert [row.machine.serial for row in rows(store, DAY, "AQABA")] == ["2"]
    assert row_of(store, machine(store, 1), DAY).outcome == "pass"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"format": 2}, "newer release"), ({"steps": []}, "no findings"), ({"outcome": "splendid"}, "neither pass"),
        ({"serial": "", "asset": ""}, "neither a serial number"), ({"asset": "12", "serial": " "}, "neither a serial"),
        ({"ended": -1}, "is no result"), ({"place": "x" * 300}, "is no result"), ({"identity": 3}, "is no result"),
        ({"warranty_months": 10_000}, "is no result"),
    ],
)  # fmt: skip
def test_what_is_no_result_is_refused(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(NoResult, match=said):
        accepted(result(**changes), "amal")


@pytest.mark.parametrize("content", [b"", b"{}", b"[]", b"\xff", b"[" * 50_000, b"x" * 2_000_000])
def test_what_is_no_json_of_ours_is_refused(content: bytes) -> None:
    with pytest.raises(NoResult):
        accepted(content, "amal")


def test_only_sheets_signed_by_a_known_technician_are_taken(tmp_path: Path) -> None:
    amal, thief = technician(tmp_path, "amal"), technician(tmp_path, "thief")
    with pytest.raises(SheetRefused, match="no technician's key is known"):
        take_sheet(tmp_path, amal.sheet(), "console", NOW_MS)
    trust(tmp_path, "amal", amal.public)
    taken, found = take_sheet(tmp_path, amal.sheet(), "console", NOW_MS)
    assert taken.is_new and found.signer == "amal"
    changed = amal.sheet().replace(b"Aqaba port", b"Aqaba  fort")
    for sheet in (
        thief.sheet(technician="amal"),
        changed,
        result(),
        b"",
        amal.sheet()[:-40],
        amal.sheet() + b"x" * 9000,
    ):
        with pytest.raises(SheetRefused):
            take_sheet(tmp_path, sheet, "console", NOW_MS)
    with AssetStore.open(tmp_path) as store:
        assert len(store.rows("select 1 from machine")) == 1


def test_a_signature_for_something_else_is_none(tmp_path: Path) -> None:
    import subprocess

    amal = technician(tmp_path, "amal")
    trust(tmp_path, "amal", amal.public)
    made = subprocess.run(
        ["ssh-keygen", "-q", "-Y", "sign", "-f", amal.key, "-n", "diwan-bundle"],
        input=result(),
        capture_output=True,
        check=True,
    )
    with pytest.raises(SheetRefused):
        take_sheet(tmp_path, result() + b"\n" + made.stdout, "console", NOW_MS)


def test_a_new_key_replaces_the_old_one_and_no_two_people_share_one(tmp_path: Path) -> None:
    amal, newer, karim = (technician(tmp_path, name) for name in ("amal", "newer", "karim"))
    trust(tmp_path, "amal", amal.public)
    trust(tmp_path, "karim", karim.public)
    trust(tmp_path, "amal", newer.public)
    with pytest.raises(SheetRefused):
        take_sheet(tmp_path, amal.sheet(), "console", NOW_MS)
    assert take_sheet(tmp_path, newer.sheet(), "console", NOW_MS)[1].signer == "amal"
    assert take_sheet(tmp_path, karim.sheet(), "console", NOW_MS)[1].signer == "karim"
    with pytest.raises(SheetRefused, match="another technician's"):
        trust(tmp_path, "samir", karim.public)
    for name, key in (
        ("Amal X", amal.public),
        ("x", "ssh-rsa AAAA"),
        ('x" principals="*', amal.public),
        ("x", f"{amal.public}{amal.public}"),
    ):
        with pytest.raises(SheetRefused):
            trust(tmp_path, name, key)


def test_a_register_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "assets.db").write_bytes(b"no database" * 1000)
    with pytest.raises(AssetsUnusable, match=r"assets\.db cannot be used"):
        AssetStore.open(tmp_path)


def test_nothing_is_half_kept(store: AssetStore) -> None:
    store.write("create trigger no before insert on result begin select raise(abort, 'disk full'); end")
    with pytest.raises(AssetsUnusable):
        take_in(store)
    assert store.rows("select 1 from machine") == []
    connection = sqlite3.connect(store.path)
    assert connection.execute("pragma integrity_check").fetchone()[0] == "ok"
    connection.close()
