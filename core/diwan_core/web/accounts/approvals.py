"""The page *Approvals*: requests that a second person decides (`trust.people.second_person`), and how every account
got its role; for administrators, supervisors and the auditor."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.intake.run import jobs
from diwan_core.trust.people.accounts import (
    Account,
    AccountExists,
    Actor,
    Request,
    RequestRefused,
    SignInBusy,
    SignInRefused,
    TooManyTries,
)
from diwan_core.trust.people.second_person import Deed
from diwan_core.web.accounts.deed_words import DEED_WORDS, age_words, alike_words
from diwan_core.web.accounts.device import browser_token, turn, wait_words
from diwan_core.web.kit.access import may
from diwan_core.web.kit.client_address import client_address
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened, refused
from diwan_core.web.kit.role_labels import ROLE_LABELS
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import N_, _

blueprint = Blueprint("approvals", __name__, url_prefix="/approvals")
navigation = NavigationItem("approvals.index", lambda: _("Approvals"), 65)
DECISIONS: Final = {
    "approved": N_("approved"),
    "refused": N_("refused"),
    "withdrawn": N_("withdrawn"),
    "alone": N_("approved at the machine, without a second person"),
}
VOUCHED: Final = {
    "first": N_("one of the first two accounts of this machine: nobody approved it"),
    "approved": N_("approved by a second person"),
    "alone": N_("approved at the machine, without a second person"),
    "free": N_("needs no second person"),
    "": N_("made before two people were needed: nobody approved it"),
}


@dataclass(frozen=True)
class Open:
    """A request that waits, as a page shows it to one person."""

    request: Request
    own: bool
    decides: bool


def actor() -> Actor:
    """The signed-in person, as one who asks or decides."""
    return console().accounts.actor(signed_in_person().name, address=client_address(), device=browser_token())


def ask(what: Deed, name: str, role: str = "", display_name: str = "") -> Response:
    """Ask for an act that needs a second person; returns the address of the list of requests. Raises AccountExists,
    UnknownRole, BadName, UnknownAccount, Refusal."""
    try:
        made = console().accounts.ask(what, name, actor(), role=role, display_name=display_name)
    except RequestRefused as error:
        raise Refusal(409, _("This has been requested already. It waits under Approvals.")) from error
    happened("grant.asked", account=made.account, what=made.what, role=made.role)
    return redirect(url_for("approvals.index", done="second-person"), 303)


@blueprint.get("")
@may(Action.SEE_APPROVALS)
def index() -> str:
    """The requests that wait for a second person."""
    return _page()


def _page(wrong: int = 0, problem: str = "") -> str:
    accounts, somebody = console().accounts, signed_in_person()
    decides, me = somebody.may(Action.APPROVE), actor()
    waiting = [
        Open(held, held.asked_by == me.name, decides and not accounts.why_not(held, me)) for held in accounts.requests()
    ]
    everybody: list[Account] = accounts.all() if somebody.may(Action.READ_LOG) else []
    return render_template(
        "accounts/approvals.html",
        waiting=waiting,
        decided=accounts.decided(),
        everybody=everybody,
        wrong=wrong,
        problem=problem,
        deeds=DEED_WORDS,
        role_labels=ROLE_LABELS,
        decisions=DECISIONS,
        vouched=VOUCHED,
        age_words=lambda held: age_words(str(held.age_ms // 60_000)),
        alike_words=alike_words,
    )


@blueprint.post("/<int:number>/approve")
@may(Action.APPROVE)
def approve(number: int) -> Response:
    """Approve what somebody else asked for."""
    accounts, somebody = console().accounts, signed_in_person()
    try:
        with turn(somebody.name):
            password = request.form.get("password", "")[:1000]
            accounts.confirm(somebody.name, password, address=client_address(), device=browser_token())
        done, one_time = accounts.approve(number, actor())
    except SignInRefused:
        refused("password.wrong", account=somebody.name)
        return make_response(_page(number, _("The password is wrong. Type it again.")), 422)
    except TooManyTries as error:
        refused("sign_in.throttled", account=somebody.name)
        return make_response(_page(number, wait_words(error.seconds)), 429)
    except SignInBusy:
        return make_response(_page(number, _("Many people are signing in at once. Wait a minute and try again.")), 429)
    except AccountExists as error:
        raise Refusal(409, _("Somebody already has this name. Choose another one.")) from error
    except RequestRefused as error:
        raise _not_open() from error
    happened(
        "grant.approved",
        account=done.account,
        what=done.what,
        role=done.role,
        asked_by=done.asked_by,
        age=done.age_ms // 60_000,
        alike=done.alike,
    )
    if done.what == "role":
        jobs.stop_all(console().folder, done.account)
    if one_time:
        account = accounts.known(done.account)
        return make_response(render_template("accounts/person_one_time.html", account=account, one_time=one_time))
    return redirect(url_for("approvals.index", done="saved"), 303)


@blueprint.post("/<int:number>/refuse")
@may(Action.APPROVE)
def refuse(number: int) -> Response:
    """Whoever asked withdraws it so."""
    try:
        done = console().accounts.refuse(number, actor())
    except RequestRefused as error:
        raise _not_open() from error
    code = "grant.withdrawn" if done.decision == "withdrawn" else "grant.refused"
    happened(code, account=done.account, what=done.what, role=done.role, asked_by=done.asked_by)
    return redirect(url_for("approvals.index", done="saved"), 303)


def _not_open() -> Refusal:
    why = _("You cannot decide this request: it was decided already, is older than a week, or is your own.")
    return Refusal(409, why)
