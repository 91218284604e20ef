"""Proposes a mapping for a file, with comments: what each column seems to be, how its cells are written, and what is
still open. A person who knows the file corrects it; nothing is decided that the file does not show."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType, fold
from diwan_core.intake.mapping.answers import DATES, DECIMALS, Answers
from diwan_core.intake.mapping.model import NOT_BROUGHT, field_of
from diwan_core.intake.sources.uploaded import Column
from diwan_core.reading import Ambiguous, NumberStyle, Value, companions, plain_number, read_code, read_date

_BRACKETS: Final = re.compile(r"[(\[]([^)\]]*)[)\]]")
_UNITS: Final = ("KGM", "GRM", "MGM", "TNE", "LBR", "LTR", "H87", "STK")
_CONVERTED: Final = {"LBR": "KGM"}


@dataclass
class _Found:
    """What is known about a column."""

    column: Column
    path: str = ""
    options: dict[str, str] = field(default_factory=dict)
    comments: list[str] = field(default_factory=list)
    values: dict[str, str] = field(default_factory=dict)


@cache
def _heads() -> dict[str, Any]:
    text = resources.files("diwan_core.intake").joinpath("usual_heads.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _plain(text: str) -> str:
    return " ".join(re.findall(r"[^\W_]+", fold(_BRACKETS.sub(" ", text))))


def _named(kind: RecordType) -> dict[str, str]:
    """Folded name → path: the usual heads first, then names and labels of fields."""
    found: dict[str, str] = {}
    for path, names in _heads().get(kind.name, {}).items():
        for name in names:
            found.setdefault(_plain(name), path)
    for name, item in kind.fields.items():
        for text in (name, item.label) if name not in NOT_BROUGHT else ():
            found.setdefault(_plain(text), name)
    for part in kind.parts.values():
        for name, item in part.fields.items() if part.name not in NOT_BROUGHT else ():
            found.setdefault(_plain(f"{part.name} {name}"), f"{part.name}.1.{name}")
            found.setdefault(_plain(item.label), f"{part.name}.1.{name}")
    return found


def usual_path(type_name: str, head: str) -> str:
    """The field that a column of this name usually fills, "" where none is known."""
    return _named(DICTIONARY.type(type_name)).get(_plain(head), "")


def usual_key(columns: Sequence[Column]) -> str:
    """The column that looks like the name of a row: called so, and never twice the same in what was looked at."""
    names = set(map(_plain, _heads()["keys"]["names"]))
    for column in columns:
        counts = [count for _word, count in column.words]
        if _plain(column.name) in names and (not counts or max(counts) == 1):
            return column.name
    return ""


_SET_BY_IMPORT: Final = ("source_key", "source_system", "status")
"""Fields that no column is proposed for: another program's statuses are not ours."""


def likeliest(columns: list[Column], types: Sequence[str]) -> str:
    """The type of record most of whose fields columns are called like; the first of those that fit equally well."""
    heads = {_plain(column.name.removeprefix("values.")) for column in columns}
    fitting = {name: len({_named(DICTIONARY.type(name)).get(head) for head in heads} - {None}) for name in types}
    return max(types, key=lambda name: fitting[name])


def propose_mapping(
    name: str, columns: list[Column], source: Mapping[str, Any], type_name: str, answers: Answers | None = None
) -> str:
    """The text of a mapping file for a table of these columns; `answers` decide what can be read in two ways."""
    kind = DICTIONARY.type(type_name)
    known, taken = _named(kind), set[str]()
    found = []
    for column in columns:
        path = known.get(_plain(column.name.removeprefix("values.")), "")
        item = field_of(kind, path) if path else None
        usable = item is not None and item.kind not in ("reference", "sha256") and path not in taken
        usable_path = path if usable and path not in _SET_BY_IMPORT else ""
        found.append(_looked_at(kind, column, usable_path, answers or Answers()))
        taken.add(path)
    return "\n".join(_lines(name, kind, found, source)) + "\n"


def _looked_at(kind: RecordType, column: Column, path: str, answers: Answers) -> _Found:
    found = _Found(column, path)
    item = field_of(kind, path) if path else None
    if item is None:
        return found
    if item.kind in ("decimal", "integer"):
        _number(found, item, answers)
    elif item.kind == "date":
        _date(kind, found, item, answers)
    elif item.kind == "code" and not item.open_list:
        _code(found, item)
    if item.repeated:
        found.options["split"] = '";"'
        found.comments.append('several values in a cell are set apart by ";"')
    return found


def _cells(column: Column) -> list[str]:
    return [word for word, _count in column.words] or list(column.samples)


def _number(found: _Found, item: Field, answers: Answers) -> None:
    cells = _cells(found.column)
    point = any("." in cell and _only(cell, ".", ",") for cell in cells)
    comma = any("," in cell and _only(cell, ",", ".") for cell in cells)
    asked = next((cell for cell in cells if isinstance(plain_number(cell), Ambiguous)), None)
    if comma and not point:
        found.options["decimal"] = '","'
    elif point and not comma:
        found.options["decimal"] = '"."'
    elif asked is not None and answers.decimal:
        found.options["decimal"] = f'"{DECIMALS[answers.decimal]}"'
    elif asked is not None:
        found.comments.append(f'{asked} can be read in two ways: write decimal = "." or decimal = ","')
    if item.name == "quantity":
        unit = unit_in(found.column.name)
        if unit in _CONVERTED:
            found.options |= {"unit": f'"{unit}"', "to": f'"{_CONVERTED[unit]}"'}
        if unit:
            found.options["#unit"] = _CONVERTED.get(unit, unit)
        else:
            found.comments.append("the unit: map a column to it, or write it under [constants]")


