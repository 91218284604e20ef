"""The searchable words, identifiers and list columns that the register keeps beside a document."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from .field import Field
from .record import Part, RecordDeclaration

Identifiers = list[tuple[str, str]]
Plan = list[tuple[str, bool, str, bool]]  # field, searchable, identifier kind, repeated
SHAPES_MOST: Final = 200
"""Sets of names of fields for which is remembered what is looked at; a file has a few, and they could be endless."""


def _plan(fields: Iterable[Field]) -> Plan:
    return [
        (item.name, item.searchable or item.is_name, item.identifier, item.repeated)
        for item in fields
        if item.searchable or item.is_name or item.identifier
    ]


_NOTHING: Final[tuple[Plan, list[tuple[str, _Level]]]] = ([], [])


class _Level:
    """What is indexed of the fields of a record, or of a part, in one half. Of a record with ninety fields few are
    there, and most records of a file have the same: so which are to be indexed is found once for each set of names."""

    def __init__(self, fields: Iterable[Field], parts: Mapping[str, Part], *, nominal: bool) -> None:
        self._plan = _plan(item for item in fields if item.nominal == nominal)
        self._parts = [(name, _Level(part.fields.values(), {}, nominal=nominal)) for name, part in parts.items()]
        self._parts = [(name, level) for name, level in self._parts if level._plan]
        self._shapes: dict[tuple[str, ...], tuple[Plan, list[tuple[str, _Level]]]] = {}

    def gather(self, values: Mapping[str, Any], words: list[str], identifiers: Identifiers) -> None:
        """Add what is indexed of a level's values: fields and parts in the order in which they are declared."""
        shape = tuple(values)
        found = self._shapes.get(shape)
        if found is None:
            found = self._of(shape)
        for name, searchable, identifier, repeated in found[0]:
            value = values[name]
            if value is None:
                continue
            if repeated:
                elements = [element for element in value.values() if element is not None]
                if searchable:
                    words += elements
                if identifier:
                    identifiers += [(identifier, element) for element in elements]
                continue
            if searchable:
                words.append(value)
            if identifier:
                identifiers.append((identifier, value))
        for name, level in found[1]:
            held = values[name]
            if held is not None:
                known = level._shapes
                for entry in held.values():
                    if entry and known.get(tuple(entry)) is not _NOTHING:
                        level.gather(entry, words, identifiers)

    def _of(self, shape: tuple[str, ...]) -> tuple[Plan, list[tuple[str, _Level]]]:
        found = [item for item in self._plan if item[0] in shape], [item for item in self._parts if item[0] in shape]
        if not any(found):
            found = _NOTHING
        if len(self._shapes) < SHAPES_MOST:
            self._shapes[shape] = found
        return found


def indexer(
    record: RecordDeclaration,
) -> Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[str, str, Identifiers]]:
    """The compiled search entry of a checked document: words in declaration order, parts in the document's order.

    The order must not vary from one process to the next: a full-text index forgets a text only when told it exactly.
    """
    in_rest, in_nominal = (_Level(record.fields.values(), record.parts, nominal=nominal) for nominal in (False, True))

    def index(rest: Mapping[str, Any], nominal: Mapping[str, Any]) -> tuple[str, str, Identifiers]:
        identifiers: Identifiers = []
        words: list[str] = []
        in_rest.gather(rest, words, identifiers)
        if not nominal:
            return " ".join(words), "", identifiers
        secret: list[str] = []
        in_nominal.gather(nominal, secret, identifiers)
        return " ".join(words), " ".join(secret), identifiers

    return index


References = list[tuple[str, str]]
ReferenceReader = Callable[[Mapping[str, Any], Mapping[str, Any]], References]
Links = tuple[frozenset[str], list[tuple[str, bool]]]  # their names; field, repeated


def reference_reader(record: RecordDeclaration) -> ReferenceReader | None:
    """A function that finds (dotted path, record id) of every reference in a document's halves; None for a type
    without references."""
    in_rest, in_nominal = (_half_reader(record, nominal) for nominal in (False, True))
    if in_rest is None or in_nominal is None:
        only = in_rest or in_nominal
        return None if only is None else (lambda rest, nominal: only(rest if in_rest else nominal))
    return lambda rest, nominal: in_rest(rest) + in_nominal(nominal)


