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
    "persons_involved", "persons_arrested", "law_text", "sanctions", "sanction_text", "agency_kind",
    # goods: what and how much
    "goods.product_group", "goods.sub_group", "goods.also", "goods.description", "goods.hs_code", "goods.hs_edition",
    "goods.hs_declared", "goods.declared_as", "goods.quantity", "goods.unit", "goods.national_unit",
    "goods.quantity_basis", "goods.uncounted", "goods.second_quantity", "goods.second_unit", "goods.mass_kg",
    "goods.mass_basis", "goods.pieces", "goods.litres", "goods.packaging", "goods.packages", "goods.per_package",
    "goods.per_package_unit", "goods.strength_percent", "goods.value", "goods.currency", "goods.value_kind",
    "goods.value_date", "goods.declared_value", "goods.tags", "goods.brand", "goods.line_outcome",
    "goods.custody_disposal",
    # drugs, precursors, medicines
    "goods.drug_form", "goods.purity", "goods.substance", "goods.cas", "goods.schedule", "goods.lab_state",
    "goods.logo", "goods.precursor_event", "goods.medicine_strength", "goods.medicine_class", "goods.expiry",
    # tobacco, rights
    "goods.intended_market", "goods.tax_stamp", "goods.authenticity", "goods.ipr_right",
    "goods.simplified_destruction",
    # animals and plants
    "goods.species", "goods.species_rank", "goods.cites_appendix", "goods.specimen", "goods.specimen_term",
    "goods.source_code", "goods.permit", "goods.identified_by", "goods.alive",
    # weapons
    "goods.weapon_kind", "goods.weapon_make", "goods.weapon_model", "goods.weapon_calibre", "goods.weapon_condition",
    "goods.serial_state",
    "goods.made_in", "goods.import_mark", "goods.headstamp",
    # nuclear, waste
    "goods.isotope", "goods.activity_bq", "goods.dose_surface", "goods.dose_metre", "goods.shielding",
    "goods.alarm_cause", "goods.waste_code", "goods.refrigerant",
    # strategic goods, money
    "goods.dual_use_category", "goods.control_number", "goods.licence", "goods.end_use", "goods.cash_provenance",
    "goods.cash_use",
    # cultural objects
    "goods.object_materials", "goods.object_measurements", "goods.object_inscriptions", "goods.object_features",
    "goods.object_title", "goods.object_subject", "goods.object_period", "goods.object_maker",
    # route
    "leg.role", "leg.order", "leg.country", "leg.locode", "leg.date", "leg.date_precision", "leg.mode",
    "leg.document_number", "leg.confidence",
    # transport papers
    "paper.type", "paper.number", "paper.state", "paper.date",
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

_SELECTING: Final = "How consignments are selected stays inside."
_CHECKING: Final = "How reports are checked stays inside."
_KEEPING: Final = "What becomes of records and goods in custody stays inside."

#: Fields that identify nobody by themselves and yet are in no template, and why.
KEPT: Final[Mapping[str, Mapping[str, str]]] = {
    "case": {
        "risk_indicators": _SELECTING,
        "source_grade": "What is thought of a source stays inside.",
        "review_state": _CHECKING,
        "review.decision": _CHECKING,
        "goods.custody_status": _KEEPING,
        "concealment.position": "Of a place of concealment its case says where it is.",
    },
    "conveyance": {"private": "It decides whether numbers of the conveyance may leave."},
    "arrival": {"risk_score": _SELECTING},
    "library_item": {},
}
#: The same in every type: only cases name their unit, status, handling and legal ground.
KEPT_ALWAYS: Final = frozenset({"unit", "status", "handling", "legal_basis", "retention", "exercise"})

REPORTED: Final = "case"
"""The type that templates of other administrations are about, and whose records are counted for small cells."""

#: Why the records of a type do not leave without personal data.
WITHHELD: Final[Mapping[str, str]] = {
    "person": "A person is more than the name; what cases say of nationality and role leaves with them.",
    "company": "Nearly everything of a company identifies it.",
    "suspect": "Who or what is looked for stays in the country.",
    "operation": "What the administration plans stays inside.",
    "message": "What officers write to each other stays inside.",
    "request": "What one administration asks another goes to that one alone, under its agreement.",
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
    "price": "What goods are worth leaves with the goods whose value it gave.",
    "equivalent": "What it says of goods is in the reports of the cases that they are in.",
    "agreement": "What was agreed with whom stays between those who agreed.",
    "retention_rule": "How long records are kept is published as law, not as a record.",
    "national_setting": "How a country writes dates or telephone numbers concerns no case.",
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
