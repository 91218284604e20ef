"""What leaves without personal data is the same whichever way it goes and however the list was filtered: made coarser
where few cases are like it, held back where it is marked for fewer readers, with what its goods come to."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from diwan_core.audit.statement import read_statement, write_statement
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake.run.departing import Departing, bounds_of
from diwan_core.intake.run.export import export, export_workbook
from diwan_core.intake.run.office_facts import OfficeCases
from diwan_core.leaving.held_back import HeldBack
from diwan_core.leaving.record_cells import row_of
from diwan_core.leaving.small_cells import FEW_CASES, period_of, protect
from diwan_core.register import Edit, Register
from diwan_core.trust.access_log.events import event_of
from diwan_core.trust.access_log.log import ReadLog
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Post, make_post

TODAY = date(2026, 11, 29)
BUSY, SMALL = "JOAQJ", "JOAMM"
CASE = DICTIONARY.type("case")


def case(office: str = BUSY, day: str = "2026-11-18", **more: Any) -> dict[str, Any]:
    goods = {"g": {"product_group": "drugs", "quantity": "2500", "unit": "GRM"}}
    source = {"source_system": "test", "source_key": "k"}
    return {"status": "submitted", "country": "JO", "office": office, "date": day, "goods": goods, **source, **more}


def save(post: Post, *documents: dict[str, Any]) -> list[str]:
    with Register.open(post.folder, role="writer") as register:
        saved = register.save_many([[Edit("case", document)] for document in documents], author="amal")
        assert not saved.refused
        return [record for [record] in saved.records]


@pytest.fixture
def filled(post: Post) -> Post:
    """A busy office with twenty cases alike, and a small one with a single case."""
    with Register.open(post.folder, role="writer") as register:
        register.config = replace(register.config, role="central")  # only the centre writes units
        region = register.save([Edit("unit", {"code": "SOUTH", "name": "South", "kind": "region"})], author="n").records
        unit = {"code": "A1", "name": "Post", "office": SMALL, "parent": region[0]}
        register.save([Edit("unit", unit)], author="n")
    save(post, *[case()] * FEW_CASES, case(SMALL, party={"1": {"role": "courier", "country": "SY"}}))
    return post


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_cases_like_others_at_a_busy_office_leave_as_they_are_and_a_lone_one_does_not(filled: Post) -> None:
    answer = filled.run("export", "case")
    found = rows(answer.out)
    assert {(row["office"], row["date"]) for row in found[:FEW_CASES]} == {(BUSY, "2026-11-18")}
    lone = found[-1]
    assert (lone["office"], lone["date"], lone.get("party.1.country", "")) == ("", "", "")
    assert lone["worked_out_when"] == "2026" and lone["country"] == "JO"
    assert "small cells: 1 records made coarser, of these 1 to country and year" in answer.err


def test_three_of_a_small_office_in_a_week_say_region_week_and_continent(filled: Post) -> None:
    party = {"1": {"role": "courier", "country": "SY"}}
    save(filled, case(SMALL, "2026-11-16", party=party), case(SMALL, "2026-11-22", party=party))
    last = [row for row in rows(filled.run("export", "case").out) if not row.get("office")]
    assert [(row["worked_out_region"], row["worked_out_when"]) for row in last] == [("SOUTH", "2026-W47")] * 3
    assert {row["party.1.worked_out_continent"] for row in last} == {"Asia"}


def test_a_filter_makes_nothing_finer(filled: Post) -> None:
    """The same case leaves in the same form whatever else is in the file."""
    for words in ([], ["--where", f"office={SMALL}"], ["--where", "date=2026-11-18"]):
        lone = [row for row in rows(filled.run("export", "case", *words).out) if not row.get("office")]
        assert [(row["worked_out_when"], row.get("date", "")) for row in lone] == [("2026", "")], words
    alike = rows(filled.run("export", "case", "--where", f"office={BUSY}").out)
    assert {row["office"] for row in alike} == {BUSY}


def every_form(post: Post, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The lone case by every way out."""
    with Register.open(post.folder) as register:
        [number] = register.numbers("case", {"office": SMALL}, order="created")
        record = register.id_of(number)
        assert record is not None
        for form in ("json", "jsonl"):
            out = io.StringIO()
            export(register, "case", out, form, numbers=[number], today=TODAY)
            said = json.loads(out.getvalue())
            yield form, said[0] if form == "json" else said
        export_workbook(register, "case", folder / "x.xlsx", numbers=[number], today=TODAY)
        with zipfile.ZipFile(folder / "x.xlsx") as archive:
            yield "xlsx", {"values": {}, "all": b"".join(archive.read(name) for name in archive.namelist())}
    write_statement(post.folder, record, folder / "s.json", TODAY, lambda _level: None)
    found = read_statement(folder / "s.json")
    yield "statement", {"values": found.values, "coarser": found.coarser, "amounts": found.amounts}


def test_every_way_out_gives_the_same_form(filled: Post, tmp_path: Path) -> None:
    for way, said in every_form(filled, tmp_path):
        assert "office" not in said["values"] and SMALL not in str(said), way
        assert "2026-11" not in str(said) and "SY" not in str(said["values"]), way
        if way != "xlsx":
            assert said["coarser"] == {"when": "2026"} and said["amounts"] == {"1": {"kilograms": "2.5"}}, way


def test_what_goods_come_to_stands_beside_them(filled: Post) -> None:
    assert {row["goods.1.worked_out_kilograms"] for row in rows(filled.run("export", "case").out)} == {"2.5"}
    said = json.loads(filled.run("export", "case", "--format", "jsonl").out.splitlines()[0])
    assert said["amounts"] == {"1": {"kilograms": "2.5"}} and set(said) == {"type", "number", "values", "amounts"}


