"""Finds what pictures are added to: a record, or one's own draft of one, beside which they wait."""

from dataclasses import dataclass

from flask import url_for

from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.language.i18n import _
from diwan_core.web.pictures.held_pictures import is_own_draft
from diwan_core.web.records.find_record import the_record


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


def subject_of(record_id: str) -> Subject:
    """A record that may have pictures, not another picture; or one's own draft of one."""
    if is_own_draft(record_id):
        return Subject(record_id, True)
    record = the_record(record_id)
    if record.type not in PICTURE.record_type.fields["subject"].targets:
        raise Refusal(404, _("Records of this kind have no pictures."))
    return Subject(record.id, False)
