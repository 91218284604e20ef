"""The pages of retention in the centre's console: rules, what is due, what is held back, and runs of erasure."""

from __future__ import annotations

from typing import NamedTuple

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.retention import DEFAULTS, KEPT, MONTHS_MOST, UPDATED, Rule
from diwan_core.register import Refused
from diwan_core.register.retention.due import Due, due_page, place_of
from diwan_core.register.retention.rules import HALVES, MONTHS, dates_of, retention_rules, set_rule, withdraw_rule
from diwan_core.roles import Action
from diwan_core.web.forms.values import day_typed
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.request_events import happened
from diwan_core.web.kit.trusted_moment import today
from diwan_core.web.language.i18n import _, said
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.links import Link, link_to
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_central.privacy import runs
from diwan_central.privacy.holds import HeldTooLate, HoldRefused, hold, holds, lift
from diwan_central.privacy.page_kit import SHOWN, WORDS, opened_here, this_actor

blueprint = Blueprint("retention", __name__, url_prefix="/retention", template_folder="../templates")


class DueLine(NamedTuple):
    """A record that is due, as the page shows it."""

    due: Due
    link: Link
    needed_by: Link | None


class RuleLine(NamedTuple):
    """How long records of a type and legal basis are kept; `record` is the rule's, "" for a default."""

    type: str
    basis: str
    months: int
    after: str
    erases: str
    record: str


@blueprint.get("")
@may(Action.SEE_STATUS)
def index() -> str:
    """How long records of each type are kept."""
    return _rules()


def _rules(problem: str = "") -> str:
    rules = retention_rules(register().store)
    erases = {halves: name for name, halves in HALVES.items()}
    lines = [RuleLine(one.type, one.basis, one.months, one.after, erases[one.halves], one.record) for one in rules]
    ruled = {one.type for one in rules if not one.basis}
    lines += [
        RuleLine(type, "", keep.months, keep.after, "both", "") for type, keep in DEFAULTS.items() if type not in ruled
    ]
    return render_template(
        "privacy/rules.html", lines=lines, kept=sorted(set(KEPT) - ruled), types=sorted(DEFAULTS),
        dates=_dates(), problem=problem,
        typed=request.form, most=MONTHS_MOST, **WORDS,
    )  # fmt: skip


def _dates() -> dict[str, str]:
    """The dates that rules can count from, with their labels: those of all types together."""
    return {
        name: DICTIONARY.type(type).fields[name].label
        for type in DEFAULTS
        for name in dates_of(type)
        if name not in (UPDATED, "retention")
    }


@blueprint.post("")
@may(Action.SET_RETENTION)
def do_set() -> Response | tuple[str, int]:
    """Set how long records of a type are kept."""
    type, basis, after = (request.form.get(name, "").strip()[:200] for name in ("type", "basis", "after"))
    erases, months = request.form.get("erases", ""), request.form.get("months", "").strip()
    if type not in DICTIONARY.types or after not in dates_of(type):
        return _rules(_("Choose a date that records of this type have.")), 422
    is_number = months.isascii() and months.isdigit() and len(months) < 16
    if not (is_number and int(months) <= MONTHS_MOST) or erases not in HALVES:
        return _rules(_(MONTHS, most=MONTHS_MOST)), 422
    try:
        with console().writing() as reg:
            rule = Rule(type, basis, int(months), after, HALVES[erases])
            law = request.form.get("law", "").strip()[:200]
            _found, is_new = set_rule(reg, rule, law, author=signed_in_person().name)
    except Refused as error:
        return _rules(" ".join(said(problem) for problem in error.problems)), 422
    if is_new:
        happened("retention.set", type=type, basis=basis, months=int(months), counted=after, erases=erases)
    return redirect(url_for("retention.index", done="saved"), 303)


@blueprint.post("/withdraw")
@may(Action.SET_RETENTION)
def do_withdraw() -> Response:
    """Withdraw a rule of the country."""
    record = request.form.get("record", "")
    rule = next((one for one in retention_rules(register().store) if one.record == record), None)
    if rule is None:
        raise Refusal(409, _("This rule was withdrawn already."))
    with console().writing() as reg:
        withdraw_rule(reg, record, author=signed_in_person().name)
    happened("retention.withdrawn", type=rule.type, basis=rule.basis)
    return redirect(url_for("retention.index", done="saved"), 303)


