"""Reading the register: one record, a list, a search, the history of every field."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec

from diwan_core.register import merge
from diwan_core.register.apply import APPLIED, PLANS, TypePlan, load_state, source_hash
from diwan_core.register.change import Meta, Ref, encode, keys_of
from diwan_core.register.search import fold_identifier, fragment_query, words_query
from diwan_core.register.store import RegisterError, Store

_decode = msgspec.json.decode
_meta = msgspec.json.Decoder(Meta).decode


class UnknownRecord(RegisterError):
    """No record of this id is here."""


class Stamp(NamedTuple):
    """When: milliseconds since 1970 UTC, and minutes of the author's local time east of UTC."""

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


@dataclass(frozen=True, slots=True)
class ListRow:
    """A line of a list: the listed columns, and stamps in milliseconds since 1970 UTC."""

    id: str
    type: str
    columns: dict[str, Any]
    created_ms: int
    updated_ms: int
    conflicts: int


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One change of a record: `changes` maps a dotted path to its value before and after."""

    ref: Ref
    when: Stamp
    author: str
    origin: str
    standing: str
    changes: dict[str, tuple[Any, Any]]


def joined(rest: Mapping[str, Any], nominal: Mapping[str, Any]) -> dict[str, Any]:
    """The two halves as one document."""
    whole = dict(rest)
    for name, value in nominal.items():
        held = whole.get(name)
        whole[name] = joined(held, value) if isinstance(held, dict) and isinstance(value, dict) else value
    return whole


def flattened(document: Mapping[str, Any], prefix: str = "") -> Iterator[tuple[str, Any]]:
    """Dotted paths and scalars of a document."""
    for name, value in document.items():
        if isinstance(value, dict):
            yield from flattened(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value


class Views:
    """Read access over a store."""

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
            entries = self._metas(number)
            updated = self._store.one(f"SELECT updated FROM [{plan.table}] WHERE no=?", (number,))
            created = Stamp(state.base.hlc >> 16, 0)
            author, origin, latest = "", self._origin(state.base.epoch), Stamp(updated >> 16, 0)
            if entries:  # a post that joined late holds the state of older records, not their changes
                last = max(entries, key=lambda entry: (entry[1].hlc, entry[0]))
                latest = _stamp(last[1])
                if entries[0][1].seen is None:
                    created, author, origin = _stamp(entries[0][1]), entries[0][1].author, entries[0][2]
            return Record(
                record,
                kind,
                joined(state.rest, state.nominal),
                state.rest,
                state.nominal,
                heads_text(state),
                created,
                latest,
                author,
                origin,
                self._conflicts(state, {entry[0]: entry for entry in entries}),
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
        self, state: merge.State, entries: Mapping[Ref, tuple[Ref, Meta, str, str]]
    ) -> dict[str, list[Alternative]]:
        found = {}
        for key, held in state.alternatives.items():
            latest = max(held)
            values = []
            for head, (_, value) in sorted(held.items(), reverse=True):
                entry = entries.get(head.ref)
                when, author = (_stamp(entry[1]), entry[1].author) if entry else (Stamp(head.hlc >> 16, 0), "")
                values.append(Alternative(value, when, author, self._origin(head.epoch), head.ref, head == latest))
            found[key] = values
        return found

    def find(
        self,
        kind: str,
        where: Mapping[str, Any] | None = None,
        order: str = "-updated",
        limit: int = 50,
        offset: int = 0,
    ) -> list[ListRow]:
        """A page of a type's records. `where` maps listed columns to a value, or to a (low, high) pair; `order` is a
        column, "-" before it for descending. Unknown columns raise RegisterError."""
        plan = _plan(kind)
        clause, values = _where(plan, where or {})
        column, direction = (order[1:], "DESC") if order.startswith("-") else (order, "ASC")
        if column not in {"created", "updated", *plan.columns}:
            raise RegisterError(f"{kind} records cannot be sorted by {column}; choose one of {', '.join(plan.columns)}")
        sql = f"{_select(plan)} {clause} ORDER BY t.[{column}] {direction}, t.no {direction} LIMIT ? OFFSET ?"
        return [_list_row(kind, plan, row) for row in self._store.rows(sql, (*values, limit, offset))]

    def count(self, kind: str, where: Mapping[str, Any] | None = None) -> int:
        """How many records of a type match."""
        plan = _plan(kind)
        clause, values = _where(plan, where or {})
        return int(self._store.one(f"SELECT count(*) FROM [{plan.table}] t {clause}", tuple(values)))

    def ids(self, kind: str) -> Iterator[str]:
        """All ids of a type, oldest first."""
        plan = _plan(kind)
        after = 0
        while rows := self._store.rows(
            f"SELECT t.no, r.id FROM [{plan.table}] t JOIN record r USING (no) WHERE t.no>? ORDER BY t.no LIMIT 1000",
            (after,),
        ):
            yield from (row[1] for row in rows)
            after = rows[-1][0]

    def search(
        self, text: str, types: Sequence[str] | None = None, limit: int = 50, nominal: bool = True
    ) -> list[ListRow]:
        """Records that hold every word of `text`; without `nominal` only the non-nominal half is looked at."""
        query = words_query(text)
        if query is None:
            return []
        if not nominal:
            query = f"rest : ({query})"
        numbers = self._store.rows(
            "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?", (query, limit * 4)
        )
        return self._rows([number for (number,) in numbers], types, limit)

    def search_identifier(self, fragment: str, types: Sequence[str] | None = None, limit: int = 50) -> list[ListRow]:
        """Records with an identifier that holds `fragment`, spaces and punctuation apart; up to two characters:
        that begins with it."""
        folded = fold_identifier(fragment)
        query = fragment_query(folded)
        if query is None:
            numbers = (
                self._store.rows(
                    "SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid DESC LIMIT ?",
                    (f'identifier : "{folded}"*', limit * 4),
                )
                if folded.isalnum()
                else []
            )
            return self._rows([number for (number,) in numbers], types, limit)
        found = self._store.rows(
            "SELECT rowid FROM fragment WHERE fragment MATCH ? ORDER BY rowid DESC LIMIT 2000", (query,)
        )
        # Trigrams say that the pieces are there, not that they stand together: look.
        return self._rows([number for (number,) in found if folded in self._identifiers(number)], types, limit)

    def _identifiers(self, number: int) -> str:
        plan = PLANS[self._store.one("SELECT type FROM record WHERE no=?", (number,))]
        state = load_state(self._store.connection, plan, number)
        return plan.index(state.rest, state.nominal)[2]

    def _rows(self, numbers: Sequence[int], types: Sequence[str] | None, limit: int) -> list[ListRow]:
        found = []
        for number in numbers:
            kind = self._store.one("SELECT type FROM record WHERE no=?", (number,))
            if kind is None or (types is not None and kind not in types):
                continue
            plan = PLANS[kind]
            found.append(_list_row(kind, plan, self._store.rows(f"{_select(plan)} WHERE t.no=?", (number,))[0]))
            if len(found) == limit:
                break
        return found

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
            after = dict(flattened(joined(state.rest, state.nominal)))
            touched = {*keys_of(rest, plan.tree), *keys_of(nominal, plan.tree)}
            changes = {
                path: (before.get(path), after.get(path))
                for path in {**before, **after}
                if before.get(path) != after.get(path)
            }
            if not changes:
                changes = dict.fromkeys(sorted(touched), (None, None))
            entries.append(HistoryEntry(ref, _stamp(meta), meta.author, origin, standing, changes))
            before = after
        return entries

    def known_keys(self, system: str, keys: Iterable[str]) -> set[str]:
        """Which source keys of a system are on records here already."""
        by_hash = {source_hash(system, key): key for key in keys}
        return {
            by_hash[found]
            for (found,) in self._store.rows(
                "SELECT hash FROM source WHERE hash IN (SELECT value FROM json_each(?))",
                (encode(list(by_hash)).decode(),),
            )
        }


def heads_text(state: merge.State) -> str:
    """The heads an author sees of a record, as JSON: "*" for every key not listed."""
    heads = {key: [head.ref for head in held] for key, held in state.heads.items()}
    return encode({"*": [state.base.ref], **heads}).decode()


_STANDINGS = ("here", "stored", "safe")


def _standing(role: str | None, own: int, seq: int, stored: int, safe: int) -> str:
    if seq <= safe:
        return "safe"
    return "stored" if role == "central" or not own or seq <= stored else "here"


def _stamp(meta: Meta) -> Stamp:
    return Stamp(meta.hlc >> 16, meta.offset)


def _plan(kind: str) -> TypePlan:
    plan = PLANS.get(kind)
    if plan is None:
        raise RegisterError(f"there is no record type {kind!r}; see `diwan dictionary`")
    return plan


def _select(plan: TypePlan) -> str:
    columns = "".join(f", t.[{name}]" for name in plan.columns)
    return f"SELECT r.id, t.created, t.updated, t.conflicts{columns} FROM [{plan.table}] t JOIN record r USING (no)"


def _list_row(kind: str, plan: TypePlan, row: tuple[Any, ...]) -> ListRow:
    record, created, updated, conflicts, *values = row
    return ListRow(record, kind, dict(zip(plan.columns, values, strict=True)), created >> 16, updated >> 16, conflicts)


def _where(plan: TypePlan, where: Mapping[str, Any]) -> tuple[str, list[Any]]:
    parts: list[str] = []
    values: list[Any] = []
    for column, value in where.items():
        if column not in plan.columns:
            raise RegisterError(f"records cannot be filtered by {column}; choose one of {', '.join(plan.columns)}")
        if isinstance(value, tuple):
            parts.append(f"t.[{column}] BETWEEN ? AND ?")
            values.extend(value)
        elif value is None:
            parts.append(f"t.[{column}] IS NULL")
        else:
            parts.append(f"t.[{column}]=?")
            values.append(value)
    return ("WHERE " + " AND ".join(parts) if parts else ""), values
