"""What the register keeps beside a document: searchable words, identifiers, and the columns to filter and sort by."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from .field import Field
from .record import RecordType

Identifiers = list[tuple[str, str]]
Plan = list[tuple[str, bool, str, bool]]  # field, searchable, identifier kind, repeated


def _plan(fields: Iterable[Field]) -> Plan:
    return [
        (item.name, item.searchable or item.is_name, item.identifier, item.repeated)
        for item in fields
        if item.searchable or item.is_name or item.identifier
    ]


def indexer(record: RecordType) -> Callable[[Mapping[str, Any], Mapping[str, Any]], tuple[str, str, Identifiers]]:
    """The compiled search entry of a checked document: words in declaration order, parts in the document's order.

    The order must not vary from one process to the next: a full-text index forgets a text only when told it exactly.
    """
    own_plain = _plan(item for item in record.fields.values() if not item.nominal)
    own_nominal = _plan(item for item in record.fields.values() if item.nominal)
    parts_plain, parts_nominal = (
        {
            name: plan
            for name, part in record.parts.items()
            if (plan := _plan(item for item in part.fields.values() if item.nominal == nominal))
        }
        for nominal in (False, True)
    )

    def gather(own: Plan, parts: Mapping[str, Plan], values: Mapping[str, Any], identifiers: Identifiers) -> str:
        words: list[str] = []
        _gather(own, values, words, identifiers)
        for name, plan in parts.items():
            held = values.get(name)
            if held is not None:
                for entry in held.values():
                    if entry:
                        _gather(plan, entry, words, identifiers)
        return " ".join(words)

    def index(rest: Mapping[str, Any], nominal: Mapping[str, Any]) -> tuple[str, str, Identifiers]:
        identifiers: Identifiers = []
        text = gather(own_plain, parts_plain, rest, identifiers)
        return text, gather(own_nominal, parts_nominal, nominal, identifiers) if nominal else "", identifiers

    return index


def _gather(plan: Plan, values: Mapping[str, Any], words: list[str], identifiers: Identifiers) -> None:
    for name, searchable, identifier, repeated in plan:
        if name in values and (value := values[name]) is not None:
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


def column_reader(record: RecordType) -> Callable[[Mapping[str, Any]], list[str | int | None]]:
    """The compiled values of `RecordType.columns()`."""
    own = [item.name for item in record.fields.values() if item.listed]
    parts = [
        (name, [item.name for item in part.fields.values() if item.listed])
        for name, part in record.parts.items()
        if any(item.listed for item in part.fields.values())
    ]

    def read(rest: Mapping[str, Any]) -> list[str | int | None]:
        get = rest.get
        values: list[str | int | None] = [get(name) for name in own]
        for part, names in parts:
            first = first_of(get(part))
            values += [first.get(name) for name in names]
        return values

    return read


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
