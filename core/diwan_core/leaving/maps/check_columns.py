"""Checks the columns of a template."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from diwan_core.dictionary import Field
from diwan_core.dictionary.amounts import MEASURES

from .checking import Check
from .template import FUNCTIONS, MADE, Column

COLUMNS_MOST: Final = 500
_LINES_MOST: Final = 100
_SOURCES: Final = ("from", "amount", "text", "make", "blank")
_COLUMN: Final = (
    *("head", *_SOURCES, "as", "all", "where", "unless", "given", "line", "whole", "words", "join", "one"),
    *("prefer_by", "prefer"),
)
_DATES: Final = ("date", "datetime")


def columns_in(found: Check, tables: object) -> tuple[Column, ...]:
    """The columns of a template, in their order."""
    if not isinstance(tables, list) or not tables:
        found.wrong("it has no columns; begin each with [[column]]")
        return ()
    if len(tables) > COLUMNS_MOST:
        found.wrong(f"it has {len(tables)} columns; at most {COLUMNS_MOST}")
        return ()
    if not all(isinstance(table, dict) for table in tables):
        found.wrong("begin each column with [[column]]", "column")
        return ()
    return tuple(_column(found, number, table) for number, table in enumerate(tables))


def _column(found: Check, number: int, table: Mapping[str, Any]) -> Column:
    head = table.get("head")
    at: dict[str, Any] = {"column": number, "head": head if isinstance(head, str) else ""}
    if not isinstance(head, str) or not head:
        found.wrong('each column has a head: head = "…"', column=number)
        return Column("")
    found.known(table, _COLUMN, **at)
    given = [key for key in _SOURCES if key in table]
    if len(given) != 1:
        found.wrong(f"it says exactly one of {', '.join(_SOURCES)}", **at)
        return Column(head)
    if "from" in table:
        return _from(found, table, head, at)
    if "amount" in table:
        return _amount(found, table, head, at)
    said = table[given[0]]
    if not isinstance(said, str) or not said or (given == ["make"] and said not in MADE):
        found.wrong(
            f"make is one of {', '.join(MADE)}" if "make" in table else f'write {given[0]} = "…"', given[0], **at
        )
        return Column(head)
    match given[0]:
        case "text":
            return Column(head, text=said)
        case "make":
            return Column(head, made=said)
        case _:
            return Column(head, blank=said)


def _from(found: Check, table: Mapping[str, Any], head: str, at: dict[str, Any]) -> Column:
    sources = found.texts(table["from"], "from", **at)
    fields = [field for path in sources if (field := found.field(path, "from", agreed=True, **at)) is not None]
    function = _function(found, table, at)
    for field in fields:
        if (wrong := _unfit(function, field)) is not None:
            found.wrong(f"{function} is for {wrong}, and {field.name} is none", "as", **at)
    part = sources[0].partition(".")[0] if sources and "." in sources[0] else ""
    if one := table.get("one", ""):
        found.field(one, "one", **at)
    return Column(
        head,
        sources,
        every=bool(table.get("all", False)),
        function=function,
        join=str(table.get("join", "; ")),
        one=one if isinstance(one, str) else "",
        words=_words(found, table, at),
        **_lines(found, table, part, at),
    )


def _amount(found: Check, table: Mapping[str, Any], head: str, at: dict[str, Any]) -> Column:
    measures = found.texts(table["amount"], "amount", **at)
    prefer = table.get("prefer", {})
    prefer_by = table.get("prefer_by", "")
    if prefer_by:
        found.field(prefer_by, "prefer_by", **at)
    for measure in (*measures, *(prefer.values() if isinstance(prefer, dict) else ())):
        if measure not in MEASURES:
            found.wrong(f"{measure} is no amount; there are {', '.join(MEASURES)}", "amount", **at)
    if not isinstance(prefer, dict) or bool(prefer) != bool(prefer_by):
        found.wrong("prefer is a table from values of the field prefer_by to amounts", "prefer", **at)
        prefer = {}
    function = _function(found, table, at)
    if function not in ("plain", "unit", "grams"):
        found.wrong("an amount is given as it is, in grams or by its unit: leave as out, or write unit", "as", **at)
    if function == "grams" and measures != ("kilograms",):
        found.wrong("grams are of kilograms alone", "as", **at)
    return Column(
        head, amounts=measures, function=function, prefer_by=prefer_by, prefer=prefer,
        **_lines(found, table, "goods", at),
    )  # fmt: skip


def _words(found: Check, table: Mapping[str, Any], at: dict[str, Any]) -> dict[str, str]:
    words = table.get("words", {})
    if isinstance(words, dict) and all(isinstance(word, str) for word in words.values()):
        return words
    found.wrong('words is a table such as { import = "entering" }', "words", **at)
    return {}


def _lines(found: Check, table: Mapping[str, Any], part: str, at: dict[str, Any]) -> dict[str, Any]:
    """Which lines of a part a column takes."""
    if not part and any(key in table for key in ("where", "unless", "line", "whole")):
        found.wrong(
            "where, unless, line and whole choose among the lines of a part, such as goods or leg; take them out", **at
        )
        return {}
    line, whole = table.get("line", 0), table.get("whole", False)
    if isinstance(line, bool) or not isinstance(line, int) or not 0 <= line <= _LINES_MOST:
        found.wrong(f"line is a number from 1 to {_LINES_MOST}", "line", **at)
        line = 0
    if not isinstance(whole, bool):
        found.wrong("it is true or false", "whole", **at)
    conditions: dict[str, Any] = {"line": line, "whole": whole is True}
    conditions |= {key: found.conditions(table.get(key, {}), key, part, **at) for key in ("where", "unless")}
    if "given" in table:
        conditions["given"] = found.conditions(table["given"], "given", "goods", **at)
    return conditions


def _function(found: Check, table: Mapping[str, Any], at: dict[str, Any]) -> Any:
    function = table.get("as", "plain")
    if not isinstance(function, str) or function not in FUNCTIONS:
        found.wrong(f"as is one of {', '.join(FUNCTIONS)}", "as", **at)
        return "plain"
    return function


def _unfit(function: str, field: Field) -> str | None:
    """What a function is for, where the field is not such a one."""
    match function:
        case "label":
            return None if field.codelist else "codes"
        case "year" | "month":
            return None if field.kind in _DATES else "days"
        case "sum":
            return None if field.kind in ("decimal", "integer") else "numbers"
        case "taxon":
            return None if field.name == "species" else "the field species"
        case "unit" | "grams":
            return "amounts"
        case "region":
            return None if field.name == "office" else "the field office"
        case "place":
            return None if field.name == "office" or field.codelist == "locode" else "places and the field office"
        case _:
            return None
