"""Proposals: what a rule or a person proposes and a person decides."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import Heading, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="proposal",
    path="proposals",
    plural=N_("Proposals"),
    one=N_("Proposal"),
    order=68,
    actions=frozenset({Action.READ_RECORDS}),
    index="list",
    columns=("kind", "state"),
    telling=("kind", "state"),
    telling_where_named=("kind", "state"),
    begin={"open": N_("Make a proposal")},
    headings=(
        Heading("proposal", N_("The proposal"), "kind state subject other reasons score", open=True),
        Heading("decision", N_("The decision"), "decided_by decision"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
)
