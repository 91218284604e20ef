"""Writes `docs/security/roles.md` from the table of roles and actions (`diwan_core.roles`)."""

from collections.abc import Iterator

from diwan_core.dictionary import DICTIONARY
from diwan_core.roles import REACH, ROLES, STATUS, Action, allowed, holders
from diwan_core.trust.people.second_person import GUARDED

_BEFORE = """\
# Who may do what

<!-- Written by python -m diwan_core.reference. -->

Every route of a console declares the action it performs (`web/kit/access.py`); an app with a route that declares
none refuses to start. One guard looks the session up, then the role's actions, then the form's token
(`web/kit/gate.py`). What is not in the table is denied; a role nobody has heard of may do nothing.

*Records* are the types that an action works on, *of* is what of them: drafts, files and runs are their owner's alone;
a draft that somebody left behind is a supervisor's.
"""
_SAVING = """\
**Saving.** Whatever a console saves is asked about once more at the register's door, with the role of the person and
the type and status of the record (`register/records/authority.py`): making a record, changing it, and bringing it into
a status are actions of the table. So are the steps of a state ([reference](../reference/dictionary.md)): whoever holds
the action of a step may write what goes with it, and nothing else of the record.
"""
_AFTER = """\
**At other nodes.** A row carries its author's name and not the role: what each person may do is their own node's to
enforce. When rows of another node are admitted, the table by node decides (the dictionary's `authority` and `origins`,
[reference](../reference/dictionary.md)): a post cannot author what only the centre authors, nor publish.

**Which records.** An account belongs to one node and sees what that node holds: a post's people see the national
register's feed and their post's own cases, the centre's all.

**Suspect files.** They are read by those who work on them and by auditors. Whoever else may open one, as an officer,
reads those of their own making, with their pictures, steps and history: every other file is for them in no list, search
or count, and where a record refers to one they read “not shown to your role” (`web/records/readable.py`,
[ADR 62](../adr/0062-requests-and-pages-of-states.md)).

**Which fields.** The dictionary marks each field `nominal` where it identifies people. A page that shows one writes a
row into the log of reads. Exports hold only the columns that may leave without personal data ([privacy](../privacy.md))
unless the role holds “export what identifies people” and
asks for it. A validated case that an officer changes is checked again. Digests, ids, authorship and time are never
taken from a form.

**Who gives roles.** Two people give {guarded}: roles that read cases, and those that give others such a role
([ADR 20](../adr/0020-people-and-events.md)). At the first start of a node its accounts may be: {at}.

**A new role** is one entry of `ROLES` in `core/diwan_core/roles.py`; `tests/web/test_roles.py` adds one and finds it
everywhere.
"""


def page() -> str:
    """The whole page, Markdown."""
    return "\n".join([_BEFORE, *_actions(), "", _SAVING, *_statuses(), "", _after()])


def _actions() -> Iterator[str]:
    yield f"| action | records | of | {' | '.join(ROLES)} |"
    yield "|---|---|---|" + "---|" * len(ROLES)
    for action in Action:
        reach = REACH[action]
        types = _types(action)
        cells = [_cell(role, action) for role in ROLES]
        yield f"| {action.value} | {types} | {reach.scope.value} | {' | '.join(cells)} |"


def _types(action: Action) -> str:
    types = REACH[action].types
    if action is Action.REPORT:
        types = frozenset(name for name, declared in DICTIONARY.types.items() if declared.made_by == "form")
    return "every type" if types is None else ", ".join(sorted(types)) or "none"


def _cell(role: str, action: Action) -> str:
    if not allowed(role, action):
        return ""
    only = ROLES[role].only.get(action)
    return "yes" if only is None else ", ".join(sorted(only))


def _statuses() -> Iterator[str]:
    yield "| status | action | roles |"
    yield "|---|---|---|"
    for status, action in STATUS.items():
        yield f"| {status} | {action.value if action else 'none at a console'} | {', '.join(_holders(action))} |"


def _holders(action: Action | None) -> list[str]:
    return holders(action) if action else []


def _after() -> str:
    at = (f"{', '.join(name for name, role in ROLES.items() if node in role.at)} at {where}" for node, where in _NODES)
    return _AFTER.format(guarded=", ".join(role for role in ROLES if role in GUARDED), at="; ".join(at))


_NODES = (("post", "a post"), ("central", "the centre"))
