"""Brings characters that look alike or are invisible to one form before a text is read.

Sources: Unicode 15.1 general categories Zs (spaces), Nd (digits), Cf (format characters); UAX #9."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

#: Direction embeddings, overrides and isolates, zero-width characters, soft hyphen, byte order mark: not seen on paper.
_INVISIBLE: Final = re.compile("[\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f\ufeff]")
#: Of these, what no line of a record may hold, since it makes a text read differently from what is stored.
_DIRECTION: Final = re.compile("[\u202a-\u202e\u2066-\u2069]")
_LINE_ENDS: Final = re.compile(
    "[ \u00a0]*(?:\r\n|[\t\n\x0b\x0c\r\x85\u2028\u2029])[ \u00a0\t\n\x0b\x0c\r\x85\u2028\u2029]*"
)
_LONG_LINE_ENDS: Final = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
#: Signs that stand for ASCII ones in numbers, dates and positions, in whatever script they were typed.
_SIGNS: Final = str.maketrans(
    {
        **dict.fromkeys("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d", "-"),
        **dict.fromkeys("\u2019\u2018\u02bc\u02b9\uff07\u2032`\u00b4", "'"),
        **dict.fromkeys("\u060c\uff0c\u3001\ufe50", ","),
        **dict.fromkeys("\uff0e\u3002\ufe52", "."),
        **dict.fromkeys("\u2044\u2215\uff0f", "/"),
        "\uff0b": "+",
        "\u066a": "%",
        "\uff05": "%",
        "\uff1a": ":",
    }
)


def plain(text: str) -> str:
    """A number, date or position in ASCII digits and signs, its spaces of any kind as " ", nothing invisible in it.
    The Arabic decimal and grouping signs (U+066B, U+066C) stay: they have one meaning."""
    if text.isascii():
        return text.replace("\t", " ").strip()
    text = _INVISIBLE.sub("", text).translate(_SIGNS)
    return "".join(map(_plain_letter, text)).strip()


def _plain_letter(letter: str) -> str:
    if letter.isascii():
        return " " if letter == "\t" else letter
    digit = unicodedata.decimal(letter, None)
    if digit is not None:
        return str(digit)
    return " " if unicodedata.category(letter) == "Zs" else letter


def one_line(text: str) -> str:
    """A text for a field of one line: a line break or tab becomes a space, hidden direction controls go."""
    if text.isprintable():
        return text
    text = _LINE_ENDS.sub(" ", text.strip())
    return _DIRECTION.sub("", text).strip()


def several_lines(text: str) -> str:
    """A text for a field of several lines: line ends of every system become one kind."""
    return text if text.isprintable() else _LONG_LINE_ENDS.sub("\n", text)


def quoted(text: str) -> str:
    """A text as a message shows it: short, printable, between quotation marks."""
    shown = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in text.strip()[:40])
    return f'"{shown}"'
