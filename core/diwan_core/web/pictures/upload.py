"""The pages that upload pictures with a form, several at once, and show those that wait beside a draft. A script sends
them in pieces (`upload_in_pieces`)."""

import secrets
from typing import BinaryIO, cast

from flask import Blueprint, Flask, redirect, render_template, request, send_file, url_for
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from diwan_core.register import DiskFull, RegisterBusy
from diwan_core.register.storage.blobs import NotWrittenOut
from diwan_core.web.forms.controls import choices
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kit.access import accepts_up_to, keeps_typing, may
from diwan_core.web.kit.console import done_reading
from diwan_core.web.kit.errors import Refusal, expired
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.headers import PICTURE_POLICY
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, _n
from diwan_core.web.pictures.held_pictures import (
    attach_held,
    attach_left,
    forget,
    held,
    hold,
    incoming,
    install,
    is_own_draft,
)
from diwan_core.web.pictures.picture_intake import (
    DISK_FULL,
    FORM_OVERHEAD,
    KINDS,
    MAX_PICTURE,
    MOST_AT_ONCE,
    RELEASES,
    Description,
    NotTaken,
    plain_name,
    previews,
    take_in,
)
from diwan_core.web.pictures.resumable_upload import PIECE, TooManyUploads, Upload
from diwan_core.web.pictures.subject import Subject, subject_of

blueprint = Blueprint("pictures", __name__, url_prefix="/records/<record_id>/pictures")


@blueprint.get("/new")
@may(Action.ADD_PICTURES, shows="picture.adding")
def choose(record_id: str) -> str:
    """Choose or take a picture for a record."""
    return _form(subject_of(record_id), Description("", KINDS[0], "", "", ""))


