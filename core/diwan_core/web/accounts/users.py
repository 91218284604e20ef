"""The pages of a node's users for its administrator: add, change a role, disable, end sessions, give a new password.

Whatever is done here is written into the log of looks as well, so that the auditor sees who let whom in."""

from dataclasses import dataclass
from typing import Final

from flask import Blueprint, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.intake.run import jobs
from diwan_core.trust.errors import BadName
from diwan_core.trust.names import is_account_name
from diwan_core.trust.people.accounts import (
    ROLES,
    Account,
    AccountExists,
    SecondPersonNeeded,
    SignInBusy,
    UnknownRole,
)
from diwan_core.web.accounts.approvals import ask
from diwan_core.web.drafts.orphaned import left_by
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened
from diwan_core.web.kit.role_labels import ROLE_LABELS
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import _

blueprint = Blueprint("administering", __name__, url_prefix="/people")
navigation = NavigationItem("administering.index", lambda: _("People"), 60)

#: Letters without a form of their own that join others or keep them apart, as Persian and Urdu write them.
_JOINERS: Final = dict.fromkeys(map(ord, "\u200c\u200d"))


@dataclass(frozen=True)
class Typed:
    """The form for a new person as typed, and what is wrong with it."""

    name: str = ""
    display_name: str = ""
    role: str = "officer"
    problems: tuple[tuple[str, str], ...] = ()

    @property
    def wrong(self) -> dict[str, str]:
        return dict(self.problems)


@blueprint.get("")
@may(Action.MANAGE_PEOPLE)
def index() -> str:
    """The accounts of this node."""
    left = sum(left_by().values())
    waiting = len(console().accounts.requests())
    people = console().accounts.all()
    return render_template("accounts/people.html", people=people, roles=ROLE_LABELS, left=left, waiting=waiting)


@blueprint.get("/new")
@may(Action.MANAGE_PEOPLE)
def new() -> str:
    """Ask for a new person."""
    return render_template("accounts/person_new.html", typed=Typed(), roles=ROLE_LABELS)


@blueprint.post("/new")
@may(Action.MANAGE_PEOPLE)
def do_new() -> Response:
    """Add a person, or ask a second person to."""
    name, display, role = (request.form.get(key, "").strip()[:200] for key in ("name", "display_name", "role"))
    try:
        return _let_in(name, role, display)
    except AccountExists:
        wrong = ("name", _("Somebody already has this name. Choose another one."))
    except UnknownRole:
        wrong = ("role", _("Choose one of the roles."))
    except BadName:
        wrong = _wrong_name(name, display)
    except SignInBusy:
        wrong = ("", _("Many people are signing in at once. Wait a minute and try again."))
    typed = Typed(name, display, role if role in ROLES else "officer", (wrong,))
    return make_response(render_template("accounts/person_new.html", typed=typed, roles=ROLE_LABELS), 422)


def _let_in(name: str, role: str, display: str) -> Response:
    """Add a person, or ask for it where that needs a second one."""
    if not all(map(str.isprintable, display.translate(_JOINERS))):
        raise BadName("The display name holds invisible characters that would turn a line around.")
    try:
        one_time = console().accounts.add(name, role, display)
    except SecondPersonNeeded:
        return ask("add", name, role, display)
    happened("account.added", account=name.casefold(), role=role)
    return _one_time_page(_the(name), one_time)


def _wrong_name(name: str, display: str) -> tuple[str, str]:
    """Which of the two names will not do, and why."""
    if not is_account_name(name.casefold()):
        return "name", _("A user name has 2 to 32 lower-case Latin letters, digits, points, underscores or hyphens.")
    if not all(map(str.isprintable, display.translate(_JOINERS))):
        text = _("The display name holds invisible characters that would reverse the order of a line. Type it again.")
        return "display_name", text
    return "display_name", _("A name has 1 to 80 characters and no line breaks.")


@blueprint.get("/<name>")
@may(Action.MANAGE_PEOPLE)
def one(name: str) -> str:
    """One account."""
    account = _the(name)
    slowed = console().accounts.is_slowed_down(account.name)
    return render_template(
        "accounts/person.html", account=account, roles=ROLE_LABELS, own=_is_own(account), slowed=slowed
    )


@blueprint.post("/<name>/role")
@may(Action.MANAGE_PEOPLE)
def role(name: str) -> Response:
    """Change somebody's role, or ask a second person to."""
    account, wanted = _others(name), request.form.get("role", "")
    try:
        console().accounts.set_role(account.name, wanted)
    except SecondPersonNeeded:
        return ask("role", account.name, wanted)
    except UnknownRole as error:
        raise Refusal(422, _("Choose one of the roles.")) from error
    jobs.stop_all(console().folder, account.name)
    happened("account.role_changed", account=account.name, before=account.role, after=wanted)
    return _done(account)


@blueprint.post("/<name>/disable")
@may(Action.MANAGE_PEOPLE)
def disable(name: str) -> Response:
    """Close an account."""
    account = _others(name)
    console().accounts.disable(account.name)
    jobs.stop_all(console().folder, account.name)
    happened("account.disabled", account=account.name)
    return _done(account)


@blueprint.post("/<name>/enable")
@may(Action.MANAGE_PEOPLE)
def enable(name: str) -> Response:
    """Open an account again, or ask a second person to."""
    account = _others(name)
    try:
        console().accounts.enable(account.name)
    except SecondPersonNeeded:
        return ask("enable", account.name)
    happened("account.enabled", account=account.name)
    return _done(account)


@blueprint.post("/<name>/end-sessions")
@may(Action.MANAGE_PEOPLE)
def end_sessions(name: str) -> Response:
    """End every session of an account."""
    account = _the(name)
    console().accounts.end_sessions(account.name)
    happened("account.sessions_ended", account=account.name)
    return _done(account)


@blueprint.post("/<name>/lift")
@may(Action.MANAGE_PEOPLE)
def lift(name: str) -> Response:
    """Nobody has to wait for this account any more, after wrong tries."""
    account = _the(name)
    console().accounts.lift_throttle(account.name)
    happened("account.throttle_lifted", account=account.name)
    return _done(account)


@blueprint.post("/<name>/reset")
@may(Action.MANAGE_PEOPLE)
def reset(name: str) -> Response:
    """Give a new one-time password, or ask a second person to."""
    account = _others(name)
    try:
        one_time = console().accounts.reset_password(account.name)
    except SecondPersonNeeded:
        return ask("reset", account.name)
    except SignInBusy as error:
        raise Refusal(429, _("Many people are signing in at once. Wait a minute and try again.")) from error
    happened("account.password_reset", account=account.name)
    return _one_time_page(account, one_time)


def _done(account: Account) -> Response:
    return redirect(url_for("administering.one", name=account.name, done="saved"), 303)


def _one_time_page(account: Account, one_time: str) -> Response:
    return make_response(render_template("accounts/person_one_time.html", account=account, one_time=one_time))


def _the(name: str) -> Account:
    found = console().accounts.get(name[:200])
    if found is None:
        raise Refusal(404, _("Nobody with this name has an account here. Check the list of people."))
    return found


def _others(name: str) -> Account:
    """An account that is not the administrator's own: nobody locks themselves, and so everybody, out."""
    account = _the(name)
    if _is_own(account):
        raise Refusal(422, _("This is your own account. Ask another administrator to change it."))
    return account


def _is_own(account: Account) -> bool:
    return account.name == signed_in_person().name
