"""The plan of an import as put together in the browser, written as a mapping file of `diwan import`."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any, Final

from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.roles import Action
from diwan_core.web.forms.values import read_code
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kinds.kind import SET_ELSEWHERE, ImportPart
from diwan_core.web.kinds.registry import kind_of, that_do
from diwan_core.web.language.i18n import _, language

if TYPE_CHECKING:
    from diwan_core.intake.sources.uploaded import Column

DATES: Final = ("ISO", "DD/MM/YYYY", "MM/DD/YYYY", "DD.MM.YYYY", "DD-MM-YYYY", "YYYY/MM/DD", "YYYYMMDD", "D MON YYYY")
UNITS: Final = ("KGM", "GRM", "MGM", "TNE", "LBR", "ONZ", "LTR", "MLT", "H87", "NMP", "STK")
_CONVERTED: Final = {"LBR": "KGM", "ONZ": "KGM"}
CONSTANTS: Final = 6
SPLIT: Final = ";"
"""What stands between several values of one cell, where a field holds several."""
STATUS: Final = "submitted"
EXPORTED: Final = "values."
"""Where our own export as JSON has the values of a record."""
_DATE_LIKE: Final = re.compile(r"\d[-/. ](\d|[A-Za-z]{3})|^\d{8}$")
_ISO: Final = re.compile(r"\d{4}-\d{2}-\d{2}")
_NUMBER_LIKE: Final = re.compile(r"[-+]?[\d.,\s]*\d[\d.,\s]*\Z")


@dataclass(frozen=True)
class Target:
    """A field a column can fill. `path` is its place in a mapping."""

    path: str
    label: str
    field: Field


@dataclass(frozen=True)
class Plan:
    """The choices of an import: what a row becomes; by column its target, date format, unit, words; fixed values;
    what names a row."""

    targets: dict[str, str] = field(default_factory=dict)
    formats: dict[str, str] = field(default_factory=dict)
    units: dict[str, str] = field(default_factory=dict)
    words: dict[str, dict[str, str]] = field(default_factory=dict)
    constants: dict[str, str] = field(default_factory=dict)
    key: list[str] = field(default_factory=list)
    system: str = ""
    decimal: str = ""
    """How numbers are written, "." or ","; "" where nobody said: what is not clear is asked about."""
    type: str = CASE.type

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def types() -> list[str]:
    """What a row can become."""
    return [kind.type for kind in that_do(Action.IMPORT)]


def parts_of(type_name: str) -> tuple[ImportPart, ...]:
    """The parts of a type that can be filled."""
    declared = DICTIONARY.type(type_name)
    return tuple(part for part in kind_of(type_name).parts_to_import() if part.name in declared.parts)


def targets(type_name: str) -> dict[str, list[Target]]:
    """The fields of a type that can be filled, under headings."""
    kind = DICTIONARY.type(type_name)
    head = _(kind_of(type_name).itself or kind_of(type_name).label)
    groups = {head: [Target(f.name, _(f.label), f) for f in kind.fields.values() if _fillable(f)]}
    for part in parts_of(type_name):
        groups[_(part.label)] = [
            Target(f"{part.name}.{part.number}.{f.name}", f"{_(part.label)}: {_(f.label)}", f)
            for f in kind.parts[part.name].fields.values()
            if _fillable(f) and not (part.role and f.name == "role")
        ]
    return groups


def by_path(type_name: str) -> dict[str, Target]:
    return {target.path: target for group in targets(type_name).values() for target in group}


def _fillable(item: Field) -> bool:
    from diwan_core.intake.mapping.model import AUTOMATIC

    return not (
        item.retired
        or item.kind in ("reference", "sha256")
        or item.name in AUTOMATIC
        or (item.name in SET_ELSEWHERE and item.name != "exercise")
        or item.name == "exercise"
    )


def guessed(columns: list[Column], type_name: str = CASE.type) -> Plan:
    """A first guess: columns called like a field, like its label in this language, or as such columns usually are in
    the files of customs services; the unit in the name of a quantity; what names a row."""
    from diwan_core.intake.mapping.proposal import unit_in, usual_key, usual_path

    known: dict[str, str] = {}
    fields = by_path(type_name)
    for path, target in fields.items():
        for name in (target.field.name, target.field.label, _(target.field.label), target.label, path):
            known.setdefault(_plain(name), path)
    chosen: dict[str, str] = {}
    for column in columns:
        head = column.name.removeprefix(EXPORTED)
        place = known.get(_plain(head)) or usual_path(type_name, head)
        if place in fields and place not in chosen.values():
            chosen[column.name] = place
    units = {name: unit_in(name) for name, place in chosen.items() if place.endswith(".quantity")}
    key = usual_key(columns)
    return Plan(
        targets=chosen,
        units={name: unit for name, unit in units.items() if unit in UNITS},
        key=[key] if key else [],
        type=type_name,
    )


def looks_like(column: Column) -> str:
    """ "date", "number" or "": what one of the first values of a column could be, where nobody has said it yet."""
    if any(_DATE_LIKE.search(text) for text in column.samples):
        return "date"
    return "number" if any(_NUMBER_LIKE.match(text) for text in column.samples) else ""


def _plain(text: str) -> str:
    return re.sub(r"[\W_]+", " ", text.casefold()).strip()


def read_plan(form: Mapping[str, str], columns: list[Column], before: Plan, keys: list[str]) -> Plan:
    """The plan as the form was filled in; columns are numbered in the form."""
    known = by_path(before.type)

    def chosen(what: str, allowed: tuple[str, ...]) -> dict[str, str]:
        given = {column.name: form.get(f"{what}.{at}", "") for at, column in enumerate(columns)}
        return {name: value for name, value in given.items() if value in allowed}

    constants = {}
    for at in range(CONSTANTS):
        path, value = form.get(f"constant.{at}", ""), form.get(f"value.{at}", "").strip()[:200]
        if path in known and value:
            item = known[path].field
            constants[path] = read_code(item.codelist, value, language()) if item.kind == "code" else value
    return Plan(
        targets=chosen("target", tuple(known)),
        formats=chosen("format", DATES),
        units=chosen("unit", UNITS),
        words=before.words,
        constants=constants,
        key=[column.name for at, column in enumerate(columns) if str(at) in keys],
        system=form.get("system", "").strip().lower()[:40],
        decimal=form.get("decimal", "") if form.get("decimal") in (".", ",") else "",
        type=before.type,
    )


def unasked(form: Mapping[str, str], columns: list[Column], plan: Plan) -> list[tuple[str, Column]]:
    """("format" or "unit", column) where a column became a date or a quantity, and the form that said so could not ask
    how it is written, because the column did not look like one."""
    known, said = by_path(plan.type), {*plan.targets.values(), *plan.constants}
    found = []
    for at, column in enumerate(columns):
        target = known.get(plan.targets.get(column.name, ""))
        if target is None:
            continue
        is_date = target.field.kind in ("date", "datetime") and not any(map(_ISO.match, column.samples))
        lacks_unit = target.path.endswith(".quantity") and target.path.removesuffix("quantity") + "unit" not in said
        if is_date and column.samples and f"format.{at}" not in form:
            found.append(("format", column))
        elif lacks_unit and f"unit.{at}" not in form:
            found.append(("unit", column))
    return found


def unknown_words(plan: Plan, columns: list[Column]) -> list[tuple[Column, Target, list[tuple[str, int]]]]:
    """Columns of codes with the words nobody has given a meaning yet."""
    known, found = by_path(plan.type), []
    for column in columns:
        target = known.get(plan.targets.get(column.name, ""))
        if target is None or target.field.kind != "code":
            continue
        given = {**understood(column, target), **plan.words.get(column.name, {})}
        left = [(word, count) for word, count in words_in(column, target) if word not in given]
        if left:
            found.append((column, target, left))
    return found


def words_in(column: Column, target: Target) -> list[tuple[str, int]]:
    """The different words of a column with how often each stands there; of a cell with several, each by itself."""
    if not target.field.repeated:
        return list(column.words)
    counted: Counter[str] = Counter()
    for cell, count in column.words:
        counted.update({word.strip(): count for word in cell.split(SPLIT) if word.strip()})
    return counted.most_common()


def understood(column: Column, target: Target) -> dict[str, str]:
    """Words of a column that are codes, or labels of codes, as they stand."""
    codes = DICTIONARY.codes(target.field.codelist)
    found = {word: read_code(target.field.codelist, word, language()) for word, _count in words_in(column, target)}
    return {word: code for word, code in found.items() if codes.has(code)}


def mapping_text(plan: Plan, columns: list[Column], source: Mapping[str, Any], title: str) -> str:
    """The plan as a mapping file."""
    import tomli_w

    known = by_path(plan.type)
    fields: dict[str, Any] = {}
    constants: dict[str, Any] = {"status": STATUS}
    filled = parts_of(plan.type)
    parts: dict[tuple[str, str], str] = {(part.name, part.number): part.role for part in filled}
    for column in columns:
        target = known.get(plan.targets.get(column.name, ""))
        if target is None:
            continue
        rule: dict[str, Any] = {"column": column.name}
        kind = target.field.kind
        if target.field.repeated:
            rule["split"] = SPLIT
        if kind in ("date", "time", "datetime") and column.name in plan.formats:
            rule["format"] = plan.formats[column.name]
        if kind in ("decimal", "integer") and plan.decimal:
            rule["decimal"] = plan.decimal
        unit = plan.units.get(column.name)
        if kind == "decimal" and unit and target.path.endswith(".quantity"):
            _put(constants, target.path.removesuffix("quantity") + "unit", _CONVERTED.get(unit, unit))
            if unit in _CONVERTED:
                rule |= {"unit": unit, "to": _CONVERTED[unit]}
        if kind == "code":
            words = {**understood(column, target), **plan.words.get(column.name, {})}
            if any(word != code for word, code in words.items()):
                rule["values"] = words
        _put(fields, target.path, rule)
        _give_role(constants, target.path, parts)
    for path, value in plan.constants.items():
        _put(constants, path, value)
        _give_role(constants, path, parts)
    used = {*plan.targets, *plan.key}
    table = {
        "title": title,
        "type": plan.type,
        "system": plan.system,
        "source": {
            **source,
            **({"key": plan.key} if plan.key else {}),
            "ignore": [column.name for column in columns if column.name not in used],
        },
        "constants": constants,
        "fields": fields,
    }
    return tomli_w.dumps(table)


def _give_role(constants: dict[str, Any], path: str, parts: Mapping[tuple[str, str], str]) -> None:
    name, _dot, rest = path.partition(".")
    number = rest.partition(".")[0]
    if role := parts.get((name, number), ""):
        _put(constants, f"{name}.{number}.role", role)


def _put(table: dict[str, Any], path: str, value: Any) -> None:
    *steps, last = path.split(".")
    for step in steps:
        table = table.setdefault(step, {})
    table[last] = value
