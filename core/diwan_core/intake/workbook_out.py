"""A table as an Excel workbook, streamed: a sheet of any length in little memory. Cells are text or plain numbers,
never formulas, so that nothing in them can run. Source of the format: ECMA-376 part 1, §18.3."""

from __future__ import annotations

import re
import zipfile
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final
from xml.sax.saxutils import escape

ROWS_MOST: Final = 1_048_576
COLUMNS_MOST: Final = 16_384
CELL_MOST: Final = 32_767
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,13})(\.[0-9]{1,9})?\Z", re.ASCII)
_FORBIDDEN: Final = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")
_HEAD: Final = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN: Final = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE: Final = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE: Final = "http://schemas.openxmlformats.org/package/2006"
_TYPE: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_PARTS: Final = {
    "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types">'
    '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
    f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPE}.sheet.main+xml"/>'
    f'<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_TYPE}.worksheet+xml"/></Types>',
    "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
    "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>'
    '<sheet name="Diwan" sheetId="1" r:id="r1"/></sheets></workbook>',
    "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r1" '
    f'Type="{_OFFICE}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
}


def write_workbook(path: Path, head: Sequence[str], rows: Iterable[Sequence[str]], numeric: Sequence[bool]) -> None:
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


def _row(cells: Sequence[str], numeric: Sequence[bool]) -> bytes:
    return ("<row>" + "".join(map(_cell, cells, numeric)) + "</row>").encode()


def _cell(text: str, numeric: bool) -> str:
    if not text:
        return "<c/>"
    if numeric and _NUMBER.match(text):
        return f"<c><v>{text}</v></c>"
    plain = escape(_FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text[:CELL_MOST]))
    return f'<c t="inlineStr"><is><t xml:space="preserve">{plain}</t></is></c>'
