"""Which pictures and documents a post may be sent the bytes of."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import Final

from diwan_core.register.admission.reach import PICTURE, UNIT, restricted, shares_a_scope
from diwan_core.register.records.apply import PLANS

EDITION: Final = "code_edition"
"""The type of the records that name the files of code lists, which are for all."""


class MayFetch:
    """Which pictures and documents a post may be sent the bytes of: they travel as far as what names people in the
    first record that named them when it was made. A post that names them later, since it has seen their hash, gains
    nothing, whether in a record of its own, by changing an older one, or by taking the name out of the first one. What
    no such record named is for all only where it is an edition of a code list."""

    def __init__(self, connection: sqlite3.Connection, node: str) -> None:
        self._connection = connection
        self._node = node
        self._far = restricted(connection).get(PICTURE)

    def __call__(self, name: str) -> bool:
        """Whether it may be sent this one."""
        if self._far is None:
            return True
        origin = self._origin(name)
        if origin is None:
            return self._is_edition(name)
        return origin == self._node or (self._far == UNIT and shares_a_scope(self._connection, self._node, origin))

    def _origin(self, name: str) -> str | None:
        """Who made the first record that named a picture when it was made."""
        unchanged = self._connection.execute(
            f"SELECT t.no, e.origin FROM [{PLANS[PICTURE].table}] t JOIN epoch e ON e.id=t.base_epoch "
            "WHERE t.sha256=? AND t.rest IS NULL ORDER BY t.no LIMIT 1",
            (name,),
        ).fetchone()
        found = [one for one in (unchanged, self._changed.get(name)) if one is not None]
        return min(found)[1] if found else None

    @cached_property
    def _changed(self) -> dict[str, tuple[int, str]]:
        """The pictures that records named when they were made which were changed since: the first record, and who made
        it."""
        rows = self._connection.execute(
            "SELECT coalesce(json_extract(j.rest, '$.sha256'), t.sha256), t.no, e.origin "
            f"FROM [{PLANS[PICTURE].table}] t JOIN epoch e ON e.id=t.base_epoch LEFT JOIN journal j ON j.no=t.base "
            "WHERE t.rest IS NOT NULL ORDER BY t.no DESC"
        )
        return {name: (number, origin) for name, number, origin in rows}

    def _is_edition(self, name: str) -> bool:
        plan = PLANS.get(EDITION)
        return plan is not None and self._connection.execute(
            f"SELECT 1 FROM [{plan.table}] WHERE sha256=? LIMIT 1", (name,)
        ).fetchone() == (1,)
