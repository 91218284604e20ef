"""A table as an Excel workbook, streamed: a sheet of any length in little memory. Cells are text, numbers, dates or
true/false, never formulas, so that nothing in them can run. Source of the format: ECMA-376 part 1, §18.3 and §18.8.

Written here and not by openpyxl, which takes every text that begins with "=" for a formula and eight times as long."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape, quoteattr

from diwan_core.intake.sources.cells import BadCell, Cell, DateCell, NumberCell

ROWS_MOST: Final = 1_048_576
COLUMNS_MOST: Final = 16_384
CELL_MOST: Final = 32_767
DIGITS_MOST: Final = 15
"""Digits a spreadsheet keeps of a number; one with more is written as text, so that none is lost."""
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,9})?\Z", re.ASCII)
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_ESCAPED: Final = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
_DATES: Final = {"date": "yyyy-mm-dd", "datetime": "yyyy-mm-dd hh:mm:ss", "time": "hh:mm:ss", "elapsed": "[h]:mm:ss"}
_STYLES: Final = {"": "General", "%": "0.##%", **_DATES, **{str(width): "0" * width for width in range(2, 41)}}
_PLACES: Final = {name: place for place, name in enumerate(_STYLES)}
_EPOCH: Final = dt.datetime(1899, 12, 30)  # noqa: DTZ001  a local time as people write it
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
SHEET_NAME_MOST: Final = 31
"""Letters of a sheet's name (ECMA-376 part 1, §18.2.19)."""
_NOT_IN_NAMES: Final = re.compile(r"[\[\]:*?/\\]")
_STYLES_PART: Final = (
    f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_STYLES)}">'
    + "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(_STYLES.values()))
    + '</numFmts><fonts count="2"><font/><font><b/></font></fonts><fills count="2"><fill><patternFill '
    'patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/>'
    f'</borders><cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="{len(_STYLES) + 1}">'
    + "".join(f'<xf numFmtId="{164 + n if n else 0}" applyNumberFormat="1"/>' for n in range(len(_STYLES)))
    + '<xf fontId="1" applyFont="1"/></cellXfs></styleSheet>'
)
_BOLD: Final = len(_STYLES)


@dataclass(frozen=True)
class Sheet:
    """A sheet: its name, its heading, its rows, and which columns are numbers where they look like one."""

    name: str
    head: Sequence[str]
    rows: Iterable[Sequence[Cell]]
    numeric: Sequence[bool]


def write_workbook(path: Path, head: Sequence[str], rows: Iterable[Sequence[Cell]], numeric: Sequence[bool]) -> None:
    """Write one sheet: its heading, its rows, and which columns are numbers where they look like one."""
    write_sheets(path, [Sheet("Diwan", head, rows, numeric)])


def write_sheets(path: Path, sheets: Sequence[Sheet], *, from_the_right: bool = False) -> None:
    """Write sheets one after the other. Their headings stay in sight and have filters."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, content in _parts(_names(sheets)).items():
            archive.writestr(name, _HEAD + content)
        for number, sheet in enumerate(sheets, 1):
            with archive.open(f"xl/worksheets/sheet{number}.xml", "w", force_zip64=True) as out:
                out.write(f'{_HEAD}<worksheet xmlns="{_MAIN}">{_view(from_the_right)}<sheetData>'.encode())
                out.write(("<row>" + "".join(_cell(text, False, _BOLD) for text in sheet.head) + "</row>").encode())
                count = 1
                for row in sheet.rows:
                    out.write(_row(row, sheet.numeric))
                    count += 1
                filters = f'<autoFilter ref="A1:{_letters(len(sheet.head))}{count}"/>' if sheet.head else ""
                out.write(f"</sheetData>{filters}</worksheet>".encode())


def _view(from_the_right: bool) -> str:
    """How a sheet is looked at: its heading stays in sight."""
    right = ' rightToLeft="1"' if from_the_right else ""
    frozen = '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
    return f'<sheetViews><sheetView workbookViewId="0"{right}>{frozen}</sheetView></sheetViews>'


def _names(sheets: Sequence[Sheet]) -> list[str]:
    """The names of the sheets: short, and none twice."""
    found: list[str] = []
    for sheet in sheets:
        name = _FORBIDDEN.sub("", _NOT_IN_NAMES.sub(" ", sheet.name)).strip(" '")[:SHEET_NAME_MOST] or "Diwan"
        taken = {other.casefold() for other in found}
        number = 2
        while name.casefold() in taken:
            name, number = f"{name[: SHEET_NAME_MOST - 4]} {number}", number + 1
        found.append(name)
    return found


def _letters(number: int) -> str:
    """The letters of a column: 1 is A, 27 is AA."""
    letters = ""
    while number:
        number, place = divmod(number - 1, 26)
        letters = chr(65 + place) + letters
    return letters


def _parts(names: Sequence[str]) -> dict[str, str]:
    """Every part of the package but the sheets themselves."""
    numbers = range(1, len(names) + 1)
    styles = len(names) + 1
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
        f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
        + "".join(
            f'<Override PartName="/xl/worksheets/sheet{n}.xml" ContentType="{_TYPE}.worksheet+xml"/>' for n in numbers
        )
        + "</Types>",
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><bookViews><workbookView/></bookViews>'
        "<sheets>"
        + "".join(
            f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="r{n}"/>' for n, name in zip(numbers, names, strict=True)
        )
        + "</sheets></workbook>",
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships">'
        + "".join(
            f'<Relationship Id="r{n}" Type="{_OFFICE}/worksheet" Target="worksheets/sheet{n}.xml"/>' for n in numbers
        )
        + f'<Relationship Id="r{styles}" Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": _STYLES_PART,
    }


def _row(cells: Sequence[Cell], numeric: Sequence[bool]) -> bytes:
    return ("<row>" + "".join(map(_cell, cells, numeric)) + "</row>").encode()


def _cell(cell: Cell, numeric: bool, style: int = 0) -> str:
    look = f' s="{style}"' if style else ""
    match cell:
        case "":
            return "<c/>"
        case str():
            if numeric and _NUMBER.match(cell) and sum(map(str.isdigit, cell)) <= DIGITS_MOST:
                return f"<c><v>{cell}</v></c>"
            text = _ESCAPED.sub("_x005F_", _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", cell[:CELL_MOST]))
            return f'<c{look} t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        case bool():
            return f'<c t="b"><v>{cell:d}</v></c>'
        case NumberCell():
            zeros = len(cell.shown.partition(".")[0].lstrip("-")) if cell.shown else 0
            shown = "%" if cell.percent else str(min(zeros, 40)) if zeros > 1 else ""
            return f'<c s="{_PLACES[shown]}"><v>{cell.value}</v></c>'
        case DateCell():
            return f'<c s="{_PLACES[cell.kind]}"><v>{_serial(cell)}</v></c>'
        case BadCell():  # a formula has gone, its lack of a result stays to be seen
            return f'<c t="e"><v>{escape(cell.text) or "#VALUE!"}</v></c>'


def _serial(cell: DateCell) -> str:
    """Days since the last but one of 1899, as spreadsheets count them."""
    if cell.kind in ("time", "elapsed"):
        hours, minutes, seconds = map(int, cell.iso.split(":"))
        return repr((hours * 3600 + minutes * 60 + seconds) / 86400)
    since = dt.datetime.fromisoformat(cell.iso) - _EPOCH
    days = since.days - 1 if 1 <= since.days <= 60 else since.days
    return repr(days + since.seconds / 86400) if since.seconds else str(days)
