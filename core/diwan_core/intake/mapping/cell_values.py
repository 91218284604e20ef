"""Turns the cells of a row into the value of one field: each rule of a mapping becomes one function.

The text comes from `cell_text`. What a text means is read by `diwan_core.reading`, as in a form. The cells of a
workbook that are numbers and dates need no reading: how text is written says nothing about them.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from functools import lru_cache
from typing import Final

from diwan_core.dictionary import DICTIONARY, N_, Field
from diwan_core.intake.faults import Asked, Unfit
from diwan_core.intake.mapping import date_patterns
from diwan_core.intake.mapping.cell_text import SEVERAL, Replacements, Text, cleaned, source_text
from diwan_core.intake.mapping.date_patterns import taken
from diwan_core.intake.mapping.model import FieldRule
from diwan_core.intake.mapping.quantities import conversion, decimal_of, parsed, rounded, written
from diwan_core.intake.sources.cells import DateCell, NumberCell
from diwan_core.intake.sources.reader import Cells
from diwan_core.intake.sources.tables import unguard_cell
from diwan_core.reading import (
    Ambiguous,
    NumberStyle,
    date_style,
    is_percent,
    one_line,
    read_field,
    read_integer,
    read_position,
    read_yes_or_no,
    several_lines,
)
from diwan_core.reading import (
    Value as ReadValue,
)
from diwan_core.reading.positions import is_canonical

Value = Callable[[Cells], object]
"""A field's value, None when not known. Raises CellRefused, ValueError."""
Convert = Callable[[str], object]
"""A field's value from a text that is not blank. Raises ValueError."""
_REMEMBERED: Final = 4096


def simple_column(rule: FieldRule, replaced: Replacements) -> str | None:
    """The column of a rule that only looks at one cell and at most converts it; the others need `value_of`."""
    plain = rule.template is None and rule.join is None and rule.split is None and rule.if_blank is None
    simple = plain and not rule.remove and not rule.first and rule.columns[0] not in replaced
    return rule.columns[0] if simple else None


def value_of(rule: FieldRule, blank: frozenset[str], replaced: Replacements, json: bool = False) -> Value:
    """The whole way from a row to a field's value."""
    text = cleaned(rule, source_text(rule, blank, replaced))
    convert = converter(rule, json=json)
    if rule.split is not None:
        value: Value = _elements(text, rule.split, convert)
    else:
        value = _one(rule, text, convert)

    if rule.if_blank is None:
        return value
    fallback: object = {"1": rule.if_blank} if rule.split is not None else rule.if_blank

    def or_fallback(row: Cells) -> object:
        found = value(row)
        return fallback if found is None else found

    return or_fallback


def _one(rule: FieldRule, text: Text, convert: Convert) -> Value:
    """The value of a field that holds one."""
    single = rule.columns[0] if rule.template is None and rule.join is None else ""
    exact = converter(rule, exact=True)
    dated = rule.values is None and rule.place.field.kind in ("date", "time", "datetime")

    def of_text(row: Cells) -> object:
        found = text(row)
        return None if found is None else convert(found)

    def of_cell(row: Cells) -> object:
        cell = row.get(single)
        if cell.__class__ is str:
            return of_text(row)
        if dated and isinstance(cell, DateCell):
            return exact(cell.iso)  # with its time, which the record may have a field for
        found = text(row)
        if found is None:
            return None
        return exact(found) if isinstance(cell, NumberCell) and not dated else convert(found)

    return of_cell if single else of_text


def _elements(text: Text, mark: str, convert: Convert) -> Value:
    def elements(row: Cells) -> object:
        whole = text(row)
        pieces = [piece.strip() for part in whole.split(SEVERAL) for piece in part.split(mark)] if whole else []
        return {str(n): convert(piece) for n, piece in enumerate(filter(None, pieces), 1)} or None

    return elements


def converter(rule: FieldRule, *, json: bool = False, exact: bool = False) -> Convert:
    """From text to the field's value. `exact`: the text is the dictionary's own notation, whatever the rule says of how
    text is written."""
    if rule.values is not None:
        return _looked_up(rule)
    field = rule.place.field
    match field.kind:
        case "date" | "time" | "datetime":
            return reading_of(rule, exact=exact)
        case "decimal":
            return _decimal(rule, json, exact)
        case "integer":
            return _integer(style_of(rule, exact))
        case "boolean":
            return lambda text: taken(read_yes_or_no(text))
        case "code":
            return _code(field)
        case "longtext":
            return _long_text
        case "text" if not field.pattern and not field.identifier:
            return _short_text
        case "text" if not field.pattern:
            return _identifier(field)
        case "position":
            return lambda text: text if is_canonical(text) else taken(read_position(text))
        case _:
            return lru_cache(maxsize=_REMEMBERED)(lambda text: taken(read_field(field, text)))