@blueprint.get("/due")
@may(Action.SEE_RETENTION, shows="retention.due")
def due() -> str:
    """The records that are due for erasure, a page at a time."""
    return _due()


def _due(problem: str = "") -> str:
    with opened_here() as store:
        asked = runs.question(register(), store)
        page = due_page(register().store, asked, place_of(request.args.get("after", "")), SHOWN)
        latest = [(run, runs.outcomes_of(store, run.number)) for run in runs.runs(store, 20)]
    lines = [DueLine(one, link_to(one.id), link_to(one.by) if one.by else None) for one in page.rows]
    return render_template(
        "privacy/due.html", lines=lines, over=asked.over, runs=latest, problem=problem, typed=request.form,
        after=f"{page.after.type}.{page.after.number}" if page.after else "", most=runs.MOST, **WORDS,
    )  # fmt: skip


@blueprint.post("/due")
@may(Action.PROPOSE_ERASURE, shows="retention.due")
def do_propose() -> Response | tuple[str, int]:
    """Propose a run over what is due, or over the records that were chosen."""
    chosen, basis = request.form.getlist("record")[: runs.MOST], request.form.get("basis", "")[:300]
    if not chosen and "all" not in request.form:
        return _due(_("Choose records, or all that can be erased.")), 422
    try:
        with opened_here() as store:
            run = runs.propose(register(), store, this_actor(), basis, [] if "all" in request.form else chosen)
            count = sum(runs.outcomes_of(store, run.number).values())
    except HoldRefused:
        return _due(_("Enter the law they are erased under. It stays in the ledger for ever.")), 422
    except runs.RunRefused:
        return _due(_("None of these records can be erased: they are held back, needed, or in another run.")), 422
    happened("erasure.proposed", run=run.number, records=count, basis=run.basis)
    return redirect(url_for("erasure_runs.one_run", number=run.number, done="saved"), 303)


@blueprint.get("/holds")
@may(Action.SEE_RETENTION, shows="retention.due")
def held() -> str:
    """The records that are held back from erasure."""
    return _holds()


def _holds(problem: str = "") -> str:
    with opened_here() as store:
        found = [(one, link_to(one.record)) for one in holds(store)]
    return render_template(
        "privacy/holds.html", found=found, problem=problem, typed=request.form,
        record=request.args.get("record", "")[:40], today=str(today() or ""),
    )  # fmt: skip


@blueprint.post("/holds")
@may(Action.PROPOSE_ERASURE, shows="retention.due")
def do_hold() -> Response | tuple[str, int]:
    """Hold a record back, with a reason and a day to look again."""
    record, reason, review = (request.form.get(name, "").strip()[:500] for name in ("record", "reason", "review"))
    review = day_typed(review)
    if not UUID.match(record) or register().type_of(record) is None:
        return _holds(_("There is no record of this id here. Copy the id from its page.")), 422
    try:
        with opened_here() as store:
            hold(register(), store, record, reason, review, signed_in_person().name)
    except HeldTooLate:
        return _holds(_("Its erasure was ordered before: nothing of it can be held back.")), 409
    except HoldRefused:
        return _holds(_("Give the reason, and the day on which somebody looks again.")), 422
    happened("retention.held", record=record, reason=reason, review=review)
    return redirect(url_for("retention.held", done="saved"), 303)


@blueprint.post("/holds/<int:number>")
@may(Action.PROPOSE_ERASURE, shows="retention.due")
def do_let_go(number: int) -> Response | tuple[str, int]:
    """Let a record go that was held back."""
    reason = request.form.get("reason", "")
    try:
        with opened_here() as store:
            found = lift(store, number, reason, signed_in_person().name)
    except HoldRefused:
        return _holds(_("Give the reason why the hold ends.")), 422
    happened("retention.let_go", record=found.record, reason=reason)
    return redirect(url_for("retention.held", done="saved"), 303)
