"""Which codes this administration uses most: the order in which forms offer them.

Counted in the newest reports that this node has, now and then; nothing that identifies anybody is read."""

import time
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from flask import current_app

from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.dictionary.lists.everyday import USUAL_UNITS, usual_units
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kinds.registry import KINDS
from diwan_core.web.kit.console import register

LOOKED_AT: Final = 300
"""Reports of a kind that are counted, the newest arrivals."""
FRESH_S: Final = 900.0
UNITS: Final = "unit"
GOODS: Final = "product_group"
_KEPT: Final = "diwan code use"

Use = Counter[tuple[str, str, str]]
"""(list, product group or "", code) -> how often."""


def first_codes(codelist: str, product_group: str = "") -> list[str]:
    """The codes of a list to be offered first, beside goods of a product group: those that were used here, the most
    frequent first, and the usual units."""
    use = _present()
    with_goods = _most_used(use, codelist, product_group) if product_group else []
    if codelist != UNITS:
        return [*with_goods, *_most_used(use, codelist, "")]
    return list(dict.fromkeys([*with_goods, *usual_units(product_group), *_most_used(use, UNITS, ""), *USUAL_UNITS]))


def _most_used(use: Use, codelist: str, product_group: str) -> list[str]:
    found = [(-count, code) for (name, group, code), count in use.items() if (name, group) == (codelist, product_group)]
    return [code for _count, code in sorted(found)]


def _present() -> Use:
    """The counts; made anew when they have become old."""
    kept: tuple[float, Use] | None = current_app.extensions.get(_KEPT)
    now = time.monotonic()
    if kept is None or now - kept[0] > FRESH_S:
        kept = current_app.extensions[_KEPT] = now, _counted()
    return kept[1]


def _counted() -> Use:
    use: Use = Counter()
    for kind in KINDS.values():
        if kind.report:
            newest = register().newest_ids(kind.type, LOOKED_AT)
            for document in register().all_without_names(kind.type, newest).values():
                use.update(_codes_of(kind, document))
    return use


def _codes_of(kind: RecordKind, document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    declared = kind.record_type
    yield from _codes(declared.fields, document)
    for name, part in declared.parts.items():
        for held in (document.get(name) or {}).values():
            if isinstance(held, Mapping):
                yield from _codes(part.fields, held)


def _codes(fields: Mapping[str, Field], held: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    group = held.get(GOODS)
    for name, value in held.items():
        field = fields.get(name)
        if (
            field is not None
            and field.codelist
            and isinstance(value, str)
            and DICTIONARY.codes(field.codelist).has(value)
        ):
            yield field.codelist, "", value
            if isinstance(group, str) and name != GOODS:
                yield field.codelist, group, value
