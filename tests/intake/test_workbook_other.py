"""Workbooks of other forms: .xls, .xlsb and .ods are read, and what cannot be seen in them is said before the run."""

from __future__ import annotations

import shutil
import struct
import zipfile
from pathlib import Path

import pytest
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.cells import DateCell, NumberCell

from .conftest import Post
from .workbooks import CASES, cells_of, packed, read, relations

pytestmark = pytest.mark.slow

OPEN = "urn:oasis:names:tc:opendocument:xmlns"
SPREADSHEET = "application/vnd.oasis.opendocument.spreadsheet"


def ods(path: Path, rows: str, *, locked: str = "") -> Path:
    """An OpenDocument spreadsheet with one sheet of these rows."""
    spaces = "".join(f' xmlns:{name}="{OPEN}:{name}:1.0"' for name in ("office", "table", "text"))
    sheet = f'<table:table table:name="Log">{rows}</table:table>'
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(zipfile.ZipInfo("mimetype"), SPREADSHEET)
        manifest = f'<m:manifest xmlns:m="{OPEN}:manifest:1.0"><m:file-entry m:full-path="/">{locked}</m:file-entry>'
        archive.writestr("META-INF/manifest.xml", f"{manifest}</m:manifest>")
        archive.writestr(
            "content.xml",
            f"<office:document-content{spaces}><office:body><office:spreadsheet>{sheet}</office:spreadsheet>"
            "</office:body></office:document-content>",
        )
    return path


def row(*cells: str, more: str = "") -> str:
    return f"<table:table-row {more}>{''.join(cells)}</table:table-row>"


def word(text: str) -> str:
    return f'<table:table-cell office:value-type="string"><text:p>{text}</text:p></table:table-cell>'


def number(value: str, kind: str = "float", more: str = "") -> str:
    return f'<table:table-cell office:value-type="{kind}" office:value="{value}" {more}/>'


def day(iso: str) -> str:
    return f'<table:table-cell office:value-type="date" office:date-value="{iso}"/>'


def record(kind: int, content: bytes = b"") -> bytes:
    """A record of the binary form ([MS-XLSB] §2.1.4): its kind and its length in sevens of bits, then its content."""
    head = bytes([kind]) if kind < 128 else bytes([kind & 0x7F | 0x80, kind >> 7])
    return (
        head
        + bytes([len(content) & 0x7F | (0x80 if len(content) > 127 else 0)])
        + (bytes([len(content) >> 7]) if len(content) > 127 else b"")
        + content
    )


def wide(text: str) -> bytes:
    return struct.pack("<I", len(text)) + text.encode("utf-16-le")


def binary_cell(column: int, value: str | float, style: int = 0) -> bytes:
    place = struct.pack("<II", column, style)
    if isinstance(value, str):
        return record(6, place + wide(value))
    return record(5, place + struct.pack("<d", value))


def xlsb(path: Path, *rows: list[str | tuple[float, int]]) -> Path:
    """A workbook of the binary form; a number comes with its cell style, of which 1 shows a date."""
    sheet = record(0x81) + record(0x94, struct.pack("<4I", 0, len(rows) - 1, 0, 9)) + record(0x91)
    for number_, cells in enumerate(rows):
        sheet += record(0, struct.pack("<I", number_) + bytes(13))
        for column, cell in enumerate(cells):
            sheet += binary_cell(column, cell) if isinstance(cell, str) else binary_cell(column, *cell)
    style = record(0x26A - 1, struct.pack("<I", 2))
    for form in (0, 14):
        style += record(0x2F, struct.pack("<HH", 0, form) + bytes(12))
    bundle = record(0x9C, struct.pack("<II", 0, 1) + wide("r1") + wide("Log"))
    relations_ = relations(("r1", "worksheet", "worksheets/sheet1.bin"), ("r2", "styles", "styles.bin"))
    return packed(
        path,
        {
            "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.bin")).encode(),
            "xl/workbook.bin": record(0x83) + record(0x8F) + bundle + record(0x90) + record(0x84),
            "xl/_rels/workbook.bin.rels": relations_.encode(),
            "xl/styles.bin": record(0x116) + style + record(0x26A) + record(0x117),
            "xl/worksheets/sheet1.bin": sheet + record(0x92) + record(0x82),
        },
    )


