"""Finds the SQLite error behind one of our errors, to distinguish a damaged file from a passing problem."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from typing import Final

from diwan_core.register.storage.damage import DamageKind, kind_of
from diwan_core.register.storage.database import RegisterDamaged

_ERRNO: Final[dict[int, DamageKind]] = {errno.EROFS: "readonly", errno.EIO: "io"}


def kind_behind(error: BaseException) -> DamageKind | None:
    """The damage of a file of this node that made something fail; None where the failure has another cause."""
    for cause in _causes(error):
        if isinstance(cause, RegisterDamaged):
            return cause.kind
        if isinstance(cause, sqlite3.Error):
            # A table that was there when this process opened the file, and is missing now, is not what we wrote.
            return kind_of(cause) or ("damaged" if "no such" in str(cause) else None)
        if isinstance(cause, OSError) and cause.errno in _ERRNO:
            return _ERRNO[cause.errno]
    return None


def content_fault(error: BaseException) -> str | None:
    """What SQLite said of the contents of a file, where it could not read them; None where something else failed, such
    as a lock or a full disk."""
    found = next((cause for cause in _causes(error) if isinstance(cause, sqlite3.Error)), None)
    if isinstance(found, sqlite3.DatabaseError) and not isinstance(found, sqlite3.OperationalError):
        return str(found)
    return None


def _causes(error: BaseException) -> Iterator[BaseException]:
    cause: BaseException | None = error
    while cause is not None:
        yield cause
        cause = cause.__cause__
