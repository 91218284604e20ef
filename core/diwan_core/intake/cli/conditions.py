"""Conditions on records as a command is given them: COLUMN=VALUE, and LOW..HIGH for a range."""

from __future__ import annotations

from typing import Any, Literal

import click

from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.reading import Value, read_field


def conditions_of(kind: str, where: tuple[str, ...]) -> dict[str, Any]:
    """What --where asks for, by column: a value, or a range."""
    fields = DICTIONARY.types[kind].fields if kind in DICTIONARY.types else {}
    conditions: dict[str, Any] = {}
    for condition in where:
        column, mark, value = condition.partition("=")
        if not mark:
            raise click.BadParameter(f"{condition!r} is not COLUMN=VALUE", param_hint="--where")
        low, dots, high = value.partition("..")
        field = fields.get(column)
        if dots:
            conditions[column] = (_meant(field, low), _meant(field, high))
        else:
            conditions[column] = _truth(_meant(field, value))
    return conditions


def _meant(field: Field | None, text: str) -> str:
    """A date, number or code as documents hold it, read as a form reads it; other text stays as it is typed."""
    if field is None or not text or field.kind not in ("date", "decimal", "integer", "code"):
        return text
    outcome = read_field(field, text, partial=False)
    if isinstance(outcome, Value):
        return str(outcome.value)
    raise click.BadParameter(str(outcome.reason), param_hint="--where")


def _truth(value: str) -> str | int | None:
    """Booleans are 0 and 1 in a list's columns; nothing is unknown."""
    words: dict[str, Literal[0, 1] | None] = {"": None, "false": 0, "true": 1}
    return words.get(value, value)