def _half_reader(record: RecordDeclaration, nominal: bool) -> Callable[[Mapping[str, Any]], References] | None:
    def links(fields: Iterable[Field]) -> Links:
        found = [(item.name, item.repeated) for item in fields if item.kind == "reference" and item.nominal == nominal]
        return frozenset(name for name, _ in found), found

    names, own = links(record.fields.values())
    parts = [(name, *links(part.fields.values())) for name, part in record.parts.items()]
    parts = [part for part in parts if part[1]]
    if not (own or parts):
        return None

    # Written out flat: every record of an import passes here, and nearly none names another.
    def read(half: Mapping[str, Any]) -> References:
        found: References = []
        if not names.isdisjoint(half):
            for name, repeated in own:
                if name in half:
                    _take(name, half[name], repeated, found)
        for part, inner, fields in parts:
            if part in half and type(held := half[part]) is dict:
                for key, entry in held.items():
                    if type(entry) is dict and not inner.isdisjoint(entry):
                        for name, repeated in fields:
                            if name in entry:
                                _take(f"{part}.{key}.{name}", entry[name], repeated, found)
        return found

    return read


def _take(path: str, value: Any, repeated: bool, found: References) -> None:
    if not repeated:
        value = {"": value}
    if type(value) is dict:
        found += [(f"{path}.{step}" if step else path, id) for step, id in value.items() if type(id) is str]


def column_reader(record: RecordDeclaration) -> Callable[[Mapping[str, Any]], list[str | int | None]]:
    """The compiled values of `RecordDeclaration.columns()`."""
    own, parts = _listed(record)

    def read(rest: Mapping[str, Any]) -> list[str | int | None]:
        get = rest.get
        values: list[str | int | None] = [get(name) for name in own]
        for part, names in parts:
            first = first_of(get(part))
            values += [first.get(name) for name in names]
        return values

    return read


Present = tuple[tuple[str, ...], list[str | int | None]]


def present_reader(record: RecordDeclaration) -> Callable[[Mapping[str, Any]], Present]:
    """The same as (names of columns, their values), without those of fields that a document does not have: few of all
    columns have a value, and one that is not named in a statement costs nothing."""
    own, parts = _listed(record)
    shapes: dict[tuple[str, ...], tuple[tuple[str, ...], list[str], list[tuple[str, list[str]]]]] = {}

    def of(shape: tuple[str, ...]) -> tuple[tuple[str, ...], list[str], list[tuple[str, list[str]]]]:
        names = [name for name in own if name in shape]
        inner = [part for part in parts if part[0] in shape]
        found = (*names, *(name for _, held in inner for name in held)), names, inner
        if len(shapes) < SHAPES_MOST:
            shapes[shape] = found
        return found

    def read(rest: Mapping[str, Any]) -> Present:
        shape = tuple(rest)
        columns, names, inner = shapes.get(shape) or of(shape)
        values: list[str | int | None] = [rest[name] for name in names]
        for part, held in inner:
            first = first_of(rest[part])
            values += [first.get(name) for name in held]
        return columns, values

    return read


def _listed(record: RecordDeclaration) -> tuple[list[str], list[tuple[str, list[str]]]]:
    """The fields that are columns: the record's own, and those of each part."""
    own = [item.name for item in record.fields.values() if item.listed]
    parts = [
        (name, [item.name for item in part.fields.values() if item.listed])
        for name, part in record.parts.items()
        if any(item.listed for item in part.fields.values())
    ]
    return own, parts


def first_of(held: Any) -> Mapping[str, Any]:
    """The values of the part with the lowest id, numbers in their order before minted ids."""
    if not held:
        return {}
    if len(held) == 1:
        [only] = held.values()
        return only or {}
    present = [key for key, values in held.items() if values]
    if not present:
        return {}
    first: Mapping[str, Any] = held[min(present, key=part_order)]
    return first


def part_order(key: str) -> tuple[int, int, str]:
    """Sort key of part and element ids: "1", "2", "10", then the minted ones."""
    return (0, int(key), "") if key.isdecimal() and len(key) < 5 else (1, 0, key)
