"""A record reduced to what may leave: its template's columns, each as the classes of its field allow."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from diwan_core.dictionary import DICTIONARY, Document, Field, Part, RecordType

from .coarsen import Known, coarsen
from .released import is_released
from .sources import is_source
from .templates import TEMPLATES, columns_of

_NOBODY = Known()


class Projected(NamedTuple):
    """What leaves of a record, and by part the number that stands for each id there."""

    values: Document
    numbers: Mapping[str, Mapping[str, str]]


def project(declared: RecordType, document: Mapping[str, Any], known: Known = _NOBODY) -> Document:
    """What may leave of a record without personal data; {} where nothing may. Raises NoTemplate."""
    return project_numbered(declared, document, known).values


def project_numbered(declared: RecordType, document: Mapping[str, Any], known: Known = _NOBODY) -> Projected:
    """The same, with the numbers of its parts. Raises NoTemplate.

    Parts and repeated values are numbered anew from 1: an id made up by a form is the same in every file, and a letter
    could be written into it."""
    found: Document = {}
    parts: dict[str, dict[str, Document]] = {}
    for name, inner in _by_part(columns_of(declared.name)).items():
        part = declared.parts.get(name)
        if not inner:
            field = declared.fields.get(name)
            if field is not None and (value := _values(field, document.get(name), document, document, name, known)):
                found[name] = value[0]
        elif part is not None:
            for key, values in _elements(document.get(name)):
                if isinstance(values, Mapping) and (line := _line(part, inner, key, values, document, known)):
                    parts.setdefault(name, {})[key] = line
    numbers = {name: {key: str(no) for no, key in enumerate(_in_order(held), 1)} for name, held in parts.items()}
    for name, held in parts.items():
        found[name] = {number: held[key] for key, number in numbers[name].items()}
    return Projected(found, numbers)


def _line(
    part: Part, inner: tuple[str, ...], key: str, values: Mapping[str, Any], document: Mapping[str, Any], known: Known
) -> Document:
    """What leaves of one line of a part; an older dictionary does not have all of its fields."""
    found: Document = {}
    if is_source(part.name, values):
        return found
    for name in inner:
        if values.get(name) is not None and name in part.fields:
            path = f"{part.name}.{key}.{name}"
            if value := _values(part.fields[name], values[name], values, document, path, known):
                found[name] = value[0]
    return found


@cache
def _by_part(columns: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """The columns of each part, in their order; () for a field of the record itself."""
    found: dict[str, tuple[str, ...]] = {}
    for column in columns:
        name, _, inner = column.partition(".")
        found[name] = (*found.get(name, ()), inner) if inner else ()
    return found


def may_leave(declared: RecordType, document: Mapping[str, Any], path: str, known: Known = _NOBODY) -> bool:
    """Whether the value at a path of a document ("date", "goods.2.brand", "keywords.1") may leave, as it is or
    reduced."""
    return leaving_value(declared, document, path, known) is not None


def leaving_value(declared: RecordType, document: Mapping[str, Any], path: str, known: Known = _NOBODY) -> Any:
    """What leaves of the value at a path; None where nothing does, or where there is none."""
    name, *steps = path.split(".")
    level: Mapping[str, Any] = document
    column, field = name, declared.fields.get(name)
    if part := declared.parts.get(name):
        if len(steps) < 2:
            return None
        key, inner, *steps = steps
        column, field = f"{name}.{inner}", part.fields.get(inner)
        held = document.get(name)
        level = (held.get(key) if isinstance(held, Mapping) else None) or {}
        if is_source(part.name, level):
            return None
        name = inner
    if field is None or column not in TEMPLATES.get(declared.name, ()):
        return None
    value = level.get(name)
    if field.repeated:
        value = value.get(steps[0]) if steps and isinstance(value, Mapping) else None
    return None if value is None else _reduced(field, value, level, document, path, known)


def _values(
    field: Field, value: Any, level: Mapping[str, Any], document: Mapping[str, Any], path: str, known: Known
) -> tuple[Any, ...]:
    """The value to be given, alone in a tuple; () for none. `False` and 0 are values too."""
    if value is None:
        return ()
    if not field.repeated:
        reduced = _reduced(field, value, level, document, path, known)
        return () if reduced is None else (reduced,)
    held = [_reduced(field, item, level, document, f"{path}.{key}", known) for key, item in _elements(value)]
    given = [item for item in held if item is not None]
    return ({str(number): item for number, item in enumerate(given, 1)},) if given else ()


def _reduced(
    field: Field, value: Any, level: Mapping[str, Any], document: Mapping[str, Any], path: str, known: Known
) -> Any:
    if field.kind == "code" and not field.open_list and not _is_known(field, value):
        return None
    match field.leaves:
        case "free":
            return value
        case "coarsened":
            return coarsen(field, value, level, document, known)
        case "gated":
            return value if is_released(document, path, value) else None
        case _:
            return None


def _is_known(field: Field, value: Any) -> bool:
    """Whether a list here has a code. A node of a newer dictionary may write others, and could write any word."""
    return isinstance(value, str) and DICTIONARY.codes(field.codelist).has(value)


def _elements(held: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(held, Mapping):
        yield from ((key, held[key]) for key in _in_order(held) if held[key] is not None)


def _in_order(held: Mapping[str, Any]) -> list[str]:
    return sorted(held, key=lambda key: (len(key), key))
