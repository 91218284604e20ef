"""Arrival notices: what is announced before it comes."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import FirstPart, Heading, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="arrival",
    path="arrivals",
    plural=N_("Arrival notices"),
    one=N_("Arrival notice without a number"),
    order=66,
    actions=frozenset({Action.READ_RECORDS, Action.EDIT}),
    index="list",
    named_by=("reference", "container_number", "plate", "vessel_name"),
    columns=("expected_at", "state", "mode", "departure_country", "expected_office"),
    first_part=FirstPart("goods", "hs_code", ("description",), "quantity", "unit"),
    telling=("expected_at", "state", "mode", "departure_country"),
    telling_where_named=("expected_at", "state"),
    begin={"expected": N_("Announce an arrival"), "arrived": N_("Report an arrival")},
    headings=(
        Heading(
            "arrival",
            N_("The arrival"),
            "reference state expected_at expected_office mode departure_country departure_locode destination_country",
            open=True,
        ),
        Heading(
            "numbers",
            N_("Conveyance and papers"),
            "conveyance plate container_number vessel_name imo flight_voyage seal document_number declaration_number",
        ),
        Heading("risk", N_("Risk"), "risk_score risk_reasons"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
)
