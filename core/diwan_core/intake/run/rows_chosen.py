"""Which rows an export takes, and the names of its forms: what the pages need to know without loading what writes
files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY

READABLE: Final = "readable"
"""A workbook for people: words beside codes, a sheet for each part."""


def without_withdrawn(where: Mapping[str, Any]) -> dict[str, Any]:
    """A filter that leaves out what was withdrawn, unless it asks for a status itself."""
    kept = frozenset({None, *DICTIONARY.codes("status").codes} - {"withdrawn"})
    return {"status": kept, **where}