def _long_text(text: str) -> str:
    if text.isprintable() and text[0] != "'":
        return text
    return several_lines(unguard_cell(text.replace(SEVERAL, "\n")))


def _short_text(text: str) -> str:
    if text.isprintable() and text[0] != "'":
        return text
    return one_line(unguard_cell(text.replace(SEVERAL, "; ")))


def is_text(rule: FieldRule) -> bool:
    """Whether the text of a cell is the value as it stands, if it is printable, guarded by no apostrophe and no number
    that a spreadsheet may have shortened (E+)."""
    field = rule.place.field
    return rule.values is None and field.kind in ("text", "longtext") and not field.pattern


def style_of(rule: FieldRule, exact: bool = False) -> NumberStyle:
    """How the numbers of a column are said to be written."""
    if exact:
        return "."
    if rule.grouping == "indian":
        return "indian"
    if rule.decimal:
        return "," if rule.decimal == "," else "."
    if "," in rule.thousands:
        return "."
    return "," if "." in rule.thousands else ""


def _decimal(rule: FieldRule, json: bool, exact: bool) -> Convert:
    other_marks = "" if exact else "".join(mark for mark in rule.thousands if mark not in ".,")
    plain = written(style_of(rule, exact), other_marks, percent=is_percent(rule.place.field), json=json or exact)
    if rule.unit is not None:
        return conversion(rule.unit, rule.to or rule.unit, 9 if rule.places is None else rule.places, plain)
    if rule.places is not None:
        places = rule.places
        return lambda text: rounded(parsed(plain(text)), places)
    return decimal_of(plain, style_of(rule, exact))


def _integer(style: NumberStyle) -> Convert:
    def convert(text: str) -> object:
        if text.isascii() and text.isdigit() and len(text) < 19:
            return int(text)
        found = read_integer(text, style)
        return found.value if isinstance(found, ReadValue) else taken(found)

    return convert


def _code(field: Field) -> Convert:
    """A code, or what people write for one. Most cells are codes: they are looked up and nothing else."""
    fits = re.compile(field.pattern, re.ASCII).fullmatch if field.open_list else None
    codes = None if fits else DICTIONARY.codes(field.codelist)

    def read(text: str) -> object:
        found = read_field(field, text)
        if isinstance(found, ReadValue):
            return found.value
        if getattr(found, "code", "") == "unknown_code":
            return text  # the validator says what may have been meant
        return taken(found)

    slow = lru_cache(maxsize=_REMEMBERED)(read)
    if fits is not None:
        matches = fits
        return lambda text: text if matches(text) else slow(text)
    return slow if codes is not None else lambda text: text


def _identifier(field: Field) -> Convert:
    return lambda text: taken(read_field(field, unguard_cell(text)))


def _looked_up(rule: FieldRule) -> Convert:
    values = dict(rule.values or {})
    fold = rule.ignore_case
    if fold:
        values = {key.casefold(): value for key, value in values.items()}
    otherwise, field = rule.otherwise, rule.place.field
    may_be_code = field.kind == "code" and not field.open_list

    def look_up(text: str) -> object:
        value = values.get(text.casefold() if fold else text, otherwise)
        if value is not None:
            return value
        found = read_field(field, text) if may_be_code else None
        if isinstance(found, ReadValue):
            return found.value
        if isinstance(found, Ambiguous):
            raise Asked(found)
        raise Unfit("unknown_word", N_("the mapping does not name this text; add it to values, or say what otherwise"))

    return lru_cache(maxsize=_REMEMBERED)(look_up) if may_be_code else look_up


def reading_of(rule: FieldRule, *, exact: bool = False) -> date_patterns.Reading:
    """The date or time function of a rule. Raises moments.WrongFormat."""
    field = rule.place.field
    kind = field.kind
    if kind not in ("date", "time", "datetime"):
        raise date_patterns.WrongFormat(N_("a field of kind {kind} has no format"), kind=kind)
    zone = date_patterns.zone_of(rule.zone) if rule.zone else None
    this_year = dt.datetime.now(dt.UTC).year
    style = date_style(field, this_year, partial="precision" in rule.place.beside)
    if rule.two_digit_years:
        style = style.since(rule.two_digit_years)
    pattern, starts = (date_patterns.ISO, "JAN") if exact else (rule.format, rule.fiscal_year_starts)
    return date_patterns.reading(kind, pattern, year_starts=starts, zone=zone, style=style)
