"""Checks a template's TOML against the dictionary and against what may leave, and names everything wrong at once, with
its line and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.dictionary.amounts import MEASURES
from diwan_core.leaving.agreed import agreed_field
from diwan_core.leaving.templates import TEMPLATES

from .field_path import field_at, kept_back
from .template import FUNCTIONS, MADE, RECORD, Column, Conditions, SmallCells, Template, TemplateError
from .toml_lines import place_of

_TOP: Final = (
    "title", "type", "rows", "records", "only", "having", "needs", "agreement", "small_cells", "column",
)  # fmt: skip
_LINES_MOST: Final = 100
_SMALL: Final = ("place", "date", "nationality")
_SOURCES: Final = ("from", "amount", "text", "make", "blank")
_COLUMN: Final = ("head", *_SOURCES, "as", "all", "where", "unless", "given", "line", "whole", "words", "join",
           "one", "prefer_by", "prefer")  # fmt: skip
_DATES: Final = ("date", "datetime")


class _Check:
    def __init__(self, text: str, type: str, agreement: bool = False) -> None:
        self.problems: list[str] = []
        self.type, self.agreement = type, agreement
        self._text = text

    def wrong(self, said: str, key: str = "", *, column: int | None = None, head: str = "", table: str = "") -> None:
        place = place_of(self._text, key, column, table)
        about = f"column {head!r}" if head else f"{key}" if key else ""
        self.problems.append(": ".join(filter(None, (", ".join(filter(None, (place, about))), said))))

    def known(self, given: Mapping[str, Any], names: Iterable[str], **at: Any) -> None:
        names = list(names)
        for key in given:
            if key not in names:
                near = get_close_matches(key, names, n=1)
                guess = f"; is it {near[0]}?" if near else f"; there are {', '.join(names)}"
                self.wrong(f"there is no setting {key}{guess}", key, **at)

    def field(self, path: object, key: str, *, agreed: bool = False, **at: Any) -> Field | None:
        """The field at a path, if it may be named in a template: with `agreed` also one that leaves under an agreement,
        where the template is filled under one."""
        if not isinstance(path, str):
            self.wrong(f"{key} names a field in quotes", key, **at)
            return None
        declared = DICTIONARY.type(self.type)
        found = field_at(declared, path)
        if found is None:
            names = [".".join(filter(None, (part, field.name))) for part, field in declared.every_field()]
            near = get_close_matches(path, names, n=1)
            remedy = f"is it {near[0]}?" if near else "docs/reference/dictionary.md names them"
            self.wrong(f"{self.type} has no field {path}; {remedy}", key, **at)
        elif agreed and self.agreement and agreed_field(declared, path) is not None:
            return found
        elif path not in TEMPLATES[self.type]:
            remedy = 'take it out, or write blank = "why" in its place'
            self.wrong(f"{path} may not leave ({kept_back(self.type, path, found)}); {remedy}", key, **at)
        return found

    def conditions(self, value: object, key: str, part: str, **at: Any) -> Conditions:
        """A table of fields and the values that meet them; `part` is the part whose fields are meant, "" the record."""
        if not isinstance(value, dict):
            self.wrong(f'{key} is a table such as {{ role = ["origin"] }}', key, **at)
            return {}
        found = {}
        for name, values in value.items():
            listed = [values] if isinstance(values, str) else values
            field = self.field(f"{part}.{name}" if part else name, key, **at)
            if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
                self.wrong(f"the values of {name} are a list of texts", key, **at)
                continue
            for one in listed:
                if field is not None and field.codelist and one and not one.endswith("*"):
                    codes = DICTIONARY.codes(field.codelist)
                    if not codes.has(one):
                        near = get_close_matches(one, codes.codes, n=1)
                        remedy = f"is it {near[0]}?" if near else f"see the code list {field.codelist}"
                        self.wrong(f"{name} has no value {one}; {remedy}", key, **at)
            found[name] = tuple(listed)
        return found

    def texts(self, value: object, key: str, **at: Any) -> tuple[str, ...]:
        listed = [value] if isinstance(value, str) else value
        if isinstance(listed, list) and listed and all(isinstance(one, str) and one for one in listed):
            return tuple(listed)
        self.wrong(f"{key} is a text in quotes, or a list of such", key, **at)
        return ()


def check(table: Mapping[str, Any], text: str, name: str) -> Template:
    """The template of a TOML table; `text` is what it was read from. Raises TemplateError."""
    type_name = table.get("type", "case")
    if not isinstance(type_name, str) or type_name not in TEMPLATES:
        place = place_of(text, "type")
        raise TemplateError(
            name, [f"{place}: records of this type do not leave; type is one of {', '.join(TEMPLATES)}"]
        )
    agreement = table.get("agreement", False)
    found = _Check(text, type_name, agreement is True)
    if not isinstance(agreement, bool):
        found.wrong("it is true or false", "agreement")
    found.known(table, _TOP)
    declared = DICTIONARY.type(type_name)
    title = table.get("title")
    if not isinstance(title, str) or not title:
        found.wrong('say what it is: title = "…"', "title")
    rows = table.get("rows", RECORD)
    if rows != RECORD and rows not in declared.parts:
        found.wrong(f'it is "{RECORD}" for a row of each record, or one of {", ".join(declared.parts)}', "rows")
        rows = RECORD
    records = found.conditions(table.get("records", {}), "records", "")
    part = rows if rows != RECORD else "goods"
    listed = table.get("only", [])
    only = [found.conditions(one, "only", part) for one in (listed if isinstance(listed, list) else [listed])]
    having = found.conditions(table["having"], "having", "goods") if "having" in table else {}
    columns = _columns(found, table.get("column"))
    heads = [column.head for column in columns]
    for head in {head for head in heads if heads.count(head) > 1}:
        found.wrong("two columns have this head; rename one", column=heads.index(head), head=head)
    needs = _needs(found, table.get("needs", []), heads)
    small = _small_cells(found, table.get("small_cells"), heads)
    if small is not None and found.agreement:
        found.wrong("a template under an agreement is of single cases; take the table out", "small_cells")
    if found.problems:
        raise TemplateError(name, found.problems)
    return Template(
        name, str(title), declared, rows, columns, records, tuple(only), part, needs, small, having, found.agreement
    )


def _needs(found: _Check, value: object, heads: list[str]) -> tuple[tuple[str, ...], ...]:
    listed = value if isinstance(value, list) else [value]
    groups = [found.texts(one, "needs") for one in listed]
    _heads(found, (head for group in groups for head in group), "needs", heads)
    return tuple(groups)


def _small_cells(found: _Check, value: object, heads: list[str]) -> SmallCells | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        found.wrong("it is a table: [small_cells]", "small_cells")
        return None
    found.known(value, _SMALL, table="small_cells")
    columns = {key: found.texts(value[key], key, table="small_cells") for key in _SMALL if key in value}
    for key, named in columns.items():
        _heads(found, named, key, heads, table="small_cells")
    return SmallCells(**columns)


def _heads(found: _Check, named: Iterable[str], key: str, heads: list[str], **at: Any) -> None:
    for head in named:
        if head not in heads:
            near = get_close_matches(head, heads, n=1)
            found.wrong(f"no column is called {head!r}" + (f"; is it {near[0]!r}?" if near else ""), key, **at)


def _columns(found: _Check, tables: object) -> tuple[Column, ...]:
    if not isinstance(tables, list) or not tables:
        found.wrong("it has no columns; begin each with [[column]]")
        return ()
    return tuple(_column(found, number, table) for number, table in enumerate(tables))


def _column(found: _Check, number: int, table: Mapping[str, Any]) -> Column:
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


def _from(found: _Check, table: Mapping[str, Any], head: str, at: dict[str, Any]) -> Column:
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


def _amount(found: _Check, table: Mapping[str, Any], head: str, at: dict[str, Any]) -> Column:
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


def _words(found: _Check, table: Mapping[str, Any], at: dict[str, Any]) -> dict[str, str]:
    words = table.get("words", {})
    if isinstance(words, dict) and all(isinstance(word, str) for word in words.values()):
        return words
    found.wrong('words is a table such as { import = "entering" }', "words", **at)
    return {}


def _lines(found: _Check, table: Mapping[str, Any], part: str, at: dict[str, Any]) -> dict[str, Any]:
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


def _function(found: _Check, table: Mapping[str, Any], at: dict[str, Any]) -> Any:
    function = table.get("as", "plain")
    if function not in FUNCTIONS:
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
        case _:
            return None
