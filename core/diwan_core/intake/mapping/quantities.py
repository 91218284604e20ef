"""Converts numbers of files to the exact decimals of the dictionary, and from one unit to another, without binary
floating point."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final

from diwan_core.dictionary import N_, Sentence, decimal_text, sentence, units
from diwan_core.intake.faults import Asked, Unfit
from diwan_core.reading import Ambiguous, NumberStyle, Refused, plain_number

Plain = Callable[[str], str]
"""A number as a cell writes it, in digits with a point. Raises ValueError."""
PLACES: Final = 9
_NAMED: Final = (
    "KGM", "GRM", "MGM", "TNE", "LBR", "ONZ", "APZ", "LTR", "MLT", "CLT", "HLT", "MTQ", "GLL", "GLI", "MTR", "CMT",
    "MMT", "KMT", "FOT", "YRD", "INH", "C62", "H87", "PR", "DZN", "CEN", "MIL",
)  # fmt: skip
"""Units that are named to somebody who asked for a conversion there is not."""
_EXACT: Final = Context(prec=200, rounding=ROUND_HALF_EVEN)
_CANONICAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?").fullmatch
_WITH_ZEROS: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})\.(?:[0-9]{1,2}|[0-9]{4,9})").fullmatch
"""A decimal that ends with zeros and is not a group of thousands."""
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]{1,30}(?:\.[0-9]{0,40})?|\.[0-9]{1,40})(?:[eE][+-]?[0-9]{1,2})?", re.ASCII)


class UnknownConversion(Exception):
    """There is no exact way from one unit to the other; the sentence names both."""

    def __init__(self, said: Sentence) -> None:
        self.sentence = said
        super().__init__(said)


def factor(unit: str, to: str) -> Decimal:
    """How many `to` one `unit` is (codes of UNECE Recommendation 20). Raises UnknownConversion."""
    found = units.factor(unit, to)
    if found is None:
        known = ", ".join(_NAMED)
        template = N_("no exact conversion is known from {unit} to {to} (known are, within a dimension: {known})")
        raise UnknownConversion(sentence(template, unit=unit, to=to, known=known))
    return found


def written(style: NumberStyle, grouping: str = "", *, percent: bool = False, json: bool = False) -> Plain:
    """The function that brings the numbers of a column to digits and a point. `grouping` are further marks that set
    groups of three apart; `json`: what a program has written, whose only sign is the decimal point. The function raises
    Unfit, Asked."""
    marks = str.maketrans(dict.fromkeys(grouping, " ")) if grouping else None

    def plain(text: str) -> str:
        if _CANONICAL(text) and style != ",":
            return text
        said: NumberStyle = "." if json and not style and "," not in text else style
        found = plain_number(text.translate(marks) if marks else text, said, percent=percent, exponent=True)
        match found:
            case Refused():
                raise Unfit(found.code, found.reason)
            case Ambiguous():
                raise Asked(found)
            case _:
                return found

    return plain


def decimal_of(plain: Plain, style: NumberStyle) -> Callable[[str], str]:
    """A cell's text as a decimal in the form of documents."""
    by_point = style != ","

    def convert(text: str) -> str:
        if _CANONICAL(text) and (by_point or "." not in text):
            return text
        if by_point and _WITH_ZEROS(text):
            whole, _point, decimals = text.partition(".")
            decimals = decimals.rstrip("0")
            return f"{whole}.{decimals}" if decimals else whole
        return number(plain(text))

    return convert


def number(text: str) -> str:
    """`text` as a plain decimal without zeros that say nothing: "007.50" -> "7.5", "1e-9" -> "0.000000001".

    Raises ValueError with words for the person: no number, negative, more than 9 decimals, above 1e12."""
    if _CANONICAL(text):
        return text
    return decimal_text(text, exact=True).removeprefix("-")  # of -0


def parsed(text: str) -> Decimal:
    """The exact number of a text, whatever its digits. Raises ValueError."""
    if _NUMBER.fullmatch(text) is None:
        raise Unfit(
            "not_a_number",
            N_("not a number; set decimal, thousands or remove in the mapping if it is written another way"),
        )
    return Decimal(text)


def rounded(value: Decimal, places: int) -> str:
    """A number of at most `places` decimals, rounded half to even once. Raises ValueError where one that is not zero
    would become zero, is negative or above 1e12."""
    result = value if places == PLACES else value.quantize(Decimal(1).scaleb(-places), context=_EXACT)
    if value and not result:
        raise Unfit("too_small", N_("so small that {places} decimals would make it zero"), places=places)
    return decimal_text(result or abs(result))


def conversion(unit: str, to: str, places: int = PLACES, plain: Plain = str) -> Callable[[str], str]:
    """A function that converts a number's text from `unit` to `to` by the exact factor, then rounded to `places`
    decimals (9: a microgram of a kilogram). Raises UnknownConversion; the function raises ValueError."""
    ratio = factor(unit, to)
    return lambda text: rounded(_EXACT.multiply(parsed(plain(text)), ratio), places)
