"""The page of one run of erasure in the centre's console, with the forms by which a second person decides."""

from __future__ import annotations

from diwan_core.roles import Action
from diwan_core.trust.people.accounts import SignInBusy, SignInRefused, TooManyTries
from diwan_core.web.accounts.device import browser_token, turn, wait_words
from diwan_core.web.kit.access import may
from diwan_core.web.kit.client_address import client_address
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.request_events import happened, refused
from diwan_core.web.language.i18n import _
from diwan_core.web.records.links import link_to
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_central.privacy import runs
from diwan_central.privacy.holds import HoldRefused
from diwan_central.privacy.page_kit import SHOWN, WORDS, opened_here, this_actor

blueprint = Blueprint("erasure_runs", __name__, url_prefix="/retention/runs", template_folder="../templates")


@blueprint.get("/<int:number>")
@may(Action.SEE_RETENTION, shows="retention.run")
def one_run(number: int) -> str:
    """A run: its records, and what became of each."""
    return _run(number)


def _run(number: int, problem: str = "") -> str:
    after = request.args.get("after", "")
    with opened_here() as store:
        try:
            run = runs.run_of(store, number)
        except runs.RunRefused as error:
            raise Refusal(404, _("There is no run of this number.")) from error
        found = runs.items(store, number, after=int(after[:9]) if after.isascii() and after.isdigit() else 0,
                           limit=SHOWN)  # fmt: skip
        counts = runs.outcomes_of(store, number)
    own = run.proposed_by == signed_in_person().name
    return render_template(
        "privacy/run.html", run=run, counts=counts, lines=[(one, link_to(one.record)) for one in found], own=own,
        after=found[-1].no if len(found) == SHOWN else "", problem=problem, **WORDS,
    )  # fmt: skip


@blueprint.post("/<int:number>/approve")
@may(Action.APPROVE_ERASURE, shows="retention.run")
def do_approve(number: int) -> Response | tuple[str, int]:
    """Approve a run that somebody else proposed."""
    accounts, somebody = console().accounts, signed_in_person()
    try:
        with turn(somebody.name):
            password = request.form.get("password", "")[:1000]
            accounts.confirm(somebody.name, password, address=client_address(), device=browser_token())
        with opened_here() as store:
            run = runs.approve(store, number, this_actor())
    except SignInRefused:
        refused("password.wrong", account=somebody.name)
        return _run(number, _("The password is wrong. Type it again.")), 422
    except TooManyTries as error:
        refused("sign_in.throttled", account=somebody.name)
        return _run(number, wait_words(error.seconds)), 429
    except SignInBusy:
        return _run(number, _("Many people are signing in at once. Wait a minute and try again.")), 429
    except runs.RunRefused as error:
        raise _not_open() from error
    happened("erasure.approved", run=number, by=run.proposed_by, alike=run.alike)
    return redirect(url_for("erasure_runs.one_run", number=number, done="saved"), 303)


@blueprint.post("/<int:number>/refuse")
@may(Action.SEE_RETENTION, shows="retention.run")
def do_refuse(number: int) -> Response | tuple[str, int]:
    """Refuse a run; whoever proposed it withdraws it so."""
    reason = request.form.get("reason", "")
    try:
        with opened_here() as store:
            runs.refuse(store, number, this_actor(), reason)
    except HoldRefused:
        return _run(number, _("Give a reason.")), 422
    except runs.RunRefused as error:
        raise _not_open() from error
    happened("erasure.refused", run=number, reason=reason)
    return redirect(url_for("erasure_runs.one_run", number=number, done="saved"), 303)


def _not_open() -> Refusal:
    return Refusal(409, _("You cannot decide this run: it was decided already, or you proposed it yourself."))
