"""The page of one's own account: the role, the open sessions, and a way to end sessions at other browsers."""

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.trust.people.accounts import SignInBusy, SignInRefused, TooManyTries
from diwan_core.web.accounts.device import browser_token, turn, wait_words
from diwan_core.web.kit.access import signed_in
from diwan_core.web.kit.client_address import client_address
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import session_cookie, signed_in_person
from diwan_core.web.kit.request_events import happened, refused
from diwan_core.web.kit.role_labels import ROLE_LABELS
from diwan_core.web.language.i18n import _

blueprint = Blueprint("own_account", __name__, url_prefix="/account")


@blueprint.get("")
@signed_in
def index() -> str:
    """One's own account and its open sessions."""
    return _page("")


def _page(problem: str) -> str:
    sessions = console().accounts.sessions(signed_in_person().name, _token())
    return render_template("accounts/own_account.html", sessions=sessions, roles=ROLE_LABELS, problem=problem)


@blueprint.post("/end-others")
@signed_in
def end_others() -> Response:
    """End the sessions at other browsers; the password is asked for, since a thief would do the same."""
    name, accounts = signed_in_person().name, console().accounts
    try:
        with turn(name):
            password = request.form.get("password", "")[:1000]
            accounts.confirm(name, password, address=client_address(), device=browser_token())
    except SignInRefused:
        refused("password.wrong", account=name)
        return make_response(_page(_("The password is wrong. Type it again.")), 422)
    except TooManyTries as error:
        refused("sign_in.throttled", account=name)
        return make_response(_page(wait_words(error.seconds)), 429)
    except SignInBusy:
        return make_response(_page(_("Many people are signing in at once. Wait a minute and try again.")), 429)
    accounts.end_other_sessions(name, _token())
    happened("session.others_ended", account=name)
    return redirect(url_for("own_account.index", done="saved"), 303)


def _token() -> str:
    return request.cookies.get(session_cookie(), "")
