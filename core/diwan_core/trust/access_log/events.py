"""The events of the log of reads: each code with its parameters, declared once.

An event is written into the log (`reads`) as a code and named parameters, and put into words only when it is shown
(`web.oversight.event_words`). `EVENTS` declares every code once. A new code needs a line here and one there; a code
that is written is never renamed, and parameters are only added.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple
from urllib.parse import parse_qsl, urlencode

from diwan_core.trust.access_log.log_row import EVENT_MARK, EventKind, Look, plain

LONGEST: Final = 120
"""Characters kept of a text parameter: labels and names are shorter, and a row stays small."""
LONGEST_OF: Final[Mapping[str, int]] = {"words": 500, "filters": 500, "file": 255, "reason": 300}
"""The same for parameters that hold more."""
FILTERS: Final = "filters"
"""A parameter that holds the conditions of a list, as the query of an address; what is typed are their values."""
VERSION: Final = 1
"""Of the JSON that holds an event: a reader shows a later version as it is written."""
NOTHING_TYPED: Final = f'{EVENT_MARK}{{"v":{VERSION},"code":"record.shown",'
"""How most rows begin; an erasure need not look into them."""

Value = str | int | bool


class UnknownEvent(ValueError):
    """The code is not declared, or the parameters are not the declared ones: a mistake in the program."""


@dataclass(frozen=True)
class Event:
    """The declaration of a code. `about` is the parameter that says whom or what it concerns: it is the row's record,
    and the page finds the event by it. `typed` are the parameters that hold what a person typed: an erasure under the
    law looks into them. `counted` events come in floods: `event_tally` writes one row for many, with `count` (how many
    since the row before) and `since` (UTC milliseconds of the first of them). `of_record`: the event concerns one
    record of the register, given as `record`; its id is the row's record and no parameter, since most rows are such."""

    kind: EventKind
    parameters: tuple[str, ...] = ()
    about: str = ""
    typed: tuple[str, ...] = ()
    counted: bool = False
    of_record: bool = False

    @property
    def named(self) -> tuple[str, ...]:
        """Every parameter a row may hold."""
        return (*self.parameters, "count", "since") if self.counted else self.parameters


