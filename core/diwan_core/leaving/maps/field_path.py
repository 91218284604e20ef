"""Fields by their path in a template, and why a field cannot be named in one."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import Field, RecordType
from diwan_core.leaving.agreed import agreed_field
from diwan_core.leaving.templates import KEPT

_BY_CLASS: Final = {
    "never": "it never leaves",
    "agreement": "only to a partner whose agreement names it",
}


def field_at(declared: RecordType, path: str) -> Field | None:
    """The field at "date", "goods.species" or, of a person that a record links, "party.subject.family_name"; None where
    there is none."""
    name, _, inner = path.partition(".")
    part = declared.parts.get(name)
    if part is not None and "." in inner:
        linked = agreed_field(declared, path)
        return None if linked is None else linked[2]
    return part.fields.get(inner) if part is not None else None if inner else declared.fields.get(name)


def kept_back(type: str, path: str, field: Field) -> str:
    """Why the field is in no template of what may leave."""
    reason = KEPT.get(type, {}).get(path) or _BY_CLASS.get(field.leaves, "it is not among what may leave")
    return reason.rstrip(".")
