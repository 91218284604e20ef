"""Pictures of a report that is not sent yet: they arrive whole, are looked at and shown, and wait beside the draft.

They lie in the folder of uploads. As soon as the record of the draft is saved they are attached to it; what a power
cut, a full disk or a busy register left waiting is attached later, when the console is asked for a page."""

from __future__ import annotations

import logging
import time
from dataclasses import asdict, replace
from typing import Final, cast

from flask import Flask, current_app

from diwan_core.register import BlobStore, RegisterError
from diwan_core.register.storage.blobs import NotWrittenOut, digest_of
from diwan_core.web.drafts.beside import Beside, keep_beside
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kinds.registry import KINDS
from diwan_core.web.kit.console import console, done_reading, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import _
from diwan_core.web.pictures.picture_intake import (
    MAX_PICTURE,
    Description,
    NotTaken,
    attach,
    looked_at,
    previews,
)
from diwan_core.web.pictures.resumable_upload import Incoming, Upload

MOST_HELD: Final = 20
"""Pictures of one draft; more are added to the record afterwards."""
_KEY: Final = "diwan_incoming"
_LEFT: Final = "diwan_pictures_left"
AGAIN_S: Final = 60.0
"""Between two looks at what was left waiting although its record is saved."""
log = logging.getLogger("diwan.web")


def incoming() -> Incoming:
    """The uploads of this node that are under way, and the pictures that wait for a report."""
    found = current_app.extensions.get(_KEY)
    if found is None:
        found = current_app.extensions[_KEY] = Incoming(console().folder / "incoming", _is_wanted, _forget_copies)
    return cast(Incoming, found)


def _is_wanted(record: str) -> bool:
    return register().type_of(record) is not None or console().drafts.exists(record)


def is_own_draft(record_id: str) -> bool:
    """Whether this is the id of a new record that the person at the browser is reporting, and that may have
    pictures."""
    draft = console().drafts.get(record_id, signed_in_person().name)
    if draft is None or draft.record or draft.parent or register().type_of(record_id) is not None:
        return False
    return draft.type in KINDS and draft.type in PICTURE.record_type.fields["subject"].targets


def held(draft_id: str) -> list[Upload]:
    """The pictures that wait for the record of a draft."""
    return incoming().waiting(draft_id)


def hold(upload: Upload, described: Description) -> Upload:
    """Look at a picture that has arrived whole, and let it wait for the record of its draft. While it is looked at the
    report may be sent, and the picture goes along; or the draft deleted, and it is not kept. Raises NotTaken,
    DiskFull."""
    kept = _looked_at(upload, described)
    drafted = console().drafts.exists(kept.record)  # asked first: a draft goes after its record has come
    if register().type_of(kept.record) is not None:
        attach_held(kept.record)
    elif not drafted:
        forget(kept)
        raise _expired()
    done_reading()  # another picture may have to be looked at
    return kept


def _looked_at(upload: Upload, described: Description) -> Upload:
    others = [other for other in held(upload.record) if other.id != upload.id]
    if len(others) >= MOST_HELD:
        raise NotTaken(422, _("At most {count} pictures at once. Send the others afterwards.", count=MOST_HELD))
    with incoming().open(upload) as stream, looked_at(stream, described) as examined:
        sha256 = digest_of(stream)
        same = next((other for other in others if other.sha256 == sha256), None)
        if same is not None:
            incoming().drop(upload)
            return same
        previews().keep(examined, sha256)
    by = signed_in_person()
    try:
        return incoming().hold(
            upload, role=by.role, sha256=sha256, media_type=examined.media_type, described=asdict(described)
        )
    except FileNotFoundError:  # forgotten with its draft meanwhile
        _forget_copies(replace(upload, sha256=sha256))
        raise _expired() from None


def _expired() -> NotTaken:
    return NotTaken(404, _("This upload has expired. Choose the picture again."))


def forget(upload: Upload) -> None:
    """Remove a picture from a report that is not sent yet, with its small copies."""
    incoming().drop(upload)
    _forget_copies(upload)


def _forget_copies(upload: Upload) -> None:
    """Remove the small copies of a picture that waits no more, unless another one has the same bytes."""
    if register().blob_path(upload.sha256) is None and upload.sha256 not in {
        other.sha256 for other in incoming().waiting()
    }:
        previews().forget(upload.sha256)


def attach_held(record_id: str) -> None:
    """Attach the pictures that wait for a record to it, now that it is saved; one that cannot be goes on waiting."""
    for upload in held(record_id):
        try:
            with incoming().open(upload) as stream:
                blob = BlobStore(console().folder / "blobs").adopt(stream, MAX_PICTURE)
            described = Description(**upload.described)
            saved, _new = attach(
                blob, upload.media_type, upload.name, described, subject=record_id, record=upload.id,
                author=upload.person, role=upload.role,
            )  # fmt: skip
        except (NotTaken, NotWrittenOut, RegisterError, OSError) as error:
            log.warning("a picture of %s waits on: %s", record_id, error)
            continue
        if saved == upload.id:
            incoming().finish(upload)
        else:
            incoming().drop(upload)


def _drop_all(draft_id: str) -> None:
    if register().type_of(draft_id) is None:
        for upload in incoming().of(draft_id):
            forget(upload) if upload.waits else incoming().drop(upload)


def attach_left() -> None:
    """Attach what was left waiting although its record is saved; at the first request, and once a minute."""
    now = time.monotonic()
    if now < current_app.extensions.get(_LEFT, now):
        return
    current_app.extensions[_LEFT] = now + AGAIN_S
    left = {upload.record for upload in incoming().waiting()}
    try:
        for record in sorted(left):
            if register().type_of(record) is not None:
                attach_held(record)
    except (RegisterError, OSError) as error:  # the page that was asked for says so, if it needs the register
        log.warning("pictures of reports wait on: %s", error)


def install(app: Flask) -> None:
    """Let pictures wait beside the drafts of an app."""
    keep_beside(app, Beside(attach_held, _drop_all))
