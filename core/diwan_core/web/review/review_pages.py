"""The pages for checking a case: a supervisor validates it or sends it back; an officer corrects it and submits it
again.

What was decided is part of the case (`review`, dictionary 2): it has its author and moment in the journal, travels with
the case and is never lost. `review_state` is what was last said, for lists."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit, Record, Refused
from diwan_core.register.search.lists import COUNTED
from diwan_core.web.forms.part_ids import part_id
from diwan_core.web.forms.plausibility import doubts_of
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal, expired
from diwan_core.web.kit.gate import Person, signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.record_pages.list_page import filters_of
from diwan_core.web.records.cases import CASES
from diwan_core.web.records.display import local_time
from diwan_core.web.records.duplicates import similar_to
from diwan_core.web.records.find_record import the_record
from diwan_core.web.records.listing import PAGE_SIZE, shown_rows

VALIDATED, SENT_BACK, RESUBMITTED = "validated", "sent_back", "resubmitted"
SEEN: Final = "seen"
LONGEST: Final = 2000
SHOWN_BACK: Final = 30
"""Cases to be corrected that stand above the drafts."""
WAITING, BACK = "waiting", "back"
QUEUES: Final[Mapping[str, frozenset[str | None]]] = {
    WAITING: frozenset({None, RESUBMITTED}),
    BACK: frozenset({SENT_BACK}),
}
"""What was last said of the cases of a queue; None of those nobody has looked at."""
TABS: Final = ((WAITING, N_("To check")), (BACK, N_("Sent back, not yet corrected")))

blueprint = Blueprint("review", __name__)
review_navigation: Final = NavigationItem("review.index", lambda: _("To check"), 15)


def entry_of(decision: str, comment: str) -> dict[str, Any]:
    """The values that write down a decision of the person at the browser."""
    said: dict[str, Any] = {
        "decision": decision,
        "by": signed_in_person().name,
        "at": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    if comment:
        said["comment"] = comment
    return {"review_state": decision, "review": {part_id(): said}}


def resubmission(record: Record, comment: str) -> dict[str, Any]:
    """The values that submit a case once more."""
    return {"status": "submitted", **entry_of(RESUBMITTED, comment)} if record.type == "case" else {}


def after_change(record: Record, person: Person) -> dict[str, Any]:
    """What a change brings with it: a validated case changed by somebody who may not validate is to be checked
    again."""
    if record.type != "case" or record.values.get("status") != "validated" or person.may(Action.REVIEW):
        return {}
    return resubmission(record, "")


def is_sent_back(record: Record) -> bool:
    return record.values.get("review_state") == SENT_BACK and record.values.get("status") == "submitted"


def last_said(record: Record) -> Mapping[str, Any] | None:
    """The latest entry of the checks."""
    held = [part for part in (record.values.get("review") or {}).values() if isinstance(part, Mapping)]
    return max(held, key=lambda part: str(part.get("at") or ""), default=None)


def said(record: Record) -> list[Mapping[str, Any]]:
    """All entries of the checks, the oldest first."""
    held = [part for part in (record.values.get("review") or {}).values() if isinstance(part, Mapping)]
    return sorted(held, key=lambda part: str(part.get("at") or ""))


def panel(record: Record) -> dict[str, Any]:
    """What the page of a record needs to show its checks and to make the next one."""
    person, status = signed_in_person(), record.values.get("status") or "submitted"
    is_case = record.type == "case"
    return {
        "checks": said(record) if is_case else [],
        "may_check": is_case and person.may(Action.REVIEW) and status in ("submitted", "validated"),
        "may_validate": status == "submitted",
        "moment_of": local_time,
        # who may validate does just that
        "may_submit_again": is_sent_back(record) and person.may(Action.EDIT) and not person.may(Action.REVIEW),
        "decisions": DICTIONARY.codes("review_decision").codes,
        "check_text": problem_text,
        "doubts": doubts_of(record.type, record.values) if person.may(Action.EDIT) else [],
        "hints": similar_to("case", record.values, record.id) if is_case and person.may(Action.REPORT) else [],
    }


@blueprint.get("/check")
@may(Action.REVIEW, shows="record.check")
def index() -> str:
    """What waits to be checked, the oldest first, or what was sent back; imported cases only when asked for."""
    chosen = request.args.get("queue", "")
    queue = chosen if chosen in QUEUES else WAITING
    imported = queue == WAITING and request.args.get("imported") == "1"
    filters = filters_of(CASES, {name: request.args.get(name, "") for name in ("after", "before")})
    reg, where = register(), _where(queue, imported)
    page = reg.page("case", where, "date", limit=PAGE_SIZE, after=filters.after, before=filters.before)

    def at(**more: str) -> str:
        given = {"queue": chosen if queue != WAITING else "", "imported": "1" if imported else "", **more}
        return f"{url_for('review.index')}?{urlencode({name: value for name, value in given.items() if value})}"

    counts = {name: waiting_in(name, imported) for name in QUEUES}
    return render_template(
        "review/check.html",
        unconfirmed=reg.from_unconfirmed("case", [row.id for row in page.rows]),
        kind=CASES,
        headings=[CASES.heading(name) for name in CASES.columns],
        queue=queue,
        tabs=[(name, url_for("review.index", queue=name), _(label), counted(counts[name])) for name, label in TABS],
        rows=shown_rows(CASES, page.rows),
        imported=imported,
        first=at(),
        before=at(before=filters.address(before=page.first)["before"]) if page.first else "",
        after=at(after=filters.address(after=page.last)["after"]) if page.last else "",
    )


def waiting_in(queue: str, imported: bool = False) -> int:
    """How many cases are in a queue."""
    return register().matching("case", _where(queue, imported), "date")


def counted(number: int) -> str:
    """How many, as far as anybody counts."""
    return _("more than {count}", count=COUNTED) if number > COUNTED else str(number)


def _where(queue: str, imported: bool = False) -> dict[str, Any]:
    """Cases of a queue: at a post its own, at the centre everybody's."""
    own = {"origin": console().node.id} if console().at_post else {}
    return {**({"status": "submitted"} if imported else {"in_check": True}), **own, "review_state": QUEUES[queue]}


