"""Reads Office Open XML workbooks (.xlsx, .xlsm) with openpyxl, whose sheet parser is extended for hidden rows and
columns, merged cells, formulas without a result and cell formats, all in one pass over the sheet. Works in the
confined process of `workbook`.

Taken from openpyxl: relationships between parts, the incremental pass over a sheet, references of cells and ranges.
Not taken: its model of a whole style sheet and workbook, which refuses files for a fill or a view that does not matter
here, and its rich text, which takes 40 µs a cell (docs/adr/0023-workbooks.md)."""

from __future__ import annotations

import codecs
import io
import re
from collections.abc import Iterator
from typing import Any, Final
from xml.etree.ElementTree import Element

from openpyxl.packaging.relationship import RelationshipList, get_dependents, get_rels_path
from openpyxl.utils import column_index_from_string, range_boundaries
from openpyxl.worksheet._reader import (
    CELL_TAG,
    COL_TAG,
    FORMULA_TAG,
    INLINE_STRING,
    MERGE_TAG,
    ROW_TAG,
    VALUE_TAG,
    WorkSheetParser,
)
from openpyxl.xml.functions import fromstring, iterparse

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.sources.cells import BadCell, Cell, NumberCell, shortest
from diwan_core.intake.sources.number_format import GENERAL, Format, format_of, format_of_number
from diwan_core.intake.sources.package import Package, Part
from diwan_core.intake.sources.sheet import (
    COLUMNS_MOST,
    MERGES_MOST,
    ROWS_MOST,
    SheetFacts,
    SheetRow,
    letters,
)
from diwan_core.intake.sources.xlsx_values import (
    ITEM,
    MAC,
    MAIN,
    RUN,
    TEXT,
    WINDOWS,
    date_of_iso,
    decoded,
    is_cut,
    moment_of,
    text_of,
    whole_number,
)

_RELATION: Final = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"
_LONG: Final = re.compile(r"[1-9][0-9]{15,}")
_ZERO: Final = re.compile(r"0+(?:\.0*)?", re.ASCII).fullmatch
"""A row's height of nothing: another way in which programs hide it."""
_NO_CELLS: Final = frozenset(("chartsheet", "dialogsheet", "xlMacrosheet"))
_ELEMENTS_MOST: Final = 400_000
_KEPT: Final = frozenset((CELL_TAG, VALUE_TAG, FORMULA_TAG, INLINE_STRING, TEXT, RUN))


def prepare() -> None:
    """Load what is loaded when it is first used, while files can be opened: codecs, and openpyxl's descriptors."""
    for codec in ("cp437", "utf-8", "utf-16", "utf-16-le", "utf-16-be", "iso-8859-1", "windows-1252"):
        codecs.lookup(codec)
    RelationshipList.from_tree(fromstring('<Relationships><Relationship Id="a" Type="b" Target="c"/></Relationships>'))
    list(iterparse(io.BytesIO(b'<?xml version="1.0" encoding="windows-1252"?><a><b/></a>')))
    range_boundaries("A1:B2")


