"""Entries of watch lists: a person, company, number or profile that posts look for once an analyst has adopted it."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import Heading, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="watch_entry",
    path="watch-entries",
    plural=N_("Watch-list entries"),
    one=N_("Watch-list entry without a name"),
    order=70,
    actions=frozenset({Action.READ_RECORDS}),
    index="list",
    named_by=("name", "key"),
    columns=("kind", "state", "requested_action", "valid_until"),
    telling=("kind", "state", "requested_action"),
    telling_where_named=("kind", "state"),
    begin={"proposed": N_("Propose an entry"), "adopted": N_("Add an entry")},
    headings=(
        Heading(
            "entry",
            N_("The entry"),
            "watch_list kind state key name aliases identifiers birth_date countries subject reason warning_codes "
            "requested_action valid_from valid_until",
            open=True,
        ),
        Heading(
            "goods",
            N_("Goods and route"),
            "hs_code product_group brand origin_country departure_country destination_country",
        ),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
)
