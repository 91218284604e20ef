"""How far a member has joined a snapshot of a scope: the part that is to come next. Kept in the register, so that
joining goes on after a restart."""

from __future__ import annotations

import sqlite3
from typing import Final, NamedTuple

from diwan_core.register.storage.state import forget_state, get_state, set_state

_SALVAGED: Final = "salvaged"
"""In place of a mark, which are hexadecimal digits: another snapshot is to replace what was restored of an earlier
one."""


class Place(NamedTuple):
    """A part of one snapshot, which has a mark that no other snapshot of its number has."""

    number: int
    part: int
    mark: str


def has_begun(connection: sqlite3.Connection, scope: str) -> bool:
    """Whether parts of a snapshot of a scope are here, and not all, or another one is awaited."""
    return get_state(connection, _key(scope)) is not None


def expected(connection: sqlite3.Connection, scope: str) -> Place | None:
    """The part that is to come next; None before the first one. What an earlier release noted names no mark, and is
    begun anew."""
    number, _, rest = str(get_state(connection, _key(scope)) or "").partition(":")
    part, _, mark = rest.partition(":")
    return Place(int(number), int(part), mark) if mark else None


def expect(connection: sqlite3.Connection, scope: str, place: Place) -> None:
    """This part is to come next."""
    set_state(connection, _key(scope), f"{place.number}:{place.part}:{place.mark}")


def expect_again(connection: sqlite3.Connection, scope: str) -> None:
    """Parts that came were not read as they would be now: all of them are to come again, from the first one. What is
    here already can still be followed by a snapshot only."""
    place = expected(connection, scope)
    if place is not None:
        expect(connection, scope, place._replace(part=0))


def expect_after_salvage(connection: sqlite3.Connection, scope: str) -> None:
    """The register was salvaged, and a snapshot that had been joined may not be whole any more: another is to come."""
    expect(connection, scope, Place(0, 0, _SALVAGED))


def is_salvaged(connection: sqlite3.Connection, scope: str) -> bool:
    """Whether another snapshot is awaited since the register was salvaged."""
    place = expected(connection, scope)
    return place is not None and place.mark == _SALVAGED


def holds_parts(connection: sqlite3.Connection, scope: str) -> bool:
    """Whether only the rest of a snapshot can be read here: parts of one have put their state in place of what was
    here, and what this node changed since is set upon it with the last part."""
    return has_begun(connection, scope) and not is_salvaged(connection, scope)


def forget(connection: sqlite3.Connection, scope: str) -> None:
    """All parts are here, or what is here of them fits nothing that comes."""
    forget_state(connection, _key(scope))


def _key(scope: str) -> str:
    return f"snapshot:{scope}"
