"""The pages of a draft: every button of the form keeps what is typed, extends the form, links records or submits it.

Every button of the form but the last keeps the draft and leads back to its page, so that all of it works without a
script and survives whatever happens to the browser."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from flask import Blueprint, jsonify, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY, Field, Problem
from diwan_core.register import DiskFull, Refused
from diwan_core.register.drafts import Draft, Kept, TooManyDrafts
from diwan_core.web.drafts import orphaned, submit
from diwan_core.web.drafts.beside import beside
from diwan_core.web.drafts.form_page import CONFIRMED, form_page
from diwan_core.web.drafts.form_state import Working, edit_draft, from_request, of_draft, widened
from diwan_core.web.drafts.links import link_to
from diwan_core.web.drafts.references import (
    NOT_CHOSEN,
    SOUGHT,
    links_in,
    not_chosen,
    said_of,
)
from diwan_core.web.drafts.titles import telling_of, title_of
from diwan_core.web.drafts.to_do import to_do
from diwan_core.web.drafts.usual import last_time
from diwan_core.web.forms.full_form import MOST_ROWS
from diwan_core.web.forms.part_ids import part_id
from diwan_core.web.forms.plausibility import doubts_of
from diwan_core.web.forms.values import typed
from diwan_core.web.kinds.registry import kind_of, one_of
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Denied, Refusal
from diwan_core.web.kit.gate import form_token, session_mark, signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.formats import moment
from diwan_core.web.language.i18n import N_, _, language
from diwan_core.web.records.checks import to_correct
from diwan_core.web.records.duplicates import similar_to
from diwan_core.web.records.find_record import UUID, the_record

blueprint = Blueprint("drafts", __name__)
drafts_navigation: Final = NavigationItem("drafts.index", lambda: _("My drafts"), 25)


@blueprint.app_context_processor
def _said_everywhere() -> dict[str, object]:
    """References are called by what they lead to, and what waits for somebody can be told, on every page."""
    return {"link_to": link_to, "to_do": to_do}


def stored(draft_id: str) -> Draft:
    """A draft of the person at the browser; anybody else's answers like one that never was."""
    found = console().drafts.get(draft_id, signed_in_person().name) if UUID.match(draft_id) else None
    return submit.refuse_others(found)


@blueprint.get("/drafts")
@may(Action.REPORT, shows="draft.list")
def index() -> str:
    """Everything this person has begun and not sent, and what was sent back to be corrected."""
    mine = [draft for draft in console().drafts.of(signed_in_person().name) if draft.changed]
    lines = [
        (held.draft, title_of(held), _(one_of(held.draft.type)), moment(held.draft.updated), telling_of(held))
        for held in map(of_draft, mine)
    ]
    return render_template(
        "drafts/drafts.html",
        drafts=[line for line in lines if line[0].state != "exercise"],
        exercises=[line for line in lines if line[0].state == "exercise"],
        sent_back=to_correct(),
        left=orphaned.lines(),
    )


@blueprint.get("/drafts/token")
@may(Action.REPORT, shows="draft")
def token() -> Response:
    """The name of the signed-in person, the token of their forms and the mark of the session, for the script of a form
    that outlived its session."""
    return jsonify(person=signed_in_person().name, token=form_token(), session=session_mark())


@blueprint.get("/drafts/<draft_id>")
@may(Action.REPORT, shows="draft")
def show(draft_id: str) -> str | Response:
    """A draft, as it was left; what became of it, where it was sent and the browser goes back to it."""
    person = signed_in_person().name
    if UUID.match(draft_id) and not console().drafts.get(draft_id, person) and register().type_of(draft_id):
        return redirect(url_for("records.open", record=draft_id), 303)
    draft = stored(draft_id)
    note = _("That draft was continued in another window, so this is a second draft.") if _says("apart") else ""
    return form_page(of_draft(draft), note=note)


def _says(what: str) -> bool:
    return request.args.get("note") == what


def _again(draft_id: str) -> str:
    return form_page(from_request(draft_id=draft_id), expired=True)


@blueprint.post("/drafts/<draft_id>")
@may(Action.REPORT, shows="draft")
@keeps_typing(_again)
def act(draft_id: str) -> Response | tuple[str, int]:
    """Whatever button of the form was pressed."""
    return answer(from_request(draft_id=draft_id))


