"""Finds the record for a reference: a list to choose from, suggestions while typing, and a new record made for it."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.register.drafts import Draft
from diwan_core.web.drafts.draft_pages import stored
from diwan_core.web.drafts.form_state import new_draft
from diwan_core.web.drafts.references import beside, field_at, links_in, made_for
from diwan_core.web.forms.full_form import form_of
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.records.candidates import found_by, to_link
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.links import shows

blueprint = Blueprint("picking", __name__)
OFFERED: Final = 8
SHORTEST: Final = 2
"""Letters from which on records are offered while one types."""


@blueprint.get("/drafts/<draft_id>/link/<path>")
@may(Action.REPORT, shows="look_up")
def pick(draft_id: str, path: str) -> str:
    """Find the record a reference of the draft is to lead to, or begin a new one."""
    draft = stored(draft_id)
    back = url_for("drafts.show", draft_id=draft.id, at=path, _anchor=path)
    return choice_page(_field(draft, path), path, request.args.get("q", ""), draft.subject, back=back)


def choice_page(
    field: Field, path: str, text: str, subject: str, *, back: str = "", carry: Mapping[str, str] | None = None
) -> str:
    """The page with the records that can be linked to. `carry` is all that a form holds that is stored nowhere."""
    text = text.strip()[:200]
    return render_template(
        "drafts/pick.html",
        what=_(field.label),
        path=path,
        text=text,
        words=found_by(field.targets),
        found=to_link(field.targets, text, subject),
        kinds=len(field.targets),
        new=[(kind, kind_of(kind).add_words) for kind in made_for(field.targets)],
        back=back,
        carry=carry or {},
    )


@blueprint.get("/look-up/<kind>/<field>")
@may(Action.REPORT, shows="look_up")
def find(kind: str, field: str) -> Response:
    """Suggestions for the script that helps while one types: the best few, as JSON."""
    wanted = field_at(DICTIONARY.type(kind), field) if kind in DICTIONARY.types else None
    if wanted is None:
        raise Refusal(404, _("This part of the draft no longer exists. Open the draft again."))
    text = request.args.get("q", "").strip()[:200]
    found = to_link(wanted.targets, text, "", most=OFFERED) if len(text) >= SHORTEST else []
    return jsonify(
        [
            {
                "id": candidate.link.id,
                "label": candidate.link.label,
                "kind": candidate.link.kind,
                "url": candidate.link.url,
                "facts": list(candidate.facts),
            }
            for candidate in found
        ]
    )


@blueprint.post("/drafts/<draft_id>/link/<path>")
@may(Action.REPORT, shows="look_up")
def link(draft_id: str, path: str) -> Response:
    """Lead the reference to a record, or to a new draft made for it."""
    draft = stored(draft_id)
    field = _field(draft, path)
    kind = request.form.get("new", "")
    if kind:
        return begun(draft, path, field, kind)
    record = chosen(field, draft.subject)
    console().drafts.keep(replace(draft, typed={**draft.typed, path: record}))
    return redirect(url_for("drafts.show", draft_id=draft.id, done="linked", at=path, _anchor=path), 303)


def chosen(field: Field, subject: str) -> str:
    """The id of the record that was chosen. Raises Refusal where it cannot be linked."""
    id = request.form.get("record", "")
    type_name = register().type_of(id) if UUID.match(id) else None
    if type_name is None:
        raise Refusal(404, _("There is no such record in this register. Check the reference, or search for it."))
    if type_name not in field.targets or id == subject or not shows(type_name):
        raise Refusal(422, _("A record of this kind cannot be linked here."))
    return id


def begun(draft: Draft, path: str, field: Field, kind: str) -> Response:
    """Redirects to the draft of a new record that is sent along with this one."""
    if kind not in made_for(field.targets):
        raise Refusal(404, _("A record of this kind cannot be linked here."))
    typed = {**_sought(kind, request.form.get("sought", "").strip()[:200]), **_begun(path, draft.typed, kind)}
    made = new_draft(kind, shape="wide", typed=typed)
    rows = {**made.rows, **{steps[0]: (steps[1],) for steps in (path.split(".") for path in typed) if len(steps) > 2}}
    new = replace(made, rows=rows, parent=draft.id, place=path)
    return redirect(url_for("drafts.show", draft_id=console().drafts.keep(new).draft.id), 303)


def _field(draft: Draft, path: str) -> Field:
    form = form_of(kind_of(draft.type).record_type, draft.shape, draft.rows, draft.typed)
    field = next((entry.field for entry in links_in(form) if entry.path == path), None)
    if field is None:
        raise Refusal(404, _("This part of the draft no longer exists. Open the draft again."))
    return field


def _begun(path: str, typed: Mapping[str, str], kind: str) -> dict[str, str]:
    """What a new record takes over from the part it is linked from."""
    said = beside(path, typed)
    return {there: said[here] for here, there in kind_of(kind).taken_over.items() if said.get(here)}


def _sought(kind: str, text: str) -> dict[str, str]:
    """The text of the look-up that found nothing, where a new record keeps such a text."""
    path = kind_of(kind).sought_in[any(letter.isdigit() for letter in text)]
    return {path: text} if text and path else {}
