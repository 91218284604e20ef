"""Conveyances: vehicles, ships, aircraft and containers that cases and other records refer to."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import SAME_CONTAINER, SAME_NUMBER, SAME_PLATE, Heading, Identifier, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="conveyance",
    add=N_("Add a conveyance"),
    path="conveyances",
    plural=N_("Conveyances"),
    one=N_("Conveyance without a number"),
    called=N_("Conveyance"),
    order=40,
    actions=frozenset({Action.READ_RECORDS, Action.REPORT, Action.EDIT, Action.IMPORT}),
    index="look_up",
    named_by=(
        *("plate", "vessel_name", "container_number", "flight_voyage", "vin", "imo", "mmsi", "call_sign"),
        "consignment_number",
    ),
    columns=("kind", "mode", "flag", "status"),
    telling=("kind", "plate_country", "make", "model", "colour", "vessel_name", "container_number", "flag"),
    headings=(
        Heading("what", N_("What it is"), "mode kind make model colour private", open=True),
        Heading("road", N_("Vehicle"), "plate plate_country vin", open=True),
        Heading(
            "ship",
            N_("Ship, flight, container"),
            "vessel_name former_names imo mmsi call_sign flag flight_voyage container_number consignment_number",
            open=True,
        ),
        Heading("owner", N_("Owner"), "owner owner_name notes"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    taken_over={
        name: name
        for name in ("mode", "kind", "plate", "plate_country", "container_number", "vessel_name", "flight_voyage")
    },
    sought_in=("vessel_name", "plate"),
    parts_set_elsewhere=frozenset({"text_release"}),
    identifiers=(
        Identifier("plate", SAME_PLATE),
        Identifier("container_number", SAME_CONTAINER),
        Identifier("vin", SAME_NUMBER),
        Identifier("imo", SAME_NUMBER),
    ),
)
