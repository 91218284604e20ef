"""The pages for signing in, signing out and choosing a password.

Sessions live in DIR/accounts.db; the browser holds a random name only.
"""

from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.trust.people.accounts import (
    CurrentPasswordWrong,
    OneTimeEnded,
    PasswordRefused,
    SignedIn,
    SignInBusy,
    SignInRefused,
    TooManyTries,
)
from diwan_core.web.accounts.device import browser_token, device_cookie, turn, wait_words
from diwan_core.web.accounts.password_words import RULE_WORDS
from diwan_core.web.kit.access import public, signed_in_or_new
from diwan_core.web.kit.client_address import client_address
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import Person, person, session_cookie, signed_in_person, visit_cookie
from diwan_core.web.kit.request_events import happened, happened_by, refused
from diwan_core.web.kit.site_pages import own_path
from diwan_core.web.kit.transport import forget_cookie, has_root, set_cookie
from diwan_core.web.language.i18n import _

blueprint = Blueprint("people", __name__)
_LONGEST: Final = 1000
_DEVICE_SECONDS: Final = 180 * 24 * 3600


@blueprint.get("/sign-in")
@public("this is where people sign in")
def sign_in() -> Response:
    """The page on which people sign in."""
    if person() is not None:
        return redirect(url_for("pages.home"), 303)
    return _sign_in_page("", request.args.get("next", ""), "", 200)


@blueprint.post("/sign-in")
@public("this is where people sign in")
def do_sign_in() -> Response:
    """Sign in."""
    name, password, after = (request.form.get(key, "")[:_LONGEST] for key in ("name", "password", "next"))
    name = name.strip()
    try:
        with turn(name):
            signed = console().accounts.sign_in(name, password, address=client_address(), device=browser_token())
    except SignInRefused:
        refused("sign_in.refused", account=_account_of(name))
        text = _("The user name or the password is wrong. Check both, or ask your supervisor for help.")
        return _sign_in_page(name, after, text, 403)
    except OneTimeEnded:
        refused("sign_in.one_time_ended", account=_account_of(name))
        text = _(
            "This one-time password has expired: it is valid for three days. Ask your administrator for a new one."
        )
        return _sign_in_page(name, after, text, 403)
    except TooManyTries as error:
        refused("sign_in.throttled", account=_account_of(name))
        return _sign_in_page(name, after, wait_words(error.seconds), 429, retry=error.seconds)
    except SignInBusy:
        return _sign_in_page(name, after, _busy(), 429, retry=60)
    account = signed.account
    if before := request.cookies.get(session_cookie(), ""):  # the session this browser had ends with the new one
        console().accounts.sign_out(before)
    happened_by(account.name, account.role, "session.started", account=account.name, address=client_address())
    answer = redirect(url_for("people.new_password") if signed.account.must_change else own_path(after), 303)
    # a new session is a new name: one planted in the browser before sign-in is worth nothing
    _set_cookies(answer, signed)
    forget_cookie(answer, visit_cookie())
    return answer


def _set_cookies(answer: Response, signed: SignedIn) -> None:
    set_cookie(answer, session_cookie(), signed.token)
    set_cookie(answer, device_cookie(), signed.device, max_age=_DEVICE_SECONDS)


def _account_of(name: str) -> str:
    """The account that has this name; "" where there is none: what was typed may be a password."""
    found = console().accounts.get(name)
    return found.name if found else ""


def _busy() -> str:
    return _("Many people are signing in at once. Wait a minute and try again.")


def _sign_in_page(name: str, after: str, problem: str, status: int, retry: int = 0) -> Response:
    page = make_response(
        render_template("accounts/sign_in.html", name=name, next=after, problem=problem, has_authority=has_root()),
        status,
    )
    if retry:
        page.headers["Retry-After"] = str(retry)
    return page


@blueprint.post("/sign-out")
@signed_in_or_new
def sign_out() -> Response:
    """Sign out."""
    happened("session.ended", account=signed_in_person().name)
    console().accounts.sign_out(request.cookies.get(session_cookie(), ""))
    answer = redirect(url_for("people.sign_in"), 303)
    forget_cookie(answer, session_cookie())
    # not "cookies": the language and the browser's own name outlive a session; browsers heed this over TLS only
    answer.headers["Clear-Site-Data"] = '"cache", "storage"'
    return answer


@blueprint.get("/password")
@signed_in_or_new
def new_password() -> str:
    """Ask for a password of one's own."""
    return _password_page({})


@blueprint.post("/password")
@signed_in_or_new
def do_new_password() -> Response | tuple[str, int]:
    """Set the new password."""
    current, new, again = (request.form.get(key, "")[:_LONGEST] for key in ("current", "new", "again"))
    somebody = signed_in_person()
    if new != again:
        return _password_page({"again": _("The two new passwords differ. Type both again.")}), 422
    try:
        with turn(somebody.name):
            signed = _changed(somebody, current, new)
    except CurrentPasswordWrong:
        refused("password.wrong", account=somebody.name)
        return _password_page({"current": _("The current password is wrong. Type it again.")}), 422
    except PasswordRefused as error:
        return _password_page({"new": " ".join(_(RULE_WORDS[rule]) for rule in error.rules)}), 422
    except TooManyTries as error:
        refused("sign_in.throttled", account=somebody.name)
        return _password_page({"current": wait_words(error.seconds)}), 429
    except SignInBusy:
        return _password_page({"new" if somebody.must_change else "current": _busy()}), 429
    happened("password.changed", account=signed.account.name, address=client_address())
    answer = redirect(url_for("pages.home", done="password"), 303)
    _set_cookies(answer, signed)
    return answer


def _changed(somebody: Person, current: str, new: str) -> SignedIn:
    """The session after the new password is set; whoever signed in with a one-time password has just typed it."""
    accounts, address, device = console().accounts, client_address(), browser_token()
    words = (console().node.label, console().node.office)
    if somebody.must_change:
        token = request.cookies.get(session_cookie(), "")
        return accounts.choose_password(token, new, address=address, device=device, node_words=words)
    return accounts.change_password(somebody.name, current, new, address=address, device=device, node_words=words)


def _password_page(problems: dict[str, str]) -> str:
    hint = _("At least 10 characters. A few words in a row are easy to remember.")
    fields = [
        ("new", _("New password"), hint, "new-password"),
        ("again", _("New password again"), "", "new-password"),
    ]
    if not signed_in_person().must_change:  # who has a one-time password has just typed it
        fields.insert(0, ("current", _("Current password"), "", "current-password"))
    return render_template("accounts/new_password.html", fields=fields, problems=problems)
