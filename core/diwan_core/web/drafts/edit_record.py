"""Forms that change one heading or one part of a record.

An edit carries the heads its author saw (`seen`), so that two people editing one field at once make a visible conflict
and neither overwrites the other. A reference is looked up on a page in between, which carries all that is typed; only a
new record made for it turns the form into a draft.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.register import Edit, Record, Refused
from diwan_core.register.drafts import TooManyDrafts
from diwan_core.web.drafts.form_state import draft_over
from diwan_core.web.drafts.pick_reference import begun, choice_page, chosen
from diwan_core.web.drafts.references import SOUGHT, links_in, not_chosen, problems_in, references_of, said_of
from diwan_core.web.forms import filled_form
from diwan_core.web.forms.controls import form_view
from diwan_core.web.forms.filled_form import NEW, Filled, Form
from diwan_core.web.forms.full_form import ID, removal
from diwan_core.web.forms.layout import part_form, section_form
from diwan_core.web.forms.part_ids import part_id
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, language
from diwan_core.web.records.checks import after_change
from diwan_core.web.records.find_record import the_record

SEEN: Final = "seen"
BASE: Final = "_base"
"""What the form showed at first, as JSON: so that only what its author changed is sent."""
FRESH: Final = "_fresh"
"""The id of what the form adds, made with the page: pressed twice on a slow line, it adds one."""
_SEEN_LONGEST: Final = 1_000_000


def editing_pages(kind: RecordKind) -> Blueprint:  # noqa: C901  its routes are functions inside it
    """A blueprint with the forms of a type: edit a heading; edit, add and remove a part."""
    blueprint = Blueprint(f"edit_{kind.type}", __name__, url_prefix=f"/{kind.path}")

    def edit_page(
        record: Record, filled: Filled, *, seen: str, part: str = "", expired: bool = False, focus: str = ""
    ) -> str:
        (section,) = filled.form.sections
        adding = part == NEW
        remove = None
        if part and not adding:
            url = url_for(f"edit_{kind.type}.remove", record_id=record.id, part_name=section.name, part_id=part)
            remove = {"url": url, "label": _("Delete this entry")}
        return render_template(
            "drafts/form.html",
            title=_("Add: {what}", what=_(section.label)) if adding else _("Change: {what}", what=_(section.label)),
            intro=kind.title_of(record),
            form=form_view(replace(filled, form=_without_heading(filled.form))),
            links=references_of(filled.form, filled.typed, request.form),
            hidden={
                SEEN: seen,
                BASE: request.form.get(BASE, "") or json.dumps(filled.typed),
                FRESH: _fresh() or part_id(),
            },
            action=_("Save"),
            back=url_for(f"{kind.type}.page", record_id=record.id),
            expired=expired,
            remove=remove,
            focus=focus,
        )

    def section_of(record: Record, section: str) -> Form:
        return _found(section_form(kind.record_type, section, record.values))

    def part_of(record: Record, part_name: str, part_id: str) -> Form:
        return _found(part_form(kind.record_type, part_name, part_id, record.values))

    def shown(record_id: str, find: Callable[[Record], Form], part: str = "") -> str:
        record = the_record(record_id, kind.type)
        return edit_page(
            record, filled_form.shown(find(record), record.values, language()), seen=record.heads, part=part
        )

    def shown_again(record_id: str, find: Callable[[Record], Form], part: str = "") -> str:
        record = the_record(record_id, kind.type)
        filled = filled_form.read(find(record), request.form, language())
        return edit_page(record, filled, seen=_seen() or record.heads, part=part, expired=True)

    def saved(record_id: str, find: Callable[[Record], Form], part: str = "") -> Response | str | tuple[str, int]:
        record = the_record(record_id, kind.type)
        form = find(record)
        filled = filled_form.read(form, request.form, language())
        do, _colon, path = request.form.get("do", "").partition(":")
        unclear = not_chosen(form, filled.typed, request.form)
        if not do and unclear:  # a name was typed and no record chosen yet: which one is meant?
            do, path = "pick", unclear[0]
        if do in ("pick", "use", "unlink"):
            return linked(record, filled, do, path, part)
        base = _base()
        problems = problems_in(form, filled.typed, base or {}, record.id, signed_in_person().name)
        altered = filled_form.changes(filled, record.values, base, _fresh())
        if not altered and not problems:
            return redirect(url_for(f"{kind.type}.page", record_id=record_id, done="unchanged"), 303)
        try:
            if problems:
                raise Refused(problems)
            done = _save(kind, record, altered) or "saved"
        except Refused as refused:
            return edit_page(record, filled.with_problems(refused.problems), seen=_seen(), part=part), 422
        return redirect(url_for(f"{kind.type}.page", record_id=record_id, done=done), 303)

    def linked(record: Record, filled: Filled, do: str, path: str, part: str) -> Response | str:
        """A reference of the form looked up, chosen or removed; the whole of what is typed goes along."""
        field = next((entry.field for entry in links_in(filled.form) if entry.path == path), None)
        if field is None:
            raise Refusal(404, _("This part of the record no longer exists. Open the record again."))
        carry = {SEEN: _seen(), BASE: request.form.get(BASE, ""), FRESH: _fresh(), **filled.typed}
        if do == "pick":
            text = request.form.get(SOUGHT + path, "").strip()
            if not text and "again" not in request.form:  # where the box on the list was emptied, the latest are wanted
                text = said_of(path, filled.typed)
            return choice_page(field, path, text, record.id, carry=carry)
        if do == "use" and (wanted := request.form.get("new", "")):
            draft = draft_over(record, filled, _seen(), _base() or {})
            try:
                kept = console().drafts.keep(draft.draft).draft
                return begun(kept, draft.paths.get(path, path), field, wanted)
            except TooManyDrafts as error:
                raise Refusal(409, _(str(error))) from error
        if not (do == "use" and "back" in request.form):
            led = chosen(field, record.id) if do == "use" else ""
            filled = filled_form.read(filled.form, {**filled.typed, path: led}, language())
        return edit_page(record, filled, seen=_seen(), part=part, focus=path)

    def section_again(record_id: str, section: str) -> str:
        return shown_again(record_id, lambda record: section_of(record, section))

    def part_again(record_id: str, part_name: str, part_id: str) -> str:
        return shown_again(record_id, lambda record: part_of(record, part_name, part_id), part_id)

    @blueprint.get("/<record_id>/edit/<section>")
    @may(Action.EDIT, shows="record.form", of=kind.type)
    def edit(record_id: str, section: str) -> str:
        """Ask for new values of a section."""
        return shown(record_id, lambda record: section_of(record, section))

    @blueprint.post("/<record_id>/edit/<section>")
    @may(Action.EDIT, shows="record.change", of=kind.type)
    @keeps_typing(section_again)
    def do_edit(record_id: str, section: str) -> Response | str | tuple[str, int]:
        """Save new values of a section."""
        return saved(record_id, lambda record: section_of(record, section))

    @blueprint.get("/<record_id>/edit/<part_name>/<part_id>")
    @may(Action.EDIT, shows="record.form", of=kind.type)
    def part(record_id: str, part_name: str, part_id: str) -> str:
        """Ask for new values of a part, such as one of the goods."""
        return shown(record_id, lambda record: part_of(record, part_name, part_id), part_id)

    @blueprint.post("/<record_id>/edit/<part_name>/<part_id>")
    @may(Action.EDIT, shows="record.change", of=kind.type)
    @keeps_typing(part_again)
    def do_part(record_id: str, part_name: str, part_id: str) -> Response | str | tuple[str, int]:
        """Save a part."""
        return saved(record_id, lambda record: part_of(record, part_name, part_id), part_id)

    @blueprint.post("/<record_id>/remove/<part_name>/<part_id>")
    @may(Action.EDIT, shows="record.part_removal", of=kind.type)
    def remove(record_id: str, part_name: str, part_id: str) -> Response:
        """Remove a part."""
        record = the_record(record_id, kind.type)
        part_of(record, part_name, part_id)
        done = _save(kind, record, {part_name: {part_id: removal(record.values[part_name][part_id])}}) or "removed"
        return redirect(url_for(f"{kind.type}.page", record_id=record_id, done=done), 303)

    return blueprint


def _found(form: Form | None) -> Form:
    if form is None:
        raise Refusal(404, _("This part of the record no longer exists. Open the record again."))
    return form


def _base() -> dict[str, str] | None:
    """The values that the form showed at first; None for a form made before this release, which does not hold them."""
    try:
        found = json.loads(request.form.get(BASE, "") or "null")
    except (ValueError, RecursionError):
        return None
    return {str(name): str(text) for name, text in found.items()} if isinstance(found, dict) else None


def _seen() -> str:
    return request.form.get(SEEN, "")


def _fresh() -> str:
    sent = request.form.get(FRESH, "")
    return sent if ID.match(sent) and sent != NEW else ""


def _save(kind: RecordKind, record: Record, altered: Mapping[str, object]) -> str:
    """Save a change; the notice where it did more than that."""
    seen = _seen()
    if not seen or len(seen) > _SEEN_LONGEST:
        raise Refusal(400, _("The form is damaged or too old. Open the record again."))
    step = after_change(record, signed_in_person(), seen)
    with console().writing() as reg:
        latest = reg.get(record.id)
        if latest is not None and filled_form.holds(latest.values, altered):
            return ""  # the same form, sent twice
        edit = Edit(kind.type, {**altered, **step}, record=record.id, seen=seen)
        reg.save([edit], author=signed_in_person().name, role=signed_in_person().role)
    return "resubmitted" if step else ""


def _without_heading(form: Form) -> Form:
    """The form without its section's heading, where the page's own title says it."""
    (section,) = form.sections
    return replace(form, sections=(replace(section, label=""),))
