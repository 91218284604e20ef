"""Values of a workbook's cells: texts, dates, numbers that a program has cut; each a pure function."""

from __future__ import annotations

import datetime as dt
import re
from typing import Final
from xml.etree.ElementTree import Element

from openpyxl.xml.constants import SHEET_MAIN_NS

from diwan_core.intake.sources.cells import Cell, DateCell
from diwan_core.intake.sources.number_format import Kind

MAIN: Final = "{" + SHEET_MAIN_NS + "}"
TEXT, RUN, ITEM = f"{MAIN}t", f"{MAIN}r", f"{MAIN}si"
WINDOWS, MAC = dt.datetime(1899, 12, 30), dt.datetime(1904, 1, 1)  # noqa: DTZ001  a local time as people write it
_ESCAPE: Final = re.compile("_x([0-9A-Fa-f]{4})_")
_CUT: Final = re.compile(r"[0-9](?:[.,][0-9]+)?E\+[0-9]{2}", re.ASCII)
_LAST_DAY: Final = 2_958_466


def is_cut(text: str) -> bool:
    return len(text) < 20 and "E+" in text and _CUT.fullmatch(text) is not None


def whole_number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1


def text_of(element: Element) -> str:
    """The text of a string, plain or in runs of several fonts, without the reading aids of East Asian scripts."""
    pieces = []
    for child in element:
        if child.tag == TEXT:
            pieces.append(child.text or "")
        elif child.tag == RUN:
            pieces.append(child.findtext(TEXT) or "")
    return decoded(pieces[0] if len(pieces) == 1 else "".join(pieces))


def decoded(text: str) -> str:
    """Text with the letters that Office writes as _xHHHH_ (ECMA-376 part 1, §22.9.2.19)."""
    if "_x" not in text:
        return text
    text = _ESCAPE.sub(lambda found: chr(int(found[1], 16)), text).replace("\r\n", "\n").replace("\r", "\n")
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def moment_of(value: str, epoch: dt.datetime, kind: Kind) -> DateCell | None:
    """A serial number of days as a date or time. A time of day is kept where the format does not show it. None where no
    calendar has it (ECMA-376 part 1, §18.17.4)."""
    days = float(value)
    seconds = round(days % 1 * 86400)
    if kind == "elapsed" and 0 <= days < 100_000:
        minutes, second = divmod(int(days) * 86400 + seconds, 60)
        return DateCell(f"{minutes // 60:02}:{minutes % 60:02}:{second:02}", "elapsed")
    if not 0 <= days < _LAST_DAY:
        return None
    if epoch == WINDOWS and days < 60 and days >= 1:
        days += 1  # the serial 60 is 29 February 1900, which never was
    moment = epoch + dt.timedelta(days=int(days), seconds=seconds)
    if days < 1 and epoch == WINDOWS:
        return DateCell(moment.strftime("%H:%M:%S"), "time")
    if seconds % 86400 or kind == "datetime":
        return DateCell(moment.isoformat("T", "seconds"), "datetime")
    return DateCell(moment.date().isoformat(), "date")


def date_of_iso(text: str) -> Cell:
    """A date as a workbook of the strict form writes it; what is none stays text."""
    plain = text.removesuffix("Z")
    try:
        if "T" not in plain and ":" in plain:
            return DateCell(dt.time.fromisoformat(plain).isoformat("seconds"), "time")
        moment = dt.datetime.fromisoformat(plain)
    except ValueError:
        return text
    if "T" in plain and (moment.hour or moment.minute or moment.second):
        return DateCell(moment.replace(tzinfo=None).isoformat("T", "seconds"), "datetime")
    return DateCell(moment.date().isoformat(), "date")
