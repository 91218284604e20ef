"""Sub-groups that dictionary 4 moved to another product group: a file that names both as before means the new pair."""

from collections.abc import Mapping
from typing import Any, Final

from .lists import OWN_LISTS

_SUB_GROUPS: Final = next(codes for codes in OWN_LISTS if codes.name == "sub_group")
MOVED: Final[Mapping[str, tuple[str, str]]] = {
    new: (_SUB_GROUPS.parent(old), _SUB_GROUPS.parent(new))
    for old, new in _SUB_GROUPS.table.replaced.items()
    if _SUB_GROUPS.parent(old) != _SUB_GROUPS.parent(new)
}
"""Sub-group of today -> (the product group it was under, the one it is under)."""


def follow_sub_group(line: dict[str, Any]) -> None:
    """Give a goods line that has just been read the product group to which its sub-group moved."""
    sub_group = line.get("sub_group")
    moved = MOVED.get(sub_group) if isinstance(sub_group, str) else None
    if moved is not None and line.get("product_group") == moved[0]:
        line["product_group"] = moved[1]
