"""What is wrong with a document, said so that the person who typed it can put it right."""

from dataclasses import dataclass
from typing import Literal

ProblemCode = Literal[
    "required",
    "type",
    "unknown_code",
    "unknown_field",
    "too_long",
    "too_many",
    "format",
    "check_digit",
    "group",
    "rule",
    "half",
]


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong.

    path     where: "date", "goods.1.quantity", "partner_agencies.2"; "" is the document itself. A part that is missing
             altogether is named by its role: "leg.departure.country"; without a role by its field: "goods.quantity".
    code     for programs; stable.
    message  for people: plain words, ending with what to do.
    """

    path: str
    code: ProblemCode
    message: str
