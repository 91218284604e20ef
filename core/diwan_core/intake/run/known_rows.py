"""Which rows of a file are records here already."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from diwan_core.intake.mapping.model import Mapping
from diwan_core.intake.mapping.record_keys import record_id
from diwan_core.intake.run.trial import Keeper
from diwan_core.intake.sources.reader import Read
from diwan_core.register import Draft


class PendingRow(NamedTuple):
    """A row that was mapped and waits for its transaction."""

    read: Read
    key: str
    document: dict[str, Any]
    """Its values; none of them where it was drafted."""
    record: str | None
    """The id it shall have; None where its key stands in the document."""
    draft: Draft | None = None
    """What is saved of it; there is no need then to keep cells and values, which take ten times as much room."""
    headings: Sequence[str] = ()


class KnownRows:
    """The question for the rows of one file, at one node."""

    def __init__(self, mapping: Mapping, register: Keeper) -> None:
        self._mapping = mapping
        self._register = register

    def record_of(self, key: str, attempt: int = 1) -> str | None:
        """The id of the record that a row with this key makes; None where its key stands in the document."""
        mapping = self._mapping
        if mapping.keeps_key:
            return None
        return record_id(self._register.node_id, mapping.type.name, mapping.system, key, attempt)

    def among(self, pending: list[PendingRow]) -> set[str]:
        """The keys of rows that are records here already. A row that takes another id has it in `pending` then."""
        if self._mapping.exported:
            return self._exported(pending)
        if self._mapping.keeps_key:
            return self._register.known_keys(self._mapping.system, [item.key for item in pending])
        return self._records(pending)

    def _exported(self, pending: list[PendingRow]) -> set[str]:
        """The rows of an export whose record is here itself, or was imported here from where it was before."""
        known = self._register.known_ids([item.key for item in pending])
        if not self._mapping.keeps_key:
            return known | self._records(pending)
        systems: dict[str, dict[str, str]] = {}
        for item in pending:
            document = item.document
            systems.setdefault(document.get("source_system", ""), {})[document["source_key"]] = item.key
        for system, keys in systems.items():
            known |= {keys[key] for key in self._register.known_keys(system, keys)}
        return known

    def _records(self, pending: list[PendingRow]) -> set[str]:
        """The same where a row's key gives its record's id. One that the undoing of an import took back is not brought
        back: the row becomes a new record, under its next id."""
        known: set[str] = set()
        left, attempt = list(range(len(pending))), 1
        while left:
            ids = {at: str(pending[at].record) for at in left}
            here = self._register.known_ids(ids.values())
            undone = self._register.undone_ids(here) if here else set()
            known |= {pending[at].key for at in left if ids[at] in here - undone}
            left = [at for at in left if ids[at] in undone]
            attempt += 1
            for at in left:
                pending[at] = pending[at]._replace(record=self.record_of(pending[at].key, attempt))
        return known
