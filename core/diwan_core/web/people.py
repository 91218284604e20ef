"""Signing in, signing out and choosing a password.

Sessions live in DIR/accounts.db; the browser holds a random name only.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.trust.accounts import (
    CurrentPasswordWrong,
    PasswordRefused,
    SignInBusy,
    SignInRefused,
    TooManyTries,
)
from diwan_core.trust.passwords import MAX_LENGTH, MIN_LENGTH
from diwan_core.web.access import public, signed_in_or_new
from diwan_core.web.client_address import client_address
from diwan_core.web.console import console
from diwan_core.web.guard import person, session_cookie, set_cookie, signed_in_person, visit_cookie
from diwan_core.web.happening import happened, happened_by, refused
from diwan_core.web.i18n import _, _n
from diwan_core.web.pages import own_path

blueprint = Blueprint("people", __name__)
_LONGEST: Final = 1000
AT_ONCE: Final = 4
"""People who may wait for their password to be looked at: each of them holds one of the console's threads (`serve`),
and the others are for those who are at work."""
turns: Final = threading.BoundedSemaphore(AT_ONCE)


@blueprint.get("/sign-in")
@public("this is where people sign in")
def sign_in() -> Response:
    if person() is not None:
        return redirect(url_for("pages.home"), 303)
    return _sign_in_page("", request.args.get("next", ""), "", 200)


@blueprint.post("/sign-in")
@public("this is where people sign in")
def do_sign_in() -> Response:
    name, password, after = (request.form.get(key, "")[:_LONGEST] for key in ("name", "password", "next"))
    name = name.strip()
    try:
        with _turn():
            signed = console().accounts.sign_in(name, password, address=client_address())
    except SignInRefused:
        refused("sign_in.refused", account=_account_of(name))
        text = _("The user name or the password is wrong. Check both, or ask your supervisor for help.")
        return _sign_in_page(name, after, text, 403)
    except TooManyTries as error:
        refused("sign_in.throttled", account=_account_of(name))
        return _sign_in_page(name, after, _wait(error.seconds), 429, retry=error.seconds)
    except SignInBusy:
        return _sign_in_page(name, after, _busy(), 429, retry=60)
    account = signed.account
    happened_by(account.name, account.role, "session.started", account=account.name, address=client_address())
    answer = redirect(url_for("people.new_password") if signed.account.must_change else own_path(after), 303)
    # a new session is a new name: one planted in the browser before sign-in is worth nothing
    set_cookie(answer, session_cookie(), signed.token)
    answer.delete_cookie(visit_cookie(), path="/")
    return answer


def _account_of(name: str) -> str:
    """The account that has this name; "" where there is none: what was typed may be a password."""
    found = console().accounts.get(name)
    return found.name if found else ""


@contextmanager
def _turn() -> Iterator[None]:
    """Raises SignInBusy where too many wait already."""
    if not turns.acquire(blocking=False):
        raise SignInBusy("Many people are signing in at once.")
    try:
        yield
    finally:
        turns.release()


def _busy() -> str:
    return _("Many people are signing in at once. Wait a minute and try again.")


def _wait(seconds: int) -> str:
    return _n(
        "There were too many wrong tries. Wait one second, then try again.",
        "There were too many wrong tries. Wait {count} seconds, then try again.",
        seconds,
    )


def _sign_in_page(name: str, after: str, problem: str, status: int, retry: int = 0) -> Response:
    page = make_response(render_template("sign_in.html", name=name, next=after, problem=problem), status)
    if retry:
        page.headers["Retry-After"] = str(retry)
    return page


@blueprint.post("/sign-out")
@signed_in_or_new
def sign_out() -> Response:
    happened("session.ended", account=signed_in_person().name)
    console().accounts.sign_out(request.cookies.get(session_cookie(), ""))
    answer = redirect(url_for("people.sign_in"), 303)
    answer.delete_cookie(session_cookie(), path="/")
    return answer


@blueprint.get("/password")
@signed_in_or_new
def new_password() -> str:
    return _password_page({})


@blueprint.post("/password")
@signed_in_or_new
def do_new_password() -> Response | tuple[str, int]:
    current, new, again = (request.form.get(key, "")[:_LONGEST] for key in ("current", "new", "again"))
    if new != again:
        return _password_page({"again": _("The two new passwords differ. Type both again.")}), 422
    try:
        with _turn():
            signed = console().accounts.change_password(signed_in_person().name, current, new, address=client_address())
    except CurrentPasswordWrong:
        refused("password.wrong", account=signed_in_person().name)
        return _password_page({"current": _("The current password is wrong. Type it again.")}), 422
    except PasswordRefused:
        return _password_page({"new": _rule(new, current)}), 422
    except TooManyTries as error:
        refused("sign_in.throttled", account=signed_in_person().name)
        return _password_page({"current": _wait(error.seconds)}), 429
    except SignInBusy:
        return _password_page({"current": _busy()}), 429
    happened("password.changed", account=signed.account.name, address=client_address())
    answer = redirect(url_for("pages.home", done="password"), 303)
    set_cookie(answer, session_cookie(), signed.token)
    return answer


def _rule(new: str, current: str) -> str:
    """What a new password has to be."""
    if new == current:
        return _("The new password must differ from the current one.")
    return _(
        "A new password has {least} to {most} characters, more than a few different ones, and not your user name in "
        "it. Three or four words are good.",
        least=MIN_LENGTH,
        most=MAX_LENGTH,
    )


def _password_page(problems: dict[str, str]) -> str:
    one_time = signed_in_person().must_change
    fields = (
        ("current", _("One-time password") if one_time else _("Current password"), "", "current-password"),
        (
            "new",
            _("New password"),
            _("At least 10 characters. A few words in a row are easy to remember."),
            "new-password",
        ),
        ("again", _("New password once more"), "", "new-password"),
    )
    return render_template("new_password.html", fields=fields, problems=problems)
