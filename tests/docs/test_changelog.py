"""The changelog tells each fact once, and beneath a heading."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def test_no_fact_is_told_twice() -> None:
    facts = Counter(line for line in CHANGELOG.read_text("utf-8").splitlines() if line.startswith("- "))
    assert [fact for fact, count in facts.items() if count > 1] == []


def test_what_is_not_released_yet_stands_beneath_its_subject() -> None:
    unreleased = CHANGELOG.read_text("utf-8").partition("\n## Unreleased\n")[2].partition("\n## ")[0]
    assert unreleased
    assert re.findall(r"^(?:- |  ).*\n(?:#|\*\*).*", unreleased, re.MULTILINE) == [], "a blank line before a heading"
    assert re.findall(r"^#.*\n+(?:- ).*", unreleased, re.MULTILINE) == []
