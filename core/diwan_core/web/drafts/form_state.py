"""The state of a form: what came with a request or lies in a draft, as one object to show, keep or submit.

The request carries the whole of it (which parts are shown, what is typed), so that nothing typed depends on the draft
having been saved before. Where the draft is stored, what it is about (record, heads seen, first values) is taken from
there and never from the request."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from flask import request

from diwan_core.dictionary import DICTIONARY, Problem
from diwan_core.register import Record
from diwan_core.register.drafts import Draft, new_id
from diwan_core.web.drafts.usual import usual_values
from diwan_core.web.forms import filled_form
from diwan_core.web.forms.filled_form import Filled
from diwan_core.web.forms.full_form import ID, MOST_ROWS, form_of, grown, rows_of, settled, typed_of
from diwan_core.web.kinds.registry import is_written, kind_of
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import _, language
from diwan_core.web.records.find_record import UUID, the_record

#: Controls of the form itself; no field's name begins so.
DRAFT: Final = "_draft"
REVISION: Final = "_revision"
WINDOW: Final = "_window"
TURN: Final = "_turn"
SHAPE: Final = "_shape"
RECORD: Final = "_record"
TYPE: Final = "_type"
ROWS: Final = "rows."
_WINDOW_LONGEST: Final = 40


@dataclass(frozen=True)
class Working:
    """A draft, stored or not, with its form filled in."""

    draft: Draft
    filled: Filled
    resumed: bool = False
    """Whether the draft it came from was gone, and this lies over the record as it is now."""

    def with_problems(self, problems: Iterable[Problem]) -> "Working":
        return replace(self, filled=self.filled.with_problems(problems))


def of_draft(draft: Draft) -> Working:
    """A stored draft as it is shown again."""
    record_type = DICTIONARY.type(draft.type)
    form = form_of(record_type, draft.shape, draft.rows, draft.typed, usual_values(kind_of(draft.type)))
    return Working(draft, filled_form.read(form, draft.typed, language()))


def new_draft(kind: str, *, shape: str = "short", typed: Mapping[str, str] | None = None) -> Draft:
    """An empty draft of a new record; not stored yet."""
    draft = Draft(new_id(), signed_in_person().name, kind, typed=dict(typed or {}))
    return widened(draft) if shape == "wide" else draft


def widened(draft: Draft) -> Draft:
    """The same form as the full form."""
    if draft.shape == "wide":
        return draft
    typed, rows = grown(DICTIONARY.type(draft.type), draft.typed)
    return replace(draft, shape="wide", typed=typed, rows=rows)


def edit_draft(record: Record) -> Draft:
    """A draft that changes a record: what it holds now, and the heads of this moment."""
    record_type = DICTIONARY.type(record.type)
    typed, rows = typed_of(record_type, record.values, language()), rows_of(record_type, record.values)
    return Draft(
        new_id(), signed_in_person().name, record.type, record.id, record.heads, shape="wide",
        typed=typed, rows=rows, base=typed, base_rows=rows,
    )  # fmt: skip


@dataclass(frozen=True)
class Over:
    """A draft made of a small form; `paths` are the form's paths that are others in the draft."""

    draft: Draft
    paths: Mapping[str, str]


def draft_over(record: Record, filled: Filled, seen: str, base: Mapping[str, str]) -> Over:
    """A draft that changes the whole of a record, with what was typed in the form of one heading or part of it; `seen`
    and `base` are that form's."""
    draft = edit_draft(record)
    typed, first, rows = dict(draft.typed), dict(draft.base), {name: list(ids) for name, ids in draft.rows.items()}
    paths: dict[str, str] = {}
    minted: dict[str, str] = {}
    for path, text in filled.typed.items():
        if filled_form.NEW not in path.split("."):
            typed[path], first[path] = text, base.get(path, first.get(path, ""))
        elif text.strip() or not path.endswith(f".{filled_form.NEW}"):
            paths[path] = filled_form.minted_path(path, minted)
            typed[paths[path]] = text
    for place, id in minted.items():
        if place in rows:
            rows[place].append(id)
    whole = {name: tuple(ids) for name, ids in rows.items()}
    return Over(replace(draft, typed=typed, base=first, rows=whole, seen=seen or record.heads), paths)


def from_request(kind: str = "", draft_id: str = "") -> Working:
    """The form as it was sent. Raises Refusal where it names no draft or record that could be meant."""
    sent = request.form
    draft_id = draft_id or sent.get(DRAFT, "")
    if not UUID.match(draft_id):
        draft_id = new_id()
    owner = signed_in_person().name
    stored = console().drafts.get(draft_id, owner)
    resumed = False
    if stored is None:
        kind = kind or sent.get(TYPE, "")
        if not is_written(kind):
            raise Refusal(404, _("There is no such draft. It was sent or deleted, or it is not yours."))
        stored = Draft(draft_id, owner, kind)
        if sent.get(RECORD):
            stored, resumed = replace(edit_draft(the_record(sent[RECORD], kind)), id=draft_id), True
        stored = replace(stored, shape="wide" if sent.get(SHAPE) == "wide" or resumed else "short")
    elif sent.get(SHAPE) in ("short", "wide"):
        stored = replace(stored, shape=sent[SHAPE])
    stored = replace(
        stored,
        revision=_number(sent.get(REVISION, "")),
        window=sent.get(WINDOW, "")[:_WINDOW_LONGEST],
        turn=_number(sent.get(TURN, "")),
        rows=_sent_rows(stored.type, sent) if stored.shape == "wide" else {},
        # a finished exercise stays one, whatever is sent: practice never becomes a report
        exercise=stored.state == "exercise" or (sent.get("exercise") == "yes" and not stored.record),
    )
    return _read(stored, sent, resumed)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _read(draft: Draft, sent: Mapping[str, str], resumed: bool) -> Working:
    record_type = DICTIONARY.type(draft.type)
    given = settled(sent)  # before the form is made, which asks for every element under the id it has from now on
    form = form_of(record_type, draft.shape, draft.rows, given, usual_values(kind_of(draft.type)))
    asked = [entry for entry in form.entries if entry.asked and not entry.path.endswith(f".{filled_form.NEW}")]
    typed = {entry.path: given.get(entry.path, entry.default if entry.standing else "") for entry in asked}
    return Working(replace(draft, typed=typed), filled_form.read(form, typed, language()), resumed)


def _sent_rows(kind: str, sent: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    rows = {}
    for part in kind_of(kind).parts():
        ids = dict.fromkeys(id for id in sent.get(ROWS + part.name, "")[:2000].split() if ID.match(id))
        rows[part.name] = tuple(ids)[:MOST_ROWS]
    return rows


def document_of(working: Working) -> dict[str, Any]:
    """The whole document a new record would be."""
    flag = {"exercise": True} if working.draft.exercise else {}
    return {**working.filled.document, "status": "submitted", **flag}
