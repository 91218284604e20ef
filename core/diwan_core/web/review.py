"""Checking a case: a supervisor validates it or sends it back, an officer corrects it and submits it again.

What was decided is part of the case (`review`, dictionary 2): it has its author and moment in the journal, travels with
the case and is never lost. `review_state` is what was last said, for lists."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Edit, ListRow, Record, Refused
from diwan_core.trust.names import mint_id
from diwan_core.web.access import may
from diwan_core.web.cases import CASES
from diwan_core.web.console import console, register
from diwan_core.web.errors import Refusal
from diwan_core.web.guard import Person, signed_in_person
from diwan_core.web.i18n import _
from diwan_core.web.listing import PAGE_SIZE, shown_row
from diwan_core.web.lookup import the_record
from diwan_core.web.permissions import Action
from diwan_core.web.render import NavigationItem
from diwan_core.web.shown import local_time
from diwan_core.web.similar import similar_to

VALIDATED, SENT_BACK, RESUBMITTED = "validated", "sent_back", "resubmitted"
SEEN: Final = "seen"
LONGEST: Final = 2000
SHOWN_BACK: Final = 30
"""Cases to be corrected that stand above the drafts."""
MOST: Final = 500
"""Cases a queue shows at the most."""

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
    return {"review_state": decision, "review": {mint_id(): said}}


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
        "hints": similar_to("case", record.values, record.id) if is_case and person.may(Action.REPORT) else [],
    }


@blueprint.get("/check")
@may(Action.REVIEW)
def index() -> str:
    """What waits to be checked, the oldest first, and what was sent back."""
    waiting = [*_rows({"review_state": None}), *_rows({"review_state": RESUBMITTED})]
    waiting.sort(key=lambda row: str(row.columns.get("date") or ""))
    back = _rows({"review_state": SENT_BACK})
    return render_template(
        "check.html",
        kind=CASES,
        headings=[_(CASES.field(name).label) for name in CASES.columns],
        queues=[
            (_("To check"), _("Nothing waits to be checked."), [(row, shown_row(CASES, row)) for row in waiting]),
            (_("Sent back, not yet corrected"), _("None."), [(row, shown_row(CASES, row)) for row in back]),
        ],
        page_size=PAGE_SIZE,
    )


def _rows(where: Mapping[str, Any]) -> list[ListRow]:
    """Submitted cases: at a post its own, at the centre everybody's."""
    own = {"origin": console().node.id} if console().at_post else {}
    return register().find("case", {"status": "submitted", **own, **where}, order="date", limit=MOST)


def to_correct() -> list[tuple[str, str, Mapping[str, Any]]]:
    """Cases sent back and not yet corrected, the oldest first: id, what it is called, what was said."""
    records = [register().get(row.id) for row in _rows({"review_state": SENT_BACK})[:SHOWN_BACK]]
    return [(record.id, CASES.title_of(record), last_said(record) or {}) for record in records if record is not None]


@blueprint.post("/cases/<record_id>/check")
@may(Action.REVIEW)
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


@blueprint.post("/cases/<record_id>/submit-again")
@may(Action.EDIT)
def submit_again(record_id: str) -> Response:
    """The officer has corrected the case."""
    record = the_record(record_id, "case")
    if not is_sent_back(record):
        raise Refusal(409, _("This case was not sent back, or it has been submitted again already."))
    return _saved(record, resubmission(record, _comment()), RESUBMITTED, _comment())


def _saved(record: Record, values: Mapping[str, Any], done: str, comment: str) -> Response:
    try:
        with console().writing() as reg:
            reg.save([Edit("case", values, record=record.id, seen=record.heads)], author=signed_in_person().name)
    except Refused as refused:
        if any(problem.path.startswith("review.") for problem in refused.problems):
            return _again(record.id, "wrong", comment)
        raise
    return redirect(url_for("case.page", record_id=record.id, done=done), 303)


def _comment() -> str:
    return request.form.get("comment", "").replace("\r\n", "\n").strip()


def _again(record_id: str, why: str, comment: str) -> Response:
    """The page of the case once more, with what is wrong beside the form and the comment kept."""
    from diwan_core.web.records import record_page

    return Response(record_page(CASES, record_id, check_problem=why, comment=comment), 422, mimetype="text/html")


def problem_text(why: str) -> str:
    """What is wrong with a check, in words."""
    return {
        "changed": _("The case was changed after you opened it. Look at it again, then decide."),
        "comment": _("Say what is to be corrected."),
        "wrong": _(
            "The comment is too long or holds signs that cannot be kept. Shorten it to {count} letters at most.",
            count=LONGEST,
        ),
    }.get(why, "")
