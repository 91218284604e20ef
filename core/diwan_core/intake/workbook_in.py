"""The sheets of an Excel workbook and their cells as CSV, as the file writes them: no number passes through binary
floating point. Works in the limited process of `workbook`.

Declared sizes are added up before anything is unpacked, what is unpacked is counted again, and a document type
declaration (with which XML can blow itself up) ends the reading. Source of the format: ECMA-376 part 1, §18.3 (sheets),
§18.4 (shared strings), §18.8.30 (number formats)."""

from __future__ import annotations

import csv
import re
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import ROUND_HALF_EVEN, Context, Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable

UNPACKED_MOST: Final = 300 * 1024 * 1024
RATIO_MOST: Final = 200
ROWS_MOST: Final = 1_048_576
COLUMNS_MOST: Final = 500
_BLOCK: Final = 64 * 1024
_TYPED: Final = 15
_AS_SHOWN: Final = Context(prec=_TYPED, rounding=ROUND_HALF_EVEN)
_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_QUOTED: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z", re.ASCII)


class _Limited:
    """A member of the archive, read in blocks and counted while it is unpacked."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = UNPACKED_MOST

    def blocks(self) -> Iterator[bytes]:
        while block := self._stream.read(_BLOCK):
            self._left -= len(block)
            if self._left < 0:
                raise Unreadable(N_("the workbook unpacks to more than 300 MB: save its sheet as CSV (UTF-8)"))
            yield block


def _parse(
    archive: zipfile.ZipFile,
    name: str,
    begin: Callable[[str, dict[str, str]], None],
    end: Callable[[str], None] = lambda _tag: None,
    text: Callable[[str], None] = lambda _text: None,
) -> None:
    parser = expat.ParserCreate(namespace_separator="}")

    def refuse(*_declared: object) -> None:
        raise Unreadable(N_("the workbook holds a document type declaration, which no spreadsheet program writes"))

    parser.StartDoctypeDeclHandler = refuse
    parser.EntityDeclHandler = refuse
    parser.StartElementHandler = lambda tag, given: begin(tag.rpartition("}")[2], given)
    parser.EndElementHandler = lambda tag: end(tag.rpartition("}")[2])
    parser.CharacterDataHandler = text
    parser.buffer_text = True
    try:
        with archive.open(name) as stream:
            for block in _Limited(stream).blocks():
                parser.Parse(block, False)
            parser.Parse(b"", True)
    except expat.ExpatError as error:
        template = N_("the workbook is damaged ({part}: {error}): open it and save it again")
        raise Unreadable(template, part=name, error=str(error)) from error


def _shared(archive: zipfile.ZipFile) -> list[str]:
    found: list[str] = []
    held: list[str] = []
    inside = phonetic = False

    def begin(tag: str, _given: dict[str, str]) -> None:
        nonlocal inside, phonetic
        if tag == "si":
            held.clear()
        phonetic = phonetic or tag == "rPh"
        inside = tag == "t" and not phonetic

    def end(tag: str) -> None:
        nonlocal inside, phonetic
        inside = inside and tag != "t"
        phonetic = phonetic and tag != "rPh"
        if tag == "si":
            found.append("".join(held))

    if "xl/sharedStrings.xml" in archive.namelist():
        _parse(archive, "xl/sharedStrings.xml", begin, end, lambda text: held.append(text) if inside else None)
    return found


def _date_styles(archive: zipfile.ZipFile) -> set[int]:
    """Numbers of the cell styles that show a number as a date or a time."""
    codes: dict[int, str] = {}
    styles: list[int] = []
    inside = False

    def begin(tag: str, given: dict[str, str]) -> None:
        nonlocal inside
        if tag == "numFmt":
            codes[int(given.get("numFmtId", "0"))] = given.get("formatCode", "")
        inside = inside or tag == "cellXfs"
        if inside and tag == "xf":
            styles.append(int(given.get("numFmtId", "0")))

    def end(tag: str) -> None:
        nonlocal inside
        inside = inside and tag != "cellXfs"

    if "xl/styles.xml" in archive.namelist():
        _parse(archive, "xl/styles.xml", begin, end)
    custom = {number for number, code in codes.items() if re.search("[dmyhs]", _QUOTED.sub("", code.lower()))}
    return {place for place, number in enumerate(styles) if number in custom or number in _DATES}


def _sheets(archive: zipfile.ZipFile) -> tuple[list[tuple[str, str]], bool]:
    """(name, member) of the sheets that are shown, in order, and whether dates count from 1904. A workbook without a
    list of its sheets has one, without a name."""
    found: list[tuple[str, str, bool]] = []
    since_1904 = False
    targets: dict[str, str] = {}

    def book(tag: str, given: dict[str, str]) -> None:
        nonlocal since_1904
        if tag == "sheet":
            relation = next((value for key, value in given.items() if key.endswith("}id")), "")
            found.append((given.get("name", ""), relation, given.get("state", "visible") == "visible"))
        since_1904 = since_1904 or (tag == "workbookPr" and given.get("date1904") in ("1", "true"))

    def relation(tag: str, given: dict[str, str]) -> None:
        if tag == "Relationship":
            targets[given.get("Id", "")] = given.get("Target", "")

    names = archive.namelist()
    if "xl/workbook.xml" in names and "xl/_rels/workbook.xml.rels" in names:
        _parse(archive, "xl/workbook.xml", book)
        _parse(archive, "xl/_rels/workbook.xml.rels", relation)
    shown = [sheet for sheet in found if sheet[2]] or found or [("", "", True)]
    placed = [(name, targets.get(relation, "worksheets/sheet1.xml")) for name, relation, _shown in shown]
    members = [(name, place.lstrip("/") if place.startswith("/xl/") else f"xl/{place}") for name, place in placed]
    sheets = [(name, member) for name, member in members if member in names and "chartsheets/" not in member]
    if not sheets:
        raise Unreadable(N_("this is not an Excel workbook with a sheet in it: save the sheet as CSV (UTF-8)"))
    return sheets, since_1904


def _chosen(sheets: list[tuple[str, str]], name: str) -> str:
    """The member of the sheet of this name, "" for the first. Raises Unreadable naming those there are."""
    if not name:
        return sheets[0][1]
    for known, member in sheets:
        if known == name:
            return member
    there = ", ".join(known for known, _member in sheets[:20])
    template = N_("the workbook has no sheet {sheet}; its sheets are {there}")
    raise Unreadable(template, sheet=repr(name[:80]), there=there)


def _moment(text: str, since_1904: bool) -> str:
    """A date's serial number as ISO 8601 (ECMA-376 part 1, §18.17.4.1); what is none stays as it is written."""
    try:
        days = Decimal(text)
    except InvalidOperation:
        return text
    if not 0 <= days < 2_958_466:
        return text
    # the serial 60 is 29 February 1900, which never was: days before it count from one day later
    start = datetime(1904, 1, 1) if since_1904 else datetime(1899, 12, 30 if days >= 60 else 31)
    seconds = int((days % 1 * 86400).quantize(Decimal(1)))
    moment = start + timedelta(days=int(days), seconds=seconds)
    if days < 1:
        return moment.strftime("%H:%M:%S")
    return moment.strftime("%Y-%m-%dT%H:%M:%S" if seconds else "%Y-%m-%d")


