"""The storage of a country: bytes of cases and pictures over years, and the life of flash memory under them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from diwan_hardware.profile import Flash
from diwan_hardware.purchase import BadOrder

CASE_BYTES: Final = 3_000
"""On disk for a case: record, journal row, search and list index. Measured with `bench/w1_mapping.toml` (1,028 bytes
of JSON a case) at 20,000 cases: 2,765 bytes. Rounded up for edits."""
CASE_WRITTEN: Final = 100_000
"""Written to the disk for a case saved alone: write-ahead log, index pages, checkpoint; 77 kB measured with 1,000
saves one by one, the rest for receipts."""
PICTURE_COPIES: Final = 3
"""Times a picture is written to the disk of the post where it is taken: parts, whole file, smaller copies."""
SYSTEM_DAY_BYTES: Final = 150 * 10**6
"""Written in a day by the operating system: logs, time, package lists. An assumption for a bounded journal."""
AMPLIFICATION: Final = {"sd": 10.0, "emmc": 4.0, "ssd": 2.0}
"""Bytes that flash writes inside for each byte from outside, for small random writes. Endurance of cards is stated
for one long film, which is why they are multiplied most."""
RESERVE: Final = 0.7
"""Part of a disk that may be filled: flash that is nearly full wears faster, and an update needs room."""


@dataclass(frozen=True)
class Use:
    """What a post takes in: cases a year, pictures a case, bytes a picture; and how many years are planned."""

    cases: int = 500
    pictures: float = 3.0
    picture_kb: int = 1_500
    years: int = 10

    def __post_init__(self) -> None:
        for name, value, most in (
            ("cases a year", self.cases, 10_000_000), ("pictures a case", self.pictures, 1_000),
            ("kB a picture", self.picture_kb, 100_000), ("years", self.years, 50),
        ):  # fmt: skip
            if not 0 <= value <= most or (name == "years" and value < 1):
                raise BadOrder(f"{value:g} {name} are impossible. Write up to {most}.")


@dataclass(frozen=True)
class Storage:
    """Bytes kept and written, for one post and for the centre."""

    post_bytes: int
    central_bytes: int
    post_day_written: int
    backup_bytes: int


def needed(use: Use, posts: int) -> Storage:
    """What is stored after all years. A post keeps the cases of the country and its own pictures; the centre keeps
    all."""
    cases = use.cases * use.years * posts
    pictures = round(use.cases * use.pictures * use.years) * use.picture_kb * 1000
    central = cases * CASE_BYTES + pictures * posts
    day = use.cases / 365
    written = (
        day * posts * CASE_WRITTEN + day * use.pictures * use.picture_kb * 1000 * PICTURE_COPIES + SYSTEM_DAY_BYTES
    )
    return Storage(cases * CASE_BYTES + pictures, central, round(written), round(central * 1.3))


def life_years(flash: Flash, day_written: int) -> float:
    """Years until the stated endurance is used up: TBW ÷ (bytes a day × amplification × 365)."""
    return flash.endurance_tbw * 10**12 / (day_written * AMPLIFICATION[flash.kind] * 365)


def is_enough(capacity_gb: int, stored: int) -> bool:
    """Whether a disk holds so many bytes and keeps its reserve."""
    return stored <= capacity_gb * 10**9 * RESERVE


def sized(count: int) -> str:
    """Bytes in the largest decimal unit that fits, as disks are sold."""
    for unit, size in (("TB", 10**12), ("GB", 10**9), ("MB", 10**6), ("kB", 10**3)):
        if count >= size:
            return f"{count / size:.3g} {unit}"
    return f"{count} bytes"
