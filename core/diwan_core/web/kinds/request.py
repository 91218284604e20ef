"""Requests: what one office or administration asks of another, and the answer."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import Heading, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="request",
    path="requests",
    plural=N_("Requests"),
    one=N_("Request without a subject"),
    order=64,
    actions=frozenset({Action.READ_RECORDS, Action.EDIT}),
    index="list",
    named_by=("subject",),
    columns=("kind", "state", "addressed_to", "partner_country", "answer_by"),
    telling=("kind", "state", "addressed_to", "answer_by"),
    telling_where_named=("kind", "state"),
    begin={"draft": N_("Write a request"), "sent": N_("Write and send a request")},
    headings=(
        Heading(
            "request",
            N_("The request"),
            "subject kind state asked_by addressed_to for_post partner_country agreement answer_by body purpose about "
            "attachments",
            open=True,
        ),
        Heading("answer", N_("The answer"), "answer state_reason"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
)