class Workbook:
    """An open workbook. Raises Unreadable, and what the libraries raise on damaged files."""

    def __init__(self, archive: Package) -> None:
        self._archive = archive
        book, relations = self._workbook()
        root = self._tree(book)
        properties, calculated = root.find(f"{MAIN}workbookPr"), root.find(f"{MAIN}calcPr")
        self.since_1904 = properties is not None and properties.get("date1904") in ("1", "true")
        self.uncalculated = calculated is not None and calculated.get("fullCalcOnLoad") in ("1", "true")
        """It was written by a program that leaves formulas to be calculated when it is opened."""
        self._targets: dict[str, str] = {}
        self.sheets: list[tuple[str, bool]] = []
        for sheet in root.iter(f"{MAIN}sheet"):
            relation = relations.get(sheet.get(_RELATION, ""))
            kind = "" if relation is None else relation.Type.rpartition("/")[2]
            if relation is not None and kind not in _NO_CELLS and archive.has(relation.target):
                name = sheet.get("name", "")
                self._targets[name] = relation.target
                self.sheets.append((name, sheet.get("state", "visible") != "visible"))
        by_kind = {relation.Type.rpartition("/")[2]: relation.target for relation in relations.values()}
        self._strings, self._styles = by_kind.get("sharedStrings", ""), by_kind.get("styles", "")

    def _workbook(self) -> tuple[str, dict[str, Any]]:
        """The part that lists the sheets, and its relationships by id."""
        book = "xl/workbook.xml"
        if self._archive.has("_rels/.rels"):
            top: RelationshipList = get_dependents(self._archive, "_rels/.rels")
            book = next((found.target for found in top if found.Type.endswith("/officeDocument")), book)
        if not self._archive.has(book):
            raise Unreadable(N_("this is not a workbook with a sheet in it: save the sheet as XLSX or CSV (UTF-8)"))
        path = get_rels_path(book)
        return book, get_dependents(self._archive, path).to_dict() if self._archive.has(path) else {}

    def _tree(self, part: str) -> Element:
        """A part that is small beside a sheet, as a whole."""
        element = Element("none")
        with self._archive.part(part) as source:
            for element in _ended(source):  # noqa: B007  the last to end is the root
                pass
        return element

    def size_of(self, sheet: str) -> int:
        """Bytes that are unpacked to read a sheet."""
        return sum(map(self._archive.size, (self._targets[sheet], self._strings, self._styles)))

    def rows(self, sheet: str, facts: SheetFacts) -> Iterator[SheetRow]:
        """The rows of a sheet that hold something; `facts` are complete when they have ended."""
        with self._archive.part(self._targets[sheet]) as source:
            yield from _SheetParser(source, self, facts).rows()

    def strings(self) -> list[str]:
        """The texts that cells share."""
        if not self._archive.has(self._strings):
            return []
        found = []
        with self._archive.part(self._strings) as source:
            for element in _ended(source, ITEM):
                if element.tag == ITEM:
                    found.append(text_of(element))
                    element.clear()
        return found

    def formats(self) -> list[Format]:
        """The meaning of the format of each cell style."""
        if not self._archive.has(self._styles):
            return []
        root = self._tree(self._styles)
        codes = {item.get("numFmtId"): item.get("formatCode", "") for item in root.iter(f"{MAIN}numFmt")}
        known: dict[str, Format] = {number: format_of(code) for number, code in codes.items() if number}
        styles = root.find(f"{MAIN}cellXfs")
        numbers = [style.get("numFmtId", "0") for style in (() if styles is None else styles)]
        return [known[number] if number in known else format_of_number(whole_number(number)) for number in numbers]


