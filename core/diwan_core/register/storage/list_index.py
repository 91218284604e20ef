"""The list index: everything that lists of a type filter and sort by, in one index that is read in place of the
table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

# Conflicts and the row's number come first, so that new records, which have no conflict, are appended: an import
# writes no scattered pages.
LIST_COLUMNS: Final[Mapping[str, Sequence[str]]] = {
    "case": (
        "conflicts", "no", "date", "updated", "status", "office", "product_group", "direction", "country", "base_epoch",
    ),
}  # fmt: skip


def list_index(record_type: str) -> str:
    """The statement that makes a type's list index where it is missing."""
    columns = ", ".join(f"[{column}]" for column in LIST_COLUMNS[record_type])
    return f"CREATE INDEX IF NOT EXISTS [record_{record_type}_list] ON [record_{record_type}] ({columns})"


IN_CHECK: Final = "[status]='submitted' AND ([source_system] IS NULL OR [review_state] IS NOT NULL)"
"""Cases somebody has to check: reported here or at a post, or imported and checked once already."""
CHECK_INDEX: Final = (
    "CREATE INDEX IF NOT EXISTS [record_case_check] ON [record_case] "
    f"([date], [no], [review_state], [base_epoch], [status], [source_system]) WHERE {IN_CHECK}"
)
"""They alone, the oldest first: few among all cases of a country, and an import adds none."""

IS_SENT_BACK: Final = "[status]='submitted' AND [review_state]='sent_back'"
"""Cases that were sent back and are not submitted again (`records.sent_back`)."""
BACK_INDEX: Final = (
    "CREATE INDEX IF NOT EXISTS [record_case_back] ON [record_case] "
    f"([date], [no], [review_state], [base_epoch], [status], [source_system]) WHERE {IS_SENT_BACK}"
)
"""They alone: a handful among a long queue, of which the first page and each list of cases say how many there are."""

NUMBER_INDEX: Final = (
    "CREATE INDEX IF NOT EXISTS [record_case_number] ON [record_case] ([case_number]) WHERE [case_number] IS NOT NULL"
)
"""The numbers of cases: each node gives its own in order, so an import appends to it."""

LIST_INDEXES: Final = ";\n".join([*map(list_index, LIST_COLUMNS), CHECK_INDEX, BACK_INDEX, NUMBER_INDEX])
"""All of them, as part of what a release's schema is known by."""
