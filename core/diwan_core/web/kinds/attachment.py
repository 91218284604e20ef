"""Attachments: pictures and documents of a record. Their pages are in `web.pictures`."""

from typing import Final

from diwan_core.web.kinds.kind import Heading, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="attachment",
    path="pictures",
    plural=N_("Pictures"),
    one=N_("Attachment"),
    order=60,
    named_by=("caption", "file_name"),
    telling=("kind", "media_type"),
    image_type="media_type",
    headings=(Heading("picture", N_("What the picture shows"), "caption kind person_shown text_shown release"),),
    found_by=N_("words of its caption"),
    belongs_to="subject",
)
