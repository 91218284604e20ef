"""What leaves under an agreement: values of fields that it names, of a record that it covers and that a person released
under it, while it is in force. Nothing else of this room lets out what identifies somebody.

The release is for exactly the values that would leave: it is the digest of all of them, kept where releases of texts
are. A change of one of them, also in the file of a person that the record links, voids it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, N_, Field, RecordType

from .held_back import HANDLING, READERS, why_held_back
from .released import is_released
from .sources import is_source

LINKED: Final = "person"
"""The type whose fields leave through a link, as "party.subject.family_name"."""
AGREED: Final[Mapping[str, tuple[str, ...]]] = {
    "case": (
        "party.name", "party.identifier", "means.plate", "means.plate_country", "means.flight_voyage",
        "means.vessel_name", "leg.carrier", "leg.document_number",
    ),
    LINKED: (
        "name_as_written", "latin_name", "family_name", "given_names", "sex", "birth_date", "birth_precision",
        "birth_place", "birth_country", "nationalities", "occupation", "phones", "emails",
        "document.kind", "document.number", "document.country", "document.issued",
        "address.text", "address.city", "address.postcode", "address.country",
    ),
}  # fmt: skip
"""The columns that an agreement can name, by type. What is not here leaves under none."""
_NOT_IN_FORCE: Final = ("draft", "withdrawn")
_USUAL_LIMIT: Final = "amber"
UNDER: Final = "agreement."
"""What the path of a release under an agreement begins with."""
NOT_RELEASED: Final = "nobody has released it under this agreement as it stands"

Find = Callable[[str], Mapping[str, Any] | None]
"""The document of a person on file, by the id of its record."""


@dataclass(frozen=True)
class Agreement:
    """An agreement as it is recorded. `fields` are such as "case.party.name"; `limit` is the strictest mark that may
    leave under it."""

    id: str
    title: str
    partner: str
    first_day: str
    last_day: str
    nominal: bool
    status: str
    types: frozenset[str]
    fields: frozenset[str]
    product_groups: frozenset[str]
    limit: str
    contested: bool = False

    def overlaps(self, first_day: str, last_day: str) -> bool:
        """Whether it holds, or will, on one of these days."""
        return self.status not in _NOT_IN_FORCE and self.first_day <= last_day and first_day <= self.last_day

    def why_not_in_force(self, today: date) -> str:
        """Why nothing leaves under it on a day; "" while it is in force."""
        day = today.isoformat()
        if self.contested:
            return "there are two versions of the agreement; decide which one holds"
        if self.status in _NOT_IN_FORCE:
            return f"the agreement is {self.status}"
        if not self.nominal:
            return "the agreement does not cover nominal data"
        if not self.first_day or not self.last_day:
            return "the agreement does not say from when and until when it is in force"
        if not self.first_day <= day <= self.last_day:
            return f"the agreement is in force from {self.first_day} to {self.last_day}"
        return ""

    def names(self, type: str, column: str) -> bool:
        """Whether a column of a type may leave under it."""
        return column in AGREED.get(type, ()) and f"{type}.{column}" in self.fields


def agreement_of(id: str, document: Mapping[str, Any], contested: bool = False) -> Agreement:
    """The agreement in a record."""

    def several(name: str) -> frozenset[str]:
        held = document.get(name)
        return frozenset(str(value) for value in (held.values() if isinstance(held, Mapping) else ()) if value)

    def one(name: str) -> str:
        return str(document.get(name) or "")

    return Agreement(
        id, one("title"), one("partner"), one("valid_from"), one("valid_until"), document.get("covers_nominal") is True,
        one("status"), several("record_types"), several("fields_allowed"), several("product_groups"),
        one("handling_limit") or _USUAL_LIMIT, contested,
    )  # fmt: skip


@dataclass(frozen=True)
class Agreed:
    """An agreement at work: it gives the values of records, and finds the persons that they link."""

    agreement: Agreement
    find: Find
    today: date

    def why_not(self, declared: RecordType, document: Mapping[str, Any]) -> str:
        """Why nothing of a record leaves under the agreement; "" where the fields that it names do."""
        if reason := self.why_not_covered(declared, document):
            return reason
        return "" if is_released(document, self.path, self.content(declared, document)) else NOT_RELEASED

    def why_not_covered(self, declared: RecordType, document: Mapping[str, Any]) -> str:
        """The same whether somebody has released it or not. In English, for the catalogue."""
        found = self.agreement
        if reason := found.why_not_in_force(self.today):
            return reason
        if declared.name not in found.types:
            return N_("the agreement does not cover records of this type")
        if reason := why_held_back({**document, HANDLING: None}):
            return reason
        persons = [linked for _, linked in self._linked(declared, document)]
        if any(_stricter(one.get(HANDLING), found.limit) for one in (document, *persons)):
            return N_("marked for fewer readers than the agreement allows")
        groups = {line.get("product_group") for _, line in _lines(document, "goods")}
        if found.product_groups and not groups <= found.product_groups:
            return N_("the agreement does not cover these product groups")
        return ""

    @property
    def path(self) -> str:
        """Where a record's release under the agreement is kept."""
        return UNDER + self.agreement.id

    def content(self, declared: RecordType, document: Mapping[str, Any]) -> str:
        """What a release is for: every value that would leave, under which fields, and to whom, as one text."""
        under = [self.agreement.partner, *sorted(self.agreement.fields)]
        values = {**self.values(declared, document), "": under}
        return json.dumps(values, ensure_ascii=False, sort_keys=True, separators=(",", ":"))

    def values(self, declared: RecordType, document: Mapping[str, Any]) -> dict[str, Any]:
        """Every value that leaves under the agreement, by its path: "party.1.name", "party.1.subject.family_name"."""
        found: dict[str, Any] = {}
        for column in AGREED.get(declared.name, ()):
            if self.agreement.names(declared.name, column):
                found.update(_at(document, column))
        for path, person in self._linked(declared, document):
            for column in AGREED[LINKED]:
                if self.agreement.names(LINKED, column):
                    found.update((f"{path}.{at}", value) for at, value in _at(person, column))
        return found

    def linked(self, id: object) -> Mapping[str, Any]:
        """The file of a person, {} where there is none."""
        return (self.find(id) if isinstance(id, str) else None) or {}

    def persons(self, declared: RecordType, document: Mapping[str, Any]) -> list[str]:
        """The ids of the persons that a record links."""
        found = (str(_step(document, path)) for path, _ in self._linked(declared, document))
        return list(dict.fromkeys(found))

    def value(self, declared: RecordType, document: Mapping[str, Any], path: str) -> Any:
        """What leaves under the agreement of the value at "means.2.plate" or "party.1.subject.document.number"; None
        where the agreement does not name it, or there is none. Of several documents or addresses it is the first."""
        name, _, rest = path.partition(".")
        key, _, inner = rest.partition(".")
        link, _, further = inner.partition(".")
        named = agreed_field(declared, f"{name}.{inner}" if inner else name)
        if named is None or not self.agreement.names(named[0], named[1]):
            return None
        if inner and key not in dict(_lines(document, name)):
            return None
        if not further:
            return _step(document, path)
        found = next(_at(self.linked(_step(document, f"{name}.{key}.{link}")), further), ("", None))[1]
        return "; ".join(str(one) for one in found.values() if one) if isinstance(found, Mapping) else found

    def _linked(self, declared: RecordType, document: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any]]]:
        for part in declared.parts.values():
            for field in part.fields.values():
                if leads_to_a_person(field):
                    for key, line in _lines(document, part.name):
                        if person := self.linked(line.get(field.name)):
                            yield f"{part.name}.{key}.{field.name}", person


