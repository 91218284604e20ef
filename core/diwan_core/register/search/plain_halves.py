"""The halves of many records that identify nobody: what is counted before something leaves."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, Final

import msgspec

from diwan_core.register.records.record import Reading
from diwan_core.register.search.list_query import plan_of
from diwan_core.register.storage.database import RegisterError

_AT_ONCE: Final = 1000
_half = msgspec.json.Decoder(dict[str, Any]).decode

Half = tuple[str, dict[str, Any]]
"""A record's id, and its half that identifies nobody."""


class PlainHalves(Reading):
    """Reads plain halves, over a store."""

    def plain_halves_between(self, kind: str, column: str, first: str, end: str) -> Iterator[Half]:
        """Of the records whose text in a listed column lies in [first, end), in its order. Raises RegisterError."""
        plan = plan_of(kind)
        if column not in plan.columns:
            raise RegisterError(f"{kind} records have no list column {column}")
        place: tuple[str, int] = (first, -1)
        while found := self._store.rows(
            f"SELECT t.[{column}], t.no, r.id, coalesce(t.rest, j.rest, '{{}}') FROM [{plan.table}] t "
            "JOIN record r ON r.no=t.no LEFT JOIN journal j ON j.no=t.base "
            f"WHERE (t.[{column}], t.no) > (?, ?) AND t.[{column}] < ? ORDER BY t.[{column}], t.no LIMIT ?",
            (*place, end, _AT_ONCE),
        ):
            yield from ((id, _half(half)) for _, _, id, half in found)
            place = (found[-1][0], found[-1][1])

    def plain_halves(self, kind: str, numbers: Iterable[int]) -> Iterator[Half]:
        """Of the records of these numbers, in their order."""
        plan = plan_of(kind)
        sql = (
            f"SELECT r.id, coalesce(t.rest, j.rest, '{{}}') FROM [{plan.table}] t JOIN record r ON r.no=t.no "
            "LEFT JOIN journal j ON j.no=t.base WHERE t.no=?"
        )
        for number in numbers:
            yield from ((id, _half(half)) for id, half in self._store.rows(sql, (number,)))
