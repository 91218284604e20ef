"""An acceptance sheet: one machine, one moment, many checks, as the canonical JSON that is signed."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Final, Literal

FORMAT: Final = 1
LARGEST: Final = 512 * 1024
"""Bytes of a sheet; one of all checks is about 40 kB."""
MOST_CHECKS: Final = 1_000
_LONGEST: Final = 2_000
_MACHINE: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,62}")
_KIND: Final = re.compile(r"[a-z][a-z-]{0,30}")
_TAKEN: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z")

Outcome = Literal["pass", "waived", "warn", "fail"]
ORDER: Final[tuple[Outcome, ...]] = ("fail", "warn", "waived", "pass")
"""The worst first."""

ROOT_CAN_READ: Final = (
    "Whoever is root on the centre or on a running post can read the cases that machine holds. "
    "The administration has been told this before the sheet was signed."
)
"""docs/threat-model.md; on every sheet of a machine that holds cases."""


class BadSheet(Exception):
    """The bytes are not an acceptance sheet; the text says where and why."""


@dataclass(frozen=True)
class Check:
    """One check and its outcome. `waived` is an accepted deviation with its reason in `remedy`."""

    id: str
    title: str
    outcome: Outcome
    expected: str = ""
    found: str = ""
    remedy: str = ""


@dataclass(frozen=True)
class Sheet:
    """What was checked on a machine. `taken` is UTC; `facts` name the machine: serial number, release, model."""

    kind: str
    """What was checked: `provisioning`, `hardware`, …"""
    machine: str
    profile: str
    taken: str
    by: str
    """The technician, as the sheet says; who signed is what the signature says."""
    checks: tuple[Check, ...]
    facts: Mapping[str, str] = field(default_factory=dict)
    sentence: str = ""

    def counts(self) -> dict[str, int]:
        """How many checks have each outcome."""
        found = Counter(check.outcome for check in self.checks)
        return {outcome: found[outcome] for outcome in ORDER}

    @property
    def passed(self) -> bool:
        """Whether nothing failed."""
        return not any(check.outcome == "fail" for check in self.checks)

    def worst_first(self) -> list[Check]:
        """The checks as people read them."""
        return sorted(self.checks, key=lambda check: (ORDER.index(check.outcome), check.id))


def moment(when: datetime) -> str:
    """A time as sheets hold it."""
    return when.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def encode(sheet: Sheet) -> bytes:
    """The bytes that are signed."""
    plain = {"format": FORMAT, **asdict(sheet)}
    return json.dumps(plain, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode() + b"\n"


def decode(content: bytes) -> Sheet:
    """A sheet from its bytes, which must be in the one spelling `encode` gives. Raises BadSheet."""
    if len(content) > LARGEST:
        raise BadSheet(f"it has {len(content):,} bytes, and a sheet has {LARGEST:,} at the most")
    try:
        plain = json.loads(content)
    except (ValueError, RecursionError):
        raise BadSheet("it is not JSON") from None
    if not isinstance(plain, dict) or plain.get("format") != FORMAT:
        raise BadSheet("it is not an acceptance sheet of a kind this release knows")
    checks = plain.get("checks")
    if not isinstance(checks, list) or not 0 < len(checks) <= MOST_CHECKS:
        raise BadSheet(f"it has no checks, or more than {MOST_CHECKS:,}")
    facts = plain.get("facts")
    if not isinstance(facts, dict) or len(facts) > 100:
        raise BadSheet("its facts are not a table, or there are more than a hundred")
    sheet = Sheet(
        kind=_matching(plain, "kind", _KIND), machine=_matching(plain, "machine", _MACHINE),
        profile=_text(plain, "profile"), taken=_matching(plain, "taken", _TAKEN), by=_text(plain, "by"),
        checks=tuple(_check(one) for one in checks),
        facts={_text({"": name}, ""): _text({"": value}, "") for name, value in facts.items()},
        sentence=_text(plain, "sentence"),
    )  # fmt: skip
    if encode(sheet) != content:
        raise BadSheet("it holds more than a sheet has, or is written in another way than this product writes it")
    return sheet


def _check(plain: object) -> Check:
    if not isinstance(plain, dict):
        raise BadSheet("one of its checks is not a table")
    outcome = next((known for known in ORDER if known == plain.get("outcome")), None)
    if outcome is None:
        raise BadSheet(f"a check has an outcome that is not known: {str(plain.get('outcome'))[:30]!r}")
    words = {name: _text(plain, name) for name in ("id", "title", "expected", "found", "remedy")}
    return Check(outcome=outcome, **words)


def _text(plain: Mapping[str, Any], name: str) -> str:
    value = plain.get(name)
    if not isinstance(value, str) or len(value) > _LONGEST:
        raise BadSheet(f"{name or 'a fact'} is not text of {_LONGEST:,} letters at the most")
    if any(not c.isprintable() and c != "\n" for c in value):
        raise BadSheet(f"{name or 'a fact'} holds characters that cannot be shown")
    return value


def _matching(plain: Mapping[str, Any], name: str, pattern: re.Pattern[str]) -> str:
    value = plain.get(name)
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise BadSheet(f"{name} is not written as a sheet writes it")
    return value


def clean(text: object) -> str:
    """What a machine said, as a sheet may hold it."""
    shown = "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in str(text))
    return shown if len(shown) <= _LONGEST else shown[: _LONGEST - 1] + "…"


def outcomes(checks: Sequence[Check]) -> str:
    """How many of each, in a line."""
    found = Counter(check.outcome for check in checks)
    return ", ".join(f"{found[outcome]} {outcome}" for outcome in ORDER if found[outcome])
