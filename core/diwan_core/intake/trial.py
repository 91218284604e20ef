"""A trial of an import: everything but the register. For whoever writes a mapping and wants to see what it makes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, BinaryIO, Protocol

from diwan_core.dictionary import DICTIONARY, Problem
from diwan_core.register import Edit, Saved, SavedMany


class Keeper(Protocol):
    """What an import needs of a register."""

    @property
    def folder(self) -> Path | None: ...

    def known_keys(self, system: str, keys: Iterable[str]) -> set[str]: ...

    def known_ids(self, records: Iterable[str]) -> set[str]: ...

    @property
    def node_id(self) -> str: ...

    def save_many(self, sets: Iterable[Sequence[Edit]], *, author: str) -> SavedMany: ...

    def attach(
        self,
        stream: BinaryIO,
        *,
        subject: str,
        media_type: str,
        author: str,
        kind: str = "photo",
        caption: str | None = None,
        file_name: str | None = None,
    ) -> Saved: ...


class Trial:
    """Checks like a register and keeps nothing but the first document and what looks mistyped (`warnings`, counted)."""

    def __init__(self) -> None:
        self.first: dict[str, Any] = {}
        self.warnings: Counter[str] = Counter()

    @property
    def folder(self) -> None:
        return None

    def known_keys(self, system: str, keys: Iterable[str]) -> set[str]:
        return set()

    def known_ids(self, records: Iterable[str]) -> set[str]:
        return set()

    @property
    def node_id(self) -> str:
        return ""

    def save_many(self, sets: Iterable[Sequence[Edit]], *, author: str) -> SavedMany:
        refused: dict[int, list[Problem]] = {}
        records: list[list[str]] = []
        for index, edits in enumerate(sets):
            problems: list[Problem] = []
            for edit in edits:
                declared = DICTIONARY.type(edit.type)
                problems += declared.check(edit.values, creating=True)
                self.warnings.update(f"{warning.path}: {warning.code}" for warning in declared.warnings(edit.values))
                self.first = self.first or dict(edit.values)
            if problems:
                refused[index] = problems
            records.append([])
        return SavedMany(len(records) - len(refused), records, refused)

    def attach(self, stream: BinaryIO, **facts: Any) -> Saved:
        raise NotImplementedError("a trial keeps no records, so none can get a picture")