def _plain(text: str) -> str:
    """A number in plain notation: 1.5E-3 is 0.0015. Spreadsheets keep binary fractions and write 17 digits: what
    somebody typed as 1.1 stands there as 1.1000000000000001. They show 15, and so many give back what was typed."""
    if "e" not in text.lower() and ("." not in text or len(text) <= _TYPED):
        return text
    try:
        number = Decimal(text)
    except InvalidOperation:
        return text
    if abs(number.adjusted()) >= 40:
        return text
    if number != number.to_integral_value():
        number = _AS_SHOWN.plus(number)
    plain = f"{number:f}"
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def names_in(workbook: Path) -> list[str]:
    """The names of the sheets that are shown. Raises Unreadable."""
    with _opened(workbook) as archive, _damage_told():
        return [name for name, _member in _sheets(archive)[0]]


def convert(workbook: Path, out: Path, delimiter: str, sheet: str = "") -> None:
    """The work itself, in this process. Raises Unreadable."""
    with _opened(workbook) as archive, out.open("w", encoding="utf-8", newline="") as file, _damage_told():
        sheets, since_1904 = _sheets(archive)
        _write_rows(archive, _chosen(sheets, sheet), since_1904, csv.writer(file, delimiter=delimiter).writerow)


@contextmanager
def _damage_told() -> Iterator[None]:
    try:
        yield
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
        raise Unreadable(N_("the workbook is damaged or locked with a password: save it again without one")) from error


