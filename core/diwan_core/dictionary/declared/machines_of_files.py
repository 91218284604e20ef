"""The states of suspect files and of their tasks: proposed anywhere, assigned and closed at the centre, worked on by
investigators."""

from typing import Final

from diwan_core.roles import Action

from ..problem import N_
from ..record import Origin
from ..state_machine import NONE, ByClock, StateMachine, Step
from .common import CENTRAL, POST_AND_CENTRAL

SINCE: Final = 4
_REASON: Final = (("state_reason",),)
_FOUND_BY: Final = ("subject.name", "subject.subject", "subject.container_number", "subject.profile")

SUSPECT_STATE: Final = StateMachine(
    "state",
    ("new", "assigned", "in_work", "result", "closed", "refused", "lapsed"),
    (
        Step(
            (NONE,), "new", N_("Open the file"), POST_AND_CENTRAL, (Action.OPEN_FILES,),
            needs=(("reason",), ("source_grade",), _FOUND_BY),
        ),
        Step(
            ("new",), "assigned", N_("Assign"), CENTRAL, (Action.ASSIGN_FILES,),
            needs=(("assigned_officer",), ("assigned_unit",), ("review_date",), ("legal_basis",)),
        ),
        Step(("new",), "refused", N_("Refuse"), CENTRAL, (Action.ASSIGN_FILES,), needs=_REASON, ends=True),
        Step(("assigned",), "in_work", N_("Begin the work"), POST_AND_CENTRAL, (Action.INVESTIGATE,)),
        Step(
            ("in_work",), "result", N_("Record the result"), POST_AND_CENTRAL, (Action.INVESTIGATE,),
            needs=(("result",),),
        ),
        Step(
            ("result",), "closed", N_("Close the file"), CENTRAL, (Action.CLOSE_FILES,),
            needs=(("closing_reason",),), asks=("state_reason",), ends=True, other=True,
        ),
        Step(
            ("closed", "refused", "lapsed"), "new", N_("Open the file again"), CENTRAL, (Action.CLOSE_FILES,),
            needs=_REASON,
        ),
    ),
    reason="state_reason",
    clock=ByClock(("new", "assigned", "in_work", "result"), "lapsed", "valid_until"),
    since=SINCE,
)  # fmt: skip

_TASK_GIVERS: Final = (Action.ASSIGN_FILES, Action.INVESTIGATE)
_ANYWHERE: Final[frozenset[Origin]] = POST_AND_CENTRAL

TASK_STATE: Final = StateMachine(
    "state",
    ("open", "in_work", "done", "cancelled"),
    (
        Step(
            (NONE,), "open", N_("Give a task"), _ANYWHERE, _TASK_GIVERS, needs=(("title",),), asks=("assigned", "due"),
        ),
        Step(("open",), "in_work", N_("Begin the task"), _ANYWHERE, (Action.INVESTIGATE,)),
        Step(("in_work",), "done", N_("The task is done"), _ANYWHERE, (Action.INVESTIGATE,), needs=(("result",),)),
        Step(("open", "in_work"), "cancelled", N_("Cancel the task"), _ANYWHERE, _TASK_GIVERS, ends=True),
        Step(("done", "cancelled"), "open", N_("Open the task again"), CENTRAL, (Action.ASSIGN_FILES,)),
    ),
    part="task",
    since=SINCE,
)  # fmt: skip
