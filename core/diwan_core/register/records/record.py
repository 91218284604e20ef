"""Reads one record: its values, who wrote it, and values that contradict each other."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from diwan_core.register.journal.row import Meta, Ref, encode
from diwan_core.register.records import merge
from diwan_core.register.records.apply import APPLIED, load_state
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.database import RegisterError, Store

_meta = msgspec.json.Decoder(Meta).decode


class UnknownRecord(RegisterError):
    """There is no record of this id here."""


class Stamp(NamedTuple):
    """A moment: milliseconds since 1970 UTC, and minutes of the author's local time east of UTC."""

    utc_ms: int
    offset_minutes: int


@dataclass(frozen=True, slots=True)
class Alternative:
    """One of the values of a conflicted field group: what it is, when, by whom, where."""

    value: Any
    when: Stamp
    author: str
    origin: str
    ref: Ref
    shown: bool


@dataclass(frozen=True, slots=True)
class Record:
    """A record as it is now. `values` is the whole document, `rest` and `nominal` its halves. `heads` is to be
    handed back with an edit, so that the edit names what its author saw. `standing` is here, stored or safe."""

    id: str
    type: str
    values: dict[str, Any]
    rest: dict[str, Any]
    nominal: dict[str, Any]
    heads: str
    created: Stamp
    updated: Stamp
    author: str
    origin: str
    conflicts: dict[str, list[Alternative]]
    standing: str


def join_values(rest: Mapping[str, Any], nominal: Mapping[str, Any]) -> dict[str, Any]:
    """The two halves as one document."""
    whole = dict(rest)
    for name, value in nominal.items():
        held = whole.get(name)
        whole[name] = join_values(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return whole


def flatten_values(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted paths and scalars of a document."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flatten_values(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


class Reading:
    """Reads one record at a time, over a store."""

    on_read: Callable[[str], None] | None = None
    """Told the id of every record of which something is read that may name somebody (`dictionary.naming_values`):
    whoever shows it has to log it."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def get(self, record: str) -> Record | None:
        """A record, or None."""
        with self._store.read():
            found = self._store.rows("SELECT no, type FROM record WHERE id=?", (record,))
            if not found:
                return None
            number, kind = found[0]
            plan = PLANS[kind]
            state = load_state(self._store.connection, plan, number)
            if self.on_read is not None and (state.nominal or plan.names_somebody(state.rest)):
                self.on_read(record)
            entries = self._metas(number)
            updated = self._store.one(f"SELECT updated FROM [{plan.table}] WHERE no=?", (number,))
            created = Stamp(state.base.hlc >> 16, 0)
            author, origin, latest = "", self._origin(state.base.epoch), Stamp(updated >> 16, 0)
            if entries:  # a post that joined late holds the state of older records, not their changes
                last = max(entries, key=lambda entry: (entry[1].hlc, entry[0]))
                latest = stamp_of(last[1])
                if entries[0][1].seen is None:
                    created, author, origin = stamp_of(entries[0][1]), entries[0][1].author, entries[0][2]
            return Record(
                record,
                kind,
                join_values(state.rest, state.nominal),
                state.rest,
                state.nominal,
                heads_text(state),
                created,
                latest,
                author,
                origin,
                self._conflicts(plan.tree, state, {entry[0]: entry for entry in entries}),
                min((entry[3] for entry in entries), key=_STANDINGS.index, default="stored"),
            )

    def _origin(self, epoch: str) -> str:
        return str(self._store.one("SELECT origin FROM epoch WHERE id=?", (epoch,)) or "")

    def _metas(self, number: int) -> list[tuple[Ref, Meta, str, str]]:
        rows = self._store.rows(
            "SELECT e.id, j.seq, j.meta, e.origin, e.own, e.stored, e.safe FROM journal j JOIN epoch e ON e.no=j.epoch "
            "WHERE j.record=? AND j.verdict=? ORDER BY j.no",
            (number, APPLIED),
        )
        here = self._store.one("SELECT value FROM state WHERE key='role'")
        return [
            ((epoch, seq), _meta(meta), origin, _standing(here, own, seq, stored, safe))
            for epoch, seq, meta, origin, own, stored, safe in rows
        ]

    def _conflicts(
        self, tree: merge.Tree, state: merge.State, entries: Mapping[Ref, tuple[Ref, Meta, str, str]]
    ) -> dict[str, list[Alternative]]:
        found = {}
        for key, held in state.alternatives.items():
            shown = merge.shown_of(held, key, tree)
            values = []
            for head, (_, value) in sorted(held.items(), reverse=True):
                entry = entries.get(head.ref)
                when, author = (stamp_of(entry[1]), entry[1].author) if entry else (Stamp(head.hlc >> 16, 0), "")
                values.append(Alternative(value, when, author, self._origin(head.epoch), head.ref, head == shown))
            found[key] = values
        return found


def heads_text(state: merge.State) -> str:
    """The heads an author sees of a record, as JSON: "*" for every key not listed."""
    heads = {key: [head.ref for head in held] for key, held in state.heads.items()}
    return encode({"*": [state.base.ref], **heads}).decode()


_STANDINGS = ("here", "stored", "safe")


def _standing(role: str | None, own: int, seq: int, stored: int, safe: int) -> str:
    if seq <= safe:
        return "safe"
    return "stored" if role == "central" or not own or seq <= stored else "here"


def stamp_of(meta: Meta) -> Stamp:
    return Stamp(meta.hlc >> 16, meta.offset)