@blueprint.post("/drafts/<draft_id>/keep")
@may(Action.REPORT, shows="draft.hints")
def keep(draft_id: str) -> Response | tuple[Response, int]:
    """Keep what is typed, for the script: the answer says under which draft and revision, and hints at the like."""
    working = from_request(draft_id=draft_id)
    if not working.draft.record and register().type_of(working.draft.id) is not None:
        return jsonify(text=_("This was sent already.")), 409  # a late save must not bring a sent draft back
    try:
        kept = _keep(working)
    except TooManyDrafts as error:
        return jsonify(text=_(str(error))), 422
    except DiskFull:
        return jsonify(text=_("Not saved: the disk of this machine is full. Call your technician.")), 507
    text = _("Saved as a draft at {time}", time=moment(kept.draft.updated)[-5:])
    if kept.apart:
        text = _("That draft was continued in another window, so this is a second draft.")
    hints = similar_to(kept.draft.type, working.filled.document, kept.draft.subject)
    doubts = doubts_of(kept.draft.type, working.filled.document)
    return jsonify(
        draft=kept.draft.id,
        revision=kept.draft.revision,
        text=text,
        hints=(render_template("forms/plausibility.html", doubts=doubts) if doubts else "")
        + (render_template("record_pages/duplicates.html", hints=hints) if hints else ""),
    )


@blueprint.post("/drafts/<draft_id>/remove")
@may(Action.REPORT, shows="draft")
def remove(draft_id: str) -> Response:
    """Remove a draft of one's own."""
    draft = stored(draft_id)
    console().drafts.remove(draft.id, draft.owner)
    beside().dropped(draft.id)
    return redirect(url_for("drafts.index", done="thrown-away"), 303)


@blueprint.post("/drafts/change/<record_id>")
@may(Action.EDIT, shows="draft.begun")
def change(record_id: str) -> Response:
    """Begin to change a whole record, or go on where this person left off."""
    record = the_record(record_id)
    if not signed_in_person().may(Action.EDIT, record.type):
        raise Denied(Action.EDIT)
    if not kind_of(record.type).does(Action.EDIT):
        raise Refusal(404, _("Records of this kind have no page yet."))
    drafts = console().drafts
    for draft in drafts.of(signed_in_person().name):
        if draft.record == record.id and draft.changed:
            return redirect(url_for("drafts.show", draft_id=draft.id), 303)
        if draft.record == record.id:
            drafts.remove(draft.id, draft.owner)
    try:
        kept = drafts.keep(edit_draft(record))
    except TooManyDrafts as error:
        raise Refusal(409, _(str(error))) from error
    return redirect(url_for("drafts.show", draft_id=kept.draft.id), 303)


def answer(working: Working) -> Response | tuple[str, int]:
    """Do what the pressed button means, and return the answer. Raises Refusal, and the register's errors."""
    do, _colon, what = request.form.get("do", "").partition(":")
    if working.resumed:
        note = _(
            "That draft was sent or deleted in another window. What you typed is shown together with the record "
            "as it is now."
        )
        return form_page(of_draft(_keep(working).draft), note=note), 409
    unclear = not_chosen(working.filled.form, working.filled.typed, request.form)
    if do == "enter":  # the key in a text box: looks up where something is to be found, else keeps
        do, what = ("pick", unclear[0]) if unclear else ("save", "")
    try:
        if do in ("save", "wide", "add", "drop", "pick", "unlink", "fill", "last", "pictures"):
            return _kept(working, do, what)
        if unclear:
            raise Refused([Problem(path, "rule", NOT_CHOSEN) for path in unclear])
        return _send(working)
    except Refused as refused:
        return form_page(working.with_problems(refused.problems)), 422
    except TooManyDrafts as error:
        return form_page(working.with_problems([Problem("", "rule", str(error))])), 422


def _keep(working: Working) -> Kept:
    return console().drafts.keep(working.draft)


FULL: Final = N_("This form is full. Save it, then add the others on the page of the record.")


