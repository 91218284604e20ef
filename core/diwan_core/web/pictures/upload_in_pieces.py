"""The pages by which a script uploads a picture in pieces, and goes on after an interruption.

`begin` says under which id and how much is here; `piece` adds at the end; `finish` says what the picture shows and
takes it in. Every step may be repeated.
"""

from typing import Any, BinaryIO, Final, cast

from flask import Blueprint, jsonify, request, url_for
from werkzeug.wrappers import Response

from diwan_core.register import DiskFull
from diwan_core.register.storage.blobs import NotWrittenOut
from diwan_core.web.kit.access import accepts_up_to, may
from diwan_core.web.kit.console import done_reading, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.pictures.held_pictures import hold, incoming
from diwan_core.web.pictures.picture_intake import DISK_FULL, FORM_OVERHEAD, MAX_PICTURE, Description, NotTaken, take_in
from diwan_core.web.pictures.resumable_upload import PIECE, TooManyUploads, Upload
from diwan_core.web.pictures.subject import subject_of

blueprint = Blueprint("picture_uploads", __name__, url_prefix="/records/<record_id>/pictures/uploads")
_LONGEST_KEY: Final = 300


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


@blueprint.post("")
@may(Action.ADD_PICTURES, shows="picture.adding")
def begin(record_id: str) -> Response:
    """Begin, or go on with, the upload of one file: {"upload", "offset"}."""
    record = subject_of(record_id)
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


@blueprint.post("/<upload_id>")
@may(Action.ADD_PICTURES, shows="picture.adding")
@accepts_up_to(PIECE + FORM_OVERHEAD)
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


@blueprint.post("/<upload_id>/finish")
@may(Action.ADD_PICTURES, shows="picture.adding")
def finish(record_id: str, upload_id: str) -> Response:
    """Take the picture in: {"page", "thumb"}, or {"problem"}, with which the upload is over, or 409 and {"offset"}:
    it has to go on from there."""
    upload = _upload(record_id, upload_id)
    here = incoming().here(upload)
    if here < upload.size:
        return _json(409, offset=here)
    if subject_of(record_id).drafted:  # a draft may have been deleted, or a record erased, since the upload began
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
    subject = subject_of(upload.record)
    if not subject.drafted:  # the report was sent meanwhile
        return _is_saved(kept.id)
    address = url_for("pictures.held_thumb", record_id=subject.id, upload_id=kept.id)
    return _json(200, page=subject.back, thumb=address)
