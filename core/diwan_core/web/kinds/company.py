"""Companies: firms that cases and other records refer to."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import SAME_NUMBER, Heading, Identifier, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="company",
    add=N_("Add a company"),
    path="companies",
    plural=N_("Companies"),
    one=N_("Company without a name"),
    called=N_("Company"),
    order=30,
    actions=frozenset({Action.READ_RECORDS, Action.REPORT, Action.EDIT, Action.IMPORT}),
    index="look_up",
    named_by=("name", "latin_name", "registration_number", "tax_number"),
    columns=("status", "handling"),
    telling=("registration_number", "tax_number", "country", "latin_name"),
    headings=(
        Heading("name", N_("Name"), "name script latin_name former_names other_names legal_form public", open=True),
        Heading(
            "numbers",
            N_("Numbers and seat"),
            "registration_number tax_number country sector roles founded",
            open=True,
        ),
        Heading("reach", N_("Telephone, e-mail, devices"), "phones emails website notes"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    in_front={
        "address": "kind text city country",
        "officer": "role subject name",
        "compliance": "event date text",
    },
    taken_over={"name": "name", "identifier": "registration_number", "country": "country"},
    sought_in=("name", "registration_number"),
    identifiers=(Identifier("registration_number", SAME_NUMBER), Identifier("tax_number", SAME_NUMBER)),
)
