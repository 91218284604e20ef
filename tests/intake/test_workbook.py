"""Excel workbooks in and out: every value as it stands in the file, and nothing a stranger packed can hurt."""

from __future__ import annotations

import csv
import zipfile
from pathlib import Path

import pytest
from diwan_core.intake import workbook
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.workbook import to_csv
from diwan_core.intake.workbook_out import write_workbook

from .conftest import Post

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


def made(path: Path, sheet: str, **more: str) -> Path:
    """A workbook with one sheet of these rows."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(
            "xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}"><sheetData>{sheet}</sheetData></worksheet>'
        )
        for name, content in more.items():
            archive.writestr(f"xl/{name}.xml", content)
    return path


def rows_of(book: Path) -> list[list[str]]:
    out = book.with_suffix(".csv")
    to_csv(book, out)
    with out.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_what_is_written_is_read_back_as_it_was(tmp_path: Path) -> None:
    rows = [["1", "12.5", "=1+1", "النُّور", " two\nlines "], ["2", "007", "<b>&", "", "x\x01y"]]
    write_workbook(tmp_path / "a.xlsx", ["n", "q", "f", "a", "t"], rows, [True, True, False, False, False])
    assert rows_of(tmp_path / "a.xlsx") == [["n", "q", "f", "a", "t"], rows[0], ["2", "007", "<b>&", "", "x\ufffdy"]]


def test_numbers_dates_words_and_gaps_come_as_they_are_shown(tmp_path: Path) -> None:
    styles = (
        f'<styleSheet xmlns="{MAIN}"><numFmts><numFmt numFmtId="170" formatCode="[$-409]d\\ mmm\\ yy"/>'
        '<numFmt numFmtId="171" formatCode="0.0&quot;kg dry&quot;"/></numFmts>'
        '<cellXfs><xf numFmtId="0"/><xf numFmtId="14"/><xf numFmtId="170"/><xf numFmtId="171"/></cellXfs></styleSheet>'
    )
    runs = "<si><r><t>two </t></r><r><t>runs</t></r><rPh><t>no</t></rPh></si>"
    shared = f'<sst xmlns="{MAIN}"><si><t>plain</t></si>{runs}</sst>'
    sheet = (
        '<row><c r="A1" t="s"><v>0</v></c><c r="C1" t="s"><v>1</v></c><c r="D1" t="s"><v>99</v></c></row>'
        '<row><c r="A2"><v>0.30000000000000004</v></c><c r="B2"><v>1.5E-3</v></c><c r="C2" s="3"><v>12.5</v></c></row>'
        '<row><c r="A3" s="1"><v>46000</v></c><c r="B3" s="2"><v>46000.5</v></c><c r="C3" s="1"><v>0.25</v></c></row>'
        '<row><c r="A4" t="b"><v>1</v></c><c r="B4" t="e"><v>#N/A</v></c>'
        '<c r="C4" t="str"><f>A1</f><v>of a formula</v></c></row>'
    )
    assert rows_of(made(tmp_path / "b.xlsx", sheet, styles=styles, sharedStrings=shared)) == [
        ["plain", "", "two runs", ""],
        ["0.3", "0.0015", "12.5"],
        ["2025-12-09", "2025-12-09T12:00:00", "06:00:00"],
        ["true", "", "of a formula"],
    ]


def test_a_number_comes_as_it_was_typed_not_as_its_binary_fraction(tmp_path: Path) -> None:
    written = {
        "1.1000000000000001": "1.1", "36.299999999999997": "36.3", "12.35": "12.35", "0.1": "0.1",
        "1.2345678901234568E+18": "1234567890123456800", "123456789.12345678": "123456789.123457",
        "9.9999999999999995E-7": "0.000001", "5": "5", "1E5": "100000", "1.0000000000000002": "1",
    }  # fmt: skip
    cells = "".join(f'<row><c r="A{n}"><v>{text}</v></c></row>' for n, text in enumerate(written, 1))
    assert [row[0] for row in rows_of(made(tmp_path / "n.xlsx", cells))] == list(written.values())


def test_an_error_of_the_spreadsheet_is_not_taken_for_an_empty_cell(tmp_path: Path) -> None:
    cells = (
        '<row><c r="A1" t="e"><v>#REF!</v></c><c r="B1" t="e"><v>#N/A</v></c><c r="C1" t="e"><v>#DIV/0!</v></c></row>'
    )
    assert rows_of(made(tmp_path / "e.xlsx", cells)) == [["#REF!", "", "#DIV/0!"]]


def test_lines_are_numbered_as_the_rows_of_the_sheet(tmp_path: Path) -> None:
    cells = (
        '<row r="2"><c r="A2"><v>1</v></c></row><row r="5"><c r="A5"><v>2</v></c></row><row r="3"><c><v>3</v></c></row>'
    )
    assert rows_of(made(tmp_path / "r.xlsx", cells)) == [[], ["1"], [], [], ["2"], ["3"]]
    far = '<row r="1048576"><c r="A1048576"><v>1</v></c></row>'
    assert len(rows_of(made(tmp_path / "f.xlsx", far))) == 1_048_576


def test_one_workbook_is_read_at_a_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "WAIT_SECONDS", 0.01)
    path = made(tmp_path / "a.xlsx", '<row><c r="A1"><v>1</v></c></row>')
    with workbook._one_at_a_time, pytest.raises(Unreadable, match="try again in a minute"):
        rows_of(path)
    assert rows_of(path) == [["1"]]


def test_a_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    path = made(tmp_path / "bomb.xlsx", "<row/>" * 10, padding=" " * 290_000_000)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(Unreadable, match="unpacks to far more"):
        to_csv(path, tmp_path / "out.csv")
    assert not (tmp_path / "out.csv").exists()


def test_entities_that_multiply_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "lol.xlsx"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("xl/worksheets/sheet1.xml", '<!DOCTYPE x [<!ENTITY a "aaaa">]><worksheet>&a;</worksheet>')
    with pytest.raises(Unreadable, match="document type"):
        to_csv(path, tmp_path / "out.csv")


@pytest.mark.parametrize(
    "content",
    [b"PK\x03\x04 and nothing", b"", b"<html>", b"PK\x05\x06" + bytes(18)],
    ids=["cut", "empty", "html", "none"],
)
def test_what_is_no_workbook_is_refused_in_words(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.xlsx").write_bytes(content)
    with pytest.raises(Unreadable, match="CSV"):
        to_csv(tmp_path / "x.xlsx", tmp_path / "out.csv")


def test_broken_xml_and_wrong_numbers_are_refused_or_read_around(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="damaged"):
        rows_of(made(tmp_path / "c.xlsx", "<row><c></row>"))
    with pytest.raises(Unreadable, match="columns"):
        rows_of(made(tmp_path / "d.xlsx", '<row><c r="ZZZ1"><v>1</v></c></row>'))
    assert rows_of(made(tmp_path / "e.xlsx", '<row><c t="s"><v>-1</v></c><c s="x"><v>1</v></c></row>')) == [["", "1"]]


def test_the_command_line_imports_a_workbook_by_the_same_mapping(post: Post, simple: Path, tmp_path: Path) -> None:
    rows = [["1", "20/11/2026", "Gate", "10"], ["2", "21/11/2026", "Quay", "20"]]
    write_workbook(tmp_path / "log.xlsx", ["No", "Day", "Where", "Pounds"], rows, [False] * 4)
    answer = post.run("import", tmp_path / "log.xlsx", "--mapping", simple, "--json")
    assert answer.code == 0 and answer.json["imported"] == 2, answer.err
