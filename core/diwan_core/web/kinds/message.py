"""Messages: warnings, their feedback, and free mail between officers."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import Heading, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="message",
    path="messages",
    plural=N_("Messages"),
    one=N_("Message without a subject"),
    order=62,
    actions=frozenset({Action.READ_RECORDS}),
    index="list",
    named_by=("subject",),
    columns=("kind", "state", "precedence", "sender", "expected_date"),
    telling=("kind", "state", "sender"),
    telling_where_named=("kind", "state"),
    begin={"open": N_("Write a message")},
    headings=(
        Heading(
            "message",
            N_("The message"),
            "kind state subject body sender recipients precedence acknowledge answer_by language operation reply_to "
            "attachments",
            open=True,
        ),
        Heading(
            "warning",
            N_("What is expected"),
            "profile product_group hs_code container_number document_number plate consignee_name consignor_name "
            "departure_country expected_place expected_office expected_date indicators requested_control",
        ),
        Heading("feedback", N_("What was found"), "warning control_done result reason_not seizure"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
)
