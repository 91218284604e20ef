"""The outcome of an import, counted: rows = imported + already there + statistics + skipped + refused."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any, Final

from diwan_core.dictionary import Sentence

COUNTED: Final = ("rows", "imported", "already_there", "statistics", "skipped", "refused")


@dataclass
class Summary:
    """The outcome of a file's rows. Times are milliseconds since 1970 UTC, 0 when nothing was committed."""

    file: str
    mapping: str
    rows: int = 0
    imported: int = 0
    already_there: int = 0
    statistics: int = 0
    skipped: int = 0
    refused: int = 0
    pictures: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    unused_columns: list[str] = field(default_factory=list)
    fallback_lines: int = 0
    stopped: Sentence | None = None
    """Why the rest of the file could not be read."""
    error_file: str = ""
    run: str = ""
    """The id under which the node remembers this import, to take it back."""
    two_digit_years: dict[str, int] = field(default_factory=dict)
    """Columns in which years of two digits were read within their window, with how often."""
    first_row_ms: int = 0
    """When the first row was read."""
    first_batch_ms: int = 0
    """When the first thousand rows were committed; 0 where there were fewer."""
    last_commit_ms: int = 0
    seconds: float = 0.0

    def as_json(self) -> dict[str, Any]:
        return {
            **self.__dict__,
            "stopped": self.stopped or "",
            "reasons": dict(self.reasons),
            "seconds": round(self.seconds, 3),
        }
