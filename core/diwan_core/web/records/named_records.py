"""The persons, companies and conveyances that a record refers to, as far as the person at the browser may open them."""

from collections.abc import Iterator
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Record
from diwan_core.web.kinds.registry import looked_up
from diwan_core.web.kit.console import register
from diwan_core.web.records.links import shows

MOST: Final = 20
"""Records that are read for one page or paper."""


def named_records(record: Record) -> list[Record]:
    """They, in the order in which the record names them, each once."""
    types = {kind.type for kind in looked_up() if shows(kind.type)}
    found: dict[str, Record] = {}
    for id in _named(record):
        if len(found) >= MOST:
            break
        if id not in found and register().type_of(id) in types and (other := register().get(id)) is not None:
            found[id] = other
    return list(found.values())


def _named(record: Record) -> Iterator[str]:
    declared = DICTIONARY.type(record.type)
    for name, part in declared.parts.items():
        for entry in (record.values.get(name) or {}).values():
            for item in part.fields.values():
                if item.kind == "reference" and isinstance(entry, dict) and isinstance(entry.get(item.name), str):
                    yield entry[item.name]
