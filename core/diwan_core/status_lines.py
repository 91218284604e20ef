"""The counters and findings of a node as lines of a terminal: `diwan post status`, `diwan central status`."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

from diwan_core.register.standing import IN_WORDS
from diwan_core.register.status import counters_to_show

WIDTH: Final = 16
_AGES: Final = frozenset({"last_receipt_ms", "stick_ms"})
"""Counters that are moments, shown by how long ago they were."""
_CALLED: Final[Mapping[str, str]] = {"last_receipt_ms": "last receipt", "stick_ms": "sticks"}
_APART: Final = frozenset({"nodes", "unsigned"})
"""What has a line for each of its own."""


def finding_lines(findings: Iterable[tuple[str, str, str]]) -> Iterator[str]:
    """What is wrong, and what to do. Each finding is its code, what it says, and the remedy."""
    for _code, what, remedy in findings:
        ended = what if what.endswith((".", "!", "?")) else f"{what}."
        yield _line("finding", f"{ended} {remedy}".rstrip())


def status_lines(
    found: Mapping[str, Any], parts: Mapping[str, bool], findings: Iterable[tuple[str, str, str]]
) -> Iterator[str]:
    """All of a node's status: what is wrong, which of its processes run, its counters, and the nodes it knows."""
    yield from finding_lines(findings)
    yield _line("running", ", ".join(part for part, runs in parts.items() if runs))
    for name, value in counters_to_show(found).items():
        if name not in _APART:
            yield _line(_CALLED.get(name, name), _shown(name, value))
    for item in found["nodes"]:
        mark = " (revoked)" if item["revoked"] else "" if item["confirmed"] else " (not confirmed)"
        yield _line("node", f"{item['id']} {item['label']}{mark}: {item['stored']} rows stored")
    for item in found["unsigned"]:
        yield _line(
            "finding",
            f"{item} does not sign what it says, so it can be forged on the line: "
            "update it. From release 0.2.0 on no node listens to it",
        )


def _line(name: str, text: str) -> str:
    return f"{name:{WIDTH}} {text or '-'}"


def _shown(name: str, value: object) -> str:
    if value is None:
        return ""
    if name == "state":
        return IN_WORDS[str(value)]
    if isinstance(value, dict):
        return ", ".join(
            f"{key.removesuffix('_ms')} {_age(item) if name in _AGES else item}" for key, item in value.items()
        )
    return _age(int(str(value))) if name in _AGES else str(value)


def _age(moment_ms: int) -> str:
    """How long ago, in the largest unit that fits."""
    seconds = max(0, int(time.time() - moment_ms / 1000))
    for unit, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length:
            return f"{seconds // length} {unit} ago"
    return "just now"
