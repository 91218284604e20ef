"""Checks a template's TOML against the dictionary and against what may leave, and names everything wrong at once, with
its line and a remedy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.leaving.templates import TEMPLATES

from .check_columns import columns_in
from .checking import Check
from .row_columns import TELLS, tells, tells_people
from .template import RECORD, Column, SmallCells, Template, TemplateError
from .toml_lines import place_of

_TOP: Final = (
    "title", "type", "rows", "records", "only", "having", "needs", "agreement", "single_cases", "small_cells", "column",
)  # fmt: skip
_SMALL: Final = ("place", "date", "nationality")


def check(table: Mapping[str, Any], text: str, name: str) -> Template:
    """The template of a TOML table; `text` is what it was read from. Raises TemplateError."""
    type_name = table.get("type", "case")
    if not isinstance(type_name, str) or type_name not in TEMPLATES:
        place = place_of(text, "type")
        raise TemplateError(
            name, [f"{place}: records of this type do not leave; type is one of {', '.join(TEMPLATES)}"]
        )
    agreement = table.get("agreement", False)
    found = Check(text, type_name, agreement is True)
    if not isinstance(agreement, bool):
        found.wrong("it is true or false", "agreement")
    found.plain(table)
    found.known(table, _TOP)
    declared = DICTIONARY.type(type_name)
    title = table.get("title")
    if not isinstance(title, str) or not title:
        found.wrong('say what it is: title = "…"', "title")
    rows = table.get("rows", RECORD)
    if not isinstance(rows, str) or (rows != RECORD and rows not in declared.parts):
        found.wrong(f'it is "{RECORD}" for a row of each record, or one of {", ".join(declared.parts)}', "rows")
        rows = RECORD
    records = found.conditions(table.get("records", {}), "records", "")
    part = rows if rows != RECORD else "goods"
    listed = table.get("only", [])
    only = [found.conditions(one, "only", part) for one in (listed if isinstance(listed, list) else [listed])]
    having = found.conditions(table["having"], "having", "goods") if "having" in table else {}
    columns = columns_in(found, table.get("column"))
    heads = [column.head for column in columns]
    for head in {head for head in heads if heads.count(head) > 1}:
        found.wrong("two columns have this head; rename one", column=heads.index(head), head=head)
    needs = _needs(found, table.get("needs", []), heads)
    small = _small_cells(found, table.get("small_cells"), heads)
    single = _single_cases(found, table.get("single_cases", ""), small)
    if small is not None and found.agreement:
        found.wrong("a template under an agreement is of single cases; take the table out", "small_cells")
    if not (found.agreement or single):
        _whole_row(found, small, columns)
        if small is None and any(tells_people(type_name, column.fields) for column in columns):
            small = SmallCells()
    if found.problems:
        raise TemplateError(name, found.problems)
    return Template(
        name, str(title), declared, rows, columns, records, tuple(only), part, needs, small, having, found.agreement,
        single,
    )  # fmt: skip


def _needs(found: Check, value: object, heads: list[str]) -> tuple[tuple[str, ...], ...]:
    listed = value if isinstance(value, list) else [value]
    groups = [found.texts(one, "needs") for one in listed]
    _heads(found, (head for group in groups for head in group), "needs", heads)
    return tuple(groups)


def _small_cells(found: Check, value: object, heads: list[str]) -> SmallCells | None:
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


def _single_cases(found: Check, value: object, small: SmallCells | None) -> str:
    """Which law asks for single cases, "" where none is named."""
    if value == "":
        return ""
    if not isinstance(value, str) or not value.strip():
        found.wrong('name the law that asks for each single case: single_cases = "…"', "single_cases")
        return ""
    if small is not None or found.agreement:
        other = "small_cells" if small is not None else "agreement"
        found.wrong(f"it contradicts {other}; take one of the two out", "single_cases")
    return value.strip()


def _whole_row(found: Check, small: SmallCells | None, columns: tuple[Column, ...]) -> None:
    """Whether every column that says where, when or of which nationality is made coarser with its row."""
    for number, column in enumerate(columns):
        for key in tells(found.type, (*column.sources, *column.asked), column.function):
            if column.head not in getattr(small or SmallCells(), key):
                law = "" if small is not None else ", or name the law that asks for single cases as single_cases"
                said = f"it says {TELLS[key]}; name it under {key} in [small_cells]{law}"
                found.wrong(said, "head", column=number, head=column.head)


def _heads(found: Check, named: Iterable[str], key: str, heads: list[str], **at: Any) -> None:
    for head in named:
        if head not in heads:
            near = get_close_matches(head, heads, n=1)
            found.wrong(f"no column is called {head!r}" + (f"; is it {near[0]!r}?" if near else ""), key, **at)
