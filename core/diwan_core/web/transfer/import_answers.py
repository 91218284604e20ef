"""Answers about columns that can be read in several ways, laid over the mapping of an import."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

Answers = dict[str, dict[str, str]]
"""By a field's path: {"column", "kind", "style"}; of a code also the "word" that is given a meaning."""

FORMATS: Final = ("DD/MM/YYYY", "MM/DD/YYYY", "YYYY/MM/DD")


def answer(question: Mapping[str, Any], style: str) -> dict[str, str] | None:
    """A chosen answer as it is kept; None where the question does not offer it."""
    if style not in question.get("styles", {}):
        return None
    found = {"column": str(question["column"]), "kind": str(question["kind"]), "style": style}
    if found["kind"] == "code":
        found["word"] = next((str(cell) for _row, cell in question.get("examples", ())), "")
    return found


def laid_over(table: dict[str, Any], answers: Answers) -> dict[str, Any]:
    """The mapping's table with the answers in its rules; one whose rule reads another column by now is left out."""
    for path, given in answers.items():
        rule = _rule_at(table.get("fields", {}), path)
        if rule is None or rule.get("column") != given["column"]:
            continue
        match given:
            case {"kind": "number", "style": "indian"}:
                rule.pop("decimal", None)
                rule["grouping"] = "indian"
            case {"kind": "number", "style": ("." | ",") as mark}:
                rule.pop("grouping", None)
                rule["decimal"] = mark
            case {"kind": "date", "style": style} if style in FORMATS:
                rule["format"] = style
            case {"kind": "code", "style": code, "word": word} if word:
                rule["values"] = {**_codes_of(rule), word: code}
    return table


def _codes_of(rule: Mapping[str, Any]) -> dict[str, Any]:
    values = rule.get("values", {})
    return dict(values) if isinstance(values, dict) else {}


def _rule_at(fields: Mapping[str, Any], path: str) -> dict[str, Any] | None:
    found: Any = fields
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    return found if isinstance(found, dict) else None
