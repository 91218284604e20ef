"""The files into which forms of other administrations are written, and how much of what is lacking a page shows; apart
from the writing itself (`export_map`), which a console does not load."""

from typing import Final, Literal

MapForm = Literal["csv", "xlsx"]
MAP_FORMS: Final[tuple[MapForm, ...]] = ("csv", "xlsx")
SHOWN: Final = 200
"""Refused rows that a page names one by one."""
