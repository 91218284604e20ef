"""Persons, companies and conveyances, as the consoles show them: records of their own that cases point to."""

from typing import Final

from diwan_core.web.cases import CASES
from diwan_core.web.i18n import N_
from diwan_core.web.listing import RecordKind

PERSONS: Final = RecordKind(
    type="person",
    path="persons",
    plural=N_("Persons"),
    one=N_("Person without a name"),
    columns=("status", "handling"),
    named_by=("name_as_written", "latin_name", "family_name", "given_names"),
)
COMPANIES: Final = RecordKind(
    type="company",
    path="companies",
    plural=N_("Companies"),
    one=N_("Company without a name"),
    columns=("status", "handling"),
    named_by=("name", "latin_name", "registration_number", "tax_number"),
)
CONVEYANCES: Final = RecordKind(
    type="conveyance",
    path="conveyances",
    plural=N_("Conveyances"),
    one=N_("Conveyance without a number"),
    columns=("kind", "mode", "flag", "status"),
    named_by=(
        *("plate", "vessel_name", "container_number", "flight_voyage", "vin", "imo", "mmsi", "call_sign"),
        "consignment_number",
    ),
)
KINDS: Final[dict[str, RecordKind]] = {kind.type: kind for kind in (CASES, PERSONS, COMPANIES, CONVEYANCES)}
#: What a report calls one of them.
ONE: Final[dict[str, str]] = {
    "case": N_("Case"),
    "person": N_("Person"),
    "company": N_("Company"),
    "conveyance": N_("Conveyance"),
}
