"""Small workbooks of the kinds that people have reported against other systems, imported by the command: each value is
what the sheet holds."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.cells import DateCell, NumberCell
from diwan_core.intake.sources.reader import Reader, Source
from diwan_core.intake.sources.workbook import to_cells
from diwan_core.intake.sources.workbook_write import write_workbook

from .conftest import Post
from .workbooks import CASES, formats, made, read

pytestmark = pytest.mark.slow


def imported(post: Post, name: str, *more: str, mapping: str = "plain", code: int = 0) -> list[dict[str, Any]]:
    """The cases a workbook becomes, by the keys of its rows."""
    answer = post.run("import", CASES / name, "--mapping", CASES / f"mapping-{mapping}.toml", *more)
    assert answer.code == code, answer.err + answer.out
    return sorted(post.documents(), key=lambda document: str(document["source_key"]))


def kilos(cases: list[dict[str, Any]]) -> list[str]:
    return [case["goods"]["1"]["quantity"] for case in cases]


def test_cells_that_are_numbers_ignore_how_text_is_written(post: Post, tmp_path: Path) -> None:
    assert kilos(imported(post, "01-workbook-true-numbers.xlsx")) == ["12.5", "1250.75", "7"]
    comma = (CASES / "mapping-plain.toml").read_text().replace('"cases"', '"comma"')
    comma = comma.replace('column = "Kilos"', 'column = "Kilos", decimal = ",", thousands = "."')
    (tmp_path / "comma.toml").write_text(comma)
    answer = post.run("import", CASES / "01-workbook-true-numbers.xlsx", "--mapping", tmp_path / "comma.toml")
    assert answer.code == 0
    assert sorted(kilos(post.documents())) == sorted(["12.5", "1250.75", "7"] * 2)


def test_padding_letters_of_a_number_format_make_no_dates(post: Post) -> None:
    assert kilos(imported(post, "02-comma-style-dinar.xlsx")) == ["12.5", "1250.75", "45", "46"]


def test_a_part_with_a_capital_in_its_name_is_found(post: Post) -> None:
    cases = imported(post, "03-shared-strings-capital.xlsx")
    assert [case["place"] for case in cases] == ["Склад 4", "Пост 2"]


def test_a_coded_line_break_is_a_line_break(post: Post) -> None:
    cases = imported(post, "04b-x000D-in-the-story.xlsx", mapping="story")
    assert [case["narrative"] for case in cases] == ["Driver stopped.\nTwo bags found.", "plain"]


def test_zeros_and_percent_of_a_format_are_kept(post: Post, tmp_path: Path) -> None:
    path = tmp_path / "m.toml"
    path.write_text(
        (CASES / "mapping-plain.toml").read_text().replace("[constants]", '[constants]\nmeans.1.kind = "lorry"')
        + 'goods.1.hs_code = { column = "HS" }\ngoods.1.purity = { column = "Purity" }\n'
        + 'means.1.plate = { column = "Plate" }\n'
    )
    answer = post.run("import", CASES / "05-leading-zeros-by-format.xlsx", "--mapping", path)
    assert answer.code == 0, answer.err + answer.out
    first, second = sorted(post.documents(), key=lambda document: str(document["source_key"]))
    assert (first["goods"]["1"]["hs_code"], second["goods"]["1"]["hs_code"]) == ("010121", "240220")
    assert (first["goods"]["1"]["purity"], second["goods"]["1"]["purity"]) == ("85", "40")
    assert (first["means"]["1"]["plate"], second["means"]["1"]["plate"]) == ("07001234567", "00000012345")


def test_a_formula_without_a_result_refuses_its_row_and_says_what_to_do(
    post: Post, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # where the list of errors is written
    words = ("import", CASES / "06-formula-not-calculated.xlsx", "--mapping", CASES / "mapping-plain.toml")
    answer = post.run(*words)
    assert answer.code == 3
    assert (
        "note: Formulas without a result: 1 (D2). Open the file in the spreadsheet program and save it." in answer.err
    )
    errors = (tmp_path / "06-formula-not-calculated-errors.csv").read_text(encoding="utf-8-sig")
    assert "no_result" in errors and "save it" in errors
    assert kilos(post.documents()) == ["3"]


def test_a_coloured_empty_cell_in_the_last_column_counts_for_nothing(post: Post) -> None:
    assert kilos(imported(post, "07-coloured-to-last-column.xlsx")) == ["12.5"]


def test_true_dates_need_no_format_among_dates_as_text(post: Post, tmp_path: Path) -> None:
    mapping = (CASES / "mapping-plain.toml").read_text().replace('"Day" }', '"Day", format = "DD/MM/YYYY" }')
    (tmp_path / "dmy.toml").write_text(mapping)
    answer = post.run("import", CASES / "08-dates-mixed.xlsx", "--mapping", tmp_path / "dmy.toml")
    assert answer.code == 0
    cases = sorted(post.documents(), key=lambda document: str(document["source_key"]))
    assert [case["date"] for case in cases] == ["2025-03-07", "2025-03-13", "2025-05-07", "2025-03-25"]


def test_hidden_rows_are_asked_about_before_the_run(post: Post) -> None:
    words = ("import", CASES / "24-filtered-rows.xlsx", "--mapping", CASES / "mapping-plain.toml")
    unsaid = post.run(*words)
    assert unsaid.code == 2 and not post.documents()
    assert "rows of the sheet are hidden: 1 (3)" in unsaid.err and "--hidden-rows skip" in unsaid.err
    tried = post.run(*words, "--check", "--json")
    assert tried.json["imported"] == 3 and any("1 (3)" in note for note in tried.json["notes"])
    left_out = post.run(*words, "--hidden-rows", "skip", "--json")
    assert left_out.json["imported"] == 2 and any("left out" in note for note in left_out.json["notes"])
    assert kilos(sorted(post.documents(), key=lambda case: str(case["source_key"]))) == ["1", "3"]
    taken = post.run(*words, "--hidden-rows", "import", "--json")
    assert (taken.json["imported"], taken.json["already_there"]) == (1, 2)


def test_a_mapping_may_say_what_becomes_of_hidden_rows(post: Post, tmp_path: Path) -> None:
    mapping = (CASES / "mapping-plain.toml").read_text().replace("[source]", '[source]\nhidden_rows = "skip"')
    (tmp_path / "m.toml").write_text(mapping)
    answer = post.run("import", CASES / "24-filtered-rows.xlsx", "--mapping", tmp_path / "m.toml", "--json")
    assert answer.json["imported"] == 2
    (tmp_path / "m.toml").write_text(mapping.replace('"skip"', '"drop"'))
    answer = post.run("import", CASES / "24-filtered-rows.xlsx", "--mapping", tmp_path / "m.toml")
    assert answer.code == 2 and "hidden_rows" in answer.err


def test_the_value_of_a_merged_cell_belongs_to_each_of_its_rows(post: Post) -> None:
    cases = imported(post, "26-merged-day.xlsx")
    assert [case["date"] for case in cases] == ["2025-12-09"] * 3
    assert kilos(cases) == ["1", "2", "3"]


def test_merged_heads_and_titles_give_nothing_to_the_rows_below(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="inlineStr"><is><t>Seizures of the year</t></is></c></row>'
        '<row r="3"><c r="A3" t="inlineStr"><is><t>No</t></is></c>'
        '<c r="B3" t="inlineStr"><is><t>Kilos</t></is></c></row>'
        '<row r="4"><c r="B4" t="inlineStr"><is><t>net</t></is></c></row>'
        '<row r="5"><c r="A5"><v>1</v></c><c r="B5"><v>7</v></c></row>'
        '<row r="6"><c r="B6"><v>8</v></c><c r="D6" t="inlineStr"><is><t>beside</t></is></c></row>'
    )
    after = '<mergeCells><mergeCell ref="A1:A2"/><mergeCell ref="A3:A4"/><mergeCell ref="A5:A9"/></mergeCells>'
    path = made(tmp_path / "m.xlsx", rows, after=after)
    to_cells(path, tmp_path / "m.cells")
    with Reader(tmp_path / "m.cells", Source(skip_lines=2)) as reader:
        assert reader.columns == ["No", "Kilos", "", "(D)"]
        read_rows = [(read.row, read.line, read.cells) for read in reader]
    assert [(row, line) for row, line, _cells in read_rows] == [(1, 4), (2, 5), (3, 6)]
    assert [cells and cells["No"] for *_place, cells in read_rows] == ["", NumberCell("1"), NumberCell("1")]
    assert read_rows[2][2] and read_rows[2][2]["(D)"] == "beside"
    with pytest.raises(Unreadable, match="ends before its header"):
        Reader(tmp_path / "m.cells", Source(skip_lines=6))


def test_a_sheet_without_heads_is_read_from_its_first_row(tmp_path: Path) -> None:
    rows = "".join(f'<row r="{n}"><c><v>{n}</v></c><c r="C{n}"><v>7</v></c></row>' for n in (2, 3))
    to_cells(made(tmp_path / "h.xlsx", rows), tmp_path / "h.cells")
    with Reader(tmp_path / "h.cells", Source(header=False, names=("No",))) as reader:
        assert reader.columns == ["No", "2", "3"]
        assert [(read.line, read.cells and str(read.cells["No"])) for read in reader] == [(2, "2"), (3, "3")]


def test_a_table_is_known_by_what_it_holds_and_not_by_its_name(post: Post, tmp_path: Path) -> None:
    text = "No,Day,Place,Kilos\nZ1,2026-03-05,Gate 1,12.5\n"
    (tmp_path / "text.xlsx").write_text(text)
    mapping = CASES / "mapping-plain.toml"
    assert post.run("import", tmp_path / "text.xlsx", "--mapping", mapping).code == 0
    (tmp_path / "book.csv").write_bytes((CASES / "01-workbook-true-numbers.xlsx").read_bytes())
    assert post.run("import", tmp_path / "book.csv", "--mapping", mapping).code == 0
    assert len(post.documents()) == 4
    (tmp_path / "page.xls").write_text("<html><table><tr><td>No</td></tr></table></html>")
    answer = post.run("import", tmp_path / "page.xls", "--mapping", mapping)
    assert answer.code == 2 and "web page" in answer.err


def test_every_true_cell_keeps_its_kind_when_refused_rows_come_back(tmp_path: Path) -> None:
    """So a mapping that reads "1.234,5" does not take them for text when they are imported again."""
    rows = '<row><c t="inlineStr"><is><t>a</t></is></c></row>'
    rows += '<row><c s="0"><v>1250.75</v></c><c s="1"><v>46096</v></c></row>'
    path = made(tmp_path / "a.xlsx", rows, styles=formats("General", "dd/mm/yyyy"))
    found, _facts = read(path)
    write_workbook(tmp_path / "b.xlsx", ["a"], [found[1][2]], [False] * 2)
    assert read(tmp_path / "b.xlsx")[0][1][2] == [NumberCell("1250.75"), DateCell("2026-03-15", "date")]


def test_importing_a_workbook_twice_adds_nothing_with_or_without_a_key(post: Post, tmp_path: Path) -> None:
    mapping = (CASES / "mapping-plain.toml").read_text().replace('key = ["No"]\n', "")
    (tmp_path / "k.toml").write_text(mapping)
    for outcome in ("imported", "already_there"):
        answer = post.run("import", CASES / "01-workbook-true-numbers.xlsx", "--mapping", tmp_path / "k.toml", "--json")
        assert answer.json[outcome] == 3


def test_a_row_of_no_height_is_hidden_too(tmp_path: Path) -> None:
    rows = '<row><c t="inlineStr"><is><t>No</t></is></c></row>' + "".join(
        f'<row ht="{height}" customHeight="1"><c><v>{number}</v></c></row>'
        for number, height in enumerate(("15", "0", "0.0", "0.75"))
    )
    _rows, facts = read(made(tmp_path / "flat.xlsx", rows))
    assert (facts.hidden_rows.count, facts.hidden_rows.first) == (2, ["3–4"])


def test_a_value_that_is_not_available_is_said_before_the_run_and_refuses_no_row(tmp_path: Path) -> None:
    rows = '<row><c r="A1" t="inlineStr"><is><t>No</t></is></c></row><row><c r="A2" t="e"><v>#N/A</v></c></row>'
    found, facts = read(made(tmp_path / "na.xlsx", rows))
    assert found[1][2] == ["#N/A"] and facts.errors.count == 1
