"""The reason why a change was refused, in words that name the field and the rule and never the value.

What the one validator says is for the person who typed the value, and quotes it. A reason is kept: in the quarantine,
in logs, at other nodes than the one that wrote the report; and an erasure under the law does not reach a log."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping
from typing import Final

from diwan_core.dictionary import Problem, RecordType

MOST: Final = 5
RULES: Final[Mapping[str, str]] = {
    "required": "is needed and missing",
    "type": "holds something of another kind",
    "unknown_code": "holds a code that is not in its list",
    "unknown_field": "a field that the dictionary does not have",
    "too_long": "is too long",
    "too_many": "holds too many",
    "format": "does not have the form of its field",
    "check_digit": "has a wrong check digit",
    "group": "is given without what belongs to it",
    "rule": "breaks a rule of its record type",
    "half": "is in the wrong half",
    "to_come": "is a day still to come",
    "step": "takes a step that its state does not have",
}
"""A problem's code -> what it means."""
ROLES: Final = ("post", "central")
CLEANED: Final = "the reason quoted a value and was removed by an update of this release"
_COUNTED: Final = re.compile("[1-9][0-9]?")
"""Ids of parts and elements as forms count them. Any other is a text that its author chose."""


def reason(declared: RecordType, problems: Iterable[Problem]) -> str:
    """The reason why a change to a record of this type is refused."""
    told = dict.fromkeys(f"{_field(declared, problem.path)}{RULES[problem.code]}" for problem in problems)
    return "; ".join(list(told)[:MOST])


def authority_reason(declared: RecordType, denied: Problem, role: str) -> str:
    """Why a node of this role may not make a change (`rules.authority_problems`)."""
    node = role if role in ROLES else "node"
    if denied.path == "status":
        return f"status: a {node} may not set this one"
    return f"a {node} may not author {declared.name} records"


def _field(declared: RecordType, path: str) -> str:
    """The path of a field, as far as the dictionary or a form named it: names of fields it does not have, and ids, are
    whatever a sender writes."""
    names = path.split(".")
    known = names[:1] if names[0] in declared.fields or names[0] in declared.parts else []
    part = declared.parts.get(names[0])
    for name in names[1:] if known else ():
        if _COUNTED.fullmatch(name) or (part is not None and name in part.fields):
            known.append(name)
    return f"{'.'.join(known)}: " if known else ""


def clean(connection: sqlite3.Connection) -> bool:
    """Take quoted values out of reasons that an earlier release wrote, in a write transaction; whether there were
    any."""
    found = connection.execute(
        "UPDATE quarantine SET reason=? WHERE value_free=0 AND code IN ('rule', 'error')", (CLEANED,)
    )
    connection.execute("UPDATE quarantine SET value_free=1 WHERE value_free=0")
    return found.rowcount > 0
