"""Small invented files of kinds that failed elsewhere, imported as a technician does: what is right stands in the table
of their README, and every row here is one of it (those of workbooks are in test_cases_workbooks.py)."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from .conftest import Post

CASES = Path(__file__).parent / "cases"


def imported(post: Post, file: str, mapping: str, *more: str) -> list[dict[str, Any]]:
    """The documents a file becomes; every row has to."""
    answer = post.run("import", CASES / file, "--mapping", named(mapping), "--json", *more)
    assert answer.code == 0, answer.out
    kind = "person" if "person" in mapping or "46" in mapping else "company" if "43" in mapping else "case"
    return post.documents(kind)


def named(mapping: str) -> str:
    return str(CASES / f"{mapping}.toml") if (CASES / f"{mapping}.toml").exists() else mapping


def quantities(documents: list[dict[str, Any]]) -> list[str]:
    return [document["goods"]["1"]["quantity"] for document in documents]


def test_09_spaces_of_any_kind_group_and_a_comma_begins_decimals(post: Post) -> None:
    found = imported(post, "09-french-numbers.csv", "mapping-semicolon")
    assert quantities(found) == ["1234.5", "12500", "7.25"]


@pytest.mark.parametrize("mapping", ["mapping-french"])
def test_09_the_same_with_a_decimal_comma_said(post: Post, mapping: str) -> None:
    assert quantities(imported(post, "09-french-numbers.csv", mapping)) == ["1234.5", "12500", "7.25"]


def test_10_dates_as_a_spreadsheet_writes_them_are_read_in_the_order_of_the_format(post: Post) -> None:
    found = imported(post, "10-dates-as-excel-writes-them.csv", "mapping-semicolon")
    assert [(case["date"], case.get("time")) for case in found] == [
        ("2026-03-05", None), ("2026-03-15", "14:30"), ("2026-03-15", None), ("2026-03-15", None),
    ]  # fmt: skip


def test_12_arabic_and_persian_digits_are_read_in_dates_quantities_and_keys(post: Post) -> None:
    found = imported(post, "12-arabic-digits.csv", "mapping-arabic")
    assert [case["date"] for case in found] == ["2026-03-05", "2026-03-06", "2026-03-07"]
    assert quantities(found) == ["12.5", "1250", "3"]
    again = post.run("import", CASES / "12-arabic-digits.csv", "--mapping", named("mapping-arabic"), "--json")
    assert again.json["already_there"] == 3


def test_16_a_line_break_or_tab_is_a_space_in_one_line_and_stays_in_a_long_text(post: Post) -> None:
    found = imported(post, "16-line-break-in-a-cell.csv", "mapping-story")
    assert [case["place"] for case in found] == ["Gate 1 Hall B", "Gate 2", "Gate 2 tab"]
    assert found[0]["narrative"] == "first line\nsecond line"


def test_17_marks_around_identifiers_refuse_no_row_and_what_can_be_seen_is_kept(post: Post) -> None:
    found = imported(post, "17-marks-around-identifiers.csv", "mapping-plate")
    plates = [case["means"]["1"]["plate"] for case in found]
    assert plates[:2] == ["12-34567", "12‐34568"] and plates[4] == "۱۲ب۳۴۵۶۷"
    assert all(case["means"]["1"]["container_number"] for case in found)


def test_18_a_head_with_decomposed_accents_is_the_same_column(post: Post, tmp_path: Path) -> None:
    mapping = tmp_path / "saved.toml"
    mapping.write_text(
        'type = "case"\nsystem = "cases"\n[source]\nkey = ["N°"]\n[constants]\nstatus = "submitted"\n'
        'goods.1.unit = "KGM"\n[fields]\ndate = { column = "Date de l’acte" }\nplace = { column = "Lieu précis" }\n'
        'goods.1.quantity = { column = "Quantité" }\n',
        encoding="utf-8",
    )
    imported(post, "18-accented-heads-nfc.csv", str(mapping))
    found = imported(post, "18b-accented-heads-nfd.csv", str(mapping))
    assert quantities(found) == ["3", "4"] and [case["place"] for case in found] == ["Poste 1", "Poste 2"]


def test_21_a_partial_date_of_birth_is_kept_with_its_precision(post: Post, tmp_path: Path) -> None:
    mapping = tmp_path / "birth.toml"
    mapping.write_text((CASES / "mapping-person.toml").read_text() + 'birth_date = { column = "Born" }\n')
    shutil.copy(CASES / "21-persons-partial-birth.csv", tmp_path / "persons.csv")
    answer = post.run("import", tmp_path / "persons.csv", "--mapping", mapping, "--json")
    assert answer.code == 0, answer.out
    assert [(person["birth_date"], person["birth_precision"]) for person in post.documents("person")] == [
        ("1975-01-01", "year"), ("1975-01-01", "year"), ("1980-01-01", "year"), ("1980-05-01", "month"),
    ]  # fmt: skip


def test_29_and_30_names_are_kept_as_they_are_written(post: Post) -> None:
    found = imported(post, "29-names-with-invisible-letters.csv", "mapping-person")
    assert found[0]["name_as_written"] == "علی\u200cرضا نمونه"
    assert len(found) == 15


def test_33_a_position_is_taken_as_telephones_and_maps_give_it(post: Post) -> None:
    found = imported(post, "33-positions.csv", "mapping-position")
    assert [case["position"] for case in found] == [
        *("31.9539491,35.9106350", "31.9539491,35.9106350", "31.9539,35.9106", "31.9538889,35.9327778"),
        "31.9539491,35.91",
    ]  # fmt: skip


def test_40_the_running_fiscal_year_is_taken_by_a_replacement_in_its_column(post: Post) -> None:
    found = imported(post, "40-fiscal-year-to-date.csv", "cbp")
    assert [case["date"] for case in found] == ["2025-10-01", "2024-10-01"]
    assert [case["date_precision"] for case in found] == ["month", "month"]


def test_43_a_blank_cell_can_be_asked_for(post: Post, tmp_path: Path) -> None:
    text = (CASES / "mapping-43.toml").read_text()
    asked = tmp_path / "asked.toml"
    asked.write_text(text.replace('is_not = ["individual"]', 'is_not = ["individual"]\nblank = true'))
    answer = post.run("import", CASES / "43-blank-by-another-word.csv", "--mapping", asked, "--json")
    assert (answer.json["imported"], answer.json["skipped"]) == (1, 1)
    assert [company["name"] for company in post.documents("company")] == ["ACME"]


def test_46_dates_of_birth_keep_their_precision_and_are_found_by_year_and_range(post: Post) -> None:
    found = imported(post, "46-dates-of-birth.csv", "mapping-46")
    assert [person["birth_precision"] for person in found] == ["about", "range", "month", "year", "exact"]
    with post.register() as register:
        names = {}
        for year in ("1966", "1980", "1991"):
            page = register.page("person", {"born": (f"{year}-01-01", f"{year}-12-31")}, "-updated")
            records = [register.get(row.id) for row in page.rows]
            names[year] = [record.values["name_as_written"] for record in records if record]
    assert names == {"1966": ["Mirela Exampleton"], "1980": ["Otto Exampleton"], "1991": ["Uma Exampleton"]}


def test_46_a_person_may_have_several_dates_of_birth(post: Post, tmp_path: Path) -> None:
    mapping, file = tmp_path / "several.toml", tmp_path / "several.csv"
    mapping.write_text(
        'type = "person"\nsystem = "several"\n[source]\nkey = ["id"]\n[fields]\nname_as_written = { column = "name" }\n'
        'birth_date = { column = "dob" }\nbirth.1.birth_date = { column = "other dob" }\n'
    )
    file.write_text("id,name,dob,other dob\n1,Zarif Exampleton,1970-01-01,1971\n")
    assert post.run("import", file, "--mapping", mapping).code == 0
    person = post.documents("person")[0]
    assert person["birth"] == {"1": {"birth_date": "1971-01-01", "birth_precision": "year"}}
