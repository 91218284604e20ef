"""Invented numbers and names: record ids, plates, containers with right check digits, people and firms."""

from datetime import date, timedelta
from random import Random
from typing import Final

from ..checkdigits import container_check_digit
from . import words

_LETTERS: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"
_FIRST_DAY: Final = date(2022, 1, 1)
_DAYS: Final = 1500
_FIRST_MILLISECOND: Final = 1_640_995_200_000  # 2022-01-01T00:00:00Z


def record_id(random: Random) -> str:
    """A UUIDv7 (RFC 9562 §5.7) of an invented moment."""
    bits = (_FIRST_MILLISECOND + random.randrange(_DAYS * 86_400_000)) << 80 | 0x7 << 76 | random.getrandbits(12) << 64
    text = f"{bits | 0x2 << 62 | random.getrandbits(62):032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def day(random: Random) -> str:
    return (_FIRST_DAY + timedelta(days=random.randrange(_DAYS))).isoformat()


def clock(random: Random) -> str:
    return f"{random.randrange(24):02}:{random.choice((0, 5, 10, 15, 20, 30, 40, 45, 50)):02}"


def moment(random: Random) -> str:
    return f"{day(random)}T{clock(random)}:{random.randrange(60):02}Z"


def letters(random: Random, count: int) -> str:
    return "".join(random.choices(_LETTERS, k=count))


def digits(random: Random, count: int) -> str:
    return "".join(random.choices("0123456789", k=count))


def plate(random: Random) -> str:
    return random.choice(
        (
            f"{letters(random, 3)} {digits(random, 3)}{letters(random, 1)}",
            f"{digits(random, 2)}-{digits(random, 5)}",
            f"{letters(random, 2)}-{digits(random, 3)}-{letters(random, 2)}",
            f"{letters(random, 1)} {digits(random, 4)} {letters(random, 2)}",
        )
    )


def container(random: Random) -> str:
    """With an owner code nobody has registered (it begins with ZZ) and the right check digit (ISO 6346)."""
    stem = f"ZZ{letters(random, 1)}U{digits(random, 6)}"
    return f"{stem}{container_check_digit(stem)}"


def person(random: Random, language: str = "en") -> str:
    if language == "ar":
        return f"{random.choice(words.GIVEN_AR)} {random.choice(words.FAMILY_AR)}"
    return f"{random.choice(words.GIVEN)} {random.choice(words.FAMILY)}"


def firm(random: Random) -> str:
    return f"{random.choice(words.FIRM)} {random.choice(words.FIRM_KIND)}"


def amount(random: Random, lowest: int, highest: int) -> str:
    """A quantity as people write it: small ones with decimals, large ones round. Small ones are the most frequent."""
    value = lowest * (highest / lowest) ** (random.random() ** 1.5)
    if value < 1000 and random.random() < 0.6:
        return f"{value:.{random.choice((1, 2, 3))}f}".rstrip("0").rstrip(".")
    step = 10 ** max(len(str(int(value))) - 3, 0)
    return str(max(round(value / step) * step, 1))
