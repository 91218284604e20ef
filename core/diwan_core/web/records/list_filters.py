"""The columns by which the list of a kind can be sorted, and the filters and search words in its address."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from diwan_core.register import Found
from diwan_core.web.kinds.kind import NUMBER, RecordKind
from diwan_core.web.kinds.registry import looked_up
from diwan_core.web.kit.console import register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.language.i18n import _, learn_every_language
from diwan_core.web.records.filtering import Filters, read_filters
from diwan_core.web.records.links import shows

LONGEST_QUERY: Final = 20_000
"""What our pages write as the query of an address is shorter: 200 letters of four bytes each, 40 ids, and codes."""


def sortable(kind: RecordKind) -> tuple[str, ...]:
    """The columns that a list can be sorted by."""
    columns = {name for name, _kind in kind.record_type.columns()}
    return tuple(dict.fromkeys((*(name for name in kind.columns if name in columns - {NUMBER}), "updated", "created")))


def usual_order(kind: RecordKind) -> str:
    return "-date" if "date" in sortable(kind) else "-updated"


def filters_of(kind: RecordKind, given: Mapping[str, str]) -> Filters:
    """The filters an address of this list asks for."""
    return read_filters(given, kind.record_type, sortable(kind), kind.narrowed_by)


def filters_sent(kind: RecordKind, query: str) -> Filters:
    """The filters of a list that a form sends along as the query of its address. Whole or not at all: without its last
    filters a list has more records than were shown. Raises Refusal."""
    if len(query) > LONGEST_QUERY:
        raise Refusal(400, _("The form is damaged or too old. Open the record again."))
    return filters_of(kind, dict(parse_qsl(query)))


def found_of(filters: Filters) -> Found | None:
    """What the words of the search box find; None when there are none."""
    if not filters.text:
        return None
    learn_every_language()
    return register().found(filters.text, linked_types())


def linked_types() -> list[str]:
    """The types whose records lead a search to those that refer to them, as far as this person may open them."""
    return [kind.type for kind in looked_up() if shows(kind.type)]
