"""Pictures of a record: taking them in, showing them, asking the centre for those that are not here.

What a picture is, is decided by its first bytes, both when it comes in and when it goes out; it is always sent as
inert.
"""

import re
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

from flask import Blueprint, Response, redirect, render_template, request, send_file, url_for
from werkzeug.utils import secure_filename
from werkzeug.wrappers import Response as AnyResponse

from diwan_core.dictionary import DICTIONARY
from diwan_core.register import BlobTooLarge, Refused
from diwan_core.web.access import accepts_up_to, may
from diwan_core.web.console import console, register
from diwan_core.web.errors import Refusal
from diwan_core.web.guard import signed_in_person
from diwan_core.web.headers import PICTURE_POLICY
from diwan_core.web.i18n import _, said
from diwan_core.web.lookup import the_record
from diwan_core.web.media import (
    HEAD,
    MAX_PICTURE,
    MAX_PIXELS,
    MEASURED,
    SHOWN_INLINE,
    SUFFIX,
    pixels,
    sniff,
    sniff_stream,
)
from diwan_core.web.permissions import Action

blueprint = Blueprint("pictures", __name__)
_SHA256: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)
_OVERHEAD: Final = 64 * 1024
"""Room for the other fields of the upload form."""


@dataclass(frozen=True)
class Picture:
    """An attachment of a record as a page shows it."""

    sha256: str
    caption: str
    size: int
    here: bool
    inline: bool
    author: str
    origin: str
    when: Any
    standing: str


def pictures_of(record_id: str) -> list[Picture]:
    """The attachments of a record, first the oldest."""
    reg = register()
    found = []
    for row in reg.find("attachment", {"subject": record_id}, order="created", limit=200):
        record = reg.get(row.id)
        sha256 = str(record.values.get("sha256", "")) if record else ""
        if record is None or not _SHA256.match(sha256) or record.values.get("status") == "withdrawn":
            continue
        found.append(
            Picture(
                sha256=sha256,
                caption=str(record.values.get("caption") or ""),
                size=int(record.values.get("size") or 0),
                here=reg.blob_path(sha256) is not None,
                inline=record.values.get("media_type") in SHOWN_INLINE,
                author=record.author,
                origin=record.origin,
                when=record.created,
                standing=record.standing,
            )
        )
    return found


def _belongs(record_id: str, sha256: str) -> None:
    """A picture is shown as part of a record only: its digest alone opens nothing."""
    the_record(record_id)
    if not _SHA256.match(sha256) or all(picture.sha256 != sha256 for picture in pictures_of(record_id)):
        raise Refusal(404, _("There is no such picture with this record."))


@blueprint.get("/records/<record_id>/pictures/<sha256>")
@may(Action.READ_PICTURES)
def show(record_id: str, sha256: str) -> Response:
    """The bytes of a picture, with a type of our own finding."""
    _belongs(record_id, sha256)
    path = register().blob_path(sha256)
    if path is None:
        raise Refusal(404, _("The picture is at the centre and not here. Ask for it on the page of the record."))
    with path.open("rb") as file:
        media_type = sniff(file.read(HEAD))
    inline = media_type in SHOWN_INLINE
    answer = send_file(
        path,
        mimetype=media_type or "application/octet-stream",
        as_attachment=not inline,
        download_name=f"{sha256[:12]}.{SUFFIX.get(media_type or '', 'bin')}",
        etag=sha256,
        max_age=0,
    )
    answer.headers["Content-Security-Policy"] = PICTURE_POLICY
    answer.headers["Cache-Control"] = "private, no-cache"
    return answer


@blueprint.get("/records/<record_id>/pictures/new")
@may(Action.ADD_PICTURES)
def choose(record_id: str) -> str:
    return _form(record_id)


def _form(record_id: str, problem: str = "", caption: str = "", shows_person: bool = False) -> str:
    record = the_record(record_id)
    return render_template(
        "picture.html",
        record=record,
        problem=problem,
        caption=caption,
        shows_person=shows_person,
        longest=DICTIONARY.type("attachment").fields["caption"].limit,
        back=url_for("records.open", record=record_id),
    )


@blueprint.post("/records/<record_id>/pictures/new")
@may(Action.ADD_PICTURES)
@accepts_up_to(MAX_PICTURE + _OVERHEAD)
def add(record_id: str) -> AnyResponse | tuple[str, int]:
    """Take a picture in. It is streamed to the disk; what is no picture is refused with the reason."""
    the_record(record_id)
    caption = request.form.get("caption", "").strip()
    shows_person = request.form.get("shows_person") == "yes"
    file = request.files.get("picture")

    def again(problem: str, status: int = 422) -> tuple[str, int]:
        return _form(record_id, problem, caption, shows_person), status

    if file is None or not file.filename:
        return again(_("Choose a picture first."))
    stream = cast(BinaryIO, file.stream)
    media_type = sniff_stream(stream)
    if media_type is None:
        return again(_("This file is not a picture we can keep. Send a JPEG, PNG, WebP, HEIC or TIFF file."), 415)
    size = pixels(stream, media_type)
    if media_type in MEASURED and not size:
        return again(_("The picture is damaged. Send it again, or take it once more."))
    if size is not None and size > MAX_PIXELS:
        return again(_("The picture claims to be larger than any camera makes. Send it in a smaller size."))
    try:
        with console().writing() as reg:
            reg.attach(
                stream,
                subject=record_id,
                media_type=media_type,
                author=signed_in_person().name,
                caption=caption or None,
                file_name=_plain_name(file.filename),
                shows_person=shows_person,
            )
    except BlobTooLarge:
        return again(_("The picture is larger than 20 MB. Send a smaller one."), 413)
    except Refused as refused:
        return again(" ".join(map(said, refused.problems)))
    return redirect(url_for("records.open", record=record_id, done="picture"), 303)


def _plain_name(name: str) -> str:
    """The file's own name without folders and control characters; it is kept as a nominal text, never used as a
    path."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:200] or secure_filename(name)[:200] or "picture"


@blueprint.post("/records/<record_id>/pictures/<sha256>/fetch")
@may(Action.READ_PICTURES)
def fetch(record_id: str, sha256: str) -> AnyResponse:
    """Ask the agent to bring a picture from the centre."""
    _belongs(record_id, sha256)
    with console().writing() as reg:
        reg.want_blob(sha256)
    return redirect(url_for("records.open", record=record_id, done="asked"), 303)
