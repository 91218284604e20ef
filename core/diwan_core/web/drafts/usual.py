"""What goes without saying in a new report: a seizure, in the country of this node's office."""

import re
from collections.abc import Mapping
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.forms.values import typed
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.console import console
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