def to_correct() -> list[tuple[str, str, Mapping[str, Any]]]:
    """Cases sent back and not yet corrected, the oldest first: id, what it is called, what was said."""
    rows = register().page("case", _where(BACK), "date", limit=SHOWN_BACK).rows
    records = [register().get(row.id) for row in rows]
    return [(record.id, CASES.title_of(record), last_said(record) or {}) for record in records if record is not None]


def _decision_again(record_id: str) -> str:
    return _shown(record_id, "expired", comment=_comment())


@blueprint.post("/cases/<record_id>/check")
@may(Action.REVIEW, shows="record.check")
@keeps_typing(_decision_again)
def decide(record_id: str) -> Response:
    """Validate, or send back with a comment. Only what the supervisor saw can be decided on."""
    record = the_record(record_id, "case")
    decision, comment = request.form.get("decision", ""), _comment()
    if decision not in (VALIDATED, SENT_BACK):
        raise Refusal(400, _("Choose one: validate, or send back."))
    if request.form.get(SEEN) != record.heads:
        return _again(record_id, "changed", comment)
    if decision == SENT_BACK and not comment:
        return _again(record_id, "comment", comment)
    status = "submitted" if decision == SENT_BACK else "validated"
    before = str(record.values.get("status") or "submitted")
    if status != before and not DICTIONARY.type("case").may_set(status, console().node.role, before):
        raise Refusal(409, _("A case in this state cannot be validated or sent back. Open the case again."))
    values = {"status": status, **entry_of(decision, comment)}
    return _saved(record, values, decision, comment)


def _answer_again(record_id: str) -> str:
    return _shown(record_id, "expired", answer=_comment())


@blueprint.post("/cases/<record_id>/submit-again")
@may(Action.EDIT, shows="record.check_again")
@keeps_typing(_answer_again)
def submit_again(record_id: str) -> Response:
    """The officer has corrected the case."""
    record = the_record(record_id, "case")
    if not is_sent_back(record):
        raise Refusal(409, _("This case was not sent back, or it has been submitted again already."))
    return _saved(record, resubmission(record, _comment()), RESUBMITTED, _comment())


def _saved(record: Record, values: Mapping[str, Any], done: str, comment: str) -> Response:
    try:
        with console().writing() as reg:
            edit = Edit("case", values, record=record.id, seen=record.heads)
            reg.save([edit], author=signed_in_person().name, role=signed_in_person().role)
    except Refused as refused:
        if any(problem.path.startswith("review.") for problem in refused.problems):
            return _again(record.id, "wrong", comment)
        raise
    return redirect(url_for("case.page", record_id=record.id, done=done), 303)


def _comment() -> str:
    return request.form.get("comment", "").replace("\r\n", "\n").strip()


def _again(record_id: str, why: str, comment: str) -> Response:
    """The page of the case once more, with what is wrong beside the form and the comment kept."""
    # whoever checks has the one form, whoever corrects the other
    return Response(_shown(record_id, why, comment=comment, answer=comment), 422, mimetype="text/html")


def _shown(record_id: str, why: str, **typed: str) -> str:
    from diwan_core.web.record_pages.record_blueprint import record_page

    return record_page(CASES, record_id, check_problem=why, **typed)


def problem_text(why: str) -> str:
    """What is wrong with a check, in words."""
    return {
        "changed": _("The case was changed after you opened it. Look at it again, then decide."),
        "comment": _("Say what is to be corrected."),
        "expired": expired(),
        "wrong": _(
            "The comment is too long or holds signs that cannot be kept. Shorten it to {count} letters at most.",
            count=LONGEST,
        ),
    }.get(why, "")
