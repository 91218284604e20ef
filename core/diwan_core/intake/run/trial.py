"""A trial of an import, which does everything but write into the register; for authors of mappings."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, Final, Protocol

from diwan_core.dictionary import DICTIONARY, Problem
from diwan_core.register import Draft, Edit, NewDraft, Refused, Register, Saved, SavedMany

_NOTHING: Final = Draft("", "", None, b"{}", None)
"""In place of a record that nobody keeps."""


class Keeper(Protocol):
    """The interface of a register, as an import uses it."""

    @property
    def folder(self) -> Path | None: ...

    def known_keys(self, system: str, keys: Iterable[str]) -> set[str]: ...

    def known_ids(self, records: Iterable[str]) -> set[str]: ...

    def undone_ids(self, records: Iterable[str]) -> set[str]: ...

    def as_imported(self, kind: str, system: str, keys: Iterable[str]) -> Mapping[str, Mapping[str, Any]]: ...

    @property
    def node_id(self) -> str: ...

    def sure_day(self) -> date | None: ...

    def begin_run(self, author: str, file: str, mapping: str, system: str, kind: str) -> str: ...

    def end_run(self, run: str, summary: Mapping[str, Any]) -> None: ...

    def drafting(self) -> NewDraft: ...

    def save_many(self, sets: Iterable[Sequence[Edit | Draft]], *, author: str, run: str = "") -> SavedMany: ...

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
        person_shown: str | None = None,
        text_shown: str | None = None,
    ) -> Saved: ...


def _checked(kind: str, rest: dict[str, Any], nominal: dict[str, Any]) -> Draft:
    declared = DICTIONARY.type(kind)
    if problems := declared.check(declared.join(rest, nominal), creating=True):
        raise Refused(problems)
    return _NOTHING


class Trial:
    """Checks like a register and keeps nothing. With a register it knows what is here already, and refuses what the
    register would refuse: a day to come where its clock is sure, what only another node may write."""

    def __init__(self, register: Register | None = None) -> None:
        self._register = register

    @property
    def folder(self) -> None:
        return None

    def known_keys(self, system: str, keys: Iterable[str]) -> set[str]:
        return self._register.known_keys(system, keys) if self._register else set()

    def known_ids(self, records: Iterable[str]) -> set[str]:
        return self._register.known_ids(records) if self._register else set()

    def undone_ids(self, records: Iterable[str]) -> set[str]:
        return self._register.undone_ids(records) if self._register else set()

    def as_imported(self, kind: str, system: str, keys: Iterable[str]) -> Mapping[str, Mapping[str, Any]]:
        return self._register.as_imported(kind, system, keys) if self._register else {}

    @property
    def node_id(self) -> str:
        return self._register.node_id if self._register else ""

    def begin_run(self, author: str, file: str, mapping: str, system: str, kind: str) -> str:
        return ""

    def end_run(self, run: str, summary: Mapping[str, Any]) -> None:
        """Do nothing, since nothing was run."""

    def sure_day(self) -> date | None:
        return self._register.sure_day() if self._register else None

    def drafting(self) -> NewDraft:
        if self._register is None:
            return _checked
        draft = self._register.drafting()

        def checked(kind: str, rest: dict[str, Any], nominal: dict[str, Any]) -> Draft:
            draft(kind, rest, nominal)
            return _NOTHING

        return checked

    def save_many(self, sets: Iterable[Sequence[Edit | Draft]], *, author: str, run: str = "") -> SavedMany:
        refused: dict[int, list[Problem]] = {}
        records: list[list[str]] = []
        draft = self.drafting()
        for index, edits in enumerate(sets):
            for edit in edits:
                if isinstance(edit, Edit):
                    try:
                        draft(edit.type, *DICTIONARY.type(edit.type).split(edit.values))
                    except Refused as refusal:
                        refused.setdefault(index, []).extend(refusal.problems)
            records.append([])
        return SavedMany(len(records) - len(refused), records, refused)

    def attach(self, stream: BinaryIO, **facts: Any) -> Saved:
        raise NotImplementedError("a trial keeps no records, so none can get a picture")
