"""Reads the value of one field from one text, by the field's kind; used by forms, API and commands. An import
compiles the same readings into one function a column (`intake.mapping.cell_values`)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from diwan_core.dictionary import N_, Field, sentence

from .codes import read_code, read_patterned
from .dates import TWO_DIGITS_FROM, DateStyle, Order, read_date
from .identifiers import read_identifier
from .moments import Zone, read_moment
from .numbers import NumberStyle, read_integer, read_number
from .outcome import Companion, Outcome, Refused, Value
from .positions import read_position
from .text import one_line, quoted, several_lines
from .times import read_time

_WORDS: Final = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
_LIFETIME: Final = 99
_TO: Final = "_to"


def read_field(
    field: Field,
    text: str,
    *,
    language: str = "",
    number: NumberStyle = "",
    zone: Zone | None = None,
    this_year: int = 0,
    partial: bool = True,
    order: Order = "",
) -> Outcome:
    """The meaning of a text in this field. `language`: that of whoever types, "" for a file. `number`: how numbers
    are said to be written. `partial`: whether a date may be less exact than a day. `order`: of day,
    month and year, where somebody said."""
    match field.kind:
        case "code" if field.open_list:
            return _of_open_list(field, text, language)
        case "code":
            return read_code(field.codelist, text, language=language)
        case "decimal":
            return read_number(text, number, percent=is_percent(field))
        case "integer":
            return read_integer(text, number)
        case "boolean":
            return read_yes_or_no(text)
        case "date":
            return read_date(text, date_style(field, this_year, order, partial=partial))
        case "time":
            return read_time(text)
        case "datetime":
            return read_moment(text, DateStyle(order), zone)
        case "position":
            return read_position(text)
        case "longtext":
            return Value(several_lines(text))
        case _ if field.pattern:
            return read_patterned(field, text)
        case _ if field.identifier:
            return read_identifier(text)
        case _:
            return Value(one_line(text))


def _of_open_list(field: Field, text: str, language: str) -> Outcome:
    """A list that informs but does not decide: what has the form of its codes is one of them, known or not."""
    found = read_patterned(field, text)
    if isinstance(found, Value) and re.fullmatch(field.pattern, str(found.value), re.ASCII) is None:
        code = read_code(field.codelist, text, language=language)
        return code if isinstance(code, Value) else found
    return found


def read_yes_or_no(text: str) -> Outcome:
    """Yes or no, in English or as programs write it."""
    found = _WORDS.get(text.strip().lower())
    if found is None:
        said = N_("{value} is neither yes nor no.")
        return Refused("format", sentence(said, value=quoted(text)))
    return Value(found)


def is_percent(field: Field) -> bool:
    """Whether a number of this field is a percentage, so that a % may stand behind it."""
    return field.kind == "decimal" and field.maximum == 100


def date_style(field: Field, this_year: int = 0, order: Order = "", *, partial: bool = True) -> DateStyle:
    """How dates of a field are read: nobody is born in the future, so that the window for a birth year of two digits
    ends with this year (0: not known); and the end of a range is its last possible day. `partial`: whether the field
    has others beside it that hold a precision (`companions`)."""
    first = this_year - _LIFETIME if this_year and "birth" in field.name else TWO_DIGITS_FROM
    last = field.name.endswith(_TO)
    return DateStyle(order, first, partial or last, last)


def companions(fields: Mapping[str, Field], field: Field) -> dict[Companion, str]:
    """The fields of the same group that hold what a date says beside the day: by what, their names."""
    if field.kind != "date" or not field.group or field.name.endswith(_TO):
        return {}
    found: dict[Companion, str] = {}
    for other in fields.values():
        if other.group != field.group or other.name == field.name or other.retired:
            continue
        if other.kind == "time":
            found["time"] = other.name
        elif other.codelist == "date_precision":
            found["precision"] = other.name
        elif other.kind == "date" and other.name == field.name + _TO:
            found["to"] = other.name
    return found