def leads_to_a_person(field: Field) -> bool:
    """Whether a field is a link to a person on file."""
    return field.kind == "reference" and LINKED in field.targets and field.name == "subject"


def agreed_field(declared: RecordType, path: str) -> tuple[str, str, Field] | None:
    """(type, column, field) at "party.name" or "party.subject.family_name", where an agreement can name it."""
    type, column, held = declared.name, path, declared
    name, _, inner = path.partition(".")
    part = declared.parts.get(name)
    link, _, further = inner.partition(".")
    if part is not None and further and link in part.fields and leads_to_a_person(part.fields[link]):
        type, column, held = LINKED, further, DICTIONARY.type(LINKED)
    if column not in AGREED.get(type, ()):
        return None
    name, _, inner = column.partition(".")
    field = held.parts[name].fields.get(inner) if name in held.parts else held.fields.get(name)
    return None if field is None else (type, column, field)


def _step(document: Mapping[str, Any], path: str) -> Any:
    found: Any = document
    for step in path.split("."):
        found = found.get(step) if isinstance(found, Mapping) else None
    return found


def _stricter(mark: object, limit: str) -> bool:
    if mark is None:
        return False
    return limit not in READERS or mark not in READERS or READERS.index(str(mark)) > READERS.index(limit)


def _lines(document: Mapping[str, Any], part: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    held = document.get(part)
    if isinstance(held, Mapping):
        yield from (
            (key, line) for key, line in held.items() if isinstance(line, Mapping) and not is_source(part, line)
        )


def _at(document: Mapping[str, Any], column: str) -> Iterator[tuple[str, Any]]:
    name, _, inner = column.partition(".")
    if inner:
        for key, line in _lines(document, name):
            if line.get(inner) is not None:
                yield f"{name}.{key}.{inner}", line[inner]
    elif document.get(name) is not None:
        yield name, document[name]
