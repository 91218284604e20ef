"""The formats in which forms of other administrations are written, and how many refused rows a page names. They stand
apart from `export_map`, which writes the files, so that a console need not load it."""

from typing import Final, Literal

MapForm = Literal["csv", "xlsx"]
MAP_FORMS: Final[tuple[MapForm, ...]] = ("csv", "xlsx")
SHOWN: Final = 200
"""Refused rows that a page names one by one."""
