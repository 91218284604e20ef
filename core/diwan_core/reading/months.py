"""The words that occur in dates: months, weekdays and small words in several languages, and names of months of other
calendars (month_names.toml)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources

from diwan_core.dictionary import fold


@dataclass(frozen=True)
class DateWords:
    """Words by their folded form: months 1 to 12, words that say nothing, weekdays, months of other calendars."""

    months: Mapping[str, int]
    fillers: frozenset[str]
    weekdays: frozenset[str]
    other_calendars: Mapping[str, str]


@cache
def date_words() -> DateWords:
    """The table, read when a date with words is first met."""
    table = tomllib.loads(resources.files(__package__).joinpath("month_names.toml").read_text(encoding="utf-8"))
    months: dict[str, int] = {}
    for names in table["months"].values():
        for number, words in enumerate(names, 1):
            months.update({folded(word): number for word in words.split()})
    for names in table["phrases"].values():
        months.update({folded(name): number for number, name in enumerate(names, 1)})
    others: dict[str, str] = {}
    for calendar, words in table["other_calendars"].items():
        for word in words.split():
            others.setdefault(folded(word), calendar)
    small = table["small_words"]
    return DateWords(
        months,
        frozenset(map(folded, small["fillers"].split())),
        frozenset(map(folded, small["weekdays"].split())),
        others,
    )


def folded(text: str) -> str:
    """A word as the table holds it: without case, accents and vowel signs, one form of each Arabic letter."""
    return fold(text).replace("ى", "ي").replace("ک", "ك").replace("ی", "ي").strip(". ")
