"""Takes in a picture: a confined process opens it first, then it is stored with its record, or refused with the
reason. Uploads by a form and in pieces both end here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import BinaryIO, Final, cast

from flask import current_app
from werkzeug.utils import secure_filename

from diwan_core.media.examine import Examined, Reason, Unreadable, examine
from diwan_core.media.kinds import other_kind
from diwan_core.media.previews import Previews
from diwan_core.register import BlobStore, Refused, Register
from diwan_core.register.storage.blobs import StoredBlob
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import N_, _, said

MAX_PICTURE: Final = 20 * 1024 * 1024
MOST_AT_ONCE: Final = 10
FORM_OVERHEAD: Final = 64 * 1024
"""Room for the other fields of a form that brings pictures."""
KINDS: Final = ("photo", "xray", "document")
RELEASES: Final = ("internal", "national", "regional", "global", "public")
JUDGED: Final = ("yes", "no")
DISK_FULL: Final = N_("The disk of this machine is full, and the picture is not saved. Call your technician.")
_KEY: Final = "diwan_previews"

_REFUSED: Final[dict[Reason, tuple[int, str]]] = {
    "no_picture": (415, N_("This file is not a picture we can keep. Send a JPEG, PNG, WebP, HEIC or TIFF file.")),
    "no_codec": (415, N_("This machine cannot open pictures of this kind. Send it as JPEG.")),
    "damaged": (422, N_("The picture is damaged. Send it again, or take it once more.")),
    "too_large": (422, N_("The picture has more pixels than this machine can open. Send it in a smaller size.")),
    "too_slow": (422, N_("The picture takes too long to open. Save it again as JPEG and send that.")),
    "busy": (429, N_("This machine is busy with other pictures. Wait a moment and send it again.")),
}


class NotTaken(Exception):
    """The picture was not taken in: `status` is 4xx, `message` says why and what to do, already translated."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True)
class Description:
    """The description of a picture by a person."""

    caption: str
    kind: str
    person_shown: str
    text_shown: str
    release: str

    @classmethod
    def sent(cls, form: Mapping[str, str]) -> Description:
        """The description in a form; a value that none of its controls can send becomes the most careful one."""
        kind, release = form.get("kind", ""), form.get("release", "")
        return cls(
            caption=form.get("caption", "").strip(),
            kind=kind if kind in KINDS else KINDS[0],
            person_shown=_judged(form.get("person_shown", "")),
            text_shown=_judged(form.get("text_shown", "")),
            release=release if release in RELEASES else "",
        )


def _judged(sent: str) -> str:
    """A judgement that was made; "" for none."""
    return sent if sent in JUDGED else ""


def previews() -> Previews:
    """The small copies this node keeps."""
    found = current_app.extensions.get(_KEY)
    if found is None:
        found = current_app.extensions[_KEY] = Previews(console().folder / "derived")
    return cast(Previews, found)


def take_in(
    stream: BinaryIO, name: str, described: Description, *, subject: str, record: str | None = None
) -> tuple[str, bool]:
    """(id of the picture's record, whether it is new). The same bytes are kept once with a record. `stream` is
    a file on the node's disk: it is kept itself, and is not copied.

    The request must not hold a reader (`console.done_reading`). Raises NotTaken, DiskFull, RegisterBusy."""
    with looked_at(stream, described) as examined:
        blob = BlobStore(console().folder / "blobs").adopt(stream, MAX_PICTURE)
        previews().keep(examined, blob.sha256)
    by = signed_in_person()
    return attach(
        blob, examined.media_type, name, described, subject=subject, record=record, author=by.name, role=by.role
    )


@contextmanager
def looked_at(stream: BinaryIO, described: Description) -> Iterator[Examined]:
    """A picture as a confined process sees it, with the small copies it made. Raises NotTaken."""
    size = stream.seek(0, 2)
    if size > MAX_PICTURE:
        raise NotTaken(413, _("The picture is larger than 20 MB. Send a smaller one."))
    limit = PICTURE.record_type.fields["caption"].limit
    if limit is not None and len(described.caption) > limit:
        raise NotTaken(422, _("The description is too long: at most {count} characters.", count=limit))
    given = {name: value for name, value in asdict(described).items() if value}
    if problems := PICTURE.record_type.check(given, creating=False):  # its record may be saved much later
        raise NotTaken(422, " ".join(said(problem) for problem in problems))
    try:
        with examine(stream, previews().folder) as examined:
            yield examined
    except Unreadable as unreadable:
        raise not_taken(unreadable, stream) from unreadable


def not_taken(unreadable: Unreadable, stream: BinaryIO) -> NotTaken:
    """Why a picture could not be opened, in words."""
    status, message = _REFUSED[unreadable.reason]
    if unreadable.reason == "no_picture" and (kind := other_kind(stream)):
        message = N_("This is a {kind} file, which we do not keep. Save it as JPEG or PNG and send that.")
        return NotTaken(status, _(message, kind=kind))
    return NotTaken(status, _(message))


def attach(
    blob: StoredBlob, media_type: str, name: str, described: Description, *, subject: str, record: str | None,
    author: str, role: str,
) -> tuple[str, bool]:  # fmt: skip
    """Save the record of a picture whose bytes are kept: its id, and whether it is new. Raises NotTaken,
    RegisterBusy."""
    with console().writing() as reg:
        same = held_already(reg, subject, blob.sha256)
        if same is not None:
            reg.note_blob(blob, media_type)  # a database put back may know the record and not the bytes
            return same, False
        try:
            saved = reg.attach(
                blob,
                subject=subject,
                media_type=media_type,
                author=author,
                role=role,
                kind=described.kind,
                caption=described.caption or None,
                file_name=plain_name(name),
                person_shown=described.person_shown or None,
                text_shown=described.text_shown or None,
                release=described.release or None,
                record=record,
            )
        except Refused as refused:
            if reg.blob_path(blob.sha256) is None:
                previews().forget(blob.sha256)
            raise NotTaken(422, " ".join(said(problem) for problem in refused.problems)) from refused
    return saved.records[0], True


def held_already(reg: Register, subject: str, sha256: str) -> str | None:
    """The picture's record where the subject has these bytes already and nobody removed them."""
    rows = reg.find(PICTURE.type, {"subject": subject, "sha256": sha256})
    return next((row.id for row in rows if row.columns.get("status") != "withdrawn"), None)


def plain_name(name: str) -> str:
    """The file's own name without folders and control characters; it is kept as a nominal text, never used as a
    path."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(c for c in last if c.isprintable())[:200] or secure_filename(name)[:200] or "picture"
