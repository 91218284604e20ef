"""Means of transport on file."""

from ..field import boolean, code, longtext, reference, text
from ..record import AnyOf
from .common import EVERY_ORIGIN, record
from .places import container, flight_voyage, number
from .text_release import TEXT_RELEASE

CONVEYANCE = record(
    "conveyance",
    "Conveyance",
    "A vehicle, ship, aircraft, container or consignment. Plate, VIN and owner lead to a person and are nominal.",
    (
        code("mode", "Mode of transport", "mode", listed=True),
        code("kind", "Kind", "conveyance_kind", listed=True),
        boolean("private", "Private", "Belongs to a private person: its plate never leaves without an agreement."),
        number("plate", "Plate", "plate", nominal=True, length=40),
        code("plate_country", "Country of the plate", "country", nominal=True),
        number("vin", "Vehicle identification number", "vehicle", nominal=True, length=20),
        text("make", "Make", max_length=60, searchable=True, leaves="gated"),
        text("model", "Model", max_length=60, searchable=True, leaves="gated"),
        text("colour", "Colour", max_length=40, searchable=True, leaves="gated"),
        text(
            "vessel_name", "Name of the vessel", max_length=120, searchable=True, is_name=True, identifier="vessel",
            identifies="business",
        ),
        text(
            "former_names", "Former names", max_length=120, searchable=True, repeated=True, identifier="vessel",
            identifies="business",
        ),
        text(
            "imo", "IMO number", "Seven digits.", max_length=12, identifier="vessel", check="imo",
            identifies="business",
        ),
        number("mmsi", "MMSI", "vessel", "Nine digits.", length=9, identifies="business"),
        number("call_sign", "Call sign", "vessel", length=20, identifies="business"),
        code("flag", "Flag", "country", listed=True),
        flight_voyage(),
        container(),
        number("consignment_number", "Consignment number", "consignment", identifies="business", leaves="coarsened"),
        reference("owner", "Owner", ("person", "company"), nominal=True),
        text("owner_name", "Owner as written", nominal=True, is_name=True, searchable=True),
        longtext("notes", "Notes", nominal=True, searchable=True),
        TEXT_RELEASE,
    ),
    authority=EVERY_ORIGIN,
    made_by="form",
    rules=(
        AnyOf(
            (
                "plate", "vin", "vessel_name", "imo", "mmsi", "call_sign", "flight_voyage", "container_number",
                "consignment_number",
            )
        ),
    ),
)  # fmt: skip