def _kept(working: Working, do: str, what: str) -> Response:
    draft, anchor = working.draft, ""
    if do == "wide":
        draft = widened(draft)
    elif do == "add" and len(draft.rows.get(what, ())) >= MOST_ROWS:
        raise Refused([Problem("", "rule", FULL)])
    elif do == "add" and what in draft.rows:
        new = part_id() if draft.record else str(1 + max((int(n) for n in draft.rows[what] if n.isdigit()), default=0))
        draft, anchor = replace(draft, rows={**draft.rows, what: (*draft.rows[what], new)}), f"row-{what}.{new}"
    elif do == "drop":
        name, _dot, id = what.partition(".")
        left = {path: text for path, text in draft.typed.items() if not path.startswith(f"{name}.{id}.")}
        rows = {**draft.rows, name: tuple(other for other in draft.rows.get(name, ()) if other != id)}
        draft, anchor = replace(draft, typed=left, rows=rows), f"part-{name}"
    elif do == "fill":
        path, _equals, code = what.partition("=")
        draft, anchor = replace(draft, typed={**draft.typed, **_filled_in(working, {path: code})}), path
    elif do == "last":
        said = last_time(kind_of(draft.type)) if draft.shape == "short" else {}
        empty = {path: code for path, code in said.items() if not draft.typed.get(path, "").strip()}
        draft = replace(draft, typed={**draft.typed, **_filled_in(working, empty)})
    elif do == "unlink":
        draft, anchor = replace(draft, typed={**draft.typed, what: ""}), what
    kept = console().drafts.keep(draft)
    note = "apart" if kept.apart else None
    if do == "pictures" and not kept.apart:
        return redirect(url_for("pictures.choose", record_id=kept.draft.id), 303)
    if do == "pick" and what in {entry.path for entry in links_in(working.filled.form)}:
        text = (request.form.get(SOUGHT + what, "").strip() or said_of(what, kept.draft.typed))[:200]
        return redirect(url_for("picking.pick", draft_id=kept.draft.id, path=what, q=text or None), 303)
    done = "kept" if do == "save" and not kept.apart else None
    return redirect(url_for("drafts.show", draft_id=kept.draft.id, done=done, note=note, _anchor=anchor or None), 303)


def _filled_in(working: Working, codes: Mapping[str, str]) -> dict[str, str]:
    """Codes as their controls hold them, of those that the form asks for."""
    asked = {entry.path: entry.field for entry in working.filled.form.entries if entry.asked}
    return {
        path: typed(asked[path], code, language())
        for path, code in codes.items()
        if path in asked and _is_code(asked[path], code)
    }


def _is_code(field: Field, code: str) -> bool:
    """Whether a field can hold a code: of its list, or of its form where it has none, as a customs office."""
    if field.codelist:
        return DICTIONARY.codes(field.codelist).has(code)
    return bool(field.pattern) and re.fullmatch(field.pattern, code) is not None


def _send(working: Working) -> Response | tuple[str, int]:
    draft = working.draft
    try:
        if draft.record:
            given = {name: request.form.get(name, "").strip() for name in ("answers", "comment")}
            done = submit.send_change(working, **given)
            return redirect(url_for(f"{draft.type}.page", record_id=draft.record, done=done), 303)
        parent = console().drafts.get(draft.parent, draft.owner) if draft.parent else None
        if parent is not None:
            submit.keep_along(working, parent)
            return redirect(
                url_for("drafts.show", draft_id=parent.id, done="linked", at=draft.place, _anchor=draft.place), 303
            )
        if draft.exercise:
            return redirect(url_for("drafts.show", draft_id=submit.keep_exercise(working).id, done="exercise"), 303)
        record = submit.send_new(working, request.form.get(CONFIRMED, ""))
        beside().sent(record)
        done = "reported" if kind_of(draft.type).report else "saved"
        return redirect(url_for(f"{draft.type}.page", record_id=record, done=done), 303)
    except submit.Unconfirmed as unsure:
        shown = replace(working, draft=_keep(working).draft) if draft.revision else working
        return form_page(shown, asked=unsure.asked), 422
    except submit.AlreadySent as error:
        if submit.same_as(working, error.record):
            console().drafts.remove(draft.id, draft.owner)
            beside().sent(error.record.id)
            return redirect(url_for(f"{draft.type}.page", record_id=error.record.id, done="reported"), 303)
        second = console().drafts.keep(replace(draft, revision=draft.revision + 1)).draft
        return form_page(of_draft(second), note=_(submit.SENT_ALREADY)), 409
    except Refused as refused:
        shown = working
        if draft.revision:
            shown = replace(working, draft=_keep(working).draft)  # it was kept before: what was typed since is kept too
        return form_page(shown.with_problems(refused.problems)), 422
