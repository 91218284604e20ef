"""The table of roles and actions: who may do what, on which types of records and in which scope.

A role is an account's; an action is what a route or a command does for a person. What is not in the table is denied.
Accounts, second persons, consoles, commands, the dictionary's page and `docs/security/roles.md` are all made from it:
a new role is one entry in ROLES, a new action one in Action and one in REACH.

Reading case data and tending machines are kept apart on purpose: a technician or a national administrator sees
counters, labels and ages, never a case.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Literal, NamedTuple

NodeRole = Literal["post", "central"]


def N_(text: str) -> str:
    """A text to be translated where it is shown."""
    return text


class Action(StrEnum):
    """One thing a node can do for a person. A route names the action it performs."""

    READ_RECORDS = "read records"
    READ_HISTORY = "read history"
    REPORT = "report a case"
    EDIT = "edit a case"
    REVIEW = "validate a case or send it back"
    WITHDRAW = "withdraw a case"
    SEE_TROUBLE = "see what waits and what was rejected"
    READ_PICTURES = "read pictures"
    ADD_PICTURES = "add pictures"
    LOOK_UP_CODES = "look up codes"
    RELEASE = "release a text for others"
    EXPORT = "export a list"
    EXPORT_NOMINAL = "export what identifies people"
    IMPORT = "import a file"
    DECLARE = "declare units, prices and doses of the country"
    AGREE = "record and end agreements with partners"
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
    READ_FILES = "read suspect files"
    READ_OWN_FILES = "read the suspect files that they opened"
    OPEN_FILES = "open a suspect file"
    ASSIGN_FILES = "assign a suspect file and its tasks, or refuse it"
    INVESTIGATE = "work on a suspect file and its tasks"
    CLOSE_FILES = "close a suspect file, or open it again"
    RUN_OPERATIONS = "run operations"
    SEE_SCOPES = "see which posts read what identifies people"
    SET_SCOPES = "set which posts read what identifies people"
    WRITE_MESSAGES = "write, acknowledge and answer messages"
    WRITE_REQUESTS = "write requests, and say that one was received"
    SEND_REQUESTS = "send, answer and refuse requests"
    FOLLOW_ARRIVALS = "say what becomes of an arrival"
    DECIDE = "decide about proposals"
    ADOPT = "adopt, refuse and end entries of watch lists"
    SEE_RETENTION = "see which records are due for erasure, and how long they are kept"
    SET_RETENTION = "set how long records are kept"
    PROPOSE_ERASURE = "propose what is to be erased, and hold records back"
    APPROVE_ERASURE = "approve the erasure that somebody else proposed"
    REPORT_SUBJECT = "report what is held about a person"


class Scope(StrEnum):
    """The set of things on which an action works."""

    HELD = "whatever this node holds"
    OWN = "their own drafts"
    OWN_JOBS = "their own files and runs"
    MADE = "those that they made at this node"
    NODE = "this node"
    COUNTRY = "the country"


class Reach(NamedTuple):
    """The types of records on which an action works (None: every type), and the scope."""

    types: frozenset[str] | None
    scope: Scope


def _on(scope: Scope, *types: str) -> Reach:
    return Reach(frozenset(types), scope)


_EVERY: Final = Reach(None, Scope.HELD)
REACH: Final[Mapping[Action, Reach]] = {
    Action.READ_RECORDS: _EVERY,
    Action.READ_HISTORY: _EVERY,
    Action.REPORT: Reach(None, Scope.OWN),  # of the types that the dictionary says people write in forms
    Action.EDIT: _EVERY,
    Action.REVIEW: _on(Scope.HELD, "case"),
    Action.WITHDRAW: _on(Scope.HELD, "case"),
    Action.SEE_TROUBLE: _EVERY,
    Action.READ_PICTURES: _on(Scope.HELD, "attachment"),
    Action.ADD_PICTURES: _on(Scope.HELD, "attachment"),
    Action.LOOK_UP_CODES: _on(Scope.NODE),
    Action.RELEASE: _on(Scope.HELD, "case", "conveyance"),
    Action.EXPORT: Reach(None, Scope.OWN_JOBS),
    Action.EXPORT_NOMINAL: Reach(None, Scope.OWN_JOBS),
    Action.IMPORT: Reach(None, Scope.OWN_JOBS),
    Action.DECLARE: _on(Scope.COUNTRY),
    Action.AGREE: _on(Scope.COUNTRY),
    Action.MERGE: _on(Scope.HELD, "case"),
    Action.MANAGE_PEOPLE: _on(Scope.NODE),
    Action.SEE_APPROVALS: _on(Scope.NODE),
    Action.APPROVE: _on(Scope.NODE),
    Action.READ_LOG: _on(Scope.NODE),
    Action.SEE_STATUS: _on(Scope.NODE),
    Action.SEE_POSTS: _on(Scope.COUNTRY),
    Action.ENROL_POSTS: _on(Scope.COUNTRY),
    Action.SEE_ASSETS: _on(Scope.COUNTRY),
    Action.MANAGE_ASSETS: _on(Scope.COUNTRY),
    Action.SEE_BACKUPS: _on(Scope.NODE),
    Action.SEE_ROLL_OUT: _on(Scope.COUNTRY),
    Action.MANAGE_ROLL_OUT: _on(Scope.COUNTRY, "site"),
    Action.CONFIRM_POSTS: _on(Scope.COUNTRY),
    Action.READ_FILES: _on(Scope.HELD, "suspect"),
    Action.READ_OWN_FILES: _on(Scope.MADE, "suspect"),
    Action.OPEN_FILES: _on(Scope.HELD, "suspect"),
    Action.ASSIGN_FILES: _on(Scope.HELD, "suspect"),
    Action.INVESTIGATE: _on(Scope.HELD, "suspect"),
    Action.CLOSE_FILES: _on(Scope.HELD, "suspect"),
    Action.RUN_OPERATIONS: _on(Scope.HELD, "operation", "message"),
    Action.SEE_SCOPES: _on(Scope.COUNTRY),
    Action.SET_SCOPES: _on(Scope.COUNTRY),
    Action.WRITE_MESSAGES: _on(Scope.HELD, "message"),
    Action.WRITE_REQUESTS: _on(Scope.HELD, "request"),
    Action.SEND_REQUESTS: _on(Scope.HELD, "request"),
    Action.FOLLOW_ARRIVALS: _on(Scope.HELD, "arrival"),
    Action.DECIDE: _on(Scope.HELD, "proposal"),
    Action.ADOPT: _on(Scope.HELD, "watch_entry"),
    Action.SEE_RETENTION: Reach(None, Scope.COUNTRY),
    Action.SET_RETENTION: _on(Scope.COUNTRY),
    Action.PROPOSE_ERASURE: Reach(None, Scope.COUNTRY),
    Action.APPROVE_ERASURE: Reach(None, Scope.COUNTRY),
    Action.REPORT_SUBJECT: Reach(None, Scope.COUNTRY),
}


class Guard(NamedTuple):
    """The actions without which nobody reads records of a type: all of them, and those of their own making."""

    all: Action
    own: Action


GUARDED_TYPES: Final[Mapping[str, Guard]] = {"suspect": Guard(Action.READ_FILES, Action.READ_OWN_FILES)}
"""Types of which fewer roles read records than hold READ_RECORDS: to these no action on every type reaches without the
action named here."""
_ON_EVERY_TYPE: Final = frozenset(action for action, reach in REACH.items() if reach.types is None)


@dataclass(frozen=True)
class Role:
    """A role: its name, and what accounts with it may do. `at`: the nodes whose first accounts may have it. `only`:
    where the role's reach is narrower than the action's, the types it works on."""

    label: str
    grants: frozenset[Action]
    at: frozenset[NodeRole] = frozenset({"post", "central"})
    only: Mapping[Action, frozenset[str]] = field(default_factory=dict)


_READING: Final = frozenset(
    {Action.READ_RECORDS, Action.READ_HISTORY, Action.READ_PICTURES, Action.LOOK_UP_CODES, Action.SEE_STATUS}
)
_REPORTING: Final = _READING | {Action.REPORT, Action.EDIT, Action.ADD_PICTURES}
_TAKING_OUT: Final = frozenset({Action.EXPORT, Action.EXPORT_NOMINAL})
_CHECKING: Final = frozenset({Action.REVIEW, Action.WITHDRAW, Action.SEE_TROUBLE})
_APPROVING: Final = frozenset({Action.SEE_APPROVALS, Action.APPROVE})
_SEEING_COUNTRY: Final = frozenset({Action.SEE_POSTS, Action.SEE_ASSETS, Action.SEE_BACKUPS, Action.SEE_ROLL_OUT})
_TENDING: Final = _SEEING_COUNTRY | {
    Action.SEE_STATUS, Action.ENROL_POSTS, Action.MANAGE_ASSETS, Action.MANAGE_ROLL_OUT,
}  # fmt: skip
_VOUCHING: Final = frozenset({Action.SEE_POSTS, Action.CONFIRM_POSTS})
_KEEPING: Final = frozenset({Action.SEE_RETENTION, Action.PROPOSE_ERASURE})
_IMPORTING: Final = frozenset({Action.IMPORT, Action.MERGE})
_WRITING: Final = frozenset({Action.WRITE_MESSAGES, Action.WRITE_REQUESTS})
_WORKING: Final = _WRITING | {Action.OPEN_FILES, Action.READ_OWN_FILES, Action.FOLLOW_ARRIVALS}
_POST: Final[frozenset[NodeRole]] = frozenset({"post"})
_CENTRAL: Final[frozenset[NodeRole]] = frozenset({"central"})

ROLES: Final[dict[str, Role]] = {
    "officer": Role(N_("Officer: reports cases"), _REPORTING | _WORKING, _POST),
    "supervisor": Role(
        N_("Supervisor: reports and validates cases"),
        _REPORTING
        | _CHECKING
        | _APPROVING
        | {Action.RELEASE, Action.DECIDE, Action.SEND_REQUESTS, Action.READ_FILES}
        | _TAKING_OUT
        | _IMPORTING
        | _VOUCHING
        | _WORKING
        | _KEEPING
        | {Action.APPROVE_ERASURE, Action.REPORT_SUBJECT},
    ),
    "analyst": Role(
        N_("Analyst: reads, searches and exports cases"),
        _READING
        | {Action.SEE_TROUBLE, Action.RELEASE, Action.DECLARE, Action.WITHDRAW}
        | {Action.DECIDE, Action.ADOPT, Action.SEND_REQUESTS}
        | {Action.READ_FILES, Action.ASSIGN_FILES, Action.CLOSE_FILES}
        | _TAKING_OUT
        | _IMPORTING
        | _VOUCHING
        | _WORKING
        | _KEEPING,
        _CENTRAL,
    ),
    "investigator": Role(
        N_("Investigator: works on suspect files"),
        _READING | _WRITING | {Action.READ_FILES, Action.INVESTIGATE},
    ),
    "coordinator": Role(
        N_("Coordinator: runs operations, assigns suspect files"),
        _READING
        | _WRITING
        | {Action.READ_FILES, Action.ASSIGN_FILES}
        | {Action.RUN_OPERATIONS, Action.SEE_SCOPES, Action.SEND_REQUESTS},
        _CENTRAL,
    ),
    "administrator": Role(
        N_("Administrator: people, posts, imports; no cases"),
        _TENDING
        | _APPROVING
        | {Action.MANAGE_PEOPLE, Action.IMPORT, Action.DECLARE, Action.SET_RETENTION, Action.AGREE}
        | {Action.SEE_SCOPES, Action.SET_SCOPES},
    ),
    "technician": Role(N_("Technician: machines; no cases"), _TENDING),
    "auditor": Role(
        N_("Auditor: who saw and changed what"),
        _READING
        | _SEEING_COUNTRY
        | {Action.READ_FILES, Action.SEE_TROUBLE, Action.EXPORT, Action.READ_LOG, Action.SEE_APPROVALS}
        | {Action.SEE_RETENTION, Action.REPORT_SUBJECT, Action.SEE_SCOPES},
    ),
}

#: Actions that show, or change, what is written in a case.
CASE_DATA: Final = frozenset(
    {
        Action.READ_RECORDS, Action.READ_HISTORY, Action.REPORT, Action.EDIT, Action.REVIEW, Action.WITHDRAW,
        Action.SEE_TROUBLE, Action.READ_FILES, Action.READ_OWN_FILES,
        Action.READ_PICTURES, Action.ADD_PICTURES, Action.RELEASE, Action.EXPORT, Action.EXPORT_NOMINAL, Action.MERGE,
        Action.READ_LOG, Action.CONFIRM_POSTS, Action.SEE_RETENTION, Action.PROPOSE_ERASURE, Action.APPROVE_ERASURE,
        Action.REPORT_SUBJECT,
    }
)  # fmt: skip

#: Which action brings a record into a status, for a person at a console. Nobody publishes there: the centre's commands
#: and imports are a machine's, whose node the dictionary asks about (`RecordType.may_set`).
STATUS: Final[Mapping[str, Action | None]] = {
    "draft": Action.REPORT,
    "submitted": Action.EDIT,
    "validated": Action.REVIEW,
    "published": None,
    "withdrawn": Action.WITHDRAW,
}


def allowed(role: str, action: Action, type: str = "") -> bool:
    """Whether an account of this role may do this, on records of this type where one is named; a role nobody has heard
    of may do nothing."""
    held = ROLES.get(role)
    if held is None or action not in held.grants:
        return False
    if type in GUARDED_TYPES and action in _ON_EVERY_TYPE and GUARDED_TYPES[type].all not in held.grants:
        return False
    types = held.only.get(action, REACH[action].types)
    return not type or types is None or type in types


def allowed_own(role: str, action: Action, type: str) -> bool:
    """Whether an account of this role may do this on those records of the type that it made, and on no others."""
    guard, held = GUARDED_TYPES.get(type), ROLES.get(role)
    return (
        guard is not None
        and held is not None
        and action in (Action.READ_RECORDS, Action.READ_HISTORY)
        and {action, guard.own} <= held.grants
    )


def action_that_saves(made_by: str, *, creating: bool, status: str | None) -> Action | None:
    """The action of whoever makes a record of a type, or changes one, and brings it into this status; None for what no
    person does at a console. `made_by` is how the dictionary says that people make one."""
    if made_by == "picture":
        return Action.ADD_PICTURES
    if creating and status in (None, "draft", "submitted"):
        action: Action | None = Action.REPORT
    else:
        action = Action.EDIT if status is None else STATUS.get(status)
    return None if action is Action.REPORT and made_by != "form" else action


def allowed_one(role: str, actions: Iterable[Action], type: str = "") -> bool:
    """Whether an account of this role may do one of these, such as what leads to a step of a record."""
    return any(allowed(role, action, type) for action in actions)


def holders(action: Action, type: str = "") -> list[str]:
    """The roles that may do this, in the table's order."""
    return [role for role in ROLES if allowed(role, action, type)]


def reads_cases(role: str) -> bool:
    """Whether the role sees what is written in a case."""
    return role in ROLES and bool(ROLES[role].grants & CASE_DATA)


def takes_in(wide: str, narrow: str) -> bool:
    """Whether a role may all that another one may: who changes from it to the other only loses."""
    return wide in ROLES and narrow in ROLES and ROLES[narrow].grants <= ROLES[wide].grants
