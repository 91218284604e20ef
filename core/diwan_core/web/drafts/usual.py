"""What goes without saying in a new report: a seizure, in the country of this node's office; and what the last one
said, which is offered and never filled in."""

import re
from collections.abc import Mapping
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.forms.layout import short_form
from diwan_core.web.forms.values import typed
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.language.i18n import language

_LOCODE: Final = re.compile(r"([A-Z]{2})[A-Z2-9]{3}", re.ASCII)


def usual_values(kind: RecordKind) -> Mapping[str, str]:
    """By path in the short form, as it stands in its control."""
    values = dict(kind.standing)
    if "country" in values:
        office = _LOCODE.fullmatch(console().node.office)
        known = office is not None and DICTIONARY.codes("country").has(office[1])
        values["country"] = office[1] if office and known else ""
    fields = kind.record_type.fields
    return {path: typed(fields[path], code, language()) if code else "" for path, code in values.items()}


def last_time(kind: RecordKind) -> Mapping[str, str]:
    """The codes that this person reported last, by their paths in the short form."""
    used = console().drafts.last_used(signed_in_person().name, kind.type)
    before, after = short_form(kind.record_type, {}), short_form(kind.record_type, used)
    pairs = zip(before.entries, after.entries, strict=True)
    return {said.path: said.default for none, said in pairs if said.asked and said.default not in ("", none.default)}
