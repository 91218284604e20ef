"""The national table of doses and equivalents as CSV, for review; `diwan codes equivalents` reads the same columns."""

import csv
import io
from collections.abc import Iterable
from typing import Final

from diwan_core.dictionary.national_equivalents import NationalEquivalent
from diwan_core.intake.sources.tables import guard_cell
from diwan_core.register.national_equivalents import FIELDS

EDITION: Final = "edition"
"""The column with the characters by which reports name the entry; it is ignored when a file is read."""


def as_csv(entries: Iterable[NationalEquivalent]) -> str:
    """The entries as CSV (RFC 4180)."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow((*FIELDS, EDITION))
    writer.writerows(
        [*(guard_cell(getattr(entry, name)) for name in FIELDS), guard_cell(entry.edition)] for entry in entries
    )
    return out.getvalue()
