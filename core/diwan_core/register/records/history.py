"""The history of a record: every change of every field, with who and when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import msgspec

from diwan_core.register.journal.row import Ref, keys_of
from diwan_core.register.records import merge
from diwan_core.register.records.apply import APPLIED
from diwan_core.register.records.record import Reading, Stamp, UnknownRecord, flatten_values, join_values, stamp_of
from diwan_core.register.records.type_plan import PLANS

_decode = msgspec.json.decode


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of a record: `changes` maps a dotted path to its value before and after."""

    ref: Ref
    when: Stamp
    author: str
    origin: str
    standing: str
    changes: dict[str, tuple[Any, Any]]


class History(Reading):
    """The changes of records, over a store."""

    def history(self, record: str) -> list[HistoryEntry]:
        """Every change of a record, oldest first, with the fields it set. Raises UnknownRecord."""
        found = self._store.rows("SELECT no, type FROM record WHERE id=?", (record,))
        if not found:
            raise UnknownRecord(f"no record {record} is here")
        number, kind = found[0]
        plan = PLANS[kind]
        entries = []
        state: merge.State | None = None
        halves = self._store.rows(
            "SELECT rest, nominal FROM journal WHERE record=? AND verdict=? ORDER BY no", (number, APPLIED)
        )
        before: dict[str, Any] = {}
        for (ref, meta, origin, standing), (rest_json, nominal_json) in zip(self._metas(number), halves, strict=True):
            rest = _decode(rest_json) if rest_json else {}
            nominal = _decode(nominal_json) if nominal_json else {}
            head = merge.Head(meta.hlc, *ref)
            if state is None:
                state = merge.State(head, rest, nominal)
            else:
                merge.merge(state, head, meta.seen or {}, rest, nominal, plan.tree)
            after = dict(flatten_values(join_values(state.rest, state.nominal)))
            touched = {*keys_of(rest, plan.tree), *keys_of(nominal, plan.tree)}
            changes = {
                path: (before.get(path), after.get(path))
                for path in {**before, **after}
                if before.get(path) != after.get(path)
            }
            if not changes:
                changes = dict.fromkeys(sorted(touched), (None, None))
            if nominal and self.on_read is not None:
                self.on_read(record)  # also where the record holds nothing of it any more
            entries.append(HistoryEntry(ref, stamp_of(meta), meta.author, origin, standing, changes))
            before = after
        return entries
