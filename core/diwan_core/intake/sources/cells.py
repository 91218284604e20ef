"""Cells of a workbook that are more than text: numbers, dates, and cells without a usable value.

How text is written (decimal comma, grouping, order of a date) says nothing about them: a number is the number that the
file holds, a date the day it holds, whatever the sheet shows of it. Their JSON form stands in sheet files (`sheet`)."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final, Literal

import msgspec

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unfit

PLACES_MOST: Final = 9
"""Decimals of a field that holds a number."""
_HUNDRED: Final = Decimal(100)
_EXACT: Final = Context(prec=400, rounding=ROUND_HALF_EVEN)
_FIFTEEN: Final = Context(prec=15, rounding=ROUND_HALF_EVEN)
_WRITTEN: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?", re.ASCII).fullmatch


class NumberCell(msgspec.Struct, frozen=True, array_like=True, tag="n", gc=False):
    """A number. `value` is the shortest decimal that gives the spreadsheet's binary number back, in plain notation."""

    value: str
    percent: bool = False
    """The sheet shows it times a hundred with a percent sign."""
    shown: str = ""
    """With the leading zeros its format gives it ("010121"); "" where it gives none."""

    @property
    def number(self) -> str:
        """The number that a field takes: 85 for a cell that shows 0.85 as 85 %."""
        if not self.percent:
            return self.value
        return plain(_EXACT.multiply(Decimal(self.value), _HUNDRED))

    @property
    def digest_text(self) -> str:
        """The number as keys of rows without one have always been made from it: to 15 digits, without its format."""
        if "." not in self.value or len(self.value) <= 15:
            return self.value
        return plain(_FIFTEEN.plus(Decimal(self.value)))

    def __str__(self) -> str:
        return f"{self.number}%" if self.percent else self.shown or self.value


class DateCell(msgspec.Struct, frozen=True, array_like=True, tag="d", gc=False):
    """A day, a time of day, both, or a span of hours, as ISO 8601 writes it (spans as hours:minutes:seconds)."""

    iso: str
    kind: Literal["date", "datetime", "time", "elapsed"]

    @property
    def digest_text(self) -> str:
        """The date in the form from which keys of rows without a key have always been made."""
        return self.iso.removesuffix("T00:00:00")

    def __str__(self) -> str:
        return self.iso


class BadCell(msgspec.Struct, frozen=True, array_like=True, tag="x", gc=False):
    """A cell without a usable value: a formula that was never calculated, or an error such as #REF!."""

    kind: Literal["formula", "error"]
    text: str

    @property
    def digest_text(self) -> str:
        """The cell in the form from which keys of rows without a key have always been made."""
        return self.text

    def __str__(self) -> str:
        return self.text


Cell = str | bool | NumberCell | DateCell | BadCell


def plain(number: Decimal) -> str:
    """A decimal in plain notation, without zeros that say nothing."""
    text = f"{number:f}"
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def shortest(text: str) -> str | None:
    """The shortest decimal of the binary number that `text` is read as; None where it is not a finite number."""
    if text.isascii() and text.isdigit() and len(text) <= 15:
        return text if text[0] != "0" else text.lstrip("0") or "0"
    if not _WRITTEN(text):
        return None
    short = repr(float(text))
    if "e" in short:
        return plain(Decimal(short))
    if "n" in short:  # inf
        return None
    short = short.removesuffix(".0")
    return "0" if short == "-0" else short


def text_for(cell: NumberCell | DateCell | BadCell, kind: str) -> str:
    """A cell as the text that a field of this kind reads, in the dictionary's own notation. Raises Unfit."""
    match cell:
        case BadCell(kind="formula"):
            raise Unfit(
                "no_result",
                N_("the cell holds a formula without a result: open the file in the spreadsheet program and save it"),
            )
        case BadCell():
            template = N_("the cell shows an error of the spreadsheet ({text}): correct it there")
            raise Unfit("no_result", template, text=cell.text)
        case DateCell():
            return _date_for(cell, kind)
        case NumberCell() if kind in ("decimal", "integer"):
            return _rounded(cell.number)
        case _:
            return str(cell)


def _date_for(cell: DateCell, kind: str) -> str:
    if kind in ("decimal", "integer"):
        raise Unfit("not_a_number", N_("the cell holds a date ({date}), not a number"), date=cell.iso)
    if kind == "date" and cell.kind == "datetime":
        return cell.iso[:10]
    if kind == "time" and cell.kind == "datetime":
        return cell.iso[11:]
    return cell.iso


def _rounded(number: str) -> str:
    """A number with no more decimals than a field holds: more are noise of its binary form."""
    if len(number.partition(".")[2]) <= PLACES_MOST:
        return number
    rounded = plain(Decimal(number).quantize(Decimal(1).scaleb(-PLACES_MOST), context=_EXACT))
    if rounded == "0":
        raise Unfit("too_small", N_("so small that {places} decimals would make it zero"), places=PLACES_MOST)
    return rounded
