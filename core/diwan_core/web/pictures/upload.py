"""The pages that upload pictures: several at once with a form, or in pieces with a script that continues after an
interruption.

Piece by piece: `begin` says under which id and how much is here; `piece` adds at the end; `finish` says what the
picture shows and takes it in. Every step may be repeated.
"""

import secrets
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

from flask import Blueprint, Flask, jsonify, redirect, render_template, request, send_file, url_for
from flask.sansio.blueprints import BlueprintSetupState
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from diwan_core.register import DiskFull, RegisterBusy
from diwan_core.register.storage.blobs import NotWrittenOut
from diwan_core.web.forms.controls import choices
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kit.access import accepts_up_to, keeps_typing, may
from diwan_core.web.kit.console import done_reading, register
from diwan_core.web.kit.errors import Refusal, expired
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.headers import PICTURE_POLICY
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _, _n
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
from diwan_core.web.records.find_record import the_record

blueprint = Blueprint("pictures", __name__, url_prefix="/records/<record_id>/pictures")
_OVERHEAD: Final = 64 * 1024
"""Room for the other fields of a form."""
DISK_FULL: Final = N_("The disk of this machine is full, and the picture is not saved. Call your technician.")
_LONGEST_KEY: Final = 300


@dataclass(frozen=True)
class Subject:
    """A record that pictures are added to; `drafted` where it is still a draft, beside which they wait."""

    id: str
    drafted: bool

    @property
    def back(self) -> str:
        """The page of it."""
        if self.drafted:
            return url_for("drafts.show", draft_id=self.id, _anchor="pictures")
        return url_for("records.open", record=self.id)


def _subject(record_id: str) -> Subject:
    """A record that may have pictures, not another picture; or one's own draft of one."""
    if is_own_draft(record_id):
        return Subject(record_id, True)
    record = the_record(record_id)
    if record.type not in PICTURE.record_type.fields["subject"].targets:
        raise Refusal(404, _("Records of this kind have no pictures."))
    return Subject(record.id, False)


# -- with a form -----------------------------------------------------------------------------------------------------


@blueprint.get("/new")
@may(Action.ADD_PICTURES, shows="picture.adding")
def choose(record_id: str) -> str:
    """Choose or take a picture for a record."""
    return _form(_subject(record_id), Description("", KINDS[0], "", "", ""))


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
        judgements=[(name, _(fields[name].label), getattr(described, name)) for name in ("person_shown", "text_shown")],
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
    return _form(_subject(record_id), Description.sent(request.form), [("", expired())])


@blueprint.post("/new")
@may(Action.ADD_PICTURES, shows="picture.adding")
@keeps_typing(_again)
@accepts_up_to(MOST_AT_ONCE * MAX_PICTURE + _OVERHEAD)
def add(record_id: str) -> Response | tuple[str, int]:
    """Take pictures in. They are streamed to the disk; each is saved or refused with the reason, by itself."""
    record = _subject(record_id)
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
        problems = [(name if len(files) > 1 else "", problem.message) for name, problem in refused]
        return _form(record, described, problems, len(files) - len(refused)), refused[0][1].status
    if record.drafted:
        return redirect(_subject(record_id).back, 303)  # the report may have been sent meanwhile
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


# -- piece by piece --------------------------------------------------------------------------------------------------


def _json(status: int, **said: Any) -> Response:
    answer = jsonify(said)
    answer.status_code = status
    return answer


def _disk_full() -> Response:
    return _json(507, problem=_(DISK_FULL))


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 12 else -1


def _upload(record_id: str, upload_id: str) -> Upload:
    found = incoming().find(upload_id, record=record_id, person=signed_in_person().name)
    if found is None:
        raise Refusal(404, _("This upload has expired. Choose the picture again."))
    return found


