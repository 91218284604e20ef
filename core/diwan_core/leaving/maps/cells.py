"""The text of one cell: what a column makes of the values that leave."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, decimal_text
from diwan_core.dictionary.amounts import MEASURES

from .field_path import field_at
from .left_values import LeftValues
from .template import Column

_KNOWN_TO: Final = {"month": 7, "year": 4}
"""Characters of a day that are known, by the precision recorded beside it."""
_TIMES: Final = {"grams": 1000}
UNIT_OF: Final = dict(zip(MEASURES, ("kg", "pieces", "l", "m³"), strict=True))
"""The unit of an amount as reports write it."""


def cell_of(column: Column, left: LeftValues, region_of: Callable[[str], str]) -> str:
    """The text of a column for a record or line, "" for nothing. What is made with the file is filled in later."""
    if column.text:
        return column.text
    if column.given and not any(left.meets(column.given, "goods", key) for key in left.lines("goods")):
        return ""
    if column.amounts:
        return _amount(column, left)
    found = [text for path in column.sources if (text := _source(column, path, left, region_of))]
    return column.join.join(found) if column.every else found[0] if found else ""


def _source(column: Column, path: str, left: LeftValues, region_of: Callable[[str], str]) -> str:
    field = field_at(left.declared, path)
    values = left.values(path, column)
    if field is None or not values:
        return ""
    if column.function == "sum":
        return _sum(column, left, [value for _, value in values])
    texts = (_text(column, field, at, value, left, region_of) for at, value in values)
    return column.join.join(dict.fromkeys(filter(None, texts)))


def _text(column: Column, field: Field, at: str, value: Any, left: LeftValues, region_of: Callable[[str], str]) -> str:
    if column.words:
        return column.words.get(str(value), "")
    match column.function:
        case "label":
            return DICTIONARY.codes(field.codelist).label(value)
        case "year":
            return str(value)[:4]
        case "month":
            return day_of(at, str(value), left)[:7]
        case "region":
            return region_of(value)
        case "place":
            return DICTIONARY.codes(field.codelist).label(value) if field.codelist else region_of(value)
        case "taxon":
            return _taxon(value, left.one(f"{at.rpartition('.')[0]}.species_rank"))
        case _:
            if field.kind == "date":
                return day_of(at, value, left)
            return "true" if value is True else "false" if value is False else str(value)


def day_of(at: str, value: str, left: LeftValues) -> str:
    """A day no finer than it is known: a month, a year, or the range "2026-03-01/2026-03-09" (ISO 8601)."""
    precision = left.one(f"{at}_precision")
    if precision == "range" and (last := left.one(f"{at}_to")):
        return f"{value}/{last}"
    return value[: _KNOWN_TO.get(str(precision), 10)]


def _taxon(species: str, rank: Any) -> str:
    first = species.split(maxsplit=1)[0] if species.strip() else ""
    return f"{first} spp." if rank == "genus" and first else first if rank == "family" else species


def _sum(column: Column, left: LeftValues, values: Iterable[Any]) -> str:
    total = decimal_text(sum((Decimal(str(value)) for value in values), Decimal(0)))
    if not column.one:
        return total
    beside = {value for _, value in left.values(column.one, column)}
    return f"{total} {beside.pop()}" if len(beside) == 1 else ""


def _amount(column: Column, left: LeftValues) -> str:
    preferred = {value for _, value in left.values(column.prefer_by, column)} if column.prefer_by else set()
    first = [measure for value, measure in column.prefer.items() if value in preferred]
    known = list(left.amounts(column))
    for measure in dict.fromkeys((*first, *column.amounts)):
        given = [Decimal(amount) for amounts in known if (amount := getattr(amounts, measure)) is not None]
        if given:
            total = sum(given, Decimal(0))
            return (
                UNIT_OF[measure] if column.function == "unit" else decimal_text(total * _TIMES.get(column.function, 1))
            )
    return ""
