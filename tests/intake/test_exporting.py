"""Export gives what is there, exactly, or only what may leave without personal data."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.intake import guard_cell
from diwan_core.intake.run.flat_cells import flat, in_order, name_of
from diwan_core.leaving.small_cells import FEW_CASES
from diwan_core.register import Edit, Register
from hypothesis import given
from hypothesis import strategies as st

from .conftest import Post

SECRET = "Layla Haddad"
CASE: dict[str, Any] = {
    "status": "submitted",
    "date": "2026-11-22",
    "country": "NA",
    "place": "=HYPERLINK(1)",
    "position": "-1.5,30.25",
    "derived": False,
    "narrative": f"Found by {SECRET}\nin a lorry",
    "risk_indicators": {"1": "nervous", "2": "low_value"},
    "partner_agencies": {"1": "@agency"},
    "goods": {
        "1": {"hs_code": "010121", "quantity": "0.000000001", "unit": "KGM"},
        "2": {"quantity": "1000000000000", "unit": "C62"},
    },
    "party": {"1": {"role": "driver", "name": SECRET, "identifier": "P-778"}},
    "means": {"1": {"plate": "KA 123B", "container_number": "MSKU1234565"}, "2": {"container_number": "CSQU3054383"}},
    "source_key": "1",
    "source_system": "test",
}


@pytest.fixture
def filled(post: Post) -> Post:
    with Register.open(post.folder, role="writer") as register:
        register.save([Edit("case", CASE)], author="amal")
        register.save([Edit("case", {**CASE, "country": "JO", "place": "Aqaba", "goods": {}})], author="amal")
    return post


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))


def test_csv_has_flat_columns_and_exact_values(filled: Post) -> None:
    first, second = table(filled.run("export", "case", "--nominal").out)
    assert first["goods.1.quantity"] == "0.000000001" and first["goods.2.quantity"] == "1000000000000"
    assert first["goods.1.hs_code"] == "010121" and first["country"] == "NA"
    assert (first["risk_indicators.1"], first["risk_indicators.2"]) == ("nervous", "low_value")
    assert first["derived"] == "false"
    assert second["goods.1.quantity"] == ""
    assert first["created"].endswith("Z") and len(first["id"]) == 36


def test_cells_a_spreadsheet_would_run_are_guarded(filled: Post) -> None:
    first = table(filled.run("export", "case", "--nominal").out)[0]
    assert first["place"] == "'=HYPERLINK(1)"
    assert first["position"] == "'-1.5,30.25"
    assert first["partner_agencies.1"] == "'@agency"


@pytest.mark.parametrize("text", ["=1", "+x", "-x", "@x", "\t=1", "\r=1", "=-1", "-1+1", "+1 2", "-1.", "＝1"])
def test_what_begins_like_a_formula_gets_an_apostrophe(text: str) -> None:
    assert guard_cell(text) == "'" + text


@pytest.mark.parametrize("text", ["-1", "+12.5", "0", "1", "-0.5", "a=b", "", " x", "'x"])
def test_plain_numbers_and_harmless_texts_stay_as_they_are(text: str) -> None:
    assert guard_cell(text) == text


@pytest.mark.parametrize("form", ["csv", "json", "jsonl"])
def test_only_what_may_leave_is_given_unless_whole_records_are_asked_for(filled: Post, form: str) -> None:
    reduced = filled.run("export", "case", "--format", form).out
    with Register.open(filled.folder) as register:
        ids = list(register.ids("case"))
        made_at = register.node_id
    for secret in (SECRET, "Layla", "P-778", "KA 123B", "amal", "narrative", "plate", "agency", "HYPERLINK", "Aqaba"):
        assert secret not in reduced
    for secret in ("1234565", "3054383", "-1.5", made_at, *ids, "updated"):
        assert secret not in reduced
    assert "CSQU" in reduced and "010121" in reduced and "1000000000000" in reduced
    whole = filled.run("export", "case", "--format", form, "--nominal").out
    assert SECRET in whole and "KA 123B" in whole and "MSKU1234565" in whole and ids[0] in whole


def test_reduced_records_are_numbered_in_their_order(filled: Post) -> None:
    assert [row["number"] for row in table(filled.run("export", "case").out)] == ["1", "2"]
    listed = json.loads(filled.run("export", "case", "--format", "json").out)
    assert [record["number"] for record in listed] == [1, 2]
    plain = {"type", "number", "values", "coarser"}
    assert sorted((set(one) - plain for one in listed), key=len) == [set(), {"amounts"}]


def test_an_office_or_unit_leaves_once_the_centre_has_written_it_down(post: Post) -> None:
    with Register.open(post.folder, role="writer") as register:
        made = [Edit("case", {**CASE, "office": "GATE-3", "unit": "NORTH"})] * FEW_CASES
        register.save(made, author="amal")
    assert "GATE-3" not in post.run("export").out and "NORTH" not in post.run("export").out
    with Register.open(post.folder, role="writer") as register:
        register.config = replace(register.config, role="central")  # only the centre writes units
        register.save([Edit("unit", {"code": "NORTH", "name": "North", "office": "GATE-3"})], author="nadia")
    row = table(post.run("export").out)[0]
    assert (row["office"], row["unit"]) == ("GATE-3", "NORTH")


def test_types_that_do_not_leave_say_so_and_are_exported_whole_with_the_right_to_it(post: Post) -> None:
    with Register.open(post.folder, role="writer") as register:
        register.save([Edit("person", {"name_as_written": SECRET, "status": "submitted"})], author="amal")
    answer = post.run("export", "person")
    assert (answer.code, answer.out) == (2, "")
    assert "person are not given out without personal data" in answer.err and "--nominal" in answer.err
    assert SECRET in post.run("export", "person", "--nominal").out


def test_json_is_a_list_and_jsonl_one_object_a_line(filled: Post) -> None:
    listed = json.loads(filled.run("export", "case", "--format", "json", "--nominal").out)
    lines = [
        json.loads(line) for line in filled.run("export", "case", "--format", "jsonl", "--nominal").out.splitlines()
    ]
    assert listed == lines
    values = dict(listed[0]["values"])
    assert values.pop("case_number").startswith("TESTPOST-") and values == CASE
    assert listed[0]["author"] == "amal" and listed[0]["type"] == "case"
    assert json.loads(filled.run("export", "operation", "--format", "json", "--nominal").out) == []


def test_filters_choose_by_value_and_range(filled: Post) -> None:
    assert [row["country"] for row in table(filled.run("export", "--where", "country=JO").out)] == ["JO"]
    assert len(table(filled.run("export", "--where", "date=2026-01-01..2026-12-31").out)) == 2
    assert filled.run("export", "--where", "date=2025-01-01..2025-12-31").out.count("\n") == 1
    assert len(table(filled.run("export", "--where", "date=1 January 2026..31.12.2026").out)) == 2
    assert [row["country"] for row in table(filled.run("export", "--where", "country=Jordan").out)] == ["JO"]
    unclear = filled.run("export", "--where", "date=03/04/2026..05/06/2026")
    assert unclear.code == 2 and "03/04/2026" in unclear.err
    assert filled.run("export", "--where", "date=1447-06-08..1447-06-09").code == 2, "another calendar is named"
    wrong = filled.run("export", "--where", "narrative=x")
    assert wrong.code == 1 and "cannot be filtered by narrative" in wrong.err
    assert filled.run("export", "--where", "nonsense").code == 2


def test_a_file_says_how_many_and_opens_as_utf_8_in_a_spreadsheet(filled: Post, tmp_path: Path) -> None:
    target = tmp_path / "cases.csv"
    assert "2 records" in filled.run("export", "-o", target).out
    assert target.read_bytes().startswith(b"\xef\xbb\xbfnumber,")
    filled.run("export", "--nominal", "-o", target)
    assert target.read_bytes().startswith(b"\xef\xbb\xbfid,origin,created,updated,")
    assert filled.run("export", "-o", target, "--json").json == {
        "file": str(target), "records": 2, "nominal": False,
        "coarser": 2, "coarsest": 2, "held_back": {},
    }  # fmt: skip
    answer = filled.run("export", "-o", tmp_path / "no" / "x.csv")
    assert answer.code == 2 and "cannot be written" in answer.err


def test_unknown_types_are_named(post: Post) -> None:
    answer = post.run("export", "nonsense")
    assert answer.code == 2 and "no record type 'nonsense'" in answer.err


def test_parts_are_numbered_by_their_ids_and_those_a_form_made_up_fill_the_gaps() -> None:
    parts = {name: {"description": name} for name in ("10", "2", "abcdefghijklm", "1")}
    cells = flat({"goods": {**parts, "3": None}})
    assert [cells["goods", n, "description", 0] for n in (1, 2, 10, 3)] == ["1", "2", "10", "abcdefghijklm"]


def test_columns_come_in_the_order_of_the_dictionary() -> None:
    case = DICTIONARY.type("case")
    used = set(flat({**CASE, "of_a_newer_node": "x"}))
    names = [name_of(column) for column in in_order(case, used)]
    declared = [name for name in case.fields if name in names]
    assert names[-1] == "of_a_newer_node"
    assert [name for name in names if "." not in name][:-1] == declared
    assert names.index("goods.1.unit") < names.index("goods.2.quantity") < names.index("party.1.role")


@given(st.text(max_size=20))
def test_a_guarded_text_never_begins_like_a_formula(text: str) -> None:
    result = guard_cell(text)
    assert result.removeprefix("'") == text.removeprefix("'")
    assert result == text or result == "'" + text
    if result and result[0] in "=+-@\t\r":
        float(result)