def test_an_opendocument_sheet_is_read(tmp_path: Path) -> None:
    empty = row('<table:table-cell table:number-columns-repeated="1024"/>', more='table:number-rows-repeated="1048000"')
    rows = (
        row(word("No"), word("Day"), word("Kilos"))
        + row(word("A1"), day("2026-03-15"), number("12.5"))
        + row(word("A2"), day("2026-03-15T14:30:00"), number("0.1"))
        + empty
    )
    found, facts = read(ods(tmp_path / "a.ods", rows))
    assert found == [
        (1, False, ["No", "Day", "Kilos"]),
        (2, False, ["A1", DateCell("2026-03-15", "date"), NumberCell("12.5")]),
        (3, False, ["A2", DateCell("2026-03-15T14:30:00", "datetime"), NumberCell("0.1")]),
    ]
    assert (facts.form, facts.sheet, facts.rows) == ("ods", "Log", 3)


def test_an_old_workbook_is_read_with_its_merges_and_sheets(tmp_path: Path) -> None:
    found, facts = read(Path(shutil.copy(CASES / "old.xls", tmp_path / "old.xls")))
    assert facts.sheets == [("Log", False), ("Old", True)] and facts.form == "xls"
    head, first, *others = [cells for _number, _hidden, cells in found]
    assert head[:4] == ["No", "Day", "Place", "Kilos"]
    assert first[:4] == ["A1", DateCell("2025-12-09", "date"), "Gate 1", NumberCell("12.5")]
    assert [cells[2] for cells in others] == ["Merged", "Merged", "Merged"]


def test_a_binary_workbook_is_read(tmp_path: Path) -> None:
    found, facts = read(xlsb(tmp_path / "b.xlsb", ["No", "Day", "Kilos"], ["A1", (46096.0, 1), (12.5, 0)]))
    assert facts.form == "xlsb" and facts.sheets == [("Log", False)]
    assert [cells for *_place, cells in found] == [
        ["No", "Day", "Kilos"],
        ["A1", DateCell("2026-03-15", "date"), NumberCell("12.5")],
    ]


def test_an_old_workbook_with_a_password_is_named_as_what_it_is(tmp_path: Path) -> None:
    """The record that says so (FILEPASS, [MS-XLS] §2.4.117) stands where an unlocked workbook has INTERFACEHDR."""
    content = (CASES / "old.xls").read_bytes()
    assert content.count(b"\xe1\0\x02\0\xb0\x04") == 1
    (tmp_path / "l.xls").write_bytes(content.replace(b"\xe1\0\x02\0\xb0\x04", b"\x2f\0\x02\0\x01\0"))
    with pytest.raises(Unreadable, match="password"):
        read(tmp_path / "l.xls")


def test_what_cannot_be_seen_is_said_before_the_run(post: Post) -> None:
    answer = post.run("import", CASES / "old.xls", "--mapping", CASES / "mapping-plain.toml", "--json")
    assert any("only values and dates can be read" in note for note in answer.json["notes"])
    assert answer.json["imported"] >= 1
    said = post.run("import", CASES / "old.xls", "--mapping", CASES / "mapping-plain.toml").err
    assert "note: Of a .xls file" in said


def test_merged_cells_that_are_not_seen_are_said_before_the_run(post: Post, tmp_path: Path) -> None:
    path = ods(tmp_path / "merged.ods", row(word("No"), word("Day")) + row(word("A"), word("2026-03-05")))
    said = post.run("import", path, "--mapping", CASES / "mapping-plain.toml", "--check").err
    assert "Merged cells of a .ods file cannot be read" in said
    said = post.run("import", CASES / "old.xls", "--mapping", CASES / "mapping-plain.toml", "--check").err
    assert "Merged cells of a" not in said


def test_a_locked_opendocument_sheet_is_named_as_what_it_is(tmp_path: Path) -> None:
    path = ods(tmp_path / "l.ods", row(word("a")), locked='<m:encryption-data m:checksum="x"/>')
    with pytest.raises(Unreadable, match="password"):
        read(path)


@pytest.mark.parametrize("columns", [1, 16384])
def test_a_cell_that_is_repeated_without_end_is_refused(tmp_path: Path, columns: int) -> None:
    cell = number("1", more=f'table:number-columns-repeated="{columns}"')
    rows = row(cell, more='table:number-rows-repeated="1048576"')
    path = ods(tmp_path / "b.ods", rows)
    if columns > 1:
        with pytest.raises(Unreadable):
            read(path)
    else:
        assert len(cells_of(path)) == 1_048_576