def _form(
    record: Subject, described: Description, problems: list[tuple[str, str]] | None = None, saved: int = 0
) -> str:
    """`problems` are (name of the file, what is wrong with it)."""
    unfinished = incoming().unfinished(record=record.id, person=signed_in_person().name)
    fields = PICTURE.record_type.fields
    return render_template(
        "pictures/pictures_add.html",
        record=record,
        described=described,
        problems=problems or [],
        saved=_n("{count} picture is saved.", "{count} pictures are saved.", saved) if saved else "",
        kinds=[choice for choice in choices("attachment_kind") if choice.code in KINDS],
        releases=[choice for choice in choices("release") if choice.code in RELEASES],
        judgements=[
            (name, _(fields[name].label), getattr(described, name))
            for name in ("person_shown", "text_shown")
            if name in fields  # an older dictionary has none of them
        ],
        unfinished=[(upload.name, 100 * here // upload.size) for upload, here in unfinished],
        longest=fields["caption"].limit,
        most=MOST_AT_ONCE,
        largest=MAX_PICTURE,
        piece=PIECE,
        back=record.back,
        done=record.back if record.drafted else url_for("records.open", record=record.id, done="picture", count=""),
        held=held(record.id) if record.drafted else [],
    )


def _again(record_id: str) -> str:
    """The words that were typed; a browser never sends its files again by itself."""
    return _form(subject_of(record_id), Description.sent(request.form), [("", expired())])


@blueprint.post("/new")
@may(Action.ADD_PICTURES, shows="picture.adding")
@keeps_typing(_again)
@accepts_up_to(MOST_AT_ONCE * MAX_PICTURE + FORM_OVERHEAD)
def add(record_id: str) -> Response | tuple[str, int]:
    """Take pictures in. They are streamed to the disk; each is saved or refused with the reason, by itself."""
    record = subject_of(record_id)
    if not record.drafted:
        attach_held(record.id)
    described = Description.sent(request.form)
    files = [file for file in request.files.getlist("picture") if file.filename]
    if not files:
        return _form(record, described, [("", _("Choose a picture first."))]), 422
    if len(files) > MOST_AT_ONCE:
        message = _("At most {count} pictures at once. Send the others afterwards.", count=MOST_AT_ONCE)
        return _form(record, described, [("", message)]), 422
    done_reading()
    refused: list[tuple[str, NotTaken]] = []
    for file in files:
        try:
            _keep(record, cast(BinaryIO, file.stream), str(file.filename), described)
        except NotTaken as problem:
            refused.append((_shown_name(file), problem))
        except DiskFull:  # those before it are saved, and a smaller one may still fit
            refused.append((_shown_name(file), NotTaken(507, _(DISK_FULL))))
        except RegisterBusy:
            refused.append((_shown_name(file), NotTaken(503, _("The register is busy. Send this picture again."))))
        except NotWrittenOut:
            refused.append((_shown_name(file), NotTaken(503, _("The disk did not keep this picture. Send it again."))))
    if refused:
        problems = [(name if len(files) > 1 else "", not_taken.message) for name, not_taken in refused]
        return _form(record, described, problems, len(files) - len(refused)), refused[0][1].status
    if record.drafted:
        return redirect(subject_of(record_id).back, 303)  # the report may have been sent meanwhile
    return redirect(url_for("records.open", record=record_id, done="picture", count=len(files)), 303)


def _keep(record: Subject, stream: BinaryIO, name: str, described: Description) -> None:
    """Take a picture in that came whole with a form, or let it wait beside a draft. Raises NotTaken, DiskFull, …"""
    if not record.drafted:
        take_in(stream, name, described, subject=record.id)
        return
    size = stream.seek(0, 2)
    if not 0 < size <= MAX_PICTURE:
        raise NotTaken(413, _("The picture is larger than 20 MB. Send a smaller one."))
    try:
        upload = incoming().begin(
            record=record.id, person=signed_in_person().name, key=secrets.token_hex(8), name=plain_name(name), size=size
        )
    except TooManyUploads:
        raise NotTaken(429, _("Too many pictures are still on their way. Finish those first.")) from None
    stream.seek(0)
    try:
        incoming().append(upload, 0, stream)
        hold(upload, described)
    except (NotTaken, DiskFull):
        incoming().drop(upload)
        raise


def _shown_name(file: FileStorage) -> str:
    return "".join(c for c in str(file.filename) if c.isprintable())[:80]


def _one_held(record_id: str, upload_id: str) -> Upload:
    found = [upload for upload in held(record_id) if upload.id == upload_id] if is_own_draft(record_id) else []
    if not found:
        raise Refusal(404, _("This picture was removed from its record."))
    return found[0]


@blueprint.get("/waiting/<upload_id>")
@may(Action.ADD_PICTURES, shows="draft")
def held_thumb(record_id: str, upload_id: str) -> Response:
    """The small copy of a picture that waits beside a draft."""
    path = previews().path(_one_held(record_id, upload_id).sha256, "thumb")
    try:
        answer = send_file(path, mimetype="image/webp", max_age=0)
    except FileNotFoundError as gone:
        raise Refusal(404, _("This machine cannot show the picture. Its file can be downloaded.")) from gone
    answer.headers["Content-Security-Policy"] = PICTURE_POLICY
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.post("/waiting/<upload_id>/remove")
@may(Action.ADD_PICTURES, shows="draft")
def remove_held(record_id: str, upload_id: str) -> Response:
    """Remove a picture from a report that is not sent yet."""
    forget(_one_held(record_id, upload_id))
    return redirect(url_for("pictures.choose", record_id=record_id), 303)


@blueprint.record_once
def _install(state: BlueprintSetupState) -> None:
    install(cast(Flask, state.app))


@blueprint.before_app_request
def _after_an_interruption() -> None:
    attach_left()


@blueprint.app_context_processor
def _in_forms() -> dict[str, object]:
    """The pictures of a draft are shown on the page of its form."""
    return {"held_pictures": held, "takes_pictures": is_own_draft}
