"""The states of operations, messages and requests, of arrivals, of what is proposed, and the phases of a site."""

from collections.abc import Iterator
from itertools import pairwise
from typing import Final

from diwan_core.roles import Action

from ..problem import N_
from ..record import Origin
from ..state_machine import NONE, ByClock, StateMachine, Step
from .common import CENTRAL, EVERY_ORIGIN, POST_AND_CENTRAL

SINCE: Final = 4
_REASON: Final = (("state_reason",),)
_RUN: Final = (Action.RUN_OPERATIONS,)
_WRITE: Final = (Action.WRITE_MESSAGES,)
_FOLLOW: Final = (Action.FOLLOW_ARRIVALS,)
_ADOPT: Final = (Action.ADOPT,)
_DECIDE: Final = (Action.DECIDE,)
_GATEWAY: Final[frozenset[Origin]] = frozenset({"gateway"})
_ANNOUNCING: Final[frozenset[Origin]] = frozenset({"central", "gateway"})

OPERATION_STATE: Final = StateMachine(
    "state",
    ("planned", "running", "ended", "archived"),
    (
        Step((NONE,), "planned", N_("Plan the operation"), CENTRAL, _RUN),
        Step(
            ("planned",), "running", N_("Start the operation"), CENTRAL, _RUN,
            needs=(("starts",), ("ends",), ("coordinator",)),
        ),
        Step(("running",), "ended", N_("End the operation"), CENTRAL, _RUN, ends=True),
        Step(("ended",), "archived", N_("Archive the operation"), CENTRAL, _RUN, ends=True),
    ),
    since=SINCE,
)  # fmt: skip

MESSAGE_STATE: Final = StateMachine(
    "state",
    ("open", "acknowledged", "answered", "overdue", "void"),
    (
        Step((NONE,), "open", N_("Send"), POST_AND_CENTRAL, _WRITE),
        Step(("open", "overdue"), "acknowledged", N_("Acknowledge"), POST_AND_CENTRAL, _WRITE),
        Step(("open", "acknowledged", "overdue"), "answered", N_("It is answered"), POST_AND_CENTRAL, _WRITE),
        Step(
            ("open", "acknowledged", "overdue"), "void", N_("Make it void"), CENTRAL, _RUN, needs=_REASON, ends=True,
        ),
    ),
    reason="state_reason",
    clock=ByClock(("open", "acknowledged"), "overdue", "answer_by"),
    since=SINCE,
)  # fmt: skip

_ASK: Final = (Action.WRITE_REQUESTS,)
_SEND: Final = (Action.SEND_REQUESTS,)

REQUEST_STATE: Final = StateMachine(
    "state",
    ("draft", "sent", "received", "answered", "refused", "expired"),
    (
        Step((NONE,), "draft", N_("Write a request"), POST_AND_CENTRAL, _ASK),
        Step(
            (NONE, "draft"), "sent", N_("Send the request"), EVERY_ORIGIN, _SEND,
            needs=(("addressed_to",), ("answer_by",), ("legal_basis",)),
        ),
        Step(("sent",), "received", N_("It was received"), EVERY_ORIGIN, _ASK),
        Step(("sent", "received"), "answered", N_("Answer the request"), EVERY_ORIGIN, _SEND, needs=(("answer",),)),
        Step(
            ("draft", "sent", "received"), "refused", N_("Refuse the request"), EVERY_ORIGIN, _SEND, needs=_REASON,
            ends=True,
        ),
        Step(("answered", "refused"), "received", N_("Open the request again"), CENTRAL, _SEND, needs=_REASON),
    ),
    reason="state_reason",
    clock=ByClock(("sent", "received"), "expired", "answer_by"),
    since=SINCE,
)  # fmt: skip
"""What an office asks of another, also of another administration, whose gateway sends, receives and answers."""

ARRIVAL_STATE: Final = StateMachine(
    "state",
    ("expected", "overdue", "arrived", "selected", "released", "cancelled"),
    (
        Step((NONE,), "expected", N_("Announce"), EVERY_ORIGIN, _FOLLOW),
        Step((NONE, "expected", "overdue"), "arrived", N_("It has arrived"), POST_AND_CENTRAL, _FOLLOW),
        Step(("arrived",), "selected", N_("Select for control"), POST_AND_CENTRAL, _FOLLOW),
        Step(("arrived", "selected"), "released", N_("Release the goods"), POST_AND_CENTRAL, _FOLLOW, ends=True),
        Step(("expected", "overdue"), "cancelled", N_("Cancel the arrival"), _ANNOUNCING, _FOLLOW, ends=True),
        Step(("cancelled",), "expected", N_("It is expected again"), _ANNOUNCING, _FOLLOW),
    ),
    clock=ByClock(("expected",), "overdue", "expected_at"),
    since=SINCE,
)

PROPOSAL_STATE: Final = StateMachine(
    "state",
    ("open", "accepted", "refused"),
    (
        Step((NONE,), "open", N_("Propose"), POST_AND_CENTRAL, _DECIDE),
        Step(("open",), "accepted", N_("Accept"), POST_AND_CENTRAL, _DECIDE, asks=("decision",)),
        Step(("open",), "refused", N_("Refuse"), POST_AND_CENTRAL, _DECIDE, needs=(("decision",),), ends=True),
        Step(("accepted", "refused"), "open", N_("Decide again"), CENTRAL, _DECIDE, needs=(("decision",),)),
    ),
    reason="decision",
    since=SINCE,
)

WATCH_ENTRY_STATE: Final = StateMachine(
    "state",
    ("proposed", "adopted", "ended", "refused"),
    (
        Step((NONE,), "proposed", N_("Propose"), _ANNOUNCING, _ADOPT),
        Step((NONE, "proposed", "ended"), "adopted", N_("Adopt"), CENTRAL, _ADOPT),
        Step(("proposed",), "refused", N_("Refuse"), CENTRAL, _ADOPT, needs=_REASON, ends=True),
        Step(("adopted",), "ended", N_("End"), CENTRAL, _ADOPT, ends=True),
        Step(("adopted",), "proposed", N_("Propose what was changed"), _GATEWAY),
    ),
    reason="state_reason",
    says=_GATEWAY,
    since=SINCE,
)
"""What a partner sends, at first and with each change, is a proposal: our posts look for nobody before an analyst says
so."""

_PHASES: Final = (
    "questionnaire", "assessment", "procurement", "installation", "training", "acceptance", "operation", "closed",
)  # fmt: skip


def _site_steps() -> Iterator[Step]:
    by = (Action.MANAGE_ROLL_OUT,)
    *working, closed = _PHASES
    yield Step((NONE,), working[0], N_("Begin with the questionnaire"), CENTRAL, by)
    for before, phase in pairwise(working):
        yield Step((before,), phase, N_("To the next phase"), CENTRAL, by)
    for at, phase in enumerate(working):
        yield Step(tuple(_PHASES[at + 1 :]), phase, N_("Back to an earlier phase"), CENTRAL, by, needs=_REASON)
    yield Step(tuple(working), closed, N_("Close the site"), CENTRAL, by, needs=_REASON, ends=True)


SITE_PHASE: Final = StateMachine("phase", _PHASES, tuple(_site_steps()), reason="state_reason", since=SINCE)
