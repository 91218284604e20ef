"""Turns an edit made in a form or an import into a journal row, or refuses it with every problem found."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import msgspec

from diwan_core.dictionary import N_, Problem, problem
from diwan_core.dictionary.amounts import worked_out
from diwan_core.dictionary.case_numbers import FIELD as CASE_NUMBER
from diwan_core.dictionary.case_numbers import TYPE as CASE
from diwan_core.register.journal.journal import Draft
from diwan_core.register.journal.row import MOST_SET_BYTES, encode, keys_of
from diwan_core.register.records import merge
from diwan_core.register.records.apply import Applier, load_state
from diwan_core.register.records.authority import authority_problems
from diwan_core.register.records.belonging import fields_of, maker_of
from diwan_core.register.records.case_numbers import number_problems
from diwan_core.register.records.four_eyes import new_case_problems, own_case_problems
from diwan_core.register.records.kept_back import kept_back
from diwan_core.register.records.record import heads_text, join_values
from diwan_core.register.records.sent_back import uncorrected_problems
from diwan_core.register.records.step_edits import of_edit, of_new_record, with_steps
from diwan_core.register.records.steps import Taker
from diwan_core.register.records.type_plan import PLANS, TypePlan
from diwan_core.register.storage.database import RegisterError
from diwan_core.trust import mint_id

ABOUT_META: Final = 1_300
"""Bytes of what stands in a row beside the values of an edit, at the most: 200 characters of its author's name, and
the number of a case."""


@dataclass(frozen=True, slots=True)
class Edit:
    """One record's part of a change set. `values` is a document of what to set; null clears. `record` is None for
    a new record, or with `create` the id it shall have. `seen` is `Record.heads` as its author saw the record;
    None = as it is now."""

    type: str
    values: Mapping[str, Any]
    record: str | None = None
    seen: str | None = None
    create: bool = False


NO_TYPE: Final = N_("There is no record type {type}. The dictionary lists those there are.")
_GONE: Final = N_("The record {record} is not here. Look it up again.")
_ERASED: Final = N_("This was erased under {basis}. It cannot be filled in again.")
_NOT_HERE: Final = N_(
    "What identifies people in this record is not kept at this post, so it cannot be changed here. Ask the post that "
    "reported it, or the centre."
)
_NOT_YOURS: Final = N_(
    "Only the post that made this record, and the centre, say where it belongs. Ask the post that reported it, or the "
    "centre."
)
_TOO_LARGE: Final = N_("This is too large to be saved at once. Save it in smaller parts.")


class Refused(RegisterError):
    """A change set that breaks a rule of the dictionary. `problems` names all that is wrong, with the remedy."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("; ".join(f"{problem.path}: {problem.message}" for problem in problems[:20]))
        self.problems = problems


_heads = msgspec.json.Decoder(dict[str, list[tuple[str, int]]])


def draft_edit(
    connection: sqlite3.Connection,
    applier: Applier,
    edit: Edit,
    mint: Callable[[], str],
    taker: Taker,
    last_day: str = "",
) -> Draft:
    """An edit as a draft of a row, by a node and, at a console, a person; `last_day`: the latest day that can have
    been, "" where the clock is not sure. Raises Refused."""
    if edit.record is None or (edit.create and applier.exists(edit.record) is None):
        draft = draft_new(edit.type, edit.values, edit.record or mint(), taker, last_day)
        if edit.type == CASE and (denied := new_case_problems(connection, edit.values, taker.role)):
            raise Refused(denied)
        return draft
    plan = _plan(edit.type)
    declared = plan.declared
    if last_day and (to_come := declared.days_to_come(edit.values, last_day)):
        raise Refused(to_come)
    held = applier.exists(edit.record)
    if held is None or held[1] != edit.type:
        raise Refused([problem("", "rule", _GONE, record=edit.record)])
    erased = connection.execute("SELECT halves, basis FROM erasure WHERE record=?", (edit.record,)).fetchone()
    if erased is not None and (erased[0] & 1 or declared.split(edit.values)[1]):
        raise Refused([problem("", "rule", _ERASED, basis=str(erased[1]))])
    if declared.split(edit.values)[1] and kept_back(connection, edit.record) is not None:
        raise Refused([problem("", "rule", _NOT_HERE)])
    return _edited(connection, plan, held[0], _without_moves(connection, plan, held[0], edit, taker), taker)


def _without_moves(connection: sqlite3.Connection, plan: TypePlan, number: int, edit: Edit, taker: Taker) -> Edit:
    """An edit without what only repeats where a record of another post belongs. Raises Refused where it moves one."""
    said = [name for name in fields_of(edit.type) if name in edit.values]
    if not said or taker.node == "central":
        return edit
    maker = maker_of(connection, edit.type, str(edit.record))
    own = "SELECT 1 FROM epoch WHERE origin=? AND own=1 LIMIT 1"
    if maker is None or connection.execute(own, (maker[1],)).fetchone() is not None:
        return edit
    held = load_state(connection, plan, number).rest
    if moved := [name for name in said if edit.values[name] != held.get(name)]:
        raise Refused([problem(name, "rule", _NOT_YOURS) for name in moved])
    return replace(edit, values={name: value for name, value in edit.values.items() if name not in said})


def draft_new(kind: str, values: Mapping[str, Any], record: str, taker: Taker, last_day: str = "") -> Draft:
    """A new record, that no node knows yet, as a draft of a row; the rest as in `draft_edit`. Raises Refused."""
    return draft_halves(kind, *_plan(kind).declared.split(values), record, taker, last_day)


