"""The pages on which a case is checked: a supervisor validates it or sends it back, an officer submits it again. The
rules are in `records.checks`."""

from collections.abc import Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.register import Edit, Record, Refused
from diwan_core.register.records.sent_back import SENT_BACK, STATE, is_sent_back
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.record_pages.record_blueprint import record_page
from diwan_core.web.records.checks import (
    BACK,
    QUEUES,
    RESTORED,
    RESUBMITTED,
    VALIDATED,
    WAITING,
    WITHDRAWN,
    counted,
    entry_of,
    resubmission,
    waiting_in,
    wants_second,
    where_of,
)
from diwan_core.web.records.find_record import the_record
from diwan_core.web.records.list_filters import filters_of
from diwan_core.web.records.listing import PAGE_SIZE, shown_rows

SEEN: Final = "seen"
TABS: Final = ((WAITING, N_("To check")), (BACK, N_("Sent back, not yet corrected")))
blueprint = Blueprint("review", __name__)
review_navigation: Final = NavigationItem("review.index", lambda: _("To check"), 15)


@blueprint.get("/check")
@may(Action.REVIEW, shows="record.check")
def index() -> str:
    """The cases that wait to be checked, the oldest first, or those sent back; imported cases only when asked for."""
    chosen = request.args.get("queue", "")
    queue = chosen if chosen in QUEUES else WAITING
    imported = queue == WAITING and request.args.get("imported") == "1"
    filters = filters_of(CASE, {name: request.args.get(name, "") for name in ("after", "before")})
    reg, where = register(), where_of(queue, imported)
    page = reg.page(CASE.type, where, "date", limit=PAGE_SIZE, after=filters.after, before=filters.before)

    def at(**more: str) -> str:
        given = {"queue": chosen if queue != WAITING else "", "imported": "1" if imported else "", **more}
        return f"{url_for('review.index')}?{urlencode({name: value for name, value in given.items() if value})}"

    counts = {name: waiting_in(name, imported) for name in QUEUES}
    return render_template(
        "review/check.html",
        unconfirmed=reg.from_unconfirmed(CASE.type, [row.id for row in page.rows]),
        kind=CASE,
        headings=[CASE.heading(name) for name in CASE.columns],
        queue=queue,
        tabs=[(name, url_for("review.index", queue=name), _(label), counted(counts[name])) for name, label in TABS],
        rows=shown_rows(CASE, page.rows),
        imported=imported,
        first=at(),
        before=at(before=filters.address(before=page.first)["before"]) if page.first else "",
        after=at(after=filters.address(after=page.last)["after"]) if page.last else "",
    )


def _decision_again(record_id: str) -> str:
    return _shown(record_id, "expired", comment=_comment())


@blueprint.post("/cases/<record_id>/check")
@may(Action.REVIEW, shows="record.check")
@keeps_typing(_decision_again)
def decide(record_id: str) -> Response:
    """Validate, or send back with a comment. Only what the supervisor saw can be decided on."""
    record = the_record(record_id, CASE.type)
    decision, comment = request.form.get("decision", ""), _comment()
    if decision not in (VALIDATED, SENT_BACK):
        raise Refusal(400, _("Choose whether to validate the case or send it back."))
    if request.form.get(SEEN) != record.heads:
        return _again(record_id, "changed", comment)
    if decision == SENT_BACK and not comment:
        return _again(record_id, "comment", comment)
    if decision == VALIDATED and wants_second(record):
        return _again(record_id, "own", comment)
    if decision == VALIDATED and is_sent_back(record.values):
        return _again(record_id, "uncorrected", comment)
    status = "submitted" if decision == SENT_BACK else "validated"
    before = str(record.values.get("status") or "submitted")
    if status != before and not CASE.record_type.may_set(status, console().node.role, before):
        raise Refusal(409, _("A case in this state cannot be validated or sent back. Open the case again."))
    values = {"status": status, **entry_of(decision, comment)}
    return _saved(record, values, decision, comment)


def _answer_again(record_id: str) -> str:
    return _shown(record_id, "expired", answer=_comment())


@blueprint.post("/cases/<record_id>/submit-again")
@may(Action.EDIT, shows="record.check_again")
@keeps_typing(_answer_again)
def submit_again(record_id: str) -> Response:
    """Put a case that was sent back among those to check again, with the reason why nothing is to be corrected in it;
    a correction does so by itself."""
    record, why = the_record(record_id, CASE.type), _comment()
    if not is_sent_back(record.values):  # pressed twice, or somebody corrected the case meanwhile
        done = RESUBMITTED if record.values.get(STATE) == RESUBMITTED else "unchanged"
        return redirect(url_for(f"{CASE.type}.page", record_id=record_id, done=done), 303)
    if request.form.get(SEEN) != record.heads:
        return _again(record_id, "changed", answer=why)
    if not why:
        return _again(record_id, "why")
    return _saved(record, resubmission(record, why), RESUBMITTED, why)


def _withdrawal_again(record_id: str) -> str:
    return _shown(record_id, "expired", reason=_comment())


@blueprint.post("/cases/<record_id>/withdraw")
@may(Action.WITHDRAW, shows="record.check")
@keeps_typing(_withdrawal_again)
def withdraw(record_id: str) -> Response:
    """Take a case out of what counts, with a reason, or bring a withdrawn one back to be checked."""
    record = the_record(record_id, CASE.type)
    before, reason = str(record.values.get("status") or "submitted"), _comment()
    done = RESTORED if before == WITHDRAWN else WITHDRAWN
    if request.form.get("decision") != done or request.form.get(SEEN) != record.heads:
        return _again(record_id, "changed", reason=reason)
    if not reason:
        return _again(record_id, "reason")
    status = "submitted" if done == RESTORED else WITHDRAWN
    if not CASE.record_type.may_set(status, console().node.role, before):
        raise Refusal(409, _("A case in this state cannot be withdrawn. Open the case again."))
    said = WITHDRAWN if done == WITHDRAWN else "restored-case"
    return _saved(record, {"status": status, **entry_of(done, reason)}, said, reason)


def _saved(record: Record, values: Mapping[str, Any], done: str, comment: str) -> Response:
    try:
        with console().writing() as reg:
            edit = Edit(CASE.type, values, record=record.id, seen=record.heads)
            reg.save([edit], author=signed_in_person().name, role=signed_in_person().role)
    except Refused as refused:
        if any(problem.path.startswith("review.") for problem in refused.problems):
            # whoever checks has the one form, whoever corrects the other
            typed = "reason" if done in (WITHDRAWN, "restored-case") else "answer" if done == RESUBMITTED else "comment"
            return _again(record.id, "wrong", **{typed: comment})
        raise
    return redirect(url_for(f"{CASE.type}.page", record_id=record.id, done=done), 303)


def _comment() -> str:
    return request.form.get("comment", "").replace("\r\n", "\n").strip()


def _again(record_id: str, why: str, comment: str = "", answer: str = "", reason: str = "") -> Response:
    """The page of the case once more, with what is wrong beside the form and what was typed kept."""
    page = _shown(record_id, why, comment=comment, answer=answer, reason=reason)
    return Response(page, 422, mimetype="text/html")


def _shown(record_id: str, why: str, **typed: str) -> str:
    return record_page(CASE, record_id, check_problem=why, **typed)
