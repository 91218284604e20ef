"""Submits a form: a new record with the records that go along with it as one change set, or a change of a record."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from diwan_core.dictionary import DICTIONARY, Problem
from diwan_core.register import Edit, Record, Refused
from diwan_core.register.drafts import Draft
from diwan_core.register.records.sent_back import is_sent_back
from diwan_core.web.drafts.form_state import Working, document_of
from diwan_core.web.drafts.references import reference_problems, sent_along
from diwan_core.web.forms.asked_first import asked_first, mark_of
from diwan_core.web.forms.full_form import altered, removal
from diwan_core.web.forms.plausibility import Doubt
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.checks import (
    after_change,
    heads_of_check,
    problem_text,
    resubmission,
    with_check_seen,
)
from diwan_core.web.records.find_record import the_record

SENT_ALREADY: Final = N_(
    "This report was sent from another window, with other contents. What you typed here is kept as a draft of its own."
)


class Unconfirmed(Exception):
    """Something about the report looks wrong, and nobody has confirmed it."""

    def __init__(self, asked: list[Doubt]) -> None:
        super().__init__(f"{len(asked)} to confirm")
        self.asked = asked


class AlreadySent(Exception):
    """The record of this draft exists: a double click, or a power cut between saving and clearing away."""

    def __init__(self, record: Record) -> None:
        super().__init__(record.id)
        self.record = record


def problems_of(working: Working) -> list[Problem]:
    """All that is wrong with a new record, at once."""
    document = document_of(working)
    record_type = DICTIONARY.type(working.draft.type)
    return [*record_type.check(document, creating=True), *reference_problems(working)]


def send_new(working: Working, confirmed: str = "") -> str:
    """Save a new record and what was made to be linked from it. The record's id. `confirmed` marks what a person has
    confirmed. Raises Refused, Unconfirmed, AlreadySent."""
    draft = working.draft
    if problems := problems_of(working):
        raise Refused(problems)
    asked = asked_first(draft.type, document_of(working))
    if confirmed != mark_of(asked):
        raise Unconfirmed(asked)
    along = sent_along(working)
    edits = [Edit(w.draft.type, document_of(w), record=w.draft.id, create=True) for w in (*along, working)]
    with console().writing() as reg:
        sent = reg.get(draft.id)
        if sent is None:
            # what went along may be here from a case that shares it; it is never written over
            missing = [edit for edit in edits if edit.record == draft.id or reg.get(str(edit.record)) is None]
            reg.save(missing, author=draft.owner, role=signed_in_person().role)
    if sent is not None:
        raise AlreadySent(sent)
    for other in (*along, working):
        console().drafts.remove(other.draft.id, draft.owner)
    _remember(working)
    return draft.id


def same_as(working: Working, record: Record) -> bool:
    """Whether a record holds exactly what this form would have made of it."""
    return record.type == working.draft.type and _holds(record.values, document_of(working))


def _holds(held: object, wanted: object) -> bool:
    if isinstance(wanted, Mapping):
        return isinstance(held, Mapping) and all(_holds(held.get(name), value) for name, value in wanted.items())
    return held == wanted


def send_change(working: Working, *, answers: str = "", comment: str = "") -> str:
    """Save what a form changes of a record; what was done: "resubmitted", "saved" or "unchanged". A case that was sent
    back is submitted again by a change, or by a comment that says why there is none; `answers` is what the page of the
    form had shown of the check. Raises Refused."""
    draft = working.draft
    record = the_record(draft.record, draft.type)
    problems = reference_problems(working)
    values = altered(DICTIONARY.type(draft.type), working.filled, draft.base)
    for name, ids in draft.base_rows.items():
        for id in set(ids) - set(draft.rows.get(name, ())):
            held = (record.values.get(name) or {}).get(id)
            if held:
                values.setdefault(name, {})[id] = removal(held)
    if problems:
        raise Refused(problems)
    along = sent_along(working)
    back, seen = is_sent_back(record.values) and answers == heads_of_check(record.heads), draft.seen
    if not values and not (back and comment):
        if back:
            raise Refused([Problem("", "rule", problem_text("why"))])
        console().drafts.remove(draft.id, draft.owner)
        return "unchanged"
    if back:
        step, seen = resubmission(record, comment), with_check_seen(seen, record)
    else:
        step = after_change(record, signed_in_person(), seen)
    edits = [Edit(w.draft.type, document_of(w), record=w.draft.id, create=True) for w in along]
    edits.append(Edit(draft.type, {**values, **step}, record=draft.record, seen=seen))
    with console().writing() as reg:
        reg.save(edits, author=draft.owner, role=signed_in_person().role)
    for other in (*along, working):
        console().drafts.remove(other.draft.id, draft.owner)
    return "resubmitted" if back else "saved"


def keep_exercise(working: Working) -> Draft:
    """A finished exercise: checked like a report, kept in drafts.db, never in the register. Raises Refused."""
    problems = problems_of(working)
    if problems:
        raise Refused(problems)
    return console().drafts.keep(replace(working.draft, state="exercise")).draft


def keep_along(working: Working, parent: Draft) -> Draft:
    """A record made to be linked, kept to be sent with its parent, which now leads to it. The parent. Raises
    Refused."""
    problems = problems_of(working)
    if problems:
        raise Refused(problems)
    kept = console().drafts.keep(replace(working.draft, state="kept")).draft
    return console().drafts.keep(replace(parent, typed={**parent.typed, working.draft.place: kept.id})).draft


def _remember(working: Working) -> None:
    document = working.filled.document
    found: dict[str, str] = {}
    for short, (first, *rest) in kind_of(working.draft.type).remembered.items():
        held = document.get(first)
        if not rest:
            value = held
        else:
            parts = [part for part in (held or {}).values() if isinstance(part, Mapping)]
            roles = rest[:-1]
            value = next(
                (part[rest[-1]] for part in parts if rest[-1] in part and (not roles or part.get("role") == roles[0])),
                None,
            )
        if isinstance(value, str):
            found[short] = value
    if found:
        console().drafts.remember(working.draft.owner, working.draft.type, found)


def refuse_others(draft: Draft | None) -> Draft:
    """The draft, or a plain 404: a draft of somebody else answers like one that never existed."""
    if draft is None:
        raise Refusal(404, _("There is no such draft. It was sent or deleted, or it is not yours."))
    return draft
