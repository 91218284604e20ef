"""An Excel workbook's sheet as CSV, cell by cell as the file writes it: no number passes through binary floating point.

    python -m diwan_core.intake.workbook FILE.xlsx OUT.csv [DELIMITER]

A workbook is a zip of XML from a stranger, so it is read in a process of its own with little memory and time:
declared sizes are added up before anything is unpacked, what is unpacked is counted again, and a document type
declaration (with which XML can blow itself up) ends the reading. Source of the format: ECMA-376 part 1, §18.3 (sheets),
§18.4 (shared strings), §18.8.30 (number formats)."""

from __future__ import annotations

import csv
import re
import resource
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import IO, Final
from xml.parsers import expat

from diwan_core.intake.faults import Unreadable

UNPACKED_MOST: Final = 300 * 1024 * 1024
RATIO_MOST: Final = 200
ROWS_MOST: Final = 1_048_576
COLUMNS_MOST: Final = 500
MEMORY: Final = 640 * 1024 * 1024
SECONDS: Final = 120
_BLOCK: Final = 64 * 1024
_DATES: Final = frozenset((*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)))
_QUOTED: Final = re.compile(r'"[^"]*"|\[[^\]]*\]|\\.')
_CELL: Final = re.compile(r"([A-Z]{1,3})([0-9]{1,7})\Z", re.ASCII)


def to_csv(workbook: Path, out: Path, delimiter: str = ",") -> None:
    """Write the first sheet of a workbook as CSV (UTF-8), in a limited process. Raises Unreadable with the reason."""
    command = [sys.executable, "-P", "-m", __name__, str(workbook), str(out), delimiter]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, timeout=SECONDS, check=False)
    except subprocess.TimeoutExpired as error:
        out.unlink(missing_ok=True)
        raise Unreadable("the workbook takes too long to read: save its sheet as CSV (UTF-8)") from error
    if done.returncode == 3:
        out.unlink(missing_ok=True)
        raise Unreadable(done.stderr.decode(errors="replace").strip()[:500])
    if done.returncode != 0:
        out.unlink(missing_ok=True)
        raise Unreadable("the workbook needs too much memory to be read: save its sheet as CSV (UTF-8)")


class _Limited:
    """A member of the archive, read in blocks and counted while it is unpacked."""

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self._left = UNPACKED_MOST

    def blocks(self) -> Iterator[bytes]:
        while block := self._stream.read(_BLOCK):
            self._left -= len(block)
            if self._left < 0:
                raise Unreadable("the workbook unpacks to more than 300 MB: save its sheet as CSV (UTF-8)")
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
        raise Unreadable("the workbook holds a document type declaration, which no spreadsheet program writes")

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
        raise Unreadable(f"the workbook is damaged ({name}: {error}): open it and save it again") from error


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


def _sheet(archive: zipfile.ZipFile) -> tuple[str, bool]:
    """The first sheet's member, and whether dates count from 1904."""
    first, since_1904 = "", False
    targets: dict[str, str] = {}

    def book(tag: str, given: dict[str, str]) -> None:
        nonlocal first, since_1904
        if tag == "sheet" and not first:
            first = next((value for key, value in given.items() if key.endswith("}id")), "")
        since_1904 = since_1904 or (tag == "workbookPr" and given.get("date1904") in ("1", "true"))

    def relation(tag: str, given: dict[str, str]) -> None:
        if tag == "Relationship":
            targets[given.get("Id", "")] = given.get("Target", "")

    names = archive.namelist()
    if "xl/workbook.xml" in names and "xl/_rels/workbook.xml.rels" in names:
        _parse(archive, "xl/workbook.xml", book)
        _parse(archive, "xl/_rels/workbook.xml.rels", relation)
    target = targets.get(first, "worksheets/sheet1.xml")
    member = target.lstrip("/") if target.startswith("/xl/") else f"xl/{target}"
    if member not in names:
        raise Unreadable("this is not an Excel workbook with a sheet in it: save the sheet as CSV (UTF-8)")
    return member, since_1904


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
    """A number in plain notation: 1.5E-3 is 0.0015."""
    if "e" in text.lower():
        try:
            number = Decimal(text)
        except InvalidOperation:
            return text
        return f"{number:f}" if abs(number.adjusted()) < 40 else text
    return text


def convert(workbook: Path, out: Path, delimiter: str) -> None:
    """The work itself, in this process. Raises Unreadable."""
    try:
        archive = zipfile.ZipFile(workbook)
    except (OSError, zipfile.BadZipFile, NotImplementedError) as error:
        raise Unreadable("this is not an Excel workbook (.xlsx): save the sheet as CSV (UTF-8)") from error
    with archive, out.open("w", encoding="utf-8", newline="") as file:
        members = archive.infolist()
        unpacked = sum(member.file_size for member in members)
        if unpacked > UNPACKED_MOST or unpacked > RATIO_MOST * max(workbook.stat().st_size, 50_000):
            raise Unreadable("the workbook unpacks to far more than it is long: save its sheet as CSV (UTF-8)")
        if len(members) > 10_000:
            raise Unreadable("the workbook holds very many parts: save its sheet as CSV (UTF-8)")
        try:
            member, since_1904 = _sheet(archive)
            _write_rows(archive, member, since_1904, csv.writer(file, delimiter=delimiter).writerow)
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError, ValueError) as error:
            raise Unreadable("the workbook is damaged or locked with a password: save it again without one") from error


def _write_rows(archive: zipfile.ZipFile, member: str, since_1904: bool, write: Callable[[list[str]], object]) -> None:
    shared, dates = _shared(archive), _date_styles(archive)
    row: list[str] = []
    held: list[str] = []
    kind = style = ""
    place = count = 0
    inside = False

    def begin(tag: str, given: dict[str, str]) -> None:
        nonlocal kind, style, place, inside
        if tag == "row":
            row.clear()
        elif tag == "c":
            found = _CELL.match(given.get("r", ""))
            place = _column(found[1]) if found else len(row)
            if place >= COLUMNS_MOST:
                raise Unreadable(f"the sheet has more than {COLUMNS_MOST} columns")
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
                raise Unreadable("the sheet has more rows than a spreadsheet can have")
            write(row)

    def cell(text: str) -> str:
        if kind == "s":
            number = int(text) if text.isascii() and text.isdigit() else -1
            return shared[number] if 0 <= number < len(shared) else ""
        if kind == "b":
            return "true" if text == "1" else "false"
        if kind == "e":
            return ""  # #N/A and its kin: not known
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


def main() -> None:
    """The command above: 3 where the workbook cannot be read, with the reason on standard error."""
    workbook, out, delimiter = sys.argv[1], sys.argv[2], (sys.argv[3:] or [","])[0]
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (2 * UNPACKED_MOST, 2 * UNPACKED_MOST))
    try:
        convert(Path(workbook), Path(out), delimiter)
    except Unreadable as error:
        print(error, file=sys.stderr)
        sys.exit(3)


if __name__ == "__main__":
    main()
