"""Reading: turns texts of people and files into values, in the same way for forms, imports, the API and commands.

    read_number("1 234,50")             -> Value("1234.5")
    read_number("48,000")               -> Ambiguous(two readings, and the question in words)
    read_date("15/03/26 14:30")         -> Value("2026-03-15", beside time "14:30")
    read_date("1447/9/16")              -> Refused("... Hijri calendar ...")

Every function is pure: text and a few settings in, an `Outcome` out. None decides in silence what can be meant in two
ways, and none judges whether a value is allowed: that is the dictionary's validator.
"""

from .calendars import other_calendar
from .codes import read_code, read_patterned
from .dates import PATTERNS, DateStyle, Order, day_or_text, read_date, read_day
from .fields import companions, date_style, is_percent, read_field, read_yes_or_no
from .identifiers import read_identifier
from .moments import Zone, read_moment
from .numbers import NumberStyle, number_or_text, plain_number, read_integer, read_number
from .outcome import Ambiguous, Companion, Meaning, Outcome, Refused, Value
from .positions import read_position
from .text import one_line, several_lines
from .times import read_time

__all__ = [
    "PATTERNS",
    "Ambiguous",
    "Companion",
    "DateStyle",
    "Meaning",
    "NumberStyle",
    "Order",
    "Outcome",
    "Refused",
    "Value",
    "Zone",
    "companions",
    "date_style",
    "day_or_text",
    "is_percent",
    "number_or_text",
    "one_line",
    "other_calendar",
    "plain_number",
    "read_code",
    "read_date",
    "read_day",
    "read_field",
    "read_identifier",
    "read_integer",
    "read_moment",
    "read_number",
    "read_patterned",
    "read_position",
    "read_time",
    "read_yes_or_no",
    "several_lines",
]
