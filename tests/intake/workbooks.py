"""Workbooks as tests need them: whole packages around a few lines of a sheet's XML."""

from __future__ import annotations

import zipfile
from pathlib import Path
from xml.sax.saxutils import quoteattr

from diwan_core.intake.sources.cells import Cell
from diwan_core.intake.sources.sheet import SheetFacts, SheetFile
from diwan_core.intake.sources.workbook import to_cells

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006/relationships"
CASES = Path(__file__).parent / "cases"


def relations(*placed: tuple[str, str, str]) -> str:
    """A part of relationships: (id, kind, target)."""
    named = "".join(f'<Relationship Id="{id}" Type="{OFFICE}/{kind}" Target="{to}"/>' for id, kind, to in placed)
    return f'<Relationships xmlns="{PACKAGE}">{named}</Relationships>'


def parts_of(
    rows: str,
    *,
    styles: str = "",
    shared: str = "",
    after: str = "",
    before: str = "",
    properties: str = "",
    state: str = "visible",
) -> dict[str, str]:
    """The parts of a workbook with one sheet of these rows; `styles` and `shared` are the inside of their parts,
    `before` and `after` stand around the rows, `properties` before and behind the list of sheets of the workbook."""
    sheet = f'<worksheet xmlns="{MAIN}">{before}<sheetData>{rows}</sheetData>{after}</worksheet>'
    return {
        "_rels/.rels": relations(("r1", "officeDocument", "xl/workbook.xml")),
        "xl/workbook.xml": f'<workbook xmlns="{MAIN}" xmlns:r="{OFFICE}">{properties}<sheets>'
        f'<sheet name="Log" sheetId="1" state="{state}" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": relations(
            ("r1", "worksheet", "worksheets/sheet1.xml"),
            ("r2", "styles", "styles.xml"),
            ("r3", "sharedStrings", "sharedStrings.xml"),
        ),
        "xl/worksheets/sheet1.xml": sheet,
        "xl/styles.xml": f'<styleSheet xmlns="{MAIN}">{styles}</styleSheet>',
        "xl/sharedStrings.xml": f'<sst xmlns="{MAIN}">{shared}</sst>',
    }


def packed(path: Path, parts: dict[str, str] | dict[str, bytes]) -> Path:
    """Write these parts as an archive."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return path


def made(path: Path, rows: str, **more: str) -> Path:
    """A workbook with one sheet of these rows (see `parts_of`)."""
    return packed(path, parts_of(rows, **more))


def formats(*codes: str) -> str:
    """The inside of a style sheet of which cell style n has the n-th of these formats."""
    listed = "".join(f"<numFmt numFmtId='{164 + n}' formatCode={quoteattr(code)}/>" for n, code in enumerate(codes))
    styles = "".join(f'<xf numFmtId="{164 + n}"/>' for n, _ in enumerate(codes))
    return f"<numFmts>{listed}</numFmts><cellXfs>{styles}</cellXfs>"


def numbered(*numbers: int) -> str:
    """The same with formats known by their numbers."""
    return "<cellXfs>" + "".join(f'<xf numFmtId="{number}"/>' for number in numbers) + "</cellXfs>"


def read(path: Path, sheet: str = "") -> tuple[list[tuple[int, bool, list[Cell]]], SheetFacts]:
    """The rows of a workbook as its sheet file gives them, and the facts."""
    out = path.with_suffix(".cells")
    facts = to_cells(path, out, sheet)
    file = SheetFile(out)
    try:
        return [(row.number, row.hidden, row.cells) for row in file.rows()], facts
    finally:
        file.close()


def cells_of(path: Path, sheet: str = "") -> list[list[Cell]]:
    """The cells alone."""
    return [cells for _number, _hidden, cells in read(path, sheet)[0]]
