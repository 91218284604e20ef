"""Calls of ships: an invented kind, to see that one file gives a type all of its pages."""

from typing import Final

from diwan_core.roles import Action
from diwan_core.web.kinds.kind import Heading, RecordKind

KIND: Final = RecordKind(
    type="ship_call",
    path="ship-calls",
    plural="Calls of ships",
    one="Call without a name",
    order=15,
    actions=frozenset({Action.READ_RECORDS, Action.REPORT, Action.EDIT, Action.EXPORT, Action.IMPORT}),
    index="list",
    in_head=11,
    printed=True,
    named_by=("ship",),
    columns=("ship", "arrived", "flag", "status"),
    telling=("arrived", "flag", "crew.rank"),
    always_pictured=True,
    headings=(Heading("call", "The call", "ship arrived flag", open=True), Heading("people", "People", "master")),
    in_front={"crew": "rank name subject"},
)
