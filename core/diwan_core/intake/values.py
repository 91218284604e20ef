"""From the cells of a row to the value of one field: each rule of a mapping as one closure.

On the path of every imported row: the common case comes first, the words about what is wrong only when it failed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from diwan_core.dictionary import N_, sentence
from diwan_core.intake import moments
from diwan_core.intake.faults import CellRefused, Unfit
from diwan_core.intake.mapping import FieldRule
from diwan_core.intake.quantities import conversion, number, parsed, rounded
from diwan_core.intake.reading import Cells

Text = Callable[[Cells], str | None]
"""A cell's text, None when blank. Raises CellRefused."""
Value = Callable[[Cells], object]
"""A field's value, None when not known. Raises CellRefused, ValueError."""

_braces: Final = re.compile(r"\{([^{}]+)\}")
_BOOLEANS: Final = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}


def text_of(column: str, blank: frozenset[str]) -> Text:
    """The text of a cell, None when blank. A name with points also reaches into JSON objects: "vehicle.plate"."""
    steps = column.split(".") if "." in column else []

    def text(row: Cells) -> str | None:
        cell = row.get(column)
        if cell.__class__ is str:
            cell = cell.strip()
            return None if cell in blank else cell
        if cell is None:
            return text(_inner(row, steps, column)) if steps and column not in row else None
        return _plain(cell, column)

    return text


def _inner(row: Cells, steps: list[str], column: str) -> Cells:
    value: Any = row
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return {column: value}


def _plain(cell: object, column: str) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        try:
            return str(cell)
        except ValueError as error:
            raise CellRefused(
                column, cell, "not_a_number", sentence(N_("the number has thousands of digits"))
            ) from error
    template = (
        N_("the cell holds a list, not one value; name the inner value as {column}.NAME")
        if isinstance(cell, list)
        else N_("the cell holds an object, not one value; name the inner value as {column}.NAME")
    )
    raise CellRefused(column, cell, "nested", sentence(template, column=column))


def source_text(rule: FieldRule, blank: frozenset[str]) -> Text:
    """The text a field is made from: one column, several joined, or a template."""
    texts = [(column, text_of(column, blank)) for column in rule.columns]
    if rule.template is not None:
        return _templated(rule.template, dict(texts))
    if rule.join is not None:
        glue, labelled = rule.join, rule.labelled

        def joined(row: Cells) -> str | None:
            found = [(column, get(row)) for column, get in texts]
            return glue.join(f"{column}: {text}" if labelled else text for column, text in found if text) or None

        return joined
    return texts[0][1]


def _templated(template: str, texts: dict[str, Text]) -> Text:
    first, *pieces = _braces.split(template)  # literal, column, literal, column, literal …
    steps = [(texts[column], literal) for column, literal in zip(pieces[::2], pieces[1::2], strict=True)]

    def from_template(row: Cells) -> str | None:
        whole = first
        for get, literal in steps:
            text = get(row)
            if text is None:
                return None
            whole += text + literal
        return whole

    return from_template


def simple_column(rule: FieldRule) -> str | None:
    """The column of a rule that only looks at one cell and at most converts it; the others need `value_of`."""
    plain = rule.template is None and rule.join is None and rule.split is None and rule.if_blank is None
    return rule.columns[0] if plain and not _letters_changed(rule) and not rule.first else None


def _letters_changed(rule: FieldRule) -> list[tuple[str, str]]:
    changed = [(letter, "") for letter in rule.remove + rule.thousands]
    return [*changed, (rule.decimal, ".")] if rule.decimal != "." else changed


def value_of(rule: FieldRule, blank: frozenset[str]) -> Value:
    """The whole way from a row to a field's value."""
    text = cleaned(rule, source_text(rule, blank))
    convert = converter(rule)
    if rule.split is not None:
        value: Value = _elements(text, rule.split, convert)
    elif convert is None:
        value = text
    else:
        turn = convert

        def value(row: Cells) -> object:
            found = text(row)
            return None if found is None else turn(found)

    if rule.if_blank is None:
        return value
    fallback: object = {"1": rule.if_blank} if rule.split is not None else rule.if_blank

    def or_fallback(row: Cells) -> object:
        found = value(row)
        return fallback if found is None else found

    return or_fallback


def _elements(text: Text, mark: str, convert: Callable[[str], object] | None) -> Value:
    def elements(row: Cells) -> object:
        whole = text(row)
        pieces = [piece for piece in (part.strip() for part in whole.split(mark)) if piece] if whole else []
        return {str(n): convert(piece) if convert else piece for n, piece in enumerate(pieces, 1)} or None

    return elements


def cleaned(rule: FieldRule, text: Text) -> Text:
    """`remove`, `thousands`, `decimal` and `first`, where a rule has them."""
    changed, first = _letters_changed(rule), rule.first or None
    if not changed and first is None:
        return text

    def clean(row: Cells) -> str | None:
        found = text(row)
        if found is None:
            return None
        for letter, instead in changed:
            found = found.replace(letter, instead)
        return found[:first].strip() or None

    return clean


def converter(rule: FieldRule) -> Callable[[str], object] | None:
    """From text to the field's value; None where the text is the value."""
    if rule.values is not None:
        return _looked_up(rule)
    match rule.place.field.kind:
        case "date" | "time" | "datetime":
            return reading_of(rule)
        case "decimal" if rule.unit is not None:
            return conversion(rule.unit, rule.to or rule.unit, 9 if rule.places is None else rule.places)
        case "decimal" if rule.places is not None:
            places = rule.places
            return lambda text: rounded(parsed(text), places)
        case "decimal":
            return number
        case "integer":
            return _whole
        case "boolean":
            return _yes_or_no
        case _:
            return None


def _looked_up(rule: FieldRule) -> Callable[[str], object]:
    values = dict(rule.values or {})
    fold = rule.ignore_case
    if fold:
        values = {key.casefold(): value for key, value in values.items()}
    otherwise = rule.otherwise

    def look_up(text: str) -> object:
        value = values.get(text.casefold() if fold else text, otherwise)
        if value is None:
            raise Unfit(
                "unknown_word", N_("the mapping does not name this text; add it to values, or say what otherwise")
            )
        return value

    return look_up


def reading_of(rule: FieldRule) -> moments.Reading:
    """The date or time function of a rule. Raises moments.WrongFormat."""
    kind = rule.place.field.kind
    if kind not in ("date", "time", "datetime"):
        raise moments.WrongFormat(N_("a field of kind {kind} has no format"), kind=kind)
    zone = moments.zone_of(rule.zone) if rule.zone else None
    return moments.reading(kind, rule.format, year_starts=rule.fiscal_year_starts, zone=zone)


def _whole(text: str) -> int:
    value = parsed(text)
    if value != value.to_integral_value():
        raise Unfit("not_a_number", N_("it is not a whole number"))
    return int(value)


def _yes_or_no(text: str) -> bool:
    value = _BOOLEANS.get(text.lower())
    if value is None:
        raise Unfit("unknown_word", N_("it is neither yes nor no; name the words of the file in values"))
    return value
