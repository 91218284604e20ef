"""The changelog tells each fact once, and beneath a heading."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

CHANGELOG = Path(__file__).parents[2] / "CHANGELOG.md"


def test_no_fact_is_told_twice() -> None:
    facts = Counter(line for line in CHANGELOG.read_text("utf-8").splitlines() if line.startswith("- "))
    assert [fact for fact, count in facts.items() if count > 1] == []


def test_every_list_stands_apart_from_the_heading_before_and_after_it() -> None:
    assert re.findall(r"^(?:- |  ).*\n(?:#|\*\*).*", CHANGELOG.read_text("utf-8"), re.MULTILINE) == []
    assert re.findall(r"^(?:#|\*\*).*\n(?:- ).*", CHANGELOG.read_text("utf-8"), re.MULTILINE) == []