@blueprint.post("/uploads")
@may(Action.ADD_PICTURES, shows="picture.adding")
def begin(record_id: str) -> Response:
    """Begin, or go on with, the upload of one file: {"upload", "offset"}."""
    record = _subject(record_id)
    name, key, size = request.form.get("name", ""), request.form.get("key", ""), _number(request.form.get("size", ""))
    if size < 1 or not key or len(key) > _LONGEST_KEY:
        return _json(422, problem=_("This file is empty or cannot be read. Choose another."))
    if size > MAX_PICTURE:
        return _json(413, problem=_("The picture is larger than 20 MB. Send a smaller one."))
    person = signed_in_person().name
    try:
        upload = incoming().begin(record=record.id, person=person, key=key, name=name[:200], size=size)
    except TooManyUploads:
        return _json(429, problem=_("Too many pictures are still on their way. Finish those first."))
    except DiskFull:
        return _disk_full()
    if upload.done and not _still_there(upload):  # saved once, and removed since: the person wants it again
        incoming().drop(upload)
        upload = incoming().begin(record=record.id, person=person, key=key, name=name[:200], size=size)
    return _json(200, upload=upload.id, offset=incoming().here(upload))


def _still_there(upload: Upload) -> bool:
    saved = register().get(upload.id)
    return saved is not None and saved.values.get("status") != "withdrawn"


@blueprint.post("/uploads/<upload_id>")
@may(Action.ADD_PICTURES, shows="picture.adding")
@accepts_up_to(PIECE + _OVERHEAD)
def piece(record_id: str, upload_id: str) -> Response:
    """Add a piece at its end: {"offset"} says how much is here now, 409 that the piece began elsewhere."""
    upload = _upload(record_id, upload_id)
    done_reading()
    file = request.files.get("piece")
    offset = _number(request.form.get("offset", ""))
    before = incoming().here(upload)
    if file is None or offset != before:
        return _json(409, offset=before)
    try:
        return _json(200, offset=incoming().append(upload, offset, cast(BinaryIO, file.stream)))
    except DiskFull:
        return _disk_full()


@blueprint.post("/uploads/<upload_id>/finish")
@may(Action.ADD_PICTURES, shows="picture.adding")
def finish(record_id: str, upload_id: str) -> Response:
    """Take the picture in: {"page", "thumb"}, or {"problem"}, with which the upload is over, or 409 and {"offset"}:
    it has to go on from there."""
    upload = _upload(record_id, upload_id)
    here = incoming().here(upload)
    if here < upload.size:
        return _json(409, offset=here)
    if _subject(record_id).drafted:  # a draft may have been deleted, or a record erased, since the upload began
        return _held(upload)
    saved = upload.id
    if register().get(upload.id) is None:  # else the answer to an earlier finish was lost
        done_reading()
        described = Description.sent(request.form)
        try:
            with incoming().open(upload) as stream:
                saved, _new = take_in(stream, upload.name, described, subject=record_id, record=upload.id)
        except FileNotFoundError:
            raise Refusal(404, _("This upload has expired. Choose the picture again.")) from None
        except DiskFull:
            return _disk_full()
        except NotWrittenOut:
            incoming().empty(upload)
            return _json(409, offset=0)
        except NotTaken as refused:
            if refused.status != 429:
                incoming().drop(upload)
            return _json(refused.status, problem=refused.message)
    if saved == upload.id:
        incoming().finish(upload)
    else:  # the record had these bytes already
        incoming().drop(upload)
    return _is_saved(saved)


def _is_saved(picture: str) -> Response:
    return _json(
        200, page=url_for("attachment.page", record_id=picture), thumb=url_for("attachment.thumb", record_id=picture)
    )


def _held(upload: Upload) -> Response:
    """The picture is whole, and its report is not sent yet: it waits beside the draft."""
    done_reading()
    try:
        kept = upload if upload.waits else hold(upload, Description.sent(request.form))
    except FileNotFoundError:
        raise Refusal(404, _("This upload has expired. Choose the picture again.")) from None
    except DiskFull:
        return _disk_full()
    except NotTaken as refused:
        if refused.status != 429:
            incoming().drop(upload)
        return _json(refused.status, problem=refused.message)
    subject = _subject(upload.record)
    if not subject.drafted:  # the report was sent meanwhile
        return _is_saved(kept.id)
    address = url_for("pictures.held_thumb", record_id=subject.id, upload_id=kept.id)
    return _json(200, page=subject.back, thumb=address)


# -- beside a draft --------------------------------------------------------------------------------------------------


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
