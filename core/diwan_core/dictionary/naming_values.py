"""Which values of a record may name a person, whichever half they are in: whose reading is a look at somebody.

The nominal half always is. Of the other half it is what people write in words, and where something was: they name and
locate persons there (`classes`). Codes, days and numbers identify somebody only together with others, a business is no
person, and officers are named to their colleagues."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .record import RecordDeclaration

_KINDS: Final = ("text", "longtext", "position")


def names_somebody(declared: RecordDeclaration) -> Callable[[Mapping[str, Any]], bool]:
    """Whether the plain half of a record of a type holds such a value."""
    paths = [
        (part, field.name)
        for part, field in declared.every_field()
        if not field.nominal and field.identifies == "person" and field.kind in _KINDS
    ]
    own = frozenset(name for part, name in paths if not part)
    inner = {part: frozenset(name for held, name in paths if held == part) for part, _ in paths if part}

    def found(rest: Mapping[str, Any]) -> bool:
        if not own.isdisjoint(rest):
            return True
        for part, names in inner.items():
            lines = rest.get(part)
            if isinstance(lines, Mapping) and any(
                isinstance(line, Mapping) and not names.isdisjoint(line) for line in lines.values()
            ):
                return True
        return False

    return found
