"""The asset register: what a sheet makes of it, and that nothing that was accepted is lost or believed wrongly."""

from __future__ import annotations

import csv
import io
import sqlite3
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from diwan_central.assets.model import Machine, NoMachine, accept_sheet, months_later
from diwan_central.assets.notices import notices, plain_words
from diwan_central.assets.sheets import SheetRefused, take_sheet
from diwan_central.assets.store import AssetStore, AssetsUnusable
from diwan_central.assets.table import as_csv, row_of, rows
from diwan_central.assets.taking import BadValue, Taken, correct, machine_of, take
from diwan_central.cli import central
from diwan_core import node
from diwan_core.acceptance import kept
from diwan_core.acceptance.sheet import encode
from diwan_core.acceptance.signature import sign
from diwan_hardware.check.job import CannotCheck

from .sheets_kit import MOMENT, NOW_MS, accepted_sheet, known, sheet, technician

DAY = date(2026, 9, 21)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[AssetStore]:
    with AssetStore.open(tmp_path) as opened:
        yield opened


def take_in(store: AssetStore, signer: str = "amal", **changes: Any) -> Taken:
    return take(store, accepted_sheet(signer, **changes), "console", NOW_MS)


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
    assert len(store.rows("select 1 from sheet")) == 1
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
    kept = store.rows("select signer, place, outcome from sheet order by ended_ms")
    assert [tuple(row) for row in kept] == [("amal", "Aqaba port", "pass"), ("karim", "Amman airport", "warn")]
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


def test_a_sheet_that_does_not_say_which_machine_is_none_of_a_machine() -> None:
    made = sheet(asset="12-x")
    with pytest.raises(NoMachine, match="neither a serial number nor a label"):
        accept_sheet(replace(made, facts={**made.facts, "serial": " \u200b"}), "name", "amal")
    strange = accept_sheet(replace(made, facts={**made.facts, "warranty_months": "-1", "label": "XA"}), "name", "amal")
    assert (strange.warranty_months, strange.tag) == (0, "")
    with pytest.raises(CannotCheck, match="neither a label nor a serial number"):
        sheet(asset="", serial="")


def test_what_could_not_be_measured_is_a_warning_on_the_sheet() -> None:
    (check,) = sheet(outcome="unknown").checks
    assert (check.outcome, check.found, check.id) == ("warn", "not measured: the disk: unknown", "capacity.capacity")


@pytest.fixture
def centre(tmp_path: Path) -> Path:
    folder = tmp_path / "centre"
    node.create(folder, node.NodeConfig("central", node.mint_id(), "Headquarters", web_tls="off"))
    return folder


def test_only_sheets_signed_by_a_known_technician_are_taken(centre: Path, tmp_path: Path) -> None:
    amal, thief = technician(tmp_path, "amal"), technician(tmp_path, "thief")
    signers = known(tmp_path, [amal])
    content, signature = amal.sheet()
    taken, found = take_sheet(centre, content, signature, "console", signers)
    assert taken.is_new and found.signer == "amal"
    changed = content.replace(b"Aqaba port", b"Aqaba fort")
    for wrong in (thief.sheet(technician="amal"), (changed, signature), (content, b""), (b"", signature)):
        with pytest.raises(SheetRefused):
            take_sheet(centre, *wrong, "console", signers)
    with AssetStore.open(centre) as store:
        assert len(store.rows("select 1 from machine")) == 1


def test_a_sheet_of_another_kind_is_kept_and_makes_no_machine_known(centre: Path, tmp_path: Path) -> None:
    amal = technician(tmp_path, "amal")
    content = encode(replace(sheet(), kind="provisioning"))
    with pytest.raises(SheetRefused, match="the sheet is kept, but describes no machine"):
        take_sheet(centre, content, sign(content, amal.key), "console", known(tmp_path, [amal]))
    assert len(kept.all_kept(centre)) == 1
    with AssetStore.open(centre) as store:
        assert store.rows("select 1 from machine") == []


def run(*arguments: object) -> Result:
    return CliRunner().invoke(central, [str(argument) for argument in arguments])


def test_the_commands_take_sheets_say_what_they_refuse_and_list_the_machines(centre: Path, tmp_path: Path) -> None:
    amal, karim = technician(tmp_path, "amal"), technician(tmp_path, "karim")
    signers = known(tmp_path, [amal, karim])
    files = []
    for number, (content, signature) in enumerate((amal.sheet(), karim.sheet(place="Amman", ended=MOMENT + 9))):
        file = tmp_path / f"{number}.json"
        file.write_bytes(content)
        file.with_name(f"{file.name}.sig").write_bytes(signature)
        files.append(file)
    unsigned = tmp_path / "unsigned.json"
    unsigned.write_bytes(amal.sheet(place="Gate 9")[0])
    done = run("assets", "take", *files, unsigned, tmp_path / "gone.json", "--dir", centre, "--signers", signers)
    assert done.exit_code == 1
    assert "machine #1 (XA-00012-M) is new" in done.output and "is known, the sheet is added" in done.output
    assert "unsigned.json: there is no signature beside the sheet" in done.output and "gone.json: " in done.output
    again = run("assets", "take", files[0], "--dir", centre, "--signers", signers)
    assert again.exit_code == 0 and "was here already" in again.output
    listed = run("assets", "list", "--dir", centre, "--csv", tmp_path / "machines.csv")
    assert "Two people accepted this machine: amal" in listed.output
    assert "XA-00012-M" in (tmp_path / "machines.csv").read_text("utf-8-sig")
    (centre / "assets.db").unlink()
    assert "1 machines became known" in run("assets", "refresh", "--dir", centre, "--signers", signers).output
    assert "Two people accepted this machine: amal" in run("assets", "list", "--dir", centre).output


def test_a_sheet_that_the_playbook_brings_makes_the_machine_known_too(centre: Path, tmp_path: Path) -> None:
    amal = technician(tmp_path, "amal")
    file = tmp_path / "sheet.json"
    content, signature = amal.sheet()
    file.write_bytes(content)
    file.with_name(f"{file.name}.sig").write_bytes(signature)
    done = run("acceptance", "add", file, "--dir", centre, "--signers", known(tmp_path, [amal]))
    assert done.exit_code == 0, done.output
    with AssetStore.open(centre) as store:
        assert [row["tag"] for row in store.rows("select tag from machine")] == ["XA-00012-M"]


def test_a_register_that_is_damaged_is_said_to_be(tmp_path: Path) -> None:
    (tmp_path / "assets.db").write_bytes(b"no database" * 1000)
    with pytest.raises(AssetsUnusable, match=r"assets\.db cannot be used"):
        AssetStore.open(tmp_path)


def test_nothing_is_half_kept(store: AssetStore) -> None:
    store.write("create trigger no before insert on sheet begin select raise(abort, 'disk full'); end")
    with pytest.raises(AssetsUnusable):
        take_in(store)
    assert store.rows("select 1 from machine") == []
    connection = sqlite3.connect(store.path)
    assert connection.execute("pragma integrity_check").fetchone()[0] == "ok"
    connection.close()
