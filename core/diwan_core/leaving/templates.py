"""Which columns of which record types may leave without personal data, named one by one.

A type without a template does not leave at all: a person is more than its name, and what an administration plans, looks
for and says inside stays inside. A gated text leaves only where it was released."""

from collections.abc import Mapping
from typing import Final

_CASE: Final = (
    # when and where
    "type", "date", "date_to", "date_precision", "country", "office", "locode", "position", "location_type",
    "direction", "procedure", "unit",
    # control
    "detection_method", "selection_reason", "selection_basis", "found_with", "search_type",
    "concealment_method", "concealment_text",
    # offence
    "offence_type", "outcome", "legal_followup", "legal_basis", "derived", "status", "handling",
    # goods
    "goods.product_group", "goods.sub_group", "goods.description", "goods.hs_code", "goods.quantity", "goods.unit",
    "goods.uncounted", "goods.second_quantity", "goods.second_unit", "goods.mass_kg", "goods.pieces", "goods.litres",
    "goods.packaging", "goods.packages", "goods.value", "goods.currency", "goods.brand", "goods.species",
    "goods.cites_appendix", "goods.specimen", "goods.drug_form", "goods.purity", "goods.weapon_make",
    "goods.weapon_model", "goods.weapon_calibre", "goods.declared_as", "goods.custody_disposal",
    # route
    "leg.role", "leg.country", "leg.locode", "leg.date", "leg.date_precision", "leg.mode", "leg.document_number",
    "leg.confidence",
    # places of concealment
    "concealment.method", "concealment.description", "concealment.place", "concealment.length_cm",
    "concealment.width_cm", "concealment.height_cm", "concealment.opening", "concealment.packages",
    # persons and companies: what they were in it, never who
    "party.role", "party.country", "party.state",
    # means of transport
    "means.role", "means.mode", "means.kind", "means.container_number", "means.flight_voyage", "means.document_number",
)  # fmt: skip

_CONVEYANCE: Final = (
    "mode", "kind", "make", "model", "colour", "flag", "flight_voyage", "container_number", "consignment_number",
)  # fmt: skip

_ARRIVAL: Final = (
    "state", "mode", "expected_office", "expected_at", "departure_country", "departure_locode", "destination_country",
    "document_number", "container_number", "flight_voyage",
    "goods.description", "goods.hs_code", "goods.origin_country", "goods.quantity", "goods.unit", "goods.mass_kg",
    "goods.packages", "goods.packaging", "goods.value", "goods.currency",
    "party.role", "party.country",
)  # fmt: skip

_LIBRARY_ITEM: Final = (
    "title", "kind", "summary", "language", "keywords", "product_group", "concealment_method", "publisher",
    "valid_from", "valid_until",
)  # fmt: skip

TEMPLATES: Final[Mapping[str, tuple[str, ...]]] = {
    "case": _CASE,
    "conveyance": _CONVEYANCE,
    "arrival": _ARRIVAL,
    "library_item": _LIBRARY_ITEM,
}

#: Why the records of a type do not leave without personal data.
WITHHELD: Final[Mapping[str, str]] = {
    "person": "A person is more than the name; what cases say of nationality and role leaves with them.",
    "company": "Nearly everything of a company identifies it.",
    "suspect": "Who or what is looked for stays in the country.",
    "operation": "What the administration plans stays inside.",
    "message": "What officers write to each other stays inside.",
    "topic": "What officers write to each other stays inside.",
    "post": "What officers write to each other stays inside.",
    "link": "It says which records belong together, and nothing that can be read without them.",
    "attachment": "A picture leaves only after somebody has judged it, never by its record.",
    "watch_list": "Who or what is looked for stays in the country.",
    "watch_entry": "Who or what is looked for stays in the country.",
    "rule": "How consignments are selected stays inside.",
    "sighting": "Who or what is looked for stays in the country.",
    "proposal": "It says what officers think, and of whom.",
    "unit": "How the administration is made up stays inside.",
    "user": "Officers are persons too, and their names are a matter of safety.",
    "code_entry": "National codes leave with the records that use them.",
    "code_edition": "Its file is published elsewhere.",
    "agreement": "What was agreed with whom stays between those who agreed.",
    "site": "Where and how posts are equipped is a matter of safety.",
}


class NoTemplate(Exception):
    """Records of this type do not leave without personal data. The text is for people."""

    def __init__(self, type: str) -> None:
        super().__init__(f"Records of the type {type} are not given out without personal data.")


def columns_of(type: str) -> tuple[str, ...]:
    """The columns of a type's template, such as "date" and "goods.quantity". Raises NoTemplate."""
    try:
        return TEMPLATES[type]
    except KeyError:
        raise NoTemplate(type) from None
