"""The result of checking a case file."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from diwan_core.audit.finding import Finding

Value = dict[str, Any]


@dataclass(slots=True)
class Checked:
    """What a case file proves. `statements` are sentences, `changes` say who wrote what and when, `values` are the
    records that they give; `findings` is what does not fit, and then nothing is proven."""

    record: str = ""
    fingerprint: str = ""
    statements: list[str] = field(default_factory=list)
    changes: list[Value] = field(default_factory=list)
    values: dict[str, Value] = field(default_factory=dict)
    findings: list[Finding] = field(default_factory=list)
    keys: list[Value] = field(default_factory=list)
    """Each key whose signature counted, with the ledger entry that vouches for it."""

    @property
    def proven(self) -> bool:
        """Whether everything in the file fits together."""
        return not self.findings

    def find(self, kind: str, what: str, **place: Any) -> None:
        """Add something that does not fit, with its place."""
        self.findings.append(Finding(kind, what, **place))

    def say(self, sentence: str) -> None:
        """Add something that the file proves."""
        self.statements.append(sentence)
