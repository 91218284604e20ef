"""Finds the record that a page is about."""

import re
from typing import Final

from diwan_core.register import Record
from diwan_core.web.kit.console import register
from diwan_core.web.kit.errors import Denied, Refusal
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.records.readable import reads

UUID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\Z", re.ASCII)


def the_record(record_id: str, type_name: str | None = None) -> Record:
    """The record (of this type), else a 404, and a 403 where this person may not read it; an id that is not an id is
    never asked of the register."""
    found = register().get(record_id) if UUID.match(record_id) else None
    if found is None or (type_name is not None and found.type != type_name):
        raise Refusal(404, _("There is no such record in this register. Check the reference, or search for it."))
    if not reads(found):
        raise Denied(Action.READ_RECORDS)
    return found
