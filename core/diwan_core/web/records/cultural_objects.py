"""Which goods lines of a record are cultural objects, each of which can have an Object ID card."""

from typing import Final

from diwan_core.register import Record
from diwan_core.web.kinds.kind import RecordKind

PART: Final = "goods"
_MADE_OF: Final = "object_materials"
_GROUP: Final = "culture"


def has_objects(kind: RecordKind) -> bool:
    """Whether records of a kind can have cultural objects."""
    part = kind.record_type.parts.get(PART)
    return part is not None and _MADE_OF in part.fields


def objects_of(record: Record) -> list[str]:
    """The lines of a record that are cultural objects."""
    held = record.values.get(PART) or {}
    return [key for key, line in held.items() if isinstance(line, dict) and line.get("product_group") == _GROUP]
