"""Persons: people that cases and other records refer to."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import SAME_NUMBER, Heading, Identifier, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="person",
    add=N_("Add a person"),
    path="persons",
    plural=N_("Persons"),
    one=N_("Person without a name"),
    called=N_("Person"),
    order=20,
    actions=frozenset({Action.READ_RECORDS, Action.REPORT, Action.EDIT, Action.IMPORT}),
    index="look_up",
    named_by=("name_as_written", "latin_name", "family_name", "given_names"),
    columns=("status", "handling"),
    telling=("warning_codes", "birth_date", "birth_place", "nationalities", "latin_name", "document.number"),
    portrait="photo",
    headings=(
        Heading(
            "name",
            N_("Name"),
            "name_as_written script latin_name family_name given_names father_name other_name aliases",
            open=True,
        ),
        Heading(
            "who",
            N_("Who it is"),
            "sex birth_date birth_date_to birth_precision birth_place birth_country nationalities occupation marks "
            "photo warning_codes",
            open=True,
        ),
        Heading("reach", N_("Telephone, e-mail, devices"), "phones emails imeis"),
        Heading("law", N_("Role and standing"), "role standing_in_law arrested arrested_on notes"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    in_front={
        "document": "kind number country expires",
        "address": "kind text city country",
        "birth": "birth_date birth_date_to birth_precision source",
    },
    taken_over={"name": "name_as_written", "identifier": "document.1.number"},
    sought_in=("name_as_written", "document.1.number"),
    identifiers=(Identifier("number", SAME_NUMBER, part="document"),),
)