EVENTS: Final[Mapping[str, Event]] = {
    # What was shown, looked for and taken out. `view` is a code of `web.kit.log_views`; `types` are record
    # types with commas between them; `personal`: with what identifies people. Those named "by_command" happened at
    # the machine.
    "record.shown": Event("page", ("view",), of_record=True),
    "view.shown": Event("page", ("view",)),
    "record.shown_by_command": Event("command line", of_record=True),
    "step.taken_by_command": Event("command line", ("state",), of_record=True),
    "list.searched": Event("search", ("types", "words"), typed=("words",)),
    "list.searched_by_birth": Event("search", ("types", "words", "born"), typed=("words", "born")),
    "register.searched_by_command": Event("search", ("words",), typed=("words",)),
    "list.exported": Event("export", ("type", "form", "personal", FILTERS), typed=(FILTERS,)),
    "list.exported_by_command": Event("export", ("type", "form", "personal", FILTERS), typed=(FILTERS,)),
    "list.fetched": Event("export", ("type", "form")),
    # What became of records that left without personal data; `level` is one of `leaving.small_cells`.
    "list.reduced": Event("export", ("type", "form", "records", "coarser", "coarsest", "held_back")),
    "record.given": Event("export", ("agreement",), of_record=True),
    "record.reduced": Event("export", ("form", "level"), of_record=True),
    "case.exported_by_command": Event("export", of_record=True),
    "log.exported": Event("export", (FILTERS,), typed=(FILTERS,)),
    "import.begun": Event("import", ("file",), typed=("file",)),
    "import.undone": Event("import", ("file",), typed=("file",)),
    # Signing in. `account` is "" where no account has the name that was typed: people type passwords there.
    "session.started": Event("sign-in", ("account", "address"), "account"),
    "session.ended": Event("sign-in", ("account",), "account"),
    "session.others_ended": Event("sign-in", ("account",), "account"),
    "password.changed": Event("sign-in", ("account", "address"), "account"),
    "sign_in.refused": Event("sign-in", ("account", "address"), "account", counted=True),
    "sign_in.throttled": Event("sign-in", ("account", "address"), "account", counted=True),
    "sign_in.one_time_ended": Event("sign-in", ("account", "address"), "account", counted=True),
    "password.wrong": Event("sign-in", ("account", "address"), "account", counted=True),
    # What a console refused. `page` is the endpoint's name.
    "page.denied": Event("denial", ("page", "address"), counted=True),
    "page.too_fast": Event("denial", ("page", "address"), counted=True),
    "form.refused": Event("denial", ("page", "address"), counted=True),
    # Accounts of this node.
    "account.added": Event("people", ("account", "role"), "account"),
    "account.role_changed": Event("people", ("account", "before", "after"), "account"),
    "account.disabled": Event("people", ("account",), "account"),
    "account.enabled": Event("people", ("account",), "account"),
    "account.sessions_ended": Event("people", ("account",), "account"),
    "account.password_reset": Event("people", ("account",), "account"),
    "account.throttle_lifted": Event("people", ("account",), "account"),
    # What needs a second person. `what` is one of `second_person.DEEDS`, `age` the minutes that the approver's account
    # had existed, `alike` what asker and approver had in common: "browser", "address" or "".
    "grant.asked": Event("people", ("account", "what", "role"), "account"),
    "grant.approved": Event("people", ("account", "what", "role", "asked_by", "age", "alike"), "account"),
    "grant.alone": Event("people", ("account", "what", "role", "asked_by", "reason"), "account", typed=("reason",)),
    "grant.refused": Event("people", ("account", "what", "role", "asked_by"), "account"),
    "grant.withdrawn": Event("people", ("account", "what", "role", "asked_by"), "account"),
    "draft.taken_over": Event("people", ("account",), "account"),
    "draft.thrown_away": Event("people", ("account",), "account"),
    # Posts and their enrolment. `post` is a node's id, `office` and `label` what the code or the node was made for.
    "scope.joined": Event("posts", ("scope", "posts"), "posts"),
    "scope.left": Event("posts", ("scope", "posts"), "posts"),
    "reach.said": Event("posts", ("types", "reach"), "types"),
    "code.made": Event("posts", ("label", "office", "post"), "post", typed=("label", "office")),
    "code.refused": Event("posts", ("reason", "address"), counted=True),
    "node.enrolled": Event("posts", ("post", "label", "office"), "post", typed=("label", "office")),
    "node.confirmed": Event("posts", ("post", "label", "by"), "post", typed=("label",)),
    "node.rejected": Event("posts", ("post", "label"), "post", typed=("label",)),
    "node.revoked": Event("posts", ("post", "label", "reason"), "post", typed=("label", "reason")),
    # Custodians. `deed` is one of `acts.Deed`, `act` the beginning of the act's number; `names` and `by` are people.
    "custodians.named": Event("authority", ("names", "first"), typed=("names",)),
    "custodians.acted": Event("authority", ("deed", "by", "act"), typed=("by",)),
    "centre.reopened": Event("authority", ("by", "proven"), typed=("by",)),
    # Sheets of the escrow. `begins`: the two words that all sheets of a set begin with.
    "escrow.made": Event("authority", ("names", "begins", "anew"), typed=("names",)),
    "escrow.confirmed": Event("authority", ("name", "begins"), typed=("name",)),
    # A machine that was checked, and its signed sheet. `passed`: nothing failed.
    "acceptance.kept": Event("posts", ("machine", "sheet", "by", "passed"), "machine", typed=("by",)),
    # Machines of the country. `machine` is its number in the register, `label` the number on it.
    "asset.sheet_taken": Event("posts", ("machine", "label", "signer"), typed=("label", "signer")),
    "asset.changed": Event("posts", ("machine", "label"), typed=("label",)),
    # The roll-out. `site` is its number in the country.
    "rollout.site_added": Event("posts", ("site", "name"), typed=("site", "name")),
    "rollout.site_changed": Event("posts", ("site", "fields"), typed=("site",)),
    "rollout.site_removed": Event("posts", ("site", "name"), typed=("site", "name")),
    "rollout.imported": Event("posts", ("file", "new", "changed", "refused"), typed=("file",)),
    "rollout.planned": Event("posts", ("sites",)),
    "rollout.milestone_added": Event("posts", ("milestone", "phase")),
    "rollout.milestone_changed": Event("posts", ("milestone", "state")),
    "rollout.milestone_removed": Event("posts", ("milestone", "phase")),
    "rollout.course_saved": Event("posts", ("course", "module")),
    "rollout.people_invited": Event("posts", ("course", "people")),
    "rollout.attendance_marked": Event("posts", ("course", "people")),
    "rollout.certificate_made": Event("posts", ("number",)),
    "rollout.certificate_withdrawn": Event("posts", ("number",)),
    # Retention. `type` and `basis` are what a rule is for; `run` is a run's number, `records` how many it lists.
    # `alike`: what proposer and approver had in common.
    "retention.set": Event("posts", ("type", "basis", "months", "counted", "erases"), "type", typed=("basis",)),
    "retention.withdrawn": Event("posts", ("type", "basis"), "type", typed=("basis",)),
    "retention.held": Event("export", ("reason", "review"), typed=("reason",), of_record=True),
    "retention.let_go": Event("export", ("reason",), typed=("reason",), of_record=True),
    "erasure.proposed": Event("posts", ("run", "records", "basis"), typed=("basis",)),
    "erasure.approved": Event("posts", ("run", "by", "alike")),
    "erasure.refused": Event("posts", ("run", "reason"), typed=("reason",)),
    # A report to a person. `records` are numbers of them; `form`: how it was made.
    "subject.searched": Event("search", ("words",), typed=("words",)),
    "subject.log_taken": Event("posts", ("post", "rows"), "post"),
    "subject.type_set": Event("posts", ("type", "held", "law"), "type", typed=("law",)),
    "subject.reported": Event("export", ("report", "records", "form", "reason"), typed=("reason",)),
    # Keys and certificates that leave this node or are made anew.
    "authority.exported": Event("authority", ("what",)),
    "certificate.made": Event("authority", ("what", "name"), typed=("name",)),
}


