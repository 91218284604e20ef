"""Which pictures and documents a post may be sent the bytes of, and which it keeps."""

from __future__ import annotations

import sqlite3
from functools import cached_property
from typing import Final

from diwan_core.dictionary.scopes import NATIONAL
from diwan_core.register.admission.how_far import CENTRE, restricted
from diwan_core.register.admission.reach import scopes_of
from diwan_core.register.records.belonging import PICTURE, Belonging
from diwan_core.register.records.type_plan import PLANS

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
        first = self._first(name)
        if first is None:
            return self._is_edition(name)
        _, origin, record = first
        return origin == self._node or (
            self._far != CENTRE and not self._mine.isdisjoint(self._belonging(PICTURE, record))
        )

    @cached_property
    def _mine(self) -> set[str]:
        return {NATIONAL, *scopes_of(self._connection, self._node)}

    @cached_property
    def _belonging(self) -> Belonging:
        return Belonging(self._connection)

    def _first(self, name: str) -> tuple[int, str, str] | None:
        """The first record that named a picture when it was made: its number, who made it, and its id."""
        unchanged = self._connection.execute(
            f"SELECT t.no, e.origin, r.id FROM [{PLANS[PICTURE].table}] t JOIN record r ON r.no=t.no "
            "JOIN epoch e ON e.id=t.base_epoch WHERE t.sha256=? AND t.rest IS NULL ORDER BY t.no LIMIT 1",
            (name,),
        ).fetchone()
        found = [one for one in (unchanged, self._changed.get(name)) if one is not None]
        return min(found) if found else None

    @cached_property
    def _changed(self) -> dict[str, tuple[int, str, str]]:
        """The same, by their names, of the pictures that records named which were changed since."""
        rows = self._connection.execute(
            "SELECT coalesce(json_extract(j.rest, '$.sha256'), t.sha256), t.no, e.origin, r.id "
            f"FROM [{PLANS[PICTURE].table}] t JOIN record r ON r.no=t.no "
            "JOIN epoch e ON e.id=t.base_epoch LEFT JOIN journal j ON j.no=t.base "
            "WHERE t.rest IS NOT NULL ORDER BY t.no DESC"
        )
        return {name: (number, origin, record) for name, number, origin, record in rows}

    def _is_edition(self, name: str) -> bool:
        plan = PLANS.get(EDITION)
        return plan is not None and self._connection.execute(
            f"SELECT 1 FROM [{plan.table}] WHERE sha256=? LIMIT 1", (name,)
        ).fetchone() == (1,)


def may_keep(connection: sqlite3.Connection, node: str, name: str) -> bool:
    """At a post: whether it keeps what comes of a picture or document. Not of one that only records name which it may
    not read: they have moved while it was on its way, or somebody repeats what was sent before."""
    far = restricted(connection).get(PICTURE)
    if far is None:
        return True
    naming = connection.execute(
        f"SELECT r.id, coalesce(e.origin, '') FROM [{PLANS[PICTURE].table}] t JOIN record r ON r.no=t.no "
        "LEFT JOIN epoch e ON e.id=t.base_epoch WHERE t.sha256=?",
        (name,),
    ).fetchall()
    belonging, mine = Belonging(connection), {NATIONAL, *scopes_of(connection, node)}
    return not naming or any(
        origin == node or (far != CENTRE and not mine.isdisjoint(belonging(PICTURE, record)))
        for record, origin in naming
    )
