"""Merges the edits of two people field by field: what only one of them changed is kept from both."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from diwan_central.table_file import Row


@dataclass(frozen=True)
class Other:
    """The value that somebody else wrote into a field meanwhile."""

    value: str
    person: str
    at_ms: int


class Collision(Exception):
    """Somebody else changed the same fields since the page was opened; nothing was saved."""

    def __init__(self, others: Mapping[str, Other], revision: int) -> None:
        super().__init__(", ".join(others))
        self.others, self.revision = others, revision


def changed_values(
    now: Callable[[str], str], values: Mapping[str, str], since: Sequence[Row], revision: int
) -> dict[str, str]:  # fmt: skip
    """The values that an author really changed. `now` gives a field's value as it is, `since` are the changes that
    the author had not seen, the oldest first. Raises Collision."""
    seen: dict[str, str] = {}
    latest: dict[str, Row] = {}
    for row in since:
        seen.setdefault(row["field"], row["before"])
        latest[row["field"]] = row
    changed, others = {}, {}
    for field, value in values.items():
        current = now(field)
        base = seen.get(field, current)
        if value in (current, base):
            continue
        changed[field] = value
        if base != current:
            others[field] = Other(current, latest[field]["person"], latest[field]["at_ms"])
    if others:
        raise Collision(others, revision)
    return changed
