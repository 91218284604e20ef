"""Operations: joint actions of several services, which the centre announces and cases refer to."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import Heading, RecordKind
from diwan_core.web.language.i18n import N_

KIND: Final = RecordKind(
    type="operation",
    add=N_("Add an operation"),
    path="operations",
    plural=N_("Operations"),
    one=N_("Operation without a name"),
    order=50,
    actions=frozenset({Action.READ_RECORDS}),
    index="look_up",
    named_by=("name",),
    columns=("name", "state", "starts", "ends"),
    telling=("state", "starts", "ends"),
    headings=(
        Heading("what", N_("What it is"), "name code purpose state starts ends product_groups language", open=True),
        Heading("members", N_("Who takes part"), "coordinator members member_units feedback_compulsory"),
        Heading("handling", N_("Handling"), "handling legal_basis retention unit"),
    ),
    found_by=N_("words of its name"),
)