class Written(NamedTuple):
    """An event as a row holds it; `code` may be one of a newer release."""

    version: int
    code: str
    parameters: Mapping[str, Value]


def event(code: str, /, **parameters: Value) -> Look:
    """The row of an event. Raises UnknownEvent unless exactly the declared parameters are given."""
    declared = EVENTS.get(code)
    if declared is None:
        raise UnknownEvent(f"{code} is not declared in trust.events")
    expected = ("record", *declared.named) if declared.of_record else declared.named
    given = {**({"count": 1, "since": 0} if declared.counted else {}), **parameters}
    if set(given) != set(expected):
        raise UnknownEvent(f"{code} takes {', '.join(expected) or 'nothing'}, not {', '.join(parameters)}")
    kept = {name: _kept(name, given[name]) for name in declared.named}
    about = given["record"] if declared.of_record else kept[declared.about] if declared.about else ""
    detail = json.dumps({"v": VERSION, "code": code, "with": kept}, ensure_ascii=False, separators=(",", ":"))
    return Look(declared.kind, str(about), detail, event=True)


def event_of(detail: str | None) -> Written | None:
    """The event a row's detail holds; None where the row is not an event."""
    if detail is None or not detail.startswith(EVENT_MARK):
        return None
    try:
        held = json.loads(detail.removeprefix(EVENT_MARK))
        parameters = {str(name): value for name, value in held["with"].items() if isinstance(value, Value)}
        return Written(int(held["v"]), str(held["code"]), parameters)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return Written(0, detail.removeprefix(EVENT_MARK), {})  # altered: `verify` says so, and the page still opens


def typed_in(detail: str) -> str | None:
    """What people typed into the parameters of an event; None where the row is not an event. All texts of a code that
    this release does not know count as typed."""
    held = event_of(detail)
    if held is None:
        return None
    declared = EVENTS.get(held.code)
    names = held.parameters.keys() if declared is None else declared.typed
    return " ".join(_typed(name, str(held.parameters.get(name, ""))) for name in names)


def filters(conditions: Iterable[tuple[str, str]]) -> str:
    """Conditions of a list as the parameter FILTERS holds them."""
    return urlencode(list(conditions))


def _typed(name: str, value: str) -> str:
    return " ".join(typed for _, typed in parse_qsl(value)) if name == FILTERS else value


def _kept(name: str, value: Value) -> Value:
    return plain(value[: LONGEST_OF.get(name, LONGEST)]) if isinstance(value, str) else value
