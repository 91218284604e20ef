"""Persons, companies and conveyances from lists, as cases are: checked, never twice, and their keys stand nowhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.mapping.record_keys import record_id
from diwan_core.register import Edit, Register

from .conftest import Post
from .workbooks import MAIN, OFFICE, cells_of, packed, parts_of, read, relations

PERSONS = """type = "person"
system = "watch"
[source]
key = ["Passport"]
[constants]
status = "submitted"
[fields]
latin_name = { column = "Name" }
nationalities = { column = "Nations", split = ";" }
document.1.number = { column = "Passport" }
"""
PLATES = """type = "conveyance"
system = "plates"
[constants]
status = "submitted"
mode = "3"
[fields]
plate = { column = "Plate" }
plate_country = { column = "Country" }
"""


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.write_text(text, encoding="utf-8")
    return path


@pytest.fixture
def persons(tmp_path: Path) -> tuple[Path, Path]:
    rows = "Name,Nations,Passport\nNADIA EXAMPLE,JO;SY,N-12345\nOMAR EXAMPLE,XX,N-2\nSAMI EXAMPLE,,N-3\n"
    return written(tmp_path, "persons.csv", rows), written(tmp_path, "persons.toml", PERSONS)


def found(post: Post, kind: str) -> list[dict[str, Any]]:
    with post.register() as register:
        return [record.values for id in register.ids(kind) if (record := register.get(id)) is not None]


def imported(post: Post, path: Path, mapping: Path, *more: str) -> dict[str, int]:
    answer = post.run("import", path, "--mapping", mapping, "--json", "--errors", path.with_suffix(".errors"), *more)
    summary: dict[str, int] = answer.json
    return summary


def test_a_list_of_persons_becomes_persons_once(post: Post, persons: tuple[Path, Path]) -> None:
    first = imported(post, *persons)
    assert (first["imported"], first["refused"]) == (2, 1), "XX is not a country"
    nadia = next(values for values in found(post, "person") if values["latin_name"] == "NADIA EXAMPLE")
    assert set(nadia["nationalities"].values()) == {"JO", "SY"}
    assert "source_key" not in nadia and nadia["document"] == {"1": {"number": "N-12345"}}
    again = imported(post, *persons)
    assert (again["imported"], again["already_there"]) == (0, 2)
    assert len(found(post, "person")) == 2


def test_rows_without_a_key_are_told_apart_by_what_stands_in_them(post: Post, tmp_path: Path) -> None:
    mapping = written(tmp_path, "plates.toml", PLATES)
    rows = written(tmp_path, "plates.csv", "Plate,Country\n12-34567,JO\n12-34567,JO\n55-1,SY\n")
    assert imported(post, rows, mapping)["imported"] == 3
    assert imported(post, rows, mapping)["already_there"] == 3
    assert {values["mode"] for values in found(post, "conveyance")} == {"3"}


def test_a_changed_record_is_not_brought_back_to_what_the_list_said(post: Post, persons: tuple[Path, Path]) -> None:
    imported(post, *persons)
    with Register.open(post.folder, role="writer") as register:
        id = next(iter(register.ids("person")))
        register.save([Edit("person", {"latin_name": "CORRECTED"}, record=id)], author="amal")
    imported(post, *persons)
    assert "CORRECTED" in {values["latin_name"] for values in found(post, "person")}


# The way ids are made stands in registers: changing it imports every list of persons again.
def test_the_id_of_a_row_never_changes_and_is_the_nodes_own() -> None:
    made = record_id("7ndgd7f6xw4ba", "person", "watch", "N-12345")
    assert made == "00000000-0000-7e09-b5c3-6d345b7f0cb3"
    others = [("another", "person", "watch", "N-12345"), ("7ndgd7f6xw4ba", "company", "watch", "N-12345")]
    assert len({made, *(record_id(*other) for other in others)}) == 3


def test_types_only_the_centre_makes_are_not_imported(post: Post, tmp_path: Path) -> None:
    mapping = written(tmp_path, "o.toml", 'type = "operation"\nsystem = "a"\n[fields]\nname = { column = "A" }\n')
    answer = post.run("import", written(tmp_path, "o.csv", "A\nx\n"), "--mapping", mapping)
    assert answer.code == 2 and "cannot be imported" in answer.err


def book(path: Path, *sheets: tuple[str, str, str]) -> Path:
    """A workbook of sheets (name, state, the text of its one cell)."""
    parts = parts_of("")
    listed = "".join(
        f'<sheet name="{name}" sheetId="{n}" r:id="r{n}" state="{state}"/>'
        for n, (name, state, _) in enumerate(sheets, 1)
    )
    parts["xl/workbook.xml"] = f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}"><sheets>{listed}</sheets></workbook>'
    placed = [(f"r{n}", "worksheet", f"worksheets/s{n}.xml") for n, _ in enumerate(sheets, 1)]
    parts["xl/_rels/workbook.xml.rels"] = relations(*placed)
    for n, (_name, _state, text) in enumerate(sheets, 1):
        cell = f'<row><c r="A1" t="inlineStr"><is><t>{text}</t></is></c></row>'
        parts[f"xl/worksheets/s{n}.xml"] = f'<worksheet xmlns="{MAIN}"><sheetData>{cell}</sheetData></worksheet>'
    return packed(path, parts)


def test_a_sheet_is_chosen_by_its_name(post: Post, tmp_path: Path) -> None:
    path = book(tmp_path / "b.xlsx", ("Notes", "hidden", "n"), ("Cases", "visible", "c"), ("لوحات", "visible", "p"))
    assert read(path)[1].sheets == [("Notes", True), ("Cases", False), ("لوحات", False)]
    for sheet, text in (("", "c"), ("لوحات", "p"), ("Notes", "n")):
        assert cells_of(path, sheet) == [[text]]
    with pytest.raises(Unreadable, match="has no sheet 'Nowhere'; its sheets are Notes, Cases, لوحات"):
        read(path, "Nowhere")
    mapping = written(tmp_path, "m.toml", PLATES)
    answer = post.run("import", path, "--mapping", mapping, "--sheet", "لوحات")
    assert answer.code == 2 and "columns are missing: Plate" in answer.err and "the file has p" in answer.err
    assert "note: The sheet لوحات is read. The workbook also has: Notes, Cases." in answer.err
    assert post.run("import", mapping, "--mapping", mapping, "--sheet", "x").code == 2


def test_an_id_stays_known_whatever_became_of_its_record(post: Post, persons: tuple[Path, Path]) -> None:
    """So an erased person does not come back with an old list: erasure takes the values and leaves the id."""
    imported(post, *persons)
    with post.register() as register:
        id = next(iter(register.ids("person")))
        assert register.known_ids([id, "nobody"]) == {id}
