"""The newest dictionary that the centre has ever heard a node with: a node that was updated is not judged as an old one
because it says so."""

from __future__ import annotations

import sqlite3
from typing import Final

from diwan_core.register.storage.state import get_state, set_state

_NEWEST: Final = "newest dictionary of:"


def note_newest(connection: sqlite3.Connection, node: str, version: int) -> None:
    """A node says which version of the dictionary it has."""
    if version > newest_dictionary_of(connection, node):
        set_state(connection, f"{_NEWEST}{node}", version)


def newest_dictionary_of(connection: sqlite3.Connection, node: str) -> int:
    """The newest version that a node ever said; 0 where it never said any."""
    return int(get_state(connection, f"{_NEWEST}{node}") or 0)
