"""The layout of records on pages: which fields stand together under which heading.

A field named here that the dictionary does not have is left out; a field of the dictionary not named here comes under
"More", so that a new field shows on every page without anyone touching this file.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.web.forms.filled_form import NEW, Entry, Form, Section
from diwan_core.web.language.i18n import N_

MORE: Final = "more"


@dataclass(frozen=True)
class Heading:
    """Fields that stand together; `fields` are their names, set apart by spaces."""

    name: str
    label: str
    fields: str


#: One layout per record type; a type without one is shown under "More" alone.
HEADINGS: Final[dict[str, tuple[Heading, ...]]] = {
    "attachment": (Heading("picture", N_("What the picture shows"), "caption kind shows_person release"),),
    "case": (
        Heading(
            "event",
            N_("When and where"),
            "type date time date_precision office country place locode position location_type direction procedure "
            "operation",
        ),
        Heading(
            "control",
            N_("Control"),
            "detection_method concealment_method concealment_text selection_reason risk_indicators search_type "
            "agency partner_agencies source_grade",
        ),
        Heading(
            "offence",
            N_("Offence and outcome"),
            "offence_type narrative outcome legal_followup national_reference related_cases",
        ),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    "person": (
        Heading(
            "name",
            N_("Name"),
            "name_as_written script latin_name family_name given_names father_name other_name aliases",
        ),
        Heading(
            "who",
            N_("Who it is"),
            "sex birth_date birth_date_to birth_precision birth_place birth_country nationalities occupation marks "
            "photo",
        ),
        Heading("reach", N_("Telephone, e-mail, devices"), "phones emails imeis"),
        Heading("law", N_("Role and standing"), "role standing_in_law arrested arrested_on notes"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    "company": (
        Heading("name", N_("Name"), "name script latin_name former_names other_names legal_form public"),
        Heading("numbers", N_("Numbers and seat"), "registration_number tax_number country sector roles founded"),
        Heading("reach", N_("Telephone, e-mail, devices"), "phones emails website notes"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    "conveyance": (
        Heading("what", N_("What it is"), "mode kind make model colour private"),
        Heading("road", N_("Vehicle"), "plate plate_country vin"),
        Heading(
            "ship",
            N_("Ship, flight, container"),
            "vessel_name former_names imo mmsi call_sign flag flight_voyage container_number consignment_number",
        ),
        Heading("owner", N_("Owner"), "owner owner_name notes"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    "operation": (
        Heading("what", N_("What it is"), "name purpose state starts ends product_groups language"),
        Heading("members", N_("Who takes part"), "coordinator members member_units feedback_compulsory"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
}

#: Never edited in a form: set by a workflow step, by an import, or by the exercise mode of the node.
SET_ELSEWHERE: Final = frozenset({"status", "exercise", "derived", "source_key", "source_system", "review_state"})
#: Types whose records can be looked up to be linked to: they have pages.
LINKED: Final = frozenset({"case", "person", "company", "conveyance", "operation", "attachment"})
#: Parts that only a workflow step writes.
PARTS_SET_ELSEWHERE: Final = frozenset({"review"})

#: What of a part is asked in front; the rest of its fields stands folded under "More".
IN_FRONT: Final[dict[str, str]] = {
    "case.goods": "product_group description quantity unit hs_code value currency",
    "case.leg": "role country place date mode conveyance",
    "case.concealment": "method place description",
    "case.party": "role subject name identifier country",
    "case.means": "mode kind conveyance plate plate_country container_number vessel_name flight_voyage",
    "person.document": "kind number country expires",
    "person.address": "kind text city country",
    "person.birth": "birth_date birth_date_to birth_precision source",
    "company.address": "kind text city country",
    "company.officer": "role subject name",
    "company.compliance": "event date text",
}

#: Labels of short-form entries where the field's own would not tell two of them apart.
SHORT_LABELS: Final[dict[str, str]] = {
    "leg.departure.country": N_("Country of departure"),
    "leg.destination.country": N_("Country of destination"),
    "leg.departure.mode": N_("Mode of transport"),
    "leg.mode": N_("Mode of transport"),
}


def sections_of(record_type: RecordType) -> list[tuple[Heading, list[Field]]]:
    """The record's own fields under their headings, every field once."""
    present = {name: field for name, field in record_type.fields.items() if not field.retired}
    laid = []
    for heading in HEADINGS.get(record_type.name, ()):
        laid.append((heading, [present.pop(name) for name in heading.fields.split() if name in present]))
    for name in SET_ELSEWHERE & present.keys():
        del present[name]
    laid.append((Heading(MORE, N_("More"), ""), list(present.values())))
    return [(heading, fields) for heading, fields in laid if fields]


