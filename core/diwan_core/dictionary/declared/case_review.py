"""The part of a case that holds what a supervisor decided and why; the status alone cannot say that a case was sent
back.

Since dictionary 2. Who wrote an entry and when is in the journal, as for every change; `by` and `at` repeat it so that
the comment stands with its author in an export or on a post that joined after it was written."""

from dataclasses import replace
from typing import Final

from ..field import Field, code, longtext, other, text
from ..record import Part

SINCE: Final = 2


def _since(field: Field) -> Field:
    return replace(field, since=SINCE)


REVIEW_STATE: Final = _since(
    code("review_state", "State of the check", "review_decision", "The latest decision.", listed=True)
)

REVIEW: Final = Part(
    "review",
    "Checks",
    tuple(
        _since(field)
        for field in (
            code("decision", "Decision", "review_decision", required=True),
            longtext("comment", "Comment", max_length=2000, nominal=True, searchable=True),
            text("by", "By", "User name.", max_length=60, identifies="officer"),
            other("at", "datetime", "At", leaves="never"),
        )
    ),
    "Validated, sent back with a comment, corrected and submitted again.",
)
