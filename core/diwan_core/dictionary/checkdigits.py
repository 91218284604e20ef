"""Check digits of container numbers and ship numbers. A wrong one is usually a typing mistake, often already on the
papers."""

import re
from typing import Final

_CONTAINER: Final = re.compile(r"[A-Z]{3}[UJZR][0-9]{7}")
_IMO: Final = re.compile(r"[0-9]{7}")

# ISO 6346 annex A: letters count from 10 upwards, leaving out the multiples of 11.
_LETTER_VALUES: Final = dict(
    zip("ABCDEFGHIJKLMNOPQRSTUVWXYZ", (value for value in range(10, 39) if value % 11), strict=True)
)


def container_check_digit(number: str) -> int:
    """The check digit that belongs to the first ten characters of a container number (ISO 6346 annex A).

    `number` is four capital letters and at least six digits; ValueError otherwise.
    """
    if re.fullmatch(r"[A-Z]{4}[0-9]{6}[0-9]?", number, re.ASCII) is None:
        raise ValueError("a container number has four capital letters and seven digits, for example CSQU3054383")
    values = (_LETTER_VALUES[sign] if sign in _LETTER_VALUES else int(sign) for sign in number[:10])
    return sum(value << place for place, value in enumerate(values)) % 11 % 10


def is_container_number(number: str) -> bool:
    """Whether this is a container number with the right check digit. Spaces and hyphens do not count."""
    plain = number.replace(" ", "").replace("-", "").upper()
    return _CONTAINER.fullmatch(plain) is not None and container_check_digit(plain) == int(plain[10])


def is_imo_number(number: str) -> bool:
    """Whether this is an IMO ship number: seven digits, the last of which is the last digit of the weighted sum of the
    first six (weights 7 to 2; IMO resolution A.1117(30)). "IMO" before it and spaces do not count."""
    plain = number.upper().removeprefix("IMO").replace(" ", "")
    if _IMO.fullmatch(plain) is None:
        return False
    return sum(weight * int(digit) for weight, digit in zip(range(7, 1, -1), plain, strict=False)) % 10 == int(plain[6])


def is_cas_number(text: str) -> bool:
    """Whether a CAS registry number ("50-36-2") has the right check digit: the digits before it, from the right,
    times 1, 2, 3 …, modulo 10."""
    digits = text.replace("-", "")
    if not (digits.isascii() and digits.isdigit() and len(digits) > 4):
        return False
    return sum(int(digit) * place for place, digit in enumerate(reversed(digits[:-1]), 1)) % 10 == int(digits[-1])
