"""The gate that every request passes: who the person is, whether they may do this, and whether the form is genuine.

Order matters: the session is looked up first, the route's decision is applied next, and only a request that may be made
at all is asked for its form token.
"""

import secrets
import threading
from dataclasses import dataclass
from typing import Any, Final, cast

from flask import Flask, Response, g, redirect, request, url_for

from diwan_core.web.kit import csrf
from diwan_core.web.kit.access import (
    FORM_LIMIT,
    May,
    Public,
    SignedIn,
    Token,
    decision_of,
    largest_body,
    shown_again,
)
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Denied, FormFromElsewhere, NotSignedIn, RefusedByServer, TooFast
from diwan_core.web.kit.permissions import Action, allowed, allowed_own
from diwan_core.web.kit.rate_limit import Pace
from diwan_core.web.kit.sender import Sender, sender
from diwan_core.web.kit.transport import cookie_name, is_misdirected, set_cookie, to_https
from diwan_core.web.server.refused import REFUSED

_READS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_VISIT_BYTES: Final = 24
_uploads_of_strangers: Final = threading.BoundedSemaphore(1)


@dataclass(frozen=True)
class Person:
    """The person at the browser: an account with a live session."""

    name: str
    display_name: str
    role: str
    must_change: bool

    def may(self, action: Action, type: str = "") -> bool:
        """Whether this person's role holds the action, on records of this type where one is named."""
        return allowed(self.role, action, type)

    def may_own(self, action: Action, type: str) -> bool:
        """Whether this person's role holds the action on those records of the type that they made."""
        return allowed_own(self.role, action, type)

    def may_pass(self, decision: May) -> bool:
        """Whether a route is open to this person."""
        return self.may(decision.action, decision.of) or (decision.own and self.may_own(decision.action, decision.of))


def session_cookie() -> str:
    """Named after the node: cookies know no port, and a demonstration runs several consoles on one host."""
    return cookie_name(f"diwan_session_{console().node.id}")


def visit_cookie() -> str:
    return cookie_name(f"diwan_visit_{console().node.id}")


def person() -> Person | None:
    """The person at the browser, or None."""
    found: Person | None = g.get("person")
    return found


def signed_in_person() -> Person:
    """The person at the browser, on a route that only lets signed-in people in."""
    found = person()
    if found is None:
        raise NotSignedIn
    return found


def form_token() -> str:
    """The token for the forms of the page being made: the same one in all of them."""
    if "form_token" not in g:
        g.form_token = csrf.token(_secret())
    return str(g.form_token)


def session_mark() -> str:
    """By what the page being made knows its session again."""
    return csrf.session_mark(_secret())


def _secret() -> str:
    """The cookie the form token hangs on: the session's, else the visit's, else a new visit's (set on the answer)."""
    if person() is not None:
        return request.cookies[session_cookie()]
    visit = request.cookies.get(visit_cookie(), "")
    if len(visit) >= _VISIT_BYTES:
        return visit
    if "new_visit" not in g:
        g.new_visit = secrets.token_urlsafe(_VISIT_BYTES)
    return str(g.new_visit)


def _remember_visit(response: Response) -> Response:
    if "new_visit" in g:
        set_cookie(response, visit_cookie(), g.new_visit)
    return response


def _gate() -> Any:
    refused, endpoint = request.environ.get(REFUSED), request.endpoint
    if is_misdirected() and refused is None and not _is_for_machines(endpoint):
        return to_https()
    if endpoint is None and refused is None:  # no such page; Flask answers 404 or 405 itself
        return None
    token = request.cookies.get(session_cookie(), "")
    account = console().accounts.session(token) if token else None
    g.person = (
        None if account is None else Person(account.name, account.display_name, account.role, account.must_change)
    )
    if refused is not None or endpoint is None:
        raise RefusedByServer(int(refused or 400))
    _limit_body(largest_body(console().app, endpoint))
    decision = decision_of(console().app, endpoint)
    match decision:
        case Token():
            return None
        case Public():
            pass
        case SignedIn() | May():
            somebody = signed_in_person()
            if somebody.must_change and not (isinstance(decision, SignedIn) and decision.before_new_password):
                return redirect(url_for("people.new_password"), 303)
            if isinstance(decision, May) and not somebody.may_pass(decision):
                raise Denied(decision.action)
            if seconds := pace().wait(somebody.name):
                raise TooFast(seconds)
        case None:  # the app refuses to start with one; this is for a route added later
            raise Denied(None)
    if request.method in _READS or _form_is_ours():
        return None
    show = shown_again(console().app, endpoint)
    if show is None or sender() is not Sender.OURS:
        raise FormFromElsewhere
    g.refusal = "form.refused"  # the log of reads says so, whatever page answers (`happening`)
    return show(**(request.view_args or {})), 400


def _is_for_machines(endpoint: str | None) -> bool:
    """Whether what is sent there proves itself, so that it may also come over plain HTTP."""
    return endpoint is not None and isinstance(decision_of(console().app, endpoint), Token)


def _limit_body(limit: int | None) -> None:
    """How much may be sent: what the route takes. Of a person who is not signed in only one such upload is read at a
    time (for what else was typed into its form), so that strangers cannot take the place of those who work here."""
    if limit is None:
        return
    if limit > FORM_LIMIT and person() is None and (request.content_length or 0) > FORM_LIMIT:
        if not _uploads_of_strangers.acquire(blocking=False):
            return
        g.uploads_as_stranger = True
    request.max_content_length = limit


def _end_upload(_error: BaseException | None) -> None:
    if g.pop("uploads_as_stranger", False):
        _uploads_of_strangers.release()


def _form_is_ours() -> bool:
    return sender() is not Sender.ELSEWHERE and csrf.matches(_secret(), request.form.get(csrf.FIELD, ""))


def pace() -> Pace:
    """How fast people at this console may ask."""
    return cast(Pace, console().app.extensions["diwan_pace"])


def install(app: Flask) -> None:
    """Put the gate before every request of the app."""
    app.extensions["diwan_pace"] = Pace()
    app.before_request(_gate)
    app.after_request(_remember_visit)
    app.teardown_request(_end_upload)
