"""The registry of all kinds, found in the files of this folder; a type without a file gets a kind made from its
declaration."""

import importlib
import pkgutil
from functools import cache
from types import MappingProxyType
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.roles import Action
from diwan_core.web import kinds
from diwan_core.web.kinds.kind import RecordKind

#: What a record of a type without a file is called by, the best first.
_CALLED_BY: Final = ("name", "title", "subject", "label", "caption", "file_name", "reference")


def _found() -> dict[str, RecordKind]:
    modules = (
        importlib.import_module(f"{kinds.__name__}.{found.name}") for found in pkgutil.iter_modules(kinds.__path__)
    )
    declared = [kind for module in modules if isinstance(kind := getattr(module, "KIND", None), RecordKind)]
    known = [kind for kind in declared if kind.type in DICTIONARY.types]
    return {kind.type: kind for kind in sorted(known, key=lambda kind: (kind.order, kind.type))}


KINDS: Final = MappingProxyType(_found())
"""By type, what has pages of its own, in order."""


def that_do(action: Action) -> list[RecordKind]:
    """The kinds on whose records people perform this action, in order."""
    return [kind for kind in KINDS.values() if kind.does(action)]


def looked_up() -> list[RecordKind]:
    """The kinds whose list is a look-up, in order."""
    return [kind for kind in KINDS.values() if kind.index == "look_up"]


def is_written(type_name: str) -> bool:
    """Whether people write records of a type in our forms."""
    return type_name in KINDS and KINDS[type_name].does(Action.REPORT)


@cache
def kind_of(type_name: str) -> RecordKind:
    """The kind of any type of the dictionary, also of one that has no page of its own yet."""
    if type_name in KINDS:
        return KINDS[type_name]
    declared = DICTIONARY.type(type_name)
    texts = [name for name in _CALLED_BY if name in declared.fields and declared.fields[name].kind == "text"]
    return RecordKind(type_name, type_name, declared.label, declared.label, named_by=tuple(texts))


def one_of(type_name: str) -> str:
    """The name of one record of a type, still to be translated."""
    return kind_of(type_name).label
