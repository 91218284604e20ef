"""Rules that ask who writes, not only what is written."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from diwan_core.dictionary import Problem, RecordType


def authority_problems(declared: RecordType, rest: Mapping[str, Any], role: str) -> list[Problem]:
    """Whether a node of this role may author such a record, and set the status this change sets."""
    if role not in declared.authority:
        return [Problem("", "rule", f"A {role} may not author {declared.name} records; ask the centre.")]
    status = rest.get("status")
    if status is not None and not declared.may_set(str(status), role):
        return [Problem("status", "rule", f"A {role} may not make a {declared.name} {status}; ask the centre.")]
    return []
