"""Route, places of concealment, people and means of a case, as first reported."""

from ..field import code, date, decimal, group, integer, longtext, reference, text
from ..record import Part
from .places import container, flight_voyage, locode, number, place, position, transport_document

LEG = Part(
    "leg",
    "Route",
    (
        code("role", "Role", "leg_role", required=True),
        code("country", "Country", "country", short=True),
        place(),
        locode(),
        group(
            "date",
            date("date", "Date", identifies="person", leaves="coarsened"),
            code("date_precision", "Precision of the date", "date_precision"),
            needs=(("date_precision", "date"),),
        ),
        code("mode", "Mode of transport", "mode", short=True),
        text("carrier", "Carrier", max_length=120, searchable=True, identifies="business"),
        reference("conveyance", "Conveyance", "conveyance", identifies="business"),
        transport_document("Bill of lading, air waybill, CMR, …"),
        code("confidence", "Confidence", "confidence"),
        integer("order", "Place in the route", "1 is the first.", maximum=999, since=4),
    ),
    "From where to where: origin, departure, transit, point of seizure, destination.",
)

CONCEALMENT = Part(
    "concealment",
    "Places of concealment",
    (
        code("method", "Concealment method", "concealment_method", required=True),
        longtext("description", "In words", "Name no persons here.", max_length=2000, searchable=True, leaves="gated"),
        text(
            "place", "Where exactly", "For example: left side beam, behind the kingpin plate.", searchable=True,
            leaves="gated",
        ),
        text(
            "goods", "Which goods lines", "Ids of the goods lines found there.", repeated=True, max_length=13,
            identifies="nobody", leaves="never",
        ),
        position(),
        decimal("length_cm", "Length in centimetres"),
        decimal("width_cm", "Width in centimetres"),
        decimal("height_cm", "Height in centimetres"),
        text("opening", "How it opens", searchable=True, leaves="gated"),
        integer("packages", "Number of packages"),
    ),
    "Each hiding place, where there is more to say than the method.",
)  # fmt: skip

PARTY = Part(
    "party",
    "Persons and companies",
    (
        code("role", "Role", "party_role", required=True),
        reference("subject", "Person or company in the register", ("person", "company"), identifies="person"),
        text("name", "Name as written", nominal=True, is_name=True, searchable=True),
        text(
            "identifier", "Document or registration number", "Passport, tax or registration number.", max_length=60,
            nominal=True, identifier="document",
        ),
        code(
            "country", "Country", "country", "Nationality, or the seat of the company.", identifies="person",
            leaves="coarsened",
        ),
        code("state", "Standing", "person_state", identifies="person", leaves="coarsened"),
    ),
    "Who was involved, as first reported; later linked to a person or company in the register.",
)  # fmt: skip

MEANS = Part(
    "means",
    "Means of transport",
    (
        code("role", "Role of the leg", "leg_role"),
        reference("conveyance", "Conveyance on file", "conveyance", identifies="business"),
        code("mode", "Mode of transport", "mode"),
        code("kind", "Kind", "conveyance_kind", short=True),
        number("plate", "Plate", "plate", nominal=True, length=40),
        code("plate_country", "Country of the plate", "country", nominal=True),
        container(),
        text(
            "vessel_name", "Name of the vessel", max_length=120, searchable=True, identifier="vessel",
            identifies="business",
        ),
        flight_voyage(),
        transport_document(),
        number("seal", "Seal", "seal", length=40, identifies="business"),
    ),
    "Lorry, container, ship or flight, as first reported; later linked to a conveyance in the register.",
)  # fmt: skip

PAPER = Part(
    "paper",
    "Papers",
    (
        code("type", "Type", "paper_type", since=4),
        number("number", "Number", "consignment", identifies="business", leaves="coarsened", since=4),
        code("state", "Genuine?", "paper_state", since=4),
        date("date", "Date", identifies="person", leaves="coarsened", since=4),
    ),
    "Bills, waybills, declarations and invoices that went with the goods.",
)
