"""A table as an Excel workbook, streamed: a sheet of any length in little memory. Cells are text, numbers, dates or
true/false, never formulas, so that nothing in them can run. Source of the format: ECMA-376 part 1, §18.3 and §18.8.

Written here and not by openpyxl, which takes every text that begins with "=" for a formula and eight times as long."""

from __future__ import annotations

import datetime as dt
import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

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
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/styles.xml" ContentType="{_TYPE}.styles+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Diwan" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
    f'Type="{_OFFICE}/styles" Target="styles.xml"/></Relationships>',
    "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><numFmts count="{len(_STYLES)}">'
    + "".join(f'<numFmt numFmtId="{164 + n}" formatCode="{code}"/>' for n, code in enumerate(_STYLES.values()))
    + '</numFmts><fonts count="1"><font/></fonts><fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills><borders count="1"><border/></borders>'
    f'<cellStyleXfs count="1"><xf/></cellStyleXfs><cellXfs count="{len(_STYLES)}">'
    + "".join(f'<xf numFmtId="{164 + n if n else 0}" applyNumberFormat="1"/>' for n in range(len(_STYLES)))
    + "</cellXfs></styleSheet>",
}


def write_workbook(path: Path, head: Sequence[str], rows: Iterable[Sequence[Cell]], numeric: Sequence[bool]) -> None:
    """Write a sheet: its heading, its rows, and which columns are numbers where they look like one."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=4) as archive:
        for name, content in _PARTS.items():
            archive.writestr(name, _HEAD + content)
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            sheet.write(f'{_HEAD}<worksheet xmlns="{_MAIN}"><sheetData>'.encode())
            sheet.write(_row(head, [False] * len(head)))
            for row in rows:
                sheet.write(_row(row, numeric))
            sheet.write(b"</sheetData></worksheet>")


def _row(cells: Sequence[Cell], numeric: Sequence[bool]) -> bytes:
    return ("<row>" + "".join(map(_cell, cells, numeric)) + "</row>").encode()


def _cell(cell: Cell, numeric: bool) -> str:
    match cell:
        case "":
            return "<c/>"
        case str():
            if numeric and _NUMBER.match(cell) and sum(map(str.isdigit, cell)) <= DIGITS_MOST:
                return f"<c><v>{cell}</v></c>"
            text = _ESCAPED.sub("_x005F_", _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", cell[:CELL_MOST]))
            return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(text)}</t></is></c>'
        case bool():
            return f'<c t="b"><v>{cell:d}</v></c>'
        case NumberCell():
            zeros = len(cell.shown.partition(".")[0].lstrip("-")) if cell.shown else 0
            style = "%" if cell.percent else str(min(zeros, 40)) if zeros > 1 else ""
            return f'<c s="{_PLACES[style]}"><v>{cell.value}</v></c>'
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
