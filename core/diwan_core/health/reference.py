"""Writes docs/findings.md from the registry: `python -m diwan_core.health.reference [--check]`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from diwan_core.health.words import SEVERITIES, WORDS

PAGE: Final = Path(__file__).parents[3] / "docs/findings.md"


_INTRODUCTION: Final = (
    "What a node says of itself when something is wrong: in `status`, in `diwan health`, on the page *This machine* of",
    "its console, in the playbook `verify` and in the metrics of the centre. Words in braces are filled in.",
    "",
    "A *fault* keeps the node from its work or from keeping what it has; a *warning* is to be looked at; a *notice* is",
    "told only.",
    "",
)


def page() -> str:
    """Every finding there is, with its severity and its remedy, as Markdown."""
    lines = ["# Findings", "", *_INTRODUCTION]
    for severity in SEVERITIES:
        lines += [f"## {severity.capitalize()}s", ""]
        for code, words in WORDS.items():
            if words.severity == severity:
                lines += [f"### {code}", "", words.what, "", f"*{words.remedy}*", ""]
    return "\n".join(
        [*lines, "Written from `core/diwan_core/health/words.py` by `python -m diwan_core.health.reference`.", ""]
    )


def main() -> None:
    """Write the page, or with --check say whether it is stale."""
    if "--check" in sys.argv:
        sys.exit(0 if PAGE.read_text(encoding="utf-8") == page() else f"stale: {PAGE.name}")
    PAGE.write_text(page(), encoding="utf-8")


if __name__ == "__main__":
    main()