def _only(cell: str, one: NumberStyle, other: NumberStyle) -> bool:
    """Whether a cell is a number in one of two ways to write numbers, and none in the other."""
    return isinstance(plain_number(cell, one), str) and not isinstance(plain_number(cell, other), str)


def unit_in(head: str) -> str:
    """The code of the unit that a column's name says, such as KGM in "weight (kg)"; "" where it says none."""
    units = _heads()["units"]
    words = [fold(word) for word in re.findall(r"[^\W\d_]+", head)]
    return next((units[word] for word in reversed(words) if word in units), "")


def _date(kind: RecordType, found: _Found, item: Field, answers: Answers) -> None:
    outcomes = [read_date(cell) for cell in _cells(found.column)]
    orders: set[str] = set()
    asked = next((one for one in outcomes if isinstance(one, Ambiguous)), None)
    for cell, one in zip(_cells(found.column), outcomes, strict=True):
        parts = re.findall(r"\d+", cell)
        if isinstance(one, Value) and len(parts) >= 3 and len(parts[0]) <= 2:
            orders.add("DD/MM/YYYY" if int(parts[0]) > 12 else "MM/DD/YYYY" if int(parts[1]) > 12 else "")
    orders.discard("")
    if len(orders) == 1:
        found.options["format"] = f'"{orders.pop()}"'
    elif asked is not None and answers.dates:
        found.options["format"] = f'"{DATES[answers.dates]}"'
    elif asked is not None:
        styles = " or ".join(f'format = "{meaning.style}"' for meaning in asked.meanings)
        found.comments.append(f"day and month can be exchanged: write {styles}")
    holder = kind.fields if found.path in kind.fields else kind.parts[found.path.split(".")[0]].fields
    if any(isinstance(one, Value) and "precision" in one.beside for one in outcomes) and not companions(holder, item):
        found.comments.append("some cells name no day, and this field needs one")


def _code(found: _Found, item: Field) -> None:
    known = DICTIONARY.codes(item.codelist)
    words = {word: read_code(item.codelist, word) for word, _count in found.column.words}
    if not words or all(isinstance(one, Value) for one in words.values()):
        return
    found.values = {word: str(one.value) if isinstance(one, Value) else "" for word, one in words.items()}
    codes = ", ".join(list(known)[:12]) + (" …" if len(known) > 12 else "")
    found.comments.append(f"codes of the list {item.codelist}: {codes}")


def _lines(name: str, kind: RecordType, found: list[_Found], source: Mapping[str, Any]) -> Iterator[str]:
    key = usual_key([one.column for one in found])
    yield f"# Proposed for {name}. Look at every line, then try it:"
    yield f"#   diwan import {_shell(name)} --mapping THIS.toml --check"
    yield f"title = {toml_text(Path(name).stem)}"
    yield f'type = "{kind.name}"'
    yield f'system = "{_system(name)}"              # the short name of the source: its keys are known by it for ever'
    yield ""
    yield "[source]"
    for setting, value in source.items():
        yield f"{setting} = {toml_text(value) if isinstance(value, str) else json.dumps(value)}"
    if key:
        yield f"key = [{toml_text(key)}]              # no two rows may have the same here"
    else:
        yield '# key = ["…"]   no column was found that names a row; without one the row itself is its name'
    left = [one.column.name for one in found if not one.path and one.column.name != key]
    yield "# columns that no field was found for: move them to [fields], or leave them here"
    yield f"ignore = [{', '.join(map(toml_text, left))}]"
    yield ""
    yield "[constants]"
    yield 'status = "submitted"'
    for one in found:
        if unit := one.options.get("#unit"):
            yield f'{one.path.removesuffix("quantity")}unit = "{unit}"'
    yield ""
    yield "[fields]"
    tables = []
    for one in found:
        if one.path:
            yield f"# {_samples(one.column)}"
            yield from (f"# {comment}" for comment in one.comments)
            if one.values:
                tables.append(one)
                yield f"# {one.path}: see below"
            else:
                yield f"{one.path} = {{ {_rule(one)} }}"
    if not any(one.path for one in found):
        yield f"# No column is called like a field; `diwan dictionary {kind.name}` names them all. For example:"
        yield f"# {next(iter(kind.fields))} = {{ column = {toml_text(found[0].column.name) if found else '…'} }}"
    for one in tables:
        yield ""
        yield f"[fields.{one.path}]"
        yield f"column = {toml_text(one.column.name)}"
        yield from (f"{name} = {value}" for name, value in one.options.items() if not name.startswith("#"))
        yield f"[fields.{one.path}.values]"
        for word, code in one.values.items():
            yield (
                f"{toml_text(word)} = {toml_text(code)}"
                if code
                else f'# {toml_text(word)} = "…"      # what it means here'
            )


def _rule(found: _Found) -> str:
    options = "".join(f", {name} = {value}" for name, value in found.options.items() if not name.startswith("#"))
    return f"column = {toml_text(found.column.name)}{options}"


def _samples(column: Column) -> str:
    shown = " · ".join("".join(c if c.isprintable() else " " for c in sample)[:40] for sample in column.samples)
    name = "".join(c if c.isprintable() else " " for c in column.name)
    return f"{name}: {shown or 'always empty in the first rows'}"


def _system(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", fold(Path(name).stem).lower()).strip("-")[:40] or "source"


def toml_text(text: str) -> str:
    """A basic string of TOML; JSON's escapes are a subset of its own."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _shell(name: str) -> str:
    return name if re.fullmatch(r"[\w./-]+", name) else f"'{name}'"
