"""A record's document as the cells of a row: which columns there are, in which order, and what they are called."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from itertools import count as count_from
from typing import Any, Final

from diwan_core.dictionary import RecordType

Path = tuple[str, int, str, int]
"""A CSV column: field, "", part and repetition by their order: ("goods", 2, "quantity", 0) is goods.2.quantity."""


class Places:
    """Which columns a part's cells go to, the same throughout a file: the number that is its id; of a part with an id
    made up by a form, the number that others of its role have. So the carrier stays the carrier where a row has no
    seller."""

    def __init__(self) -> None:
        self._of_role: dict[tuple[str, str], int] = {}

    def numbered(self, name: str, parts: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
        """(number, part) of a record's parts, or values, of one name."""
        there = {key: part for key, part in parts.items() if part is not None}
        taken = {int(key): key for key in there if key.isdigit() and 0 < int(key) <= NUMBERED_MOST}
        for key in sorted(there.keys() - set(taken.values()), key=lambda key: (len(key), key)):
            number = self._of_role.get((name, _role(there[key])), 0)
            if not number or number in taken:
                number = self._free(name, taken)
            taken[number] = key
        for number, key in sorted(taken.items()):
            if role := _role(there[key]):
                self._of_role.setdefault((name, role), number)
            yield number, there[key]

    def _free(self, name: str, taken: Mapping[int, str]) -> int:
        """The lowest number that neither this record nor another role has."""
        others = {number for (part, _role), number in self._of_role.items() if part == name}
        return next(number for number in count_from(1) if number not in taken and number not in others)


NUMBERED_MOST: Final = 500


def _role(part: Any) -> str:
    role = part.get("role") if isinstance(part, dict) else None
    return role if isinstance(role, str) else ""


def flat(document: Mapping[str, Any], places: Places | None = None) -> dict[Path, str]:
    """A document as cells. A part's number is its id where that is one, else its role's (`Places`)."""
    cells: dict[Path, str] = {}
    places = places or Places()
    for name, value in document.items():
        if not isinstance(value, dict):
            cells[name, 0, "", 0] = cell(value)
            continue
        for number, element in places.numbered(name, value):
            if not isinstance(element, dict):
                cells[name, number, "", 0] = cell(element)
                continue
            for inner, content in element.items():
                if isinstance(content, dict):
                    for again, item in enumerate(_by_id(content), 1):
                        cells[name, number, inner, again] = cell(item)
                else:
                    cells[name, number, inner, 0] = cell(content)
    return cells


def _by_id(parts: Mapping[str, Any]) -> list[Any]:
    """Values in the order of their ids: "2" before "10", numbers before minted ones."""
    return [parts[key] for key in sorted(parts, key=lambda key: (len(key), key)) if parts[key] is not None]


def cell(value: object) -> str:
    """A scalar as text; unknown is empty, never 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def name_of(column: Path) -> str:
    """The name of a column, such as "goods.2.quantity"."""
    return ".".join(str(step) for step in column if step)


def in_order(declared: RecordType, used: set[Path]) -> list[Path]:
    """The columns that occur, in the order the dictionary declares them; those of a newer dictionary at the end."""
    own = {name: place for place, name in enumerate([*declared.fields, *declared.parts])}
    inner = {(part.name, name): place for part in declared.parts.values() for place, name in enumerate(part.fields)}

    def rank(column: Path) -> tuple[int, str, int, int, str, int]:
        name, number, field, again = column
        return own.get(name, len(own)), name, number, inner.get((name, field), len(inner)), field, again

    return sorted(used, key=rank)
