"""The machine-readable zone of travel documents (ICAO Doc 9303, parts 3 to 7): TD1, TD2, TD3, MRV-A and MRV-B."""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal

_LINE: Final = re.compile(r"[A-Z0-9<]+")
_VALUES: Final = {sign: value for value, sign in enumerate("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ")} | {"<": 0}
_WEIGHTS: Final = (7, 3, 1)
Size = Literal["TD1", "TD2", "TD3", "MRV-A", "MRV-B"]
_LENGTHS: Final[dict[tuple[int, int], Literal["TD1", "TD2", "TD3"]]] = {(3, 30): "TD1", (2, 36): "TD2", (2, 44): "TD3"}


class NotAnMrz(ValueError):
    """The text does not have the shape of a machine-readable zone; the message says what was expected."""


@dataclass(frozen=True, slots=True)
class TravelDocument:
    """The content of a machine-readable zone. `wrong` names the parts whose check digit does not fit; () = all fit."""

    size: Size
    document_code: str
    issuer: str  # ISO 3166-1 alpha-3, or ICAO's own codes (UTO, D<<, XXA)
    number: str
    family_name: str
    given_names: str
    nationality: str
    birth: str  # "YYMMDD", with < where unknown
    sex: str  # "M", "F", "X" for <
    expiry: str  # "YYMMDD"
    optional: str
    wrong: tuple[str, ...]

    def birth_date(self, today: date) -> str | None:
        """The date of birth as year-month-day; the century is the latest that does not lie after today."""
        if not self.birth.isdecimal():
            return None
        year, month, day = int(self.birth[:2]), int(self.birth[2:4]), int(self.birth[4:])
        for century in (2000, 1900):
            try:
                born = date(century + year, month, day)
            except ValueError:
                continue
            if born <= today:
                return born.isoformat()
        return None


def check_digit(text: str) -> str:
    """The check digit of part of a zone: weights 7, 3, 1 repeating, modulo 10 (Doc 9303-3 §4.9).

    ValueError when `text` holds anything but A–Z, 0–9 and <.
    """
    try:
        return str(sum(_VALUES[sign] * _WEIGHTS[place % 3] for place, sign in enumerate(text)) % 10)
    except KeyError as error:
        raise ValueError(f"{error.args[0]!r} cannot stand in a machine-readable zone") from None


def read_mrz(text: str) -> TravelDocument:
    """Read a zone of two or three lines, given on lines of their own or one after another. NotAnMrz when it is none."""
    lines = _lines(text)
    size = _LENGTHS[len(lines), len(lines[0])]
    if size == "TD1":
        return _td1(lines)
    if lines[0].startswith("V"):
        return _visa("MRV-B" if size == "TD2" else "MRV-A", lines)
    return _two_lines(size, lines)


def _lines(text: str) -> list[str]:
    lines = text.upper().split()
    if len(lines) == 1:
        joined = lines[0]
        for count, length in _LENGTHS:
            if len(joined) == count * length:
                lines = [joined[start : start + length] for start in range(0, len(joined), length)]
                break
    lengths = {len(line) for line in lines}
    if len(lengths) != 1 or (len(lines), lengths.pop()) not in _LENGTHS:
        raise NotAnMrz("expected three lines of 30 characters, or two of 36 or 44")
    if not all(_LINE.fullmatch(line) for line in lines):
        raise NotAnMrz("only capital letters, digits and < can stand in a machine-readable zone")
    return lines


def _td1(lines: list[str]) -> TravelDocument:
    top, middle, names = lines
    number, number_digit, optional = _long_number(top[5:14], top[14], top[15:30])
    checks = {
        "number": (number_digit[0], number_digit[1]),
        "birth": (middle[0:6], middle[6]),
        "expiry": (middle[8:14], middle[14]),
        "whole": (top[5:30] + middle[0:7] + middle[8:15] + middle[18:29], middle[29]),
    }
    return _document("TD1", top[:2], top[2:5], number, names, middle[15:18], middle, 7, checks, optional, middle[18:29])


def _two_lines(size: Literal["TD1", "TD2", "TD3"], lines: list[str]) -> TravelDocument:
    top, bottom = lines
    end = 35 if size == "TD2" else 42
    if size == "TD2":
        number, number_digit, optional = _long_number(bottom[0:9], bottom[9], bottom[28:35])
    else:
        number, number_digit, optional = bottom[0:9], (bottom[0:9], bottom[9]), bottom[28:42]
    checks = {
        "number": number_digit,
        "birth": (bottom[13:19], bottom[19]),
        "expiry": (bottom[21:27], bottom[27]),
        "whole": (bottom[0:10] + bottom[13:20] + bottom[21 : 35 if size == "TD2" else 43], bottom[-1]),
    }
    if size == "TD3":
        checks["optional"] = (bottom[28:end], "0" if bottom[42] == "<" and not optional.strip("<") else bottom[42])
    return _document(size, top[:2], top[2:5], number, top[5:], bottom[10:13], bottom[13:], 7, checks, optional, "")


def _visa(size: Literal["MRV-A", "MRV-B"], lines: list[str]) -> TravelDocument:
    """A visa has no check digit over the whole: what follows the expiry is the issuer's own (9303-7 §4.2.2, §5.2.2)."""
    top, bottom = lines
    checks = {
        "number": (bottom[0:9], bottom[9]),
        "birth": (bottom[13:19], bottom[19]),
        "expiry": (bottom[21:27], bottom[27]),
    }
    return _document(size, top[:2], top[2:5], bottom[0:9], top[5:], bottom[10:13], bottom[13:], 7, checks, bottom[28:])


def _long_number(number: str, digit: str, optional: str) -> tuple[str, tuple[str, str], str]:
    """A document number of more than nine characters goes on in the optional part, check digit last (9303-5 §4.2.2)."""
    if digit != "<":
        return number, (number, digit), optional
    rest, _, after = optional.partition("<")
    return number + rest[:-1], (number + rest[:-1], rest[-1:]), after


def _document(
    size: Size,
    code: str,
    issuer: str,
    number: str,
    names: str,
    nationality: str,
    dates: str,
    sex_at: int,
    checks: dict[str, tuple[str, str]],
    *optional: str,
) -> TravelDocument:
    family, _, given = names.partition("<<")
    return TravelDocument(
        size=size,
        document_code=code.replace("<", ""),
        issuer=issuer.replace("<", ""),
        number=number.replace("<", ""),
        family_name=family.replace("<", " ").strip(),
        given_names=given.replace("<", " ").strip(),
        nationality=nationality.replace("<", ""),
        birth=dates[0:6],
        sex="X" if dates[sex_at] == "<" else dates[sex_at],
        expiry=dates[8:14],
        optional=" ".join(part for part in (text.strip("<").replace("<", " ") for text in optional) if part),
        wrong=tuple(name for name, (part, digit) in checks.items() if check_digit(part) != digit),
    )
