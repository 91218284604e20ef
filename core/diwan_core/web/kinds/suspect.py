"""Suspect files: who or what is looked for, why, what to do when it is found, and the state of the work."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import Heading, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="suspect",
    path="suspects",
    plural=N_("Suspect files"),
    one=N_("Suspect file without a title"),
    order=60,
    actions=frozenset({Action.READ_RECORDS, Action.EDIT}),
    index="list",
    named_by=("title", "reference"),
    columns=("requested_action", "state", "priority", "assigned_officer", "review_date", "valid_until"),
    telling=("requested_action", "state", "assigned_officer"),
    telling_where_named=("requested_action", "state"),
    begin={"new": N_("Open a suspect file")},
    headings=(
        Heading(
            "file",
            N_("The file"),
            "title reference state reason requested_action priority warning_codes valid_from valid_until source_grade",
            open=True,
        ),
        Heading(
            "work", N_("Work on it"), "assigned_officer assigned_unit review_date result closing_reason cases hits"
        ),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    in_front={"subject": "kind subject name", "task": "title assigned due"},
)
