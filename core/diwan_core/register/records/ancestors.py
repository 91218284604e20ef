"""The versions of a record that a change names: which state each says.

They are looked up in the journal, and where a post joined by a snapshot in the record's present state."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from diwan_core.dictionary.state_machine import NONE
from diwan_core.register.journal.row import Meta, Ref, Row, keys_of
from diwan_core.register.records import merge
from diwan_core.register.records.steps import Before, Missing

MOST_NAMED: Final = 2_000
"""Versions that the states of one change may name: more than one record can hold beside each other."""

_meta = msgspec.json.Decoder(Meta).decode
_half = msgspec.json.Decoder(dict[str, Any]).decode


class Ancestors:
    """The versions named by one change of a record. `seen` is the change's own; `beside` the rows of its change set,
    which stand in no journal yet; `present` gives the record's state."""

    def __init__(
        self,
        connection: sqlite3.Connection,
        record: str,
        seen: Mapping[str, Any] | None,
        tree: merge.Tree,
        present: Callable[[], merge.State | None],
        beside: Mapping[Ref, Row] | None = None,
    ) -> None:
        self._connection = connection
        self._record = record
        self._seen = seen
        self._tree = tree
        self._present = present
        self._beside = beside or {}
        self._left = MOST_NAMED

    def states(self, key: str) -> Before:
        """The state that each named version says at a key; that of a new record is none."""
        if self._seen is None:
            return (NONE,)
        named = sorted(merge.seen_of(self._seen, key))
        self._left -= len(named)
        return [self._state(ref, key) for ref in named] if self._left >= 0 else [Missing.REFUSED]

    def authors(self, key: str) -> frozenset[str]:
        """Who wrote the named versions, as far as their rows are here."""
        found = [self._row(ref) for ref in merge.seen_of(self._seen or {}, key)]
        return frozenset(row[1].author for row in found if row is not None)

    def _row(self, ref: Ref) -> tuple[int, Meta, dict[str, Any] | None] | None:
        """(verdict, meta, plain half or None where it was erased) of a row."""
        if ref in self._beside:
            row = self._beside[ref]
            return 0, row.meta, row.rest if row.rest_json else None
        found = self._connection.execute(
            "SELECT j.verdict, j.meta, j.rest FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.id=? AND j.seq=?", ref
        ).fetchone()
        if found is None:
            return None
        verdict, meta, rest = found
        return verdict, _meta(meta), None if rest is None else _half(rest)

    def _state(self, ref: Ref, key: str) -> str | Missing:
        if ref[1] < 1:
            return Missing.REFUSED
        held = self._row(ref)
        if held is None:
            return self._in_present(ref, key)
        verdict, meta, rest = held
        if verdict != 0 or meta.record != self._record:
            return Missing.REFUSED
        if rest is None:
            return Missing.UNKNOWN
        if meta.seen is not None and key not in set(keys_of(rest, self._tree)):
            return Missing.REFUSED
        return _said(merge.value_at(rest, key, self._tree))

    def _in_present(self, ref: Ref, key: str) -> str | Missing:
        state = self._present()
        for head in state.heads_of(key) if state is not None else ():
            if head.ref == ref and state is not None:
                held = state.alternatives.get(key, {}).get(head)
                return _said(merge.value_at(state.rest, key, self._tree) if held is None else held[1])
        return Missing.UNKNOWN


def _said(value: object) -> str:
    return value if isinstance(value, str) else NONE
