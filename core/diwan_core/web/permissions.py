"""Who may do what: one table, role × action. What is not in it is denied.

A role is an account's; an action is what one route does. Reading case data and tending machines are kept apart on
purpose: a technician or a national administrator sees counters, labels and ages, never a case (PRODUCT.md, "Who uses
it").
"""

from enum import StrEnum
from typing import Final


class Action(StrEnum):
    """One thing a console can do for a person. A route names the action it performs."""

    READ_RECORDS = "read records"
    READ_HISTORY = "read history"
    REPORT = "report a case"
    EDIT = "edit a case"
    REVIEW = "validate a case or send it back"
    SEE_TROUBLE = "see what was set aside"
    READ_PICTURES = "read pictures"
    ADD_PICTURES = "add pictures"
    LOOK_UP_CODES = "look up codes"
    EXPORT = "export a list"
    EXPORT_NOMINAL = "export what identifies people"
    IMPORT = "import a file"
    MERGE = "merge records of one row of a source"
    MANAGE_PEOPLE = "add people and change their roles"
    SEE_APPROVALS = "see what was asked for that needs a second person"
    APPROVE = "approve what somebody else asked for"
    READ_LOG = "see who looked at what"
    SEE_STATUS = "see the status of this node"
    SEE_POSTS = "see the posts"
    ENROL_POSTS = "make enrolment codes"
    SEE_ASSETS = "see the machines of the country"
    MANAGE_ASSETS = "take acceptance results and correct the register of machines"
    SEE_BACKUPS = "see how the backups stand"
    SEE_ROLL_OUT = "see the roll-out: sites, plan, training"
    MANAGE_ROLL_OUT = "fill in questionnaires, plan the roll-out and training"
    CONFIRM_POSTS = "confirm that a new post is the one it says it is"


class Role(StrEnum):
    OFFICER = "officer"
    SUPERVISOR = "supervisor"
    ANALYST = "analyst"
    ADMINISTRATOR = "administrator"
    TECHNICIAN = "technician"
    AUDITOR = "auditor"


_READING: Final = frozenset(
    {Action.READ_RECORDS, Action.READ_HISTORY, Action.READ_PICTURES, Action.LOOK_UP_CODES, Action.SEE_STATUS}
)
_REPORTING: Final = _READING | {Action.REPORT, Action.EDIT, Action.ADD_PICTURES}
_TAKING_OUT: Final = frozenset({Action.EXPORT, Action.EXPORT_NOMINAL})
_CHECKING: Final = frozenset({Action.REVIEW, Action.SEE_TROUBLE})
_APPROVING: Final = frozenset({Action.SEE_APPROVALS, Action.APPROVE})
_TENDING: Final = frozenset({Action.SEE_STATUS, Action.SEE_POSTS, Action.ENROL_POSTS}) | {
    Action.SEE_ASSETS,
    Action.MANAGE_ASSETS,
    Action.SEE_BACKUPS,
    Action.SEE_ROLL_OUT,
    Action.MANAGE_ROLL_OUT,
}
_VOUCHING: Final = frozenset({Action.SEE_POSTS, Action.CONFIRM_POSTS})

GRANTS: Final[dict[Role, frozenset[Action]]] = {
    Role.OFFICER: _REPORTING,
    Role.SUPERVISOR: _REPORTING | _CHECKING | _APPROVING | _TAKING_OUT | {Action.IMPORT, Action.MERGE} | _VOUCHING,
    Role.ANALYST: _READING | {Action.SEE_TROUBLE, Action.MERGE} | _TAKING_OUT | {Action.IMPORT} | _VOUCHING,
    Role.ADMINISTRATOR: _TENDING | _APPROVING | {Action.MANAGE_PEOPLE, Action.IMPORT},
    Role.TECHNICIAN: _TENDING,
    Role.AUDITOR: _READING
    | {
        Action.SEE_TROUBLE,
        Action.EXPORT,
        Action.READ_LOG,
        Action.SEE_POSTS,
        Action.SEE_APPROVALS,
        Action.SEE_ASSETS,
        Action.SEE_BACKUPS,
        Action.SEE_ROLL_OUT,
    },
}

#: Actions that show, or change, what is written in a case. `tests/web` proves that technician and administrator hold
#: none.
CASE_DATA: Final = frozenset(
    {
        Action.READ_RECORDS,
        Action.READ_HISTORY,
        Action.REPORT,
        Action.EDIT,
        Action.REVIEW,
        Action.SEE_TROUBLE,
        Action.READ_PICTURES,
        Action.ADD_PICTURES,
        Action.EXPORT,
        Action.EXPORT_NOMINAL,
        Action.MERGE,
        Action.READ_LOG,
        Action.CONFIRM_POSTS,
    }
)


#: Those whose routes may show a record: they name the view under which the log of reads writes that down.
SHOWS_RECORDS: Final = CASE_DATA - {Action.EXPORT, Action.EXPORT_NOMINAL, Action.READ_LOG, Action.CONFIRM_POSTS}


def allowed(role: str, action: Action) -> bool:
    """Whether an account of this role may do this; a role nobody has heard of may do nothing."""
    try:
        return action in GRANTS[Role(role)]
    except ValueError:
        return False
