"""Reads numbers as people and spreadsheets write them, exactly and without binary floating point.

A mark that sets groups apart is believed only where it does: after one to three digits, before three. "48,000", which
is 48 thousand to some and 48 to others, is a question; so are groups of two (1,00,000), until somebody says that the
column is written so.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final, Literal

from diwan_core.dictionary import N_, NotADecimal, Sentence, decimal_text, sentence

from .outcome import Ambiguous, Meaning, Outcome, Refused, Value
from .text import plain, quoted

NumberStyle = Literal["", ".", ",", "indian"]
"""How numbers are written: nobody said; 1,234.5; 1.234,5; 1,23,456.7."""

_CANONICAL: Final = re.compile(r"(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{0,8}[1-9])?").fullmatch
_SHAPE: Final = re.compile(r"([+-]?)([0-9][0-9 ',.\u066c]*|[.,\u066b][0-9])([0-9 ',.\u066b\u066c]*)\Z")
_MARKS: Final = " '\u066c"
"""Marks that only ever set groups apart."""
_WRITTEN: Final = " ',.\u066b\u066c"
_ARABIC_DECIMAL: Final = "\u066b"
_THREES: Final = re.compile(r"[0-9]{1,3}(?:([ ',.\u066c])[0-9]{3})(?:\1[0-9]{3})*\Z")
_TWOS: Final = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}\Z")
_EXPONENT: Final = re.compile(r"([+-]?[0-9]{1,30}(?:\.[0-9]{0,40})?|[+-]?\.[0-9]{1,40})[eE]([+-]?[0-9]{1,2})\Z")
_DIGITS_MOST: Final = 60

_NOT_HELD: Final = N_("{value}: {reason}.")
_NO_NUMBER: Final = N_("{value} is not a number. Write it with digits and a point, for example 1234.5.")
_MISGROUPED: Final = N_(
    "{value}: the mark {mark} does not separate groups of three digits. Write the number without it."
)
_OTHERWISE: Final = N_(
    "{value} does not follow the chosen way of writing numbers ({example}). Correct it, or choose another way."
)
_TWO: Final = N_("{value} can be read in two ways. Write {one} or {other}.")
_INDIAN: Final = N_("{value} is grouped in twos, as in India. If that is meant, write {one}.")
_SHORTENED: Final = N_(
    "{value} was shortened by a spreadsheet program and has lost digits. There, make the column wider or choose a "
    "format without exponent, and save the file again."
)
_EXAMPLES: Final = {".": "1,234.5", ",": "1.234,5", "indian": "1,23,456.7"}


def read_number(text: str, style: NumberStyle = "", *, percent: bool = False, exponent: bool = False) -> Outcome:
    """A decimal in the form documents hold ("1234.5"). `percent` lets a % stand at the end, `exponent` 1e-9, as files
    of programs write it."""
    found = plain_number(text, style, percent=percent, exponent=exponent)
    if not isinstance(found, str):
        return found
    try:
        return Value(decimal_text(found, exact=True).removeprefix("-"))  # of -0
    except NotADecimal as error:
        said = sentence(_NOT_HELD, value=quoted(text), reason=Sentence.of(str(error), ()))
        return Refused("not_a_number", said)


def number_or_text(text: str) -> str:
    """A number in digits with a point, however it was written; the text as it is where it is none or can mean two."""
    found = read_number(text.strip()) if text.strip() else None
    return str(found.value) if isinstance(found, Value) else text


def read_integer(text: str, style: NumberStyle = "") -> Outcome:
    """A whole number. Nobody writes one with decimals that say something: 48,000 and 48.000 are 48 thousand where
    nothing else was said."""
    written = plain(text)
    if not style and (grouped := re.fullmatch(r"[+-]?[1-9][0-9]{0,2}([,.])[0-9]{3}(?:\1[0-9]{3})*", written)):
        written = written.replace(grouped[1], "")
    found = plain_number(written, style)
    if not isinstance(found, str):
        return found
    number = Decimal(found)
    if not style and "," in written and "." in found:  # 48,00: half of a number that was meant to be grouped?
        return Refused("not_a_number", sentence(N_("{value} is not a whole number."), value=quoted(text)))
    if number != number.to_integral_value() or abs(number.adjusted()) > 18:
        return Refused("not_a_number", sentence(N_("{value} is not a whole number."), value=quoted(text)))
    return Value(int(number))


def plain_number(
    text: str, style: NumberStyle = "", *, percent: bool = False, exponent: bool = False
) -> str | Refused | Ambiguous:
    """The digits of a number with a point, exactly as many as were written: "1 234,50" -> "1234.50"."""
    if _CANONICAL(text) and (style != "," or "." not in text):
        return text
    written = plain(text[: _DIGITS_MOST + 1])
    if len(text) > _DIGITS_MOST:
        return _refused(text)
    if percent and written.endswith("%"):
        written = written[:-1].rstrip()
    if "e" in written or "E" in written:
        return _with_exponent(text, written) if exponent else _refused(text)
    found = _SHAPE.match(written)
    if found is None:
        return _refused(text)
    sign, digits = found[1].replace("+", ""), found[2] + found[3]
    read = _unsigned(text, digits, style)
    return sign + read if isinstance(read, str) else read


def _unsigned(text: str, digits: str, style: NumberStyle) -> str | Refused | Ambiguous:
    if _ARABIC_DECIMAL in digits:
        whole, _sign, rest = digits.partition(_ARABIC_DECIMAL)
        return _joined(text, whole, rest)
    commas, points = digits.count(","), digits.count(".")
    if commas and points:
        mark = "," if digits.rfind(",") > digits.rfind(".") else "."
        return _decided(text, digits, mark, style)
    mark = "," if commas else "." if points else ""
    if not mark:
        return _joined(text, digits, "")
    if commas + points > 1 or (len(digits.rpartition(mark)[2]) == 3 and _is_other(mark, style)):
        return _grouped(text, digits, mark, style)
    whole, _mark, rest = digits.partition(mark)
    if not style and _either(whole, mark, rest):
        decimals = rest.rstrip("0")
        one = f"{whole}.{decimals}" if decimals else whole
        point, comma = (whole + rest, one) if mark == "," else (one, whole + rest)
        meanings = (Meaning(".", point), Meaning(",", comma))
        return Ambiguous(meanings, sentence(_TWO, value=quoted(text), one=one, other=whole + rest))
    return _decided(text, digits, mark, style)


def _is_other(mark: str, style: NumberStyle) -> bool:
    """Whether a mark is said to set groups apart."""
    return bool(style) and mark == ("." if style == "," else ",")


def _either(whole: str, mark: str, rest: str) -> bool:
    """One sign before three digits. With a point only where the last digit says nothing: no number of ours is shown
    with such a zero, and one that is not grouped has no reason to stop at three decimals."""
    return re.fullmatch("[1-9][0-9]{0,2}", whole) is not None and len(rest) == 3 and (mark == "," or rest[-1] == "0")


def _grouped(text: str, digits: str, mark: str, style: NumberStyle) -> str | Refused | Ambiguous:
    """A number without decimals whose one mark sets groups apart."""
    if _THREES.match(digits):
        return re.sub(r"[^0-9]", "", digits) if not style or _is_other(mark, style) else _otherwise(text, style)
    if mark == "," and _TWOS.match(digits):
        return _in_twos(text, digits, style)
    return _misgrouped(text, mark) if not style or _is_other(mark, style) else _otherwise(text, style)


def _decided(text: str, digits: str, mark: str, style: NumberStyle) -> str | Refused | Ambiguous:
    """A number whose last mark begins its decimals."""
    if _is_other(mark, style):
        return _misgrouped(text, mark) if digits.count(",") + digits.count(".") == 1 else _otherwise(text, style)
    whole, _mark, rest = digits.rpartition(mark)
    if mark == "." and _TWOS.match(whole):
        found = _in_twos(text, whole, style)
        if isinstance(found, str):
            return _joined(text, found, rest)
        if isinstance(found, Ambiguous):
            number = f"{found.meanings[0].value}.{rest}".rstrip("0").rstrip(".")
            return Ambiguous((Meaning("indian", number),), sentence(_INDIAN, value=quoted(text), one=number))
        return found
    if mark in whole:
        return _misgrouped(text, mark)
    return _joined(text, whole, rest)


def _in_twos(text: str, digits: str, style: NumberStyle) -> str | Refused | Ambiguous:
    number = digits.replace(",", "")
    if style == "indian":
        return number
    if style == ",":
        return _otherwise(text, style)
    return Ambiguous((Meaning("indian", number),), sentence(_INDIAN, value=quoted(text), one=number))


def _joined(text: str, whole: str, rest: str) -> str | Refused:
    """Whole digits that may be grouped, and decimals that may not."""
    if rest and not rest.isdigit():
        return _misgrouped(text, next(letter for letter in rest if not letter.isdigit()))
    if whole and not whole.isdigit():
        if not _THREES.match(whole):
            return _misgrouped(text, next(letter for letter in whole if not letter.isdigit()))
        whole = re.sub(r"[^0-9]", "", whole)
    if not whole and not rest:
        return _refused(text)
    return f"{whole or '0'}.{rest}" if rest else whole


def _with_exponent(text: str, written: str) -> str | Refused:
    found = _EXPONENT.match(written)
    if found is None:
        return _refused(text)
    if lost_digits(written):
        return Refused("shortened", sentence(_SHORTENED, value=quoted(text)))
    return written


def lost_digits(text: str) -> bool:
    """Whether a text is a number as a spreadsheet shows one that is too long for it: 1.23E+11, with fewer digits than
    the number has."""
    found = re.fullmatch(r"[+-]?[0-9](?:[.,]([0-9]+))?E\+([0-9]{2,3})", text.strip())
    return found is not None and len(found[1] or "") < int(found[2])


def _refused(text: str) -> Refused:
    return Refused("not_a_number", sentence(_NO_NUMBER, value=quoted(text)))


def _misgrouped(text: str, mark: str) -> Refused:
    return Refused("not_a_number", sentence(_MISGROUPED, value=quoted(text), mark=f'"{mark}"'))


def _otherwise(text: str, style: NumberStyle) -> Refused:
    return Refused("not_a_number", sentence(_OTHERWISE, value=quoted(text), example=_EXAMPLES[style]))
