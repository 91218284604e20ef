"""Workbooks in and out: every value as the file holds it, whatever the sheet shows of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources import workbook
from diwan_core.intake.sources.cells import BadCell, Cell, DateCell, NumberCell
from diwan_core.intake.sources.workbook_write import write_workbook
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from .conftest import Post
from .workbooks import MAIN, OFFICE, cells_of, formats, made, numbered, packed, parts_of, read, relations

pytestmark = pytest.mark.slow


def test_what_is_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    rows: list[list[Cell]] = [
        ["1", "12.5", "=1+1", "النُّور", " two\nlines "],
        ["2", "007", "<b>&", "", "x\x01y_x000D_"],
        [NumberCell("0.85", True), NumberCell("10121", False, "010121"), NumberCell("-7.5"), True, False],
        [
            DateCell("2026-03-15", "date"),
            DateCell("2026-03-15T14:30:00", "datetime"),
            DateCell("06:30:00", "time"),
            DateCell("30:05:00", "elapsed"),
            BadCell("error", "#REF!"),
        ],
        ["a", "b", "c", "d", BadCell("formula", "")],
    ]
    write_workbook(tmp_path / "a.xlsx", ["n", "q", "f", "a", "t"], rows, [True, True, False, False, False])
    assert cells_of(tmp_path / "a.xlsx") == [
        ["n", "q", "f", "a", "t"],
        [NumberCell("1"), NumberCell("12.5"), *rows[0][2:]],
        [NumberCell("2"), "007", "<b>&", "", "x\ufffdy_x000D_"],
        *rows[2:4],
        ["a", "b", "c", "d", BadCell("error", "#VALUE!")],
    ]


text = st.text(
    st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff"), min_size=1, max_size=40
)
dates = st.dates().map(lambda day: DateCell(day.isoformat(), "date")).filter(lambda cell: cell.iso >= "1900-01-01")
numbers = st.floats(-1e15, 1e15).map(lambda number: workbook_number(number))  # noqa: PLW0108  looked up when it is called


def workbook_number(number: float) -> NumberCell:
    from diwan_core.intake.sources.cells import shortest

    value = shortest(repr(number))
    assert value is not None
    return NumberCell(value)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.one_of(text, dates, numbers, st.booleans()), min_size=1, max_size=5), min_size=1, max_size=20)
)
def test_any_cells_come_back_from_a_workbook_we_wrote(tmp_path: Path, rows: list[list[Cell]]) -> None:
    write_workbook(tmp_path / "any.xlsx", ["head"], rows, [False] * 5)
    assert cells_of(tmp_path / "any.xlsx") == [["head"], *rows]


def test_numbers_dates_words_and_gaps_come_with_their_kinds(tmp_path: Path) -> None:
    runs = "<si><r><t>two </t></r><r><t>runs</t></r><rPh><t>no</t></rPh></si>"
    sheet = (
        '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c><c r="D1" t="s"><v>99</v></c></row>'
        '<row><c r="A2"><v>0.30000000000000004</v></c><c r="B2"><v>1.5E-3</v></c><c r="C2" s="2"><v>12.5</v></c></row>'
        '<row><c r="A3" s="0"><v>46000</v></c><c r="B3" s="1"><v>46000.5</v></c><c r="C3" s="0"><v>0.25</v></c></row>'
        '<row><c r="A4" t="b"><v>1</v></c><c r="B4" t="e"><v>#N/A</v></c>'
        '<c r="C4" t="str"><f>A1</f><v>of a formula</v></c><c r="D4" t="str"><f>""</f><v></v></c></row>'
    )
    styles = formats("dd/mm/yyyy", "[$-409]d\\ mmm\\ yy", '0.0"kg dry"')
    book = made(tmp_path / "b.xlsx", sheet, styles=styles, shared=f"<si><t>plain</t></si>{runs}")
    assert cells_of(book) == [
        ["plain", "", "two runs"],
        [NumberCell("0.30000000000000004"), NumberCell("0.0015"), NumberCell("12.5")],
        [DateCell("2025-12-09", "date"), DateCell("2025-12-09T12:00:00", "datetime"), DateCell("06:00:00", "time")],
        [True, "#N/A", "of a formula"],
    ]


@pytest.mark.parametrize(
    ("serial", "code", "cell"),
    [
        ("1", "dd/mm/yyyy", DateCell("1900-01-01", "date")),
        ("59", "dd/mm/yyyy", DateCell("1900-02-28", "date")),
        ("61", "dd/mm/yyyy", DateCell("1900-03-01", "date")),
        ("46096.604166666664", "dd/mm/yyyy hh:mm", DateCell("2026-03-15T14:30:00", "datetime")),
        ("46096.604166666664", "h:mm", DateCell("2026-03-15T14:30:00", "datetime")),
        ("46096", "dd/mm/yyyy hh:mm", DateCell("2026-03-15T00:00:00", "datetime")),
        ("0.99999", "h:mm", DateCell("23:59:59", "time")),
        ("1.25", "[h]:mm", DateCell("30:00:00", "elapsed")),
        ("2958465", "yyyy", DateCell("9999-12-31", "date")),
        ("2958466", "yyyy", NumberCell("2958466")),
        ("-1", "yyyy", NumberCell("-1")),
        ("1E+300", "yyyy", NumberCell("1" + "0" * 300)),
    ],
)
def test_dates_are_days_of_the_calendar(tmp_path: Path, serial: str, code: str, cell: Cell) -> None:
    book = made(tmp_path / "d.xlsx", f'<row><c s="0"><v>{serial}</v></c></row>', styles=formats(code))
    assert cells_of(book) == [[cell]]


def test_a_workbook_whose_days_count_from_1904_gives_the_same_days(tmp_path: Path) -> None:
    rows = '<row><c s="0"><v>44634</v></c><c s="0"><v>0</v></c></row>'
    book = made(tmp_path / "m.xlsx", rows, styles=numbered(14), properties='<workbookPr date1904="1"/>')
    assert cells_of(book) == [[DateCell("2026-03-15", "date"), DateCell("1904-01-01", "date")]]


def test_a_format_never_changes_a_value_but_for_percent_and_zeros(tmp_path: Path) -> None:
    rows = (
        '<row><c s="0"><v>12.5</v></c><c s="1"><v>0.855</v></c><c s="2"><v>7</v></c><c s="3"><v>1234567</v></c></row>'
    )
    rows += '<row><c s="4"><v>700123456</v></c></row>'
    book = made(tmp_path / "f.xlsx", rows, styles=formats("0", "0%", "000", "0,,", '"0"#########'))
    cells, [telephone] = cells_of(book)
    assert str(telephone) == "0700123456"
    assert cells == [
        NumberCell("12.5"), NumberCell("0.855", True), NumberCell("7", False, "007"), NumberCell("1234567"),
    ]  # fmt: skip
    assert [str(cell) for cell in cells] == ["12.5", "85.5%", "007", "1234567"]


def test_errors_and_formulas_without_a_result_are_not_taken_for_empty_cells(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1" t="e"><v>#REF!</v></c><c r="B1" t="e"><f>1/0</f><v>#DIV/0!</v></c></row>'
        '<row r="2"><c r="A2"><f>SUM(1,2)</f></c><c r="B2"><f>SUM(1,2)</f><v></v></c>'
        '<c r="C2"><f>1-1</f><v>0</v></c></row>'
    )
    found, facts = read(made(tmp_path / "e.xlsx", rows))
    assert [cells for *_place, cells in found] == [
        [BadCell("error", "#REF!"), BadCell("error", "#DIV/0!")],
        [BadCell("formula", ""), BadCell("formula", ""), NumberCell("0")],
    ]
    assert facts.no_result.first == ["A2", "B2"] and facts.errors.first == ["A1", "B1"]


def test_a_program_that_leaves_formulas_to_be_calculated_is_not_believed_its_zeros(tmp_path: Path) -> None:
    rows = '<row><c r="A1"><f>SUM(1,2)</f><v>0</v></c><c r="B1"><f>1+1</f><v>2</v></c><c r="C1"><v>0</v></c></row>'
    book = made(tmp_path / "z.xlsx", rows, properties='<calcPr fullCalcOnLoad="1"/>')
    assert cells_of(book) == [[BadCell("formula", ""), NumberCell("2"), NumberCell("0")]]


def test_letters_that_office_writes_as_codes_are_letters(tmp_path: Path) -> None:
    shared = (
        "<si><t>one_x000D_\ntwo_x000D_</t></si><si><t>_x005F_x000D_</t></si><si><t>_xD83D__xDE00_ _xD800_</t></si>"
        "<si><t>_x12_ _xyz_</t></si>"
    )
    rows = "".join(f'<row><c t="s"><v>{n}</v></c></row>' for n in range(4))
    rows += '<row><c t="inlineStr"><is><t>a_x000D_b</t></is></c></row>'
    book = made(tmp_path / "x.xlsx", rows, shared=shared)
    assert cells_of(book) == [["one\ntwo\n"], ["_x000D_"], ["😀 \ufffd"], ["_x12_ _xyz_"], ["a\nb"]]


def test_empty_cells_count_for_nothing_however_far_they_are_coloured(tmp_path: Path) -> None:
    rows = '<row><c r="A1"><v>1</v></c><c r="XFD1" s="1"/></row><row><c r="ZZ2" t="inlineStr"><is><t/></is></c></row>'
    found, facts = read(made(tmp_path / "c.xlsx", rows))
    assert found == [(1, False, [NumberCell("1")])] and facts.width == 1
    with pytest.raises(Unreadable, match="columns"):
        read(made(tmp_path / "d.xlsx", '<row><c r="ZZZ1"><v>1</v></c></row>'))


def test_rows_have_the_numbers_of_the_sheet(tmp_path: Path) -> None:
    rows = (
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="5"><c r="A5"><v>2</v></c></row><row r="3"><c><v>3</v></c></row>'
        '<row r="1048576" hidden="1"><c><v>4</v></c></row>'
    )
    found, facts = read(made(tmp_path / "r.xlsx", rows))
    assert [(number, hidden) for number, hidden, _cells in found] == [
        (2, False),
        (5, False),
        (6, False),
        (1048576, True),
    ]
    assert facts.hidden_rows.first == ["1048576"] and facts.rows == 4
    with pytest.raises(Unreadable, match="more rows"):
        read(made(tmp_path / "s.xlsx", '<row r="1048577"><c><v>1</v></c></row>'))


def test_hidden_rows_columns_and_merges_are_seen_in_the_same_pass(tmp_path: Path) -> None:
    rows = "".join(
        f'<row r="{n}" hidden="{int(n in (2, 4, 5, 6))}"><c><v>{n}</v></c><c><v>1</v></c></row>' for n in range(1, 8)
    )
    before = '<cols><col min="2" max="9" hidden="1"/></cols>'
    after = '<mergeCells><mergeCell ref="D3:E5"/><mergeCell ref="A1:C1"/></mergeCells>'
    _rows, facts = read(made(tmp_path / "h.xlsx", rows, before=before, after=after))
    assert (facts.hidden_rows.count, facts.hidden_rows.first) == (4, ["2", "4–6"])
    assert facts.hidden_columns == [1] and facts.merges == [(3, 5, 3)]


def test_parts_are_found_by_their_relationships_in_any_case(tmp_path: Path) -> None:
    parts = parts_of('<row><c t="s"><v>0</v></c></row>', shared="<si><t>found</t></si>")
    parts["XL/Texts/Strings.XML"] = parts.pop("xl/sharedStrings.xml")
    parts["xl/_rels/workbook.xml.rels"] = relations(
        ("r1", "worksheet", "/xl/worksheets/sheet1.xml"), ("r3", "sharedStrings", "texts/strings.xml")
    )
    assert cells_of(packed(tmp_path / "p.xlsx", parts)) == [["found"]]


def test_the_strict_form_of_office_open_xml_is_read_too(tmp_path: Path) -> None:
    parts = parts_of('<row><c t="d"><v>2026-03-15</v></c><c t="d"><v>2026-03-15T14:30:00Z</v></c><c><v>1</v></c></row>')
    for usual, strict in (
        (MAIN, "http://purl.oclc.org/ooxml/spreadsheetml/main"),
        (OFFICE, "http://purl.oclc.org/ooxml/officeDocument/relationships"),
    ):
        parts = {name: content.replace(usual, strict) for name, content in parts.items()}
    assert cells_of(packed(tmp_path / "s.xlsx", parts)) == [
        [DateCell("2026-03-15", "date"), DateCell("2026-03-15T14:30:00", "datetime"), NumberCell("1")]
    ]


def test_numbers_that_a_spreadsheet_has_cut_are_named(tmp_path: Path) -> None:
    rows = (
        '<row r="1"><c r="A1"><v>1.2345678901234568E+17</v></c><c r="B1" t="inlineStr"><is><t>1.23E+11</t></is></c>'
        '<c r="C1" t="inlineStr"><is><t>1,23E+11</t></is></c><c r="D1"><v>999999999999999</v></c></row>'
    )
    found, facts = read(made(tmp_path / "l.xlsx", rows))
    assert found[0][2][0] == NumberCell("123456789012345680")
    assert facts.long_numbers.first == ["A1"] and facts.cut_text.first == ["B1", "C1"]


def test_a_style_sheet_other_programs_write_does_not_matter(tmp_path: Path) -> None:
    styles = f'<fonts><font/></fonts><fills><fill/></fills>{formats("0%")}<dxfs><dxf><nonsense a="b"/></dxf></dxfs>'
    assert cells_of(made(tmp_path / "o.xlsx", '<row><c s="0"><v>0.5</v></c></row>', styles=styles)) == [
        [NumberCell("0.5", True)]
    ]


def test_one_workbook_is_read_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "WAIT_SECONDS", 0.01)
    path = made(tmp_path / "a.xlsx", '<row><c r="A1"><v>1</v></c></row>')
    with workbook._one_at_a_time, pytest.raises(Unreadable, match="try again in a minute"):
        read(path)
    assert cells_of(path) == [[NumberCell("1")]]


def test_the_command_line_imports_a_workbook_by_the_same_mapping(post: Post, simple: Path, tmp_path: Path) -> None:
    rows = [["1", "20/11/2026", "Gate", "10"], ["2", "21/11/2026", "Quay", "20"]]
    write_workbook(tmp_path / "log.xlsx", ["No", "Day", "Where", "Pounds"], rows, [False] * 4)
    answer = post.run("import", tmp_path / "log.xlsx", "--mapping", simple, "--json")
    assert answer.code == 0 and answer.json["imported"] == 2, answer.err
    assert answer.json["file"] == "log.xlsx"
