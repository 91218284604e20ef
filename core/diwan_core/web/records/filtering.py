"""The filters and the order of a list as they stand in its address: read leniently, written exactly."""

import base64
import binascii
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from diwan_core.dictionary import RecordType
from diwan_core.dictionary.amounts import MEASURES, has_amounts
from diwan_core.reading import Value, one_line, read_day, read_number
from diwan_core.register import Place
from diwan_core.register.records.sent_back import SENT_BACK
from diwan_core.register.records.sent_back import STATE as CHECKED
from diwan_core.register.search.coded_filter import CODED, ONLY
from diwan_core.web.forms.values import read_code
from diwan_core.web.kit.offices import OFFICES, office_meant
from diwan_core.web.language.i18n import language
from diwan_core.web.records.find_record import UUID

#: Columns a list can be narrowed by, where its type has them; every other listed column is for sorting only.
CODES: Final[tuple[str, ...]] = (
    "status", "product_group", "direction", "country", "office", "kind", "mode", "flag", "priority", "state",
)  # fmt: skip
SUBMITTED: Final = "submitted"
_NODE: Final = re.compile(r"[a-z0-9-]{1,64}\Z", re.ASCII)
_AMOUNT: Final = re.compile(r"[0-9]{1,13}(?:\.[0-9]{1,9})?\Z", re.ASCII)
_LARGEST: Final = 1 << 62
LONGEST_SEARCH: Final = 200
ONLY_MOST: Final = 40
"""Records that can be selected at once: their ids stand in an address."""


