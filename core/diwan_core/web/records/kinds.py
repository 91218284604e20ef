"""Persons, companies, conveyances and operations as the consoles show them."""

from functools import cache
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.language.i18n import N_
from diwan_core.web.records.cases import CASES
from diwan_core.web.records.listing import RecordKind

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
OPERATIONS: Final = RecordKind(
    type="operation",
    path="operations",
    plural=N_("Operations"),
    one=N_("Operation without a name"),
    columns=("name", "state", "starts", "ends"),
    named_by=("name",),
)
#: What people write in a form of ours.
KINDS: Final[dict[str, RecordKind]] = {kind.type: kind for kind in (CASES, PERSONS, COMPANIES, CONVEYANCES)}
#: What a report calls one of them.
ONE: Final[dict[str, str]] = {
    "case": N_("Case"),
    "person": N_("Person"),
    "company": N_("Company"),
    "conveyance": N_("Conveyance"),
}
#: What a record of another type is called by, the best first.
_CALLED_BY: Final = ("name", "title", "subject", "label", "caption", "file_name", "reference")


@cache
def kind_of(type_name: str) -> RecordKind:
    """What the pages say of any type of the dictionary, also of one that has no page of its own yet."""
    if type_name in KINDS or type_name == OPERATIONS.type:
        return KINDS.get(type_name, OPERATIONS)
    declared = DICTIONARY.type(type_name)
    texts = [name for name in _CALLED_BY if name in declared.fields and declared.fields[name].kind == "text"]
    return RecordKind(type_name, type_name, declared.label, declared.label, (), tuple(texts))


def one_of(type_name: str) -> str:
    """What a report calls a record of any type, still to be translated."""
    return ONE.get(type_name) or DICTIONARY.type(type_name).label
