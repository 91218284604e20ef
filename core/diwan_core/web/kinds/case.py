"""Cases: seizures, detentions, offences and controls, as officers report them."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from diwan_core.dictionary import Condition
from diwan_core.dictionary.folding import same_name
from diwan_core.register import Record, Register
from diwan_core.roles import Action
from diwan_core.web.kinds.kind import (
    SAME_CONTAINER,
    SAME_NUMBER,
    SAME_PLATE,
    Document,
    FirstPart,
    Heading,
    Identifier,
    ImportPart,
    RecordKind,
)
from diwan_core.web.language.i18n import N_, _

SAME_PERSON: Final = N_("The same person on the same day: {value}")
SAME_SEIZURE: Final = N_("The same office, day, product and quantity")
_LOOKED_AT: Final = 40
"""Records read for one question: a hint is worth a moment, not a wait."""


def _parts(document: Document, name: str) -> list[Mapping[str, Any]]:
    held = document.get(name)
    return [part for part in held.values() if isinstance(part, Mapping)] if isinstance(held, Mapping) else []


def same_person(register: Register, document: Document) -> Iterator[tuple[Record, str]]:
    """Cases of the same day with a party of the same name."""
    date = document.get("date")
    if not isinstance(date, str):
        return
    for part in _parts(document, "party"):
        name = part.get("name")
        if not isinstance(name, str) or len(name) > 200:
            continue
        # A name that ends in "S.A." would ask for every word that begins with an a.
        for row in register.search(name, types=[KIND.type], limit=_LOOKED_AT, whole=True):
            record = register.get(row.id) if row.columns.get("date") == date else None
            if record is not None and any(
                same_name(name, str(other.get("name") or "")) for other in _parts(record.values, "party")
            ):
                yield record, _(SAME_PERSON, value=name)


def same_seizure(register: Register, document: Document) -> Iterator[tuple[Record, str]]:
    """Cases of the same office and day with the same quantity of the same goods."""
    date, office = document.get("date"), document.get("office")
    mine = _amounts(document)
    if not (isinstance(date, str) and isinstance(office, str) and mine):
        return
    for row in register.find(KIND.type, {"date": date, "office": office}, limit=_LOOKED_AT):
        record = register.get(row.id)
        if record is not None and mine & _amounts(record.values):
            yield record, _(SAME_SEIZURE)


def _amounts(document: Document) -> set[tuple[str, str, str]]:
    found = set()
    for part in _parts(document, "goods"):
        values = tuple(str(part.get(name) or "") for name in ("product_group", "quantity", "unit"))
        if all(values):
            found.add((values[0], values[1], values[2]))
    return found


_OF_PRODUCTS: Final = {
    "drugs": "logo",
    "drugs precursors medicines": "substance cas schedule lab_state",
    "drugs medicines": "drug_form purity",
    "precursors": "precursor_event",
    "tobacco": "intended_market authenticity",
    "tobacco alcohol excise": "tax_stamp",
    "tobacco medicines alcohol": "manufacturer",
    "alcohol": "strength_percent",
    "fauna_flora": (
        "species species_rank cites_appendix specimen specimen_term source_code permit identified_by alive"
    ),
    "weapons": (
        "weapon_kind weapon_make weapon_model weapon_calibre weapon_serial serial_state made_in import_mark "
        "weapon_condition headstamp ammunition_lot trace_request"
    ),
    "nuclear": "isotope activity_bq dose_surface dose_metre shielding alarm_cause",
    "culture": (
        "object_materials object_measurements object_inscriptions object_features object_title object_subject "
        "object_period object_maker"
    ),
    "medicines": "medicine_strength batch expiry market_authorisation medicine_class",
    "ipr": "ipr_right holder_informed simplified_destruction",
    "strategic": "dual_use_category",
    "strategic nuclear weapons": "control_number licence licence_number end_use",
    "currency": "cash_provenance cash_use declared_value",
    "environment": "waste_code movement_notice refrigerant",
}
"""What the full form asks of goods of some product groups only."""

KIND: Final = RecordKind(
    type="case",
    path="cases",
    plural=N_("Cases"),
    one=N_("Case of {date}"),
    called=N_("Case"),
    order=10,
    actions=frozenset({Action.READ_RECORDS, Action.REPORT, Action.EDIT, Action.EXPORT, Action.IMPORT, Action.REVIEW}),
    index="list",
    in_head=10,
    printed=True,
    checked=True,
    gathered_by="operation",
    work_at_hand=True,
    columns=("date", "product_group", "quantity", "office", "case_number", "status"),
    narrowed_by={
        "type": ("type",),
        "detection_method": ("detection_method",),
        "selection_basis": ("selection_basis",),
        "concealment_method": ("concealment_method", "concealment.method"),
        "mode": ("leg.mode", "means.mode"),
    },
    first_part=FirstPart(
        "goods", "product_group", ("description", "brand", "species", "sub_group", "hs_code"), "quantity", "unit"
    ),
    telling=("date", "office", "type", "direction"),
    telling_on_page=False,
    telling_where_named=("product_group", "direction", "office"),
    always_named=False,
    always_pictured=True,
    headings=(
        Heading(
            "event",
            N_("When and where"),
            "type date date_precision date_to time time_precision office country place locode position location_type "
            "direction procedure operation",
            open=True,
        ),
        Heading(
            "control",
            N_("Control"),
            "detection_method selection_basis found_with concealment_method concealment_text selection_reason "
            "risk_indicators search_type agency agency_kind partner_agencies source_grade",
            open=True,
        ),
        Heading(
            "offence",
            N_("Offence and outcome"),
            "offence_type narrative outcome legal_followup law_text sanctions sanction_text persons_involved "
            "persons_arrested national_reference paper_number related_cases",
            open=True,
        ),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    in_front={
        "goods": "product_group description quantity unit uncounted hs_code value currency",
        "leg": "role country place date mode conveyance",
        "concealment": "method place description",
        "party": "role subject name identifier country",
        "paper": "type number state",
        "means": "mode kind conveyance plate plate_country container_number vessel_name flight_voyage",
    },
    short_labels={
        "leg.departure.country": N_("Country of departure"),
        "leg.destination.country": N_("Country of destination"),
        "leg.departure.mode": N_("Mode of transport"),
        "leg.mode": N_("Mode of transport"),
        "means.kind": N_("Kind of conveyance"),
    },
    parts_set_elsewhere=frozenset({"review", "text_release"}),
    report=N_("Report a case"),
    remembered={
        "direction": ("direction",),
        "detection_method": ("detection_method",),
        "goods.product_group": ("goods", "product_group"),
        "goods.unit": ("goods", "unit"),
        "leg.departure.country": ("leg", "departure", "country"),
        "leg.destination.country": ("leg", "destination", "country"),
        "leg.mode": ("leg", "mode"),
    },
    standing={"type": "seizure", "country": ""},
    relevant={
        "date_to": (Condition("date_precision", ("range",)),),
        "time_precision": (Condition("time", ("",), unless=True),),
        "sanctions": (Condition("legal_followup", ("", "none"), unless=True),),
        "sanction_text": (Condition("legal_followup", ("", "none"), unless=True),),
        "goods.national_unit": (Condition("goods.unit", ("ZZ",)),),
        "goods.uncounted": (Condition("goods.quantity", ("",)),),
        "goods.hs_declared": (Condition("goods.hs_code", ("",), unless=True),),
        **{
            f"goods.{name}": (Condition("goods.product_group", tuple(groups.split())),)
            for groups, names in _OF_PRODUCTS.items()
            for name in names.split()
        },
    },
    day="date",
    identifiers=(
        Identifier("plate", SAME_PLATE, part="means"),
        Identifier("container_number", SAME_CONTAINER, part="means"),
        Identifier("vin", SAME_NUMBER, part="means"),
        Identifier("imo", SAME_NUMBER, part="means"),
    ),
    alike=(same_person, same_seizure),
    itself=N_("The case"),
    import_parts=(
        ImportPart("goods", "1", "", N_("Goods")),
        ImportPart("goods", "2", "", N_("Goods, second line")),
        ImportPart("leg", "1", "departure", N_("Departure")),
        ImportPart("leg", "2", "destination", N_("Destination")),
        ImportPart("concealment", "1", "", N_("Concealment")),
        ImportPart("party", "1", "", N_("Person or company")),
        ImportPart("party", "2", "", N_("Second person or company")),
        ImportPart("means", "1", "", N_("Means of transport")),
        ImportPart("paper", "1", "", N_("Papers")),
    ),
)