def _opened(workbook: Path) -> zipfile.ZipFile:
    """A workbook that is not too much for this machine. Raises Unreadable."""
    try:
        archive = zipfile.ZipFile(workbook)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise Unreadable(N_("this is not an Excel workbook (.xlsx): save the sheet as CSV (UTF-8)")) from error
    members = archive.infolist()
    unpacked = sum(member.file_size for member in members)
    if unpacked > UNPACKED_MOST or unpacked > RATIO_MOST * max(workbook.stat().st_size, 50_000):
        raise Unreadable(N_("the workbook unpacks to far more than it is long: save its sheet as CSV (UTF-8)"))
    if len(members) > 10_000:
        raise Unreadable(N_("the workbook holds very many parts: save its sheet as CSV (UTF-8)"))
    return archive


def _write_rows(archive: zipfile.ZipFile, member: str, since_1904: bool, write: Callable[[list[str]], object]) -> None:
    shared, dates = _shared(archive), _date_styles(archive)
    row: list[str] = []
    held: list[str] = []
    kind = style = ""
    place = count = 0
    inside = False

    def begin(tag: str, given: dict[str, str]) -> None:
        nonlocal kind, style, place, inside, count
        if tag == "row":
            row.clear()
            number = given.get("r", "")
            place = int(number) if number.isascii() and number.isdigit() and len(number) < 8 else 0
            while count + 1 < min(place, ROWS_MOST):  # what the file leaves out: lines are numbered as the sheet's rows
                count += 1
                write([])
        elif tag == "c":
            found = _CELL.match(given.get("r", ""))
            place = _column(found[1]) if found else len(row)
            if place >= COLUMNS_MOST:
                raise Unreadable(N_("the sheet has more than {most} columns"), most=COLUMNS_MOST)
            kind, style = given.get("t", "n"), given.get("s", "")
            held.clear()
        inside = tag in ("v", "t")

    def end(tag: str) -> None:
        nonlocal inside, count
        inside = False
        if tag == "c":
            row.extend([""] * (place + 1 - len(row)))
            row[place] = cell("".join(held))
        elif tag == "row":
            count += 1
            if count > ROWS_MOST:
                raise Unreadable(N_("the sheet has more rows than a spreadsheet can have"))
            write(row)

    def cell(text: str) -> str:
        if kind == "s":
            number = int(text) if text.isascii() and text.isdigit() else -1
            return shared[number] if 0 <= number < len(shared) else ""
        if kind == "b":
            return "true" if text == "1" else "false"
        if kind == "e":
            return "" if text == "#N/A" else text  # not known, unlike #REF! and its kin, which somebody should see
        if kind == "n" and text:
            is_date = style.isascii() and style.isdigit() and int(style) in dates
            return _moment(text, since_1904) if is_date else _plain(text)
        return text

    _parse(archive, member, begin, end, lambda text: held.append(text) if inside else None)


def _column(letters: str) -> int:
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1
