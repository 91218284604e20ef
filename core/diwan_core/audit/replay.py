"""Checks that the records are what the journal gives: the changes of each are merged again, from nothing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import msgspec

from diwan_core.audit.finding import Finding
from diwan_core.register.inspection import EditedState, Inspection
from diwan_core.register.journal.row import Meta
from diwan_core.register.records import merge
from diwan_core.register.records.replay import Change, replay_record
from diwan_core.register.records.type_plan import PLANS, TypePlan

_meta = msgspec.json.Decoder(Meta).decode
_decode = msgspec.json.decode


def replay(inspection: Inspection) -> Iterator[Finding]:
    """Every record whose state, or listed columns, are not what its rows give."""
    for kind, plan in PLANS.items():
        yield from _unedited(inspection, kind, plan)
        yield from _edited(inspection, plan)
    yield from _references(inspection)
    for record in inspection.states.wrong_amounts():
        yield Finding("record", "its amounts are not what its goods lines give", record=record)


def _references(inspection: Inspection) -> Iterator[Finding]:
    """The index of who names whom: it holds every reference the records give, and no other."""
    index = inspection.states.reference_index()
    if index is None:
        return
    for record, named in index.missing:
        yield Finding("record", f"that it names {named} is not in the index", record=record)
    if index.surplus:
        yield Finding("record", f"the index of who names whom holds {index.surplus} rows that no record gives")


def _unedited(inspection: Inspection, kind: str, plan: TypePlan) -> Iterator[Finding]:
    """Records that nobody has edited: the creating row is the state, so only what stands beside it can be wrong."""
    for held in inspection.states.unedited(plan):
        record, epoch, base_seq = held.record, held.epoch, held.seq
        name = str(record or f"number {held.number}")
        if record is None or held.meta is None or held.rest is None:
            yield Finding("record", "its creating row is not in the journal", record=name, epoch=epoch, seq=base_seq)
            continue
        read = _meta(held.meta)
        named = (read.record, read.type, held.row_epoch, held.row_seq, held.verdict)
        if named != (record, kind, epoch, base_seq, 0):
            yield Finding("record", "it names another row as its creating one", record=name, epoch=epoch, seq=base_seq)
        elif (
            read.seen is not None or held.rows != 1 or held.heads or held.conflicts or held.created != read.hlc
        ):  # fmt: skip
            yield Finding("record", "its later changes are not in its state", record=name, epoch=epoch, seq=base_seq)
        elif held.columns != plan.values(_decode(held.rest)):
            yield Finding(
                "record", "its listed columns are not what its row says", record=name, epoch=epoch, seq=base_seq
            )


def _edited(inspection: Inspection, plan: TypePlan) -> Iterator[Finding]:
    """Records that were edited: their changes, merged anew, give the state that is held."""
    for held in inspection.states.edited(plan):
        name = str(held.record or f"number {held.number}")
        try:
            state = _state(inspection, held)
        except (msgspec.DecodeError, TypeError, ValueError) as error:
            yield Finding("record", f"its state cannot be read ({error})", record=name)
            continue
        if held.columns != plan.values(state.rest) or held.conflicts != len(state.alternatives):
            yield Finding("record", "its listed columns are not what its state says", record=name)
        changes = inspection.states.changes(held.number)
        if held.by_snapshot or _partly_by_snapshot(inspection, state, changes):
            continue  # joined by snapshot: its state was the centre's to sign, its history is at the centre
        expected = replay_record(changes, plan)
        if expected is not None and _comparable(expected, held.erased) != _comparable(state, held.erased):
            last = max(changes, key=lambda change: change.head)
            yield Finding(
                "record", "its state is not what its changes give", record=name, epoch=last.head.epoch,
                seq=last.head.seq,
            )  # fmt: skip


def _partly_by_snapshot(inspection: Inspection, state: merge.State, changes: list[Change]) -> bool:
    """Whether a snapshot brought the record, or changes of it whose rows are not here: a post that had reported it was
    put back, and joined anew."""
    here = {change.head.ref for change in changes}
    heads = {head.ref for held in state.heads.values() for head in held} - here
    created = any(change.meta.seen is None for change in changes)
    return not created or any(inspection.states.came_by_snapshot(epoch, seq) for epoch, seq in heads)


def _comparable(state: merge.State, erased: int) -> tuple[Any, ...]:
    """The parts of a state that must be the same at two nodes. The heads of erased halves are left out: which fields
    were set is not known any more."""
    heads = {} if erased else {key: held for key, held in state.heads.items() if held != [state.base]}
    return state.base, state.rest, state.nominal, heads, state.alternatives


def _state(inspection: Inspection, held: EditedState) -> merge.State:
    """The state that is held of a record. Raises DecodeError, TypeError, ValueError where it cannot be read."""
    base = merge.Head(held.created, held.epoch, held.seq)
    state = merge.State(base, _decode(held.rest), _decode(held.nominal) if held.nominal else {})
    if held.heads:
        state.heads = {key: [merge.Head(*head) for head in heads] for key, heads in _decode(held.heads).items()}
    for one in inspection.states.alternatives(held.number):
        state.alternatives.setdefault(one.key, {})[one.head] = (one.secret, _decode(one.value))
    return state