class _SheetParser(WorkSheetParser):  # type: ignore[misc]  # openpyxl ships no types
    """openpyxl's parser of a sheet, with cells as `cells` has them."""

    def __init__(self, source: Part, book: Workbook, facts: SheetFacts) -> None:
        super().__init__(source, book.strings(), epoch=MAC if book.since_1904 else WINDOWS)
        self._book = book
        self._formats = book.formats()
        self._facts = facts
        self._filled: set[int] = set()
        self._hidden = False
        self._places: dict[str, int] = {}
        self._cut = {place for place, text in enumerate(self.shared_strings) if is_cut(text)}
        self.row_counter: int = 0
        self.col_counter: int = 0

    def rows(self) -> Iterator[SheetRow]:
        """The rows that hold something, in order."""
        facts = self._facts
        for element in _ended(self.source, ROW_TAG):
            tag = element.tag
            if tag == ROW_TAG:
                number, cells = self.parse_row(element)
                element.clear()
                if cells:
                    facts.rows += 1
                    if self._hidden:
                        facts.hidden_rows.add_row(number)
                    yield SheetRow(number, self._hidden, cells)
            elif tag in _KEPT:
                continue
            elif tag == COL_TAG:
                self.parse_column_dimensions(element)
            elif tag == MERGE_TAG:
                facts.merges = sorted(_vertical(element))
        facts.filled = sorted(self._filled)
        facts.width = facts.filled[-1] + 1 if facts.filled else 0
        facts.hidden_columns = [place for place in facts.filled if self._is_hidden(place)]

    def parse_row(self, row: Element) -> tuple[int, list[Cell]]:
        """A row's number and its cells up to the last one that holds something."""
        number = row.get("r", "")
        count = int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 0
        self.row_counter = max(count, self.row_counter + 1)
        if self.row_counter > ROWS_MOST:
            raise Unreadable(N_("the sheet has more rows than a spreadsheet can have"))
        self._hidden = row.get("hidden") in ("1", "true") or _ZERO(row.get("ht", "")) is not None
        self.col_counter = 0
        cells: list[Cell] = []
        for element in row:
            cell = self.parse_cell(element)
            place = self.col_counter - 1
            if cell == "" or cell is None:
                continue
            if place >= COLUMNS_MOST:
                raise Unreadable(N_("the sheet has more than {most} columns"), most=COLUMNS_MOST)
            if place == len(cells):
                cells.append(cell)
            elif place > len(cells):
                cells.extend([""] * (place - len(cells)))
                cells.append(cell)
            else:
                cells[place] = cell
            self._filled.add(place)
        return self.row_counter, cells

    def parse_cell(self, element: Element) -> Cell | None:
        """A cell's value; None where it holds nothing. Its column is `col_counter` then."""
        reference = element.get("r")
        self.col_counter = self._column(reference) if reference else self.col_counter + 1
        value: str | None = None
        inline: Element | None = None
        formula = False
        for child in element:
            tag = child.tag
            if tag == VALUE_TAG:
                value = child.text
            elif tag == FORMULA_TAG:
                formula = True
            elif tag == INLINE_STRING:
                inline = child
        kind = element.get("t", "n")
        if value is None or (formula and self._book.uncalculated and value == "0"):
            if inline is not None:
                return self._checked(text_of(inline))
            if formula and kind != "str":
                self._facts.no_result.add(self._name())
                return BadCell("formula", "")
            return None
        match kind:
            case "n":
                return self._number(value, element.get("s"))
            case "s":
                place = whole_number(value)
                if place in self._cut:
                    self._facts.cut_text.add(self._name())
                return self.shared_strings[place] if 0 <= place < len(self.shared_strings) else ""
            case "str" | "inlineStr":
                return self._checked(decoded(value))
            case "b":
                return value in ("1", "true")
            case "e":
                self._facts.errors.add(self._name())
                # #N/A means not known and is no reason to refuse the row, unlike #REF! and its kin.
                return value if value == "#N/A" else BadCell("error", value[:20])
            case "d":
                return date_of_iso(value)
            case _:
                return value

    def _column(self, reference: str) -> int:
        name = reference.rstrip("0123456789")
        place = self._places.get(name)
        if place is None:
            place = self._places[name] = column_index_from_string(name)
        return place

    def _name(self) -> str:
        return f"{letters(self.col_counter - 1)}{self.row_counter}"

    def _number(self, text: str, style: str | None) -> Cell:
        value = shortest(text)
        if value is None:
            return text
        if style is None:
            shape = GENERAL
        else:
            place = whole_number(style)
            shape = self._formats[place] if 0 <= place < len(self._formats) else GENERAL
        if shape.kind:
            return moment_of(value, self.epoch, shape.kind) or NumberCell(value)
        if len(value) > 15 and _LONG.fullmatch(value):
            self._facts.long_numbers.add(self._name())
        if shape.zeros or shape.front:
            whole, point, decimals = value.removeprefix("-").partition(".")
            shown = f"{'-' if value[0] == '-' else ''}{shape.front}{whole.zfill(shape.zeros)}{point}{decimals}"
            return NumberCell(value, shape.percent, shown if shown != value else "")
        return NumberCell(value, True) if shape.percent else NumberCell(value)

    def _checked(self, text: str) -> str:
        if is_cut(text):
            self._facts.cut_text.add(self._name())
        return text

    def _is_hidden(self, place: int) -> bool:
        for column in self.column_dimensions.values():
            if column.get("hidden") in ("1", "true"):
                first, last = whole_number(column.get("min", "")), whole_number(column.get("max", ""))
                if first <= place + 1 <= last:
                    return True
        return False


def _ended(source: Part, unit: str = "") -> Iterator[Element]:
    """The elements of a part as they end. Raises Unreadable where very many end and none is a `unit` (row, text)."""
    count = 0
    for _, element in iterparse(source):
        source.quiet = 0
        count = 0 if element.tag == unit else count + 1
        if count > _ELEMENTS_MOST:
            raise Unreadable(N_("the workbook is nested too deep, which no spreadsheet program writes"))
        yield element


def _vertical(merges: Element) -> Iterator[tuple[int, int, int]]:
    if len(merges) > MERGES_MOST:
        raise Unreadable(N_("the sheet has very many merged cells: save it as CSV (UTF-8)"))
    for merge in merges:
        first_column, first, _last_column, last = range_boundaries(merge.get("ref", ""))
        if None not in (first_column, first, last) and last > first:
            yield first, last, first_column - 1