@dataclass(frozen=True)
class Filters:
    """The filters of a list. `codes` holds column -> code; `after` and `before` say which page of it is meant."""

    text: str = ""
    codes: Mapping[str, str] = field(default_factory=dict)
    paths: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Of the filters that are no columns, the fields that may hold the code."""
    only: tuple[str, ...] = ()
    """The ids of the records that were selected."""
    first: str = ""
    last: str = ""
    origin: str = ""
    conflicts: bool = False
    measure: str = ""
    least: str = ""
    most: str = ""
    """Of what the goods come to: the measure, and how much of it at least and at most, in digits with a point."""
    order: str = ""
    checked: bool = False
    """Whether the type has checks, so that *Sent back* stands among its statuses."""
    after: Place | None = None
    before: Place | None = None

    @property
    def any(self) -> bool:
        return bool(
            self.text
            or self.codes
            or self.only
            or self.first
            or self.last
            or self.origin
            or self.conflicts
            or self.measure
        )

    @property
    def narrowing(self) -> int:
        """How many of the filters that are folded away are in use."""
        return len(self.codes.keys() - {"status"}) + bool(self.origin) + self.conflicts + bool(self.measure)

    def where(self) -> dict[str, Any]:
        """The filters as the register takes them."""
        found: dict[str, Any] = {name: code for name, code in self.codes.items() if name not in self.paths}
        if self.checked and (status := found.get("status")) in (SUBMITTED, SENT_BACK):
            found |= {"status": SUBMITTED, SENT_BACK: status == SENT_BACK}
        if self.paths:
            found[CODED] = [[(path, self.codes[name]) for path in paths] for name, paths in self.paths.items()]
        if self.only:
            found[ONLY] = list(self.only)
        if self.first or self.last:
            found["date"] = (self.first or "0000-00-00", self.last or "9999-12-31")
        if self.origin:
            found["origin"] = self.origin
        if self.conflicts:
            found["conflicts"] = True
        if self.measure:
            found[self.measure] = (float(self.least or 0), float(self.most or "inf"))
        return found

    def address(self, **changes: Any) -> dict[str, str]:
        """The query of an address, with some of the filters changed; another order begins at the first page."""
        other = replace(self, **{"after": None, "before": None, **changes})
        given = {
            "q": other.text,
            "only": ".".join(other.only),
            **other.codes,
            "from": other.first,
            "to": other.last,
            "origin": other.origin,
            "conflicts": "1" if other.conflicts else "",
            "measure": other.measure,
            "least": other.least,
            "most": other.most,
            "sort": other.order,
            "after": _written(other.after),
            "before": _written(other.before),
        }
        return {name: value for name, value in given.items() if value}


def read_filters(
    given: Mapping[str, str],
    record_type: RecordType,
    sortable: tuple[str, ...],
    further: Mapping[str, tuple[str, ...]] = MappingProxyType({}),
) -> Filters:
    """The filters of an address; what cannot be a filter of this type is left out."""

    def text(name: str, longest: int) -> str:
        value = one_line(given.get(name, "").strip()).replace("\0", "")
        return value if len(value) <= longest else ""

    def day(name: str) -> str:
        return read_day(given.get(name, ""), last=name == "to") if has_date else ""

    columns = {name for name, _ in record_type.columns()}
    has_date = "date" in columns
    codes = {}
    for column in CODES:
        value = text(column, 120)
        if column in columns and value:
            codelist = codelist_of(record_type, column)
            read = read_code(codelist, value, language()) if codelist else value
            codes[column] = office_meant(value) if column in OFFICES else read
    paths = {}
    for name, fields in further.items():
        if value := text(name, 120):
            codes[name] = read_code(codelist_at(record_type, fields[0]), value, language())
            paths[name] = fields
    first, last = day("from"), day("to")
    if first and last and first > last:  # the two boxes were filled in the other way round
        first, last = last, first
    order = given.get("sort", "")
    measure, least, most = (given.get(name, "").strip() for name in ("measure", "least", "most"))
    least, most = _amount(least), _amount(most)
    if measure not in MEASURES or not has_amounts(record_type) or not (least or most):
        measure = least = most = ""
    origin = text("origin", 64)
    return Filters(
        text=text("q", 1 << 20)[:LONGEST_SEARCH],  # of a longer one its beginning: all records would be a wrong answer
        codes=codes,
        paths=paths,
        only=tuple(id for id in given.get("only", "").split(".")[:ONLY_MOST] if UUID.match(id)),
        first=first,
        last=last,
        origin=origin if _NODE.match(origin) else "",
        conflicts=given.get("conflicts") == "1",
        measure=measure,
        least=least,
        most=most,
        order=order if order.removeprefix("-") in sortable else "",
        checked=CHECKED in columns,
        after=_read(given.get("after", "")),
        before=_read(given.get("before", "")),
    )


def _amount(text: str) -> str:
    """A bound of an amount in digits with a point, however it was written; "" where it is no number, or has two
    meanings."""
    found = read_number(text) if text else None
    value = str(found.value) if isinstance(found, Value) else text
    return value if _AMOUNT.match(value) else ""


def codelist_of(record_type: RecordType, column: str) -> str:
    """The code list of a listed column; "" where it has none."""
    return next((item.codelist for _, item in record_type.every_field() if item.name == column and item.listed), "")


def codelist_at(record_type: RecordType, path: str) -> str:
    """The code list of the field at a path."""
    part, _dot, name = path.rpartition(".")
    return (record_type.parts[part].fields if part else record_type.fields)[name].codelist


def _written(place: Place | None) -> str:
    if place is None:
        return ""
    return base64.urlsafe_b64encode(json.dumps(place, ensure_ascii=False).encode()).decode().rstrip("=")


def _read(text: str) -> Place | None:
    """The place in a list an address names; None for the beginning, and for what no list of ours wrote."""
    if not text or len(text) > 600:
        return None
    try:
        value, number = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (ValueError, TypeError, binascii.Error, RecursionError):
        return None
    known = value is None or isinstance(value, str) or (type(value) is int and abs(value) < _LARGEST)
    if not known or type(number) is not int or abs(number) >= _LARGEST:
        return None
    try:
        str(value).encode()
    except UnicodeError:  # half a surrogate pair
        return None
    return Place(value, number)
