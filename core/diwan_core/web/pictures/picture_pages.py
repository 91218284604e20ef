"""The pages of a picture: its small copies and its original, fetching it from the centre, its description, its
removal.

What is shown on pages is a small copy of our own making (`diwan_core.media`); the original, which may hold anything, is
only ever handed out as a file to keep.
"""

from dataclasses import replace
from pathlib import Path
from typing import Any, Final, Literal

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.wrappers import Response as AnyResponse

from diwan_core.media.examine import Unreadable
from diwan_core.media.kinds import HEAD, SUFFIX, sniff
from diwan_core.register import Edit, Record, Refused
from diwan_core.web.forms import filled_form
from diwan_core.web.forms.controls import form_view
from diwan_core.web.forms.filled_form import Filled, Form
from diwan_core.web.forms.layout import section_form
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console, done_reading, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.headers import PICTURE_POLICY
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, language
from diwan_core.web.pictures.picture_intake import previews
from diwan_core.web.pictures.pictures_of_record import Picture, as_picture, pictures_of
from diwan_core.web.records.changes import changes_of
from diwan_core.web.records.display import Fact, facts
from diwan_core.web.records.find_record import the_record
from diwan_core.web.records.naming_records import named_here

#: The blueprint of the record type, so that a link to any record finds its page (`records.open`).
blueprint = Blueprint(PICTURE.type, __name__, url_prefix="/pictures")
SEEN: Final = "seen"
SEEN_LONGEST: Final = 100_000


def _the_picture(record_id: str) -> tuple[Record, Picture]:
    """A picture by the id of its record; the digest of its bytes alone gives access to nothing."""
    record = the_record(record_id, PICTURE.type)
    picture = as_picture(record)
    if picture is None:
        raise Refusal(404, _("This picture was removed from its record."))
    return record, picture


def _original(picture: Picture) -> Path:
    path = register().blob_path(picture.sha256)
    if path is None:
        raise Refusal(404, _("The picture is at the centre and not here. Ask for it on its page."))
    return path


@blueprint.get("/<record_id>")
@may(Action.READ_PICTURES, shows="picture.page")
def page(record_id: str) -> str:
    """A picture with what is known of it."""
    record = the_record(record_id, PICTURE.type)
    record_type = PICTURE.record_type
    history = register().history(record_id) if signed_in_person().may(Action.READ_HISTORY) else []
    subject = str(record.values.get("subject") or "")
    return render_template(
        "pictures/picture.html",
        record=record,
        picture=as_picture(record),
        subject=subject if subject and register().get(subject) is not None else "",
        facts=_facts(record),
        may_restore=may_restore(record),
        seen=SEEN,
        named=named_here(record_id),
        history=[(entry, changes_of(record_type, entry, record.values)) for entry in reversed(history)],
    )


def _facts(record: Record) -> list[Fact]:
    told = (
        "kind",
        "person_shown",
        "text_shown",
        "release",
        "part",
        "taken",
        "position",
        "file_name",
        "media_type",
        "sha256",
    )
    fields = PICTURE.record_type.fields
    return facts([fields[name] for name in told], record.values, "", frozenset(record.conflicts))


@blueprint.get("/<record_id>/thumb")
@may(Action.READ_PICTURES, shows="picture.small")
def thumb(record_id: str) -> Response:
    """The small copy for lists, 320 pixels."""
    return _copy(record_id, "thumb")


@blueprint.get("/<record_id>/view")
@may(Action.READ_PICTURES, shows="picture")
def view(record_id: str) -> Response:
    """The copy for looking at, 1600 pixels."""
    return _copy(record_id, "view")


def _copy(record_id: str, size: Literal["thumb", "view"]) -> Response:
    _, picture = _the_picture(record_id)
    path = previews().path(picture.sha256, size)
    original = path if path.exists() else _original(picture)
    done_reading()
    try:
        path = previews().get(picture.sha256, size, original)
        answer = send_file(path, mimetype="image/webp", etag=f"{picture.sha256}-{size}", max_age=0)
    except (Unreadable, FileNotFoundError) as gone:
        raise Refusal(404, _no_copy()) from gone
    return _inert(answer)


def _no_copy() -> str:
    return _("This machine cannot show the picture. Its file can be downloaded.")


@blueprint.get("/<record_id>/original")
@may(Action.READ_PICTURES, shows="picture.original")
def original(record_id: str) -> Response:
    """The very bytes that came in, to be kept as a file: no page of ours ever draws them."""
    _, picture = _the_picture(record_id)
    path = _original(picture)
    with path.open("rb") as file:
        media_type = sniff(file.read(HEAD)) or "application/octet-stream"
    name = f"{picture.sha256[:12]}.{SUFFIX.get(media_type, 'bin')}"
    answer = send_file(
        path, mimetype=media_type, as_attachment=True, download_name=name, etag=picture.sha256, max_age=0
    )
    return _inert(answer)


