"""A finding of an audit: what is wrong, and where."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """Something that is not as it was written. `kind` is one word for programs; `epoch` and `seq` locate it in a
    journal, `record` in the records, `name` elsewhere (a blob, a scope, a ledger entry)."""

    kind: str
    what: str
    origin: str | None = None
    epoch: str | None = None
    seq: int | None = None
    record: str | None = None
    name: str | None = None

    def __str__(self) -> str:
        place = [f"epoch {self.epoch}" if self.epoch else "", f"row {self.seq}" if self.seq is not None else ""]
        place += [f"record {self.record}" if self.record else "", self.name or ""]
        return f"{', '.join(part for part in place if part) or 'register'}: {self.what}"

    def as_json(self) -> dict[str, Any]:
        """The members that hold something, as JSON."""
        return {name: value for name, value in asdict(self).items() if value is not None}