def draft_halves(
    kind: str, rest: dict[str, Any], nominal: dict[str, Any], record: str, taker: Taker, last_day: str = ""
) -> Draft:
    """The same where its values are split already. Raises Refused."""
    declared = _plan(kind).declared
    if last_day and (to_come := declared.days_to_come(rest, last_day) + declared.days_to_come(nominal, last_day)):
        raise Refused(to_come)
    try:
        rest_json, nominal_json = encode(rest), encode(nominal) if nominal else None
    except (TypeError, ValueError, OverflowError, RecursionError):  # no JSON: the validator says what is wrong
        raise Refused(declared.check_halves(rest, nominal, creating=True)) from None
    problems = declared.check_new(rest, lambda: nominal, rest_json, nominal_json)
    denied = authority_problems(declared, rest, taker.node) + of_new_record(declared, rest, nominal, taker)
    if CASE_NUMBER in rest:
        denied += number_problems(rest, record, creating=True)
    if problems or denied:
        raise Refused(problems + denied)
    return Draft(kind, record, None, rest_json, nominal_json)


def _plan(kind: str) -> TypePlan:
    plan = PLANS.get(kind)
    if plan is None:
        raise Refused([problem("", "rule", NO_TYPE, type=kind)])
    return plan


def _edited(connection: sqlite3.Connection, plan: TypePlan, number: int, edit: Edit, taker: Taker) -> Draft:
    declared = plan.declared
    state = load_state(connection, plan, number)
    present = join_values(state.rest, state.nominal)
    values = _expanded(with_steps(declared, edit.values, present, state.alternatives), present, plan.tree)
    rest, nominal = declared.split(values)
    problems = declared.check_halves(rest, nominal, creating=False)
    denied = authority_problems(declared, rest, taker.node) + number_problems(rest, "", creating=False)
    if problems:
        raise Refused(problems + denied)
    if edit.type == CASE:
        denied += own_case_problems(connection, str(edit.record), rest, taker.author)
    heads = edit.seen or heads_text(state)
    seen = _seen(heads, [*keys_of(rest, plan.tree), *keys_of(nominal, plan.tree)])
    if edit.type == CASE:
        denied += uncorrected_problems(state, _heads.decode(heads), rest)
    named = _heads.decode(seen)
    denied += of_edit(connection, declared, str(edit.record), named, state, plan.tree, (rest, nominal), taker)
    if denied:
        raise Refused(denied)
    trial = merge.State(state.base, state.rest, state.nominal, dict(state.heads), dict(state.alternatives))
    merge.merge(trial, merge.Head(1 << 62, "", 0), named, rest, nominal, plan.tree)
    problems = declared.check_halves(trial.rest, trial.nominal, creating=True)
    if problems:
        # What was wrong before is not this author's: fields of a newer dictionary, or what two changes made together.
        held = load_state(connection, plan, number)  # merging has changed `state` in place
        before = declared.check_halves(held.rest, held.nominal, creating=True)
        problems = [problem for problem in problems if problem not in before]
    if problems:
        raise Refused(problems)
    return Draft(edit.type, str(edit.record), seen, encode(rest), encode(nominal) if nominal else None)


def refuse_too_large(drafts: Sequence[Draft]) -> None:
    """Refuse a change set that fits in no parcel: it would stand at the head of all that follows, for ever. Raises
    Refused."""
    size = sum(
        ABOUT_META + len(draft.seen or "") + len(draft.rest_json) + len(draft.nominal_json or b"") for draft in drafts
    )
    if size > MOST_SET_BYTES:
        raise Refused([problem("", "rule", _TOO_LARGE)])


def _seen(heads: str, keys: list[str]) -> str:
    try:
        known = _heads.decode(heads)
        base = known["*"]
    except (msgspec.DecodeError, KeyError) as error:
        raise Refused([problem("", "rule", N_("The form is damaged or too old. Open the record again."))]) from error
    listed = {key: known[key] for key in keys if known.get(key, base) != base}
    return encode({"*": base, **listed}).decode()


def _expanded(values: Mapping[str, Any], present: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    """`values` with whole groups of fields, and with a removed part written as its fields cleared."""
    whole: dict[str, Any] = {}
    for name, value in values.items():
        inner = tree.get(name)
        if isinstance(inner, Mapping) and isinstance(value, Mapping):
            held = present.get(name) or {}
            parts: dict[str, Any] = {}
            for part, fields in value.items():
                if fields is None:
                    fields = dict.fromkeys(held.get(part) or {})  # noqa: PLW2901  from here on it is the changed one
                if isinstance(fields, Mapping):
                    fields = {**_with_group(fields, held.get(part) or {}, inner)}  # noqa: PLW2901  from here on it is the changed one
                    _drop_worked_out(fields, held.get(part) or {})
                parts[mint_id() if part == "new" else part] = fields
            whole[name] = parts
        else:
            whole[name] = value
    return {**whole, **_with_group({k: v for k, v in whole.items() if isinstance(tree.get(k), str)}, present, tree)}


def _drop_worked_out(fields: dict[str, Any], held: Mapping[str, Any]) -> None:
    """With another quantity, what an import of an earlier release worked out from the old one goes."""
    if "quantity" in fields and (fields["quantity"], fields.get("unit")) != (held.get("quantity"), held.get("unit")):
        name = worked_out(held)
        if name:
            fields.setdefault(name, None)


def _with_group(values: Mapping[str, Any], present: Mapping[str, Any], tree: Mapping[str, Any]) -> dict[str, Any]:
    filled = dict(values)
    groups = {tree.get(name) for name in values}
    for name, group in tree.items():
        whole = isinstance(group, str) and group in groups and name not in filled
        if whole and name in present and not isinstance(present[name], Mapping):
            filled[name] = present[name]
    return filled