def _inert(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = PICTURE_POLICY
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.post("/<record_id>/fetch")
@may(Action.READ_PICTURES, shows="picture")
def fetch(record_id: str) -> AnyResponse:
    """Ask the agent to bring a picture from the centre."""
    _, picture = _the_picture(record_id)
    with console().writing() as reg:
        reg.want_blob(picture.sha256)
    return redirect(url_for("attachment.page", record_id=record_id, done="asked"), 303)


# -- what it shows ---------------------------------------------------------------------------------------------------


def _form(record: Record) -> Form:
    form = section_form(PICTURE.record_type, "picture", record.values)
    if form is None:
        raise Refusal(404, _("This part of the record no longer exists. Open the record again."))
    return replace(form, sections=tuple(replace(section, label="") for section in form.sections))


def _edit_page(record: Record, filled: Filled, seen: str, *, expired: bool = False) -> str:
    return render_template(
        "drafts/form.html",
        title=_("What the picture shows"),
        intro="",
        form=form_view(filled),
        hidden={SEEN: seen},
        action=_("Save"),
        back=url_for("attachment.page", record_id=record.id),
        expired=expired,
        remove={"url": url_for("attachment.remove", record_id=record.id), "label": _("Remove this picture")},
    )


def _again(record_id: str) -> str:
    record, _picture = _the_picture(record_id)
    filled = filled_form.read(_form(record), request.form, language())
    return _edit_page(record, filled, request.form.get(SEEN, "") or record.heads, expired=True)


@blueprint.get("/<record_id>/edit")
@may(Action.ADD_PICTURES, shows="picture.form")
def edit(record_id: str) -> str:
    """Ask for a picture's words."""
    record, _picture = _the_picture(record_id)
    return _edit_page(record, filled_form.shown(_form(record), record.values, language()), record.heads)


@blueprint.post("/<record_id>/edit")
@may(Action.ADD_PICTURES, shows="picture")
@keeps_typing(_again)
def do_edit(record_id: str) -> AnyResponse | tuple[str, int]:
    """Save a picture's words."""
    record, _picture = _the_picture(record_id)
    filled = filled_form.read(_form(record), request.form, language())
    altered = filled_form.changes(filled, record.values)
    if not altered:
        return redirect(url_for("attachment.page", record_id=record_id, done="unchanged"), 303)
    try:
        _save(record, altered)
    except Refused as refused:
        return _edit_page(record, filled.with_problems(refused.problems), request.form.get(SEEN, "")), 422
    return redirect(url_for("attachment.page", record_id=record_id, done="saved"), 303)


@blueprint.post("/<record_id>/remove")
@may(Action.ADD_PICTURES, shows="picture")
def remove(record_id: str) -> AnyResponse:
    """Take a picture out of its record: a change like any other, so that the history says who did it."""
    record, _picture = _the_picture(record_id)
    _save(record, {"status": "withdrawn"})
    return redirect(url_for("attachment.page", record_id=record_id, done="removed"), 303)


@blueprint.post("/<record_id>/restore")
@may(Action.ADD_PICTURES, shows="picture")
def restore(record_id: str) -> AnyResponse:
    """Put a removed picture back: once more a change, and only by whoever added it, or a supervisor."""
    record = the_record(record_id, PICTURE.type)
    if record.values.get("status") != "withdrawn":
        return redirect(url_for("attachment.page", record_id=record_id, done="unchanged"), 303)
    if not may_restore(record):
        raise Refusal(403, _("A supervisor, or the person who added them, can put removed pictures back."))
    held = pictures_of(str(record.values.get("subject") or ""))
    if any(picture.sha256 == record.values.get("sha256") for picture in held):
        raise Refusal(409, _("The same picture has been added to the record again."))
    _save(record, {"status": "submitted"})
    return redirect(url_for("attachment.page", record_id=record_id, done="restored"), 303)


def may_restore(record: Record) -> bool:
    """Whether the person at the browser may put this picture back into its record."""
    person = signed_in_person()
    own = record.origin == console().node.id and record.author == person.name
    return (
        record.values.get("status") == "withdrawn"
        and person.may(Action.ADD_PICTURES)
        and (own or person.may(Action.REVIEW))
    )


def _save(record: Record, altered: dict[str, Any]) -> None:
    seen = request.form.get(SEEN, "")
    if not seen or len(seen) > SEEN_LONGEST:
        raise Refusal(400, _("The form is damaged or too old. Open the record again."))
    with console().writing() as reg:
        edit = Edit(PICTURE.type, altered, record=record.id, seen=seen)
        reg.save([edit], author=signed_in_person().name, role=signed_in_person().role)
