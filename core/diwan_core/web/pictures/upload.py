"""The pages that upload pictures: several at once with a form, or in pieces with a script that continues after an
interruption.

Piece by piece: `begin` says under which id and how much is here; `piece` adds at the end; `finish` says what the
picture shows and takes it in. Every step may be repeated.
"""

from typing import Any, BinaryIO, Final, cast

from flask import Blueprint, current_app, jsonify, redirect, render_template, request, url_for
from werkzeug.datastructures import FileStorage
from werkzeug.wrappers import Response

from diwan_core.register import DiskFull, Record, RegisterBusy
from diwan_core.register.storage.blobs import NotWrittenOut
from diwan_core.web.forms.controls import choices
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kit.access import accepts_up_to, keeps_typing, may
from diwan_core.web.kit.console import console, done_reading, register
from diwan_core.web.kit.errors import Refusal, expired
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _, _n
from diwan_core.web.pictures.picture_intake import (
    KINDS,
    MAX_PICTURE,
    MOST_AT_ONCE,
    RELEASES,
    Description,
    NotTaken,
    take_in,
)
from diwan_core.web.pictures.resumable_upload import PIECE, Incoming, TooManyUploads, Upload
from diwan_core.web.records.find_record import the_record

blueprint = Blueprint("pictures", __name__, url_prefix="/records/<record_id>/pictures")
_OVERHEAD: Final = 64 * 1024
"""Room for the other fields of a form."""
DISK_FULL: Final = N_("The disk of this machine is full, and the picture is not saved. Call your technician.")
_LONGEST_KEY: Final = 300
_KEY: Final = "diwan_incoming"


def incoming() -> Incoming:
    """The unfinished uploads of this node."""
    found = current_app.extensions.get(_KEY)
    if found is None:
        found = current_app.extensions[_KEY] = Incoming(console().folder / "incoming")
    return cast(Incoming, found)


def _subject(record_id: str) -> Record:
    """A record that may have pictures: not another picture."""
    record = the_record(record_id)
    if record.type not in PICTURE.record_type.fields["subject"].targets:
        raise Refusal(404, _("Records of this kind have no pictures."))
    return record


# -- with a form -----------------------------------------------------------------------------------------------------


@blueprint.get("/new")
@may(Action.ADD_PICTURES, shows="picture.adding")
def choose(record_id: str) -> str:
    """Choose or take a picture for a record."""
    return _form(_subject(record_id), Description("", KINDS[0], "", "", ""))


def _form(record: Record, described: Description, problems: list[tuple[str, str]] | None = None, saved: int = 0) -> str:
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
        back=url_for("records.open", record=record.id),
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
            take_in(cast(BinaryIO, file.stream), str(file.filename), described, subject=record_id)
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
    return redirect(url_for("records.open", record=record_id, done="picture", count=len(files)), 303)


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
        raise Refusal(404, _("This upload is no longer known here. Choose the picture again."))
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
    saved = upload.id
    if register().get(upload.id) is None:  # else the answer to an earlier finish was lost
        done_reading()
        described = Description.sent(request.form)
        try:
            with incoming().open(upload) as stream:
                saved, _new = take_in(stream, upload.name, described, subject=record_id, record=upload.id)
        except FileNotFoundError:
            raise Refusal(404, _("This upload is no longer known here. Choose the picture again.")) from None
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
    return _json(
        200, page=url_for("attachment.page", record_id=saved), thumb=url_for("attachment.thumb", record_id=saved)
    )
