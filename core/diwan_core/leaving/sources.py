"""Lines of a record that say who reported it. They leave in no form and under no agreement: role, country and state of
a source, with office and day, are enough to find the source.

The code is retired since dictionary 4, and no form offers it; cases from before, and files, still have it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_PART: Final = "party"
_ROLE: Final = "role"
_SOURCES: Final = frozenset({"informant"})


def is_source(part: str, line: Mapping[str, Any]) -> bool:
    """Whether a line of a part is about who reported it."""
    return part == _PART and line.get(_ROLE) in _SOURCES