def short_form(record_type: RecordType, defaults: Mapping[str, str]) -> Form:
    """The short form: what a report needs, in the order the dictionary gives. `defaults` are by path in the short form.

    A part asked for under several roles (the legs of departure and of destination) becomes one part for each role;
    what is asked of such a part without a role goes to its first."""
    entries: list[Entry] = []
    places: dict[tuple[str, str], str] = {}
    for short in record_type.short_form:
        if not short.part:
            entries.append(_entry(short.name, record_type.fields[short.name], short.path, defaults.get(short.path, "")))
            continue
        part = record_type.parts[short.part]
        role = short.role or next((role for name, role in places if name == short.part), "")
        if (short.part, role) not in places:
            number = 1 + sum(1 for name, _ in places if name == short.part)
            places[short.part, role] = f"{short.part}.{number}"
            if role:
                entries.append(Entry(f"{short.part}.{number}.role", part.fields["role"], default=role, asked=False))
        place = places[short.part, role]
        default = defaults.get(short.path, "")
        entries.append(_entry(f"{place}.{short.name}", part.fields[short.name], short.path, default))
    return Form(record_type, (Section("short", "", tuple(entries)),))


def _entry(path: str, field: Field, short_path: str, default: str) -> Entry:
    return Entry(path, field, SHORT_LABELS.get(short_path, ""), default)


def section_form(record_type: RecordType, name: str, document: Mapping[str, Any]) -> Form | None:
    """The form for the fields under one heading; None when there is no such heading."""
    for heading, fields in sections_of(record_type):
        if heading.name == name:
            entries = tuple(_own_entries(fields, document, ""))
            return Form(record_type, (Section(name, heading.label, entries),)) if entries else None
    return None


def part_form(record_type: RecordType, part_name: str, part_id: str, document: Mapping[str, Any]) -> Form | None:
    """The form for one part of a record, `part_id` NEW for one more; None when the record has no such part."""
    part = record_type.parts.get(part_name)
    if part is None or part_name in PARTS_SET_ELSEWHERE:
        return None
    held = document.get(part_name) or {}
    if part_id != NEW and part_id not in held:
        return None
    fields = part.fields.values()
    entries = tuple(_own_entries(fields, held.get(part_id) or {}, f"{part_name}.{part_id}."))
    return Form(record_type, (Section(part_name, part.label, entries),))


def is_asked(field: Field) -> bool:
    """Whether a form asks for a field: a reference to records that have pages, and every kind a person can type."""
    if field.retired or field.kind == "sha256" or field.name in SET_ELSEWHERE:
        return False
    return field.kind != "reference" or not LINKED.isdisjoint(field.targets)


def _own_entries(fields: Iterable[Field], holder: Mapping[str, Any], before: str) -> Iterable[Entry]:
    for field in fields:
        if not is_asked(field):
            continue
        if not field.repeated:
            yield Entry(before + field.name, field)
            continue
        for element in (*(holder.get(field.name) or {}), NEW):
            yield Entry(f"{before}{field.name}.{element}", field)


def record_type_of(name: str) -> RecordType:
    """The dictionary's record type of this name."""
    return DICTIONARY.type(name)
