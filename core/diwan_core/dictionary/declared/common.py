"""Fields and statuses that every record type has, and who may set them."""

from collections.abc import Sequence
from typing import Final

from ..field import Field, FieldGroup, boolean, code, date, text
from ..record import MadeBy, Origin, Part, RecordDeclaration, Rule, ScopeField, ShortField, StatusChange
from ..state_machine import StateMachine

#: Facts beside id, origin, author, created and updated, which the journal keeps.
ENVELOPE: Final[tuple[Field, ...]] = (
    text(
        "unit", "Unit", "The unit responsible for this record.", max_length=60, listed=True, identifies="nobody",
        leaves="coarsened",
    ),
    code("status", "Status", "status", listed=True),
    code("handling", "Handling", "handling", "How far it may be shared (Traffic Light Protocol).", listed=True),
    text(
        "legal_basis", "Legal basis", "The law or agreement it is kept or shared under.", max_length=200, listed=True,
        leaves="gated",
    ),
    date("retention", "Keep until", "The day after which it is to be erased.", listed=True),
    boolean("exercise", "Exercise", "Practice data: never leaves the post.", listed=True),
)  # fmt: skip

POST_AND_CENTRAL: Final[frozenset[Origin]] = frozenset({"post", "central"})
EVERY_ORIGIN: Final[frozenset[Origin]] = frozenset({"post", "central", "gateway"})
CENTRAL: Final[frozenset[Origin]] = frozenset({"central"})


def transitions(authority: frozenset[Origin]) -> dict[str, StatusChange]:
    """Draft, submitted, validated by a supervisor, published by the centre; withdrawn at any time, never deleted.

    A validated report can be sent back (submitted again), a withdrawn one restored.
    """
    steps = (
        StatusChange("draft", frozenset({""}), authority),
        StatusChange("submitted", frozenset({"", "draft", "validated", "withdrawn"}), authority),
        StatusChange("validated", frozenset({"submitted", "published"}), authority - {"gateway"}),
        StatusChange("published", frozenset({"", "submitted", "validated"}), CENTRAL),
        StatusChange("withdrawn", frozenset({"draft", "submitted", "validated", "published"}), authority),
    )
    return {step.status: step for step in steps}


def record(
    name: str,
    label: str,
    help: str,
    members: Sequence[Field | FieldGroup | Part],
    *,
    authority: frozenset[Origin] = POST_AND_CENTRAL,
    rules: tuple[Rule, ...] = (),
    short_form: tuple[ShortField, ...] = (),
    since: int = 1,
    made_by: MadeBy = "",
    machines: tuple[StateMachine, ...] = (),
    scopes: tuple[ScopeField, ...] = (),
) -> RecordDeclaration:
    """A record type: its own members, then those every record has. It belongs to the scope of its unit, and to those
    that `scopes` says."""
    return RecordDeclaration(
        name=name,
        label=label,
        members=(*members, *ENVELOPE),
        authority=authority,
        transitions=transitions(authority),
        help=help,
        rules=rules,
        short_form=short_form,
        since=since,
        made_by=made_by,
        machines=machines,
        scopes=(ScopeField("unit", "unit"), *scopes),
    )
