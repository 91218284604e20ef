"""Answers given beforehand to what can be read in two ways: is 05/03/2026 in March or in May, is 48,000 forty-eight
thousand or forty-eight? They decide where the mapping says nothing itself."""

from __future__ import annotations

from collections.abc import Mapping as MappingOf
from dataclasses import dataclass, replace
from typing import Final

from diwan_core.intake.mapping.model import FieldRule, Mapping

DATES: Final[MappingOf[str, str]] = {"day-first": "DD/MM/YYYY", "month-first": "MM/DD/YYYY"}
DECIMALS: Final[MappingOf[str, str]] = {"comma": ",", "point": "."}


@dataclass(frozen=True)
class Answers:
    """One of DATES, and one of DECIMALS; "" where nobody said."""

    dates: str = ""
    decimal: str = ""


def answered(mapping: Mapping, answers: Answers) -> Mapping:
    """The mapping with the answers in the rules of its dates and numbers that say nothing themselves."""
    if mapping.exported or answers == Answers():
        return mapping
    return replace(mapping, fields=tuple(_answered(rule, answers) for rule in mapping.fields))


def _answered(rule: FieldRule, answers: Answers) -> FieldRule:
    kind = rule.place.field.kind
    if kind == "date" and answers.dates and not rule.format:
        return replace(rule, format=DATES[answers.dates])
    if kind in ("decimal", "integer") and answers.decimal and not (rule.decimal or rule.grouping):
        return replace(rule, decimal=DECIMALS[answers.decimal])
    return rule
