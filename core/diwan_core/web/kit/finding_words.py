"""The text of a finding and its remedy as a page says them: with days as the country writes them."""

import re
from dataclasses import replace
from typing import Final

from diwan_core.dictionary import Sentence
from diwan_core.health import words
from diwan_core.health.findings import Finding
from diwan_core.web.language.formats import show_day

_DAY: Final = re.compile(r"(\d{4}-\d\d-\d\d)( \d\d:\d\d)?")


def say_finding(finding: Finding) -> tuple[Sentence, Sentence]:
    """What is wrong, and what to do."""
    facts = {name: _written(value) if isinstance(value, str) else value for name, value in finding.facts.items()}
    return words.say_finding(replace(finding, facts=facts))


def _written(text: str) -> str:
    day = _DAY.fullmatch(text)
    return f"{show_day(day[1])}{day[2] or ''}" if day else text