def test_a_record_marked_for_fewer_readers_is_held_back_and_counted(filled: Post, tmp_path: Path) -> None:
    [red, _strict] = save(filled, case(handling="red", direction="transit"), case(handling="amber_strict"))
    answer = filled.run("export", "case", "--output", tmp_path / "o.csv", "--json")
    assert answer.json["records"] == FEW_CASES + 1
    assert {reason.split(",")[0]: count for reason, count in answer.json["held_back"].items()} == {
        "marked TLP:RED": 1, "marked TLP:AMBER+STRICT": 1,
    }  # fmt: skip
    assert "transit" not in (tmp_path / "o.csv").read_text()
    numbers = [row["number"] for row in rows((tmp_path / "o.csv").read_text())]
    assert numbers == [str(number) for number in range(1, FEW_CASES + 2)]
    with pytest.raises(HeldBack, match="TLP:RED"):
        write_statement(filled.folder, red, tmp_path / "s.json", TODAY, print)
    assert not (tmp_path / "s.json").exists()
    assert "transit" in filled.run("export", "case", "--nominal").out


def test_of_two_marks_set_at_once_the_stricter_holds(filled: Post) -> None:
    [record] = save(filled, case(handling="amber", direction="transit"))
    with Register.open(filled.folder, role="writer") as register:
        before = register.get(record)
        assert before is not None
        for mark in ("red", "green"):  # both have seen the same
            register.save([Edit("case", {"handling": mark}, record=record, seen=before.heads)], author=mark)
        found = register.get(record)
        assert found is not None and "handling" in found.conflicts and found.values["handling"] == "green"
    assert "transit" not in filled.run("export", "case").out


def test_exercises_and_demonstration_cases_make_no_office_busy(post: Post) -> None:
    save(post, *[case(derived=True)] * FEW_CASES, *[case(exercise=True)] * FEW_CASES, case(direction="transit"))
    found = rows(post.run("export", "case").out)
    assert len(found) == FEW_CASES + 1
    assert [row["office"] for row in found if row["direction"] == "transit"] == [""]
    assert {row["office"] for row in found if row["derived"] == "true"} == {BUSY}


def test_the_log_of_reads_says_what_was_made_coarser(filled: Post) -> None:
    filled.run("export", "case")
    log = ReadLog.open(filled.folder)
    try:
        events = [event_of(row.detail) for row in log.page(how="export")]
    finally:
        log.close()
    codes = {one.code: dict(one.parameters) for one in events if one is not None}
    assert codes["list.exported_by_command"]["personal"] is False
    assert codes["list.reduced"] == {
        "type": "case", "form": "csv", "records": FEW_CASES + 1, "coarser": 1, "coarsest": 1, "held_back": 0,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("day", "bounds"),
    [("2026-11-22", ("2026-11-16", "2026-11-22~")), ("2027-01-01", ("2026-12-28", "2027-01-03~")),
     ("9999-12-31", ("9999-12-27", "9999-12-31~")), ("0001-01-01", ("0001-01-01", "0001-01-07~"))],
)  # fmt: skip
def test_the_first_and_the_last_days_there_are_have_weeks_too(day: str, bounds: tuple[str, str]) -> None:
    """A post may write any day, and nothing of it may keep others from exporting."""
    assert bounds_of(period_of(day)) == bounds


DAYS = st.sampled_from(["2026-11-16", "2026-11-17", "2025-12-31", "2026-01-01", "2025-12-29", None])
CASES = st.lists(
    st.builds(
        lambda office, day, precision, who: {
            **case(office, party={"1": {"role": "driver", "country": who}}),
            "date": day,
            "date_precision": precision if day else None,
        },
        st.sampled_from([BUSY, SMALL]), DAYS, st.sampled_from([None, None, "month", "year"]),
        st.sampled_from(["SY", "IQ", "FR"]),
    ),
    max_size=30,
)  # fmt: skip


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(CASES)
def test_week_by_week_is_the_same_as_all_at_once(tmp_path_factory: pytest.TempPathFactory, made: list[Any]) -> None:
    post = make_post(tmp_path_factory.mktemp("post"))
    with Register.open(post.folder, role="writer") as register:
        kept = [{name: value for name, value in one.items() if value is not None} for one in made]
        saved = register.save_many([[Edit("case", one)] for one in kept], author="amal")
        departing = Departing(register, CASE, TODAY)
        held = [register.get(record) for changed in saved.records for record in changed]
        records = [record for record in held if record is not None]
        found = [departing.leave(record).level for record in records]
        all_rows = [row_of(CASE, record.values, departing.known) for record in records]
        offices = OfficeCases(register, TODAY, False)
        counted = {row.place: offices[row.place.partition("\x1f")[0]] for row in all_rows}
        assert found == protect(all_rows, counted, lambda _place: "").levels


def test_the_order_of_a_file_tells_nothing_of_what_was_made_coarser(filled: Post) -> None:
    """Between two dated cases its place would give its day away; so they stand behind, in an order of their content."""
    for day, way in (("2026-11-17", "transit"), ("2026-10-01", "export"), ("2026-11-19", "internal")):
        save(filled, case(SMALL, day, direction=way), case())
    found = rows(filled.run("export", "case").out)
    coarse = [bool(row["worked_out_when"]) for row in found]
    assert coarse == sorted(coarse) and sum(coarse) == 4
    with Register.open(filled.folder) as register:
        turned = io.StringIO()
        numbers = register.numbers("case", order="-date")
        export(register, "case", turned, "csv", numbers=numbers)
    last = [{**row, "number": ""} for row in found[-4:]]
    assert [{**row, "number": ""} for row in rows(turned.getvalue())[-4:]] == last, "however the list was sorted"
