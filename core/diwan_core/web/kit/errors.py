"""The error pages: everything that can go wrong has a name, a status and a plain sentence with the remedy."""

import logging
import traceback
from typing import Final

from flask import Flask, g, make_response, redirect, render_template, request, url_for
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge
from werkzeug.wrappers import Response

from diwan_core.register import DiskFull, Refused, RegisterBusy, RegisterError, UnknownRecord
from diwan_core.register.storage.causes import kind_behind
from diwan_core.register.storage.database import is_disk_full
from diwan_core.trust.people.accounts import AccountsUnusable
from diwan_core.web.kit import csrf, damage_words
from diwan_core.web.kit.access import largest_body
from diwan_core.web.kit.console import console
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.sender import Sender, sender
from diwan_core.web.language import formats
from diwan_core.web.language.i18n import _, said

log = logging.getLogger("diwan.web")


class NotSignedIn(Exception):
    """The page needs a signed-in person."""


class Denied(Exception):
    """The person's role does not hold the action."""

    def __init__(self, action: Action | None) -> None:
        super().__init__(action)
        self.action = action


class TooFast(Exception):
    """This account asked for more than a person can read; it may go on in `seconds`."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


class FormFromElsewhere(Exception):
    """A form without this browser's token: sent from another site, or from a page older than the session."""


class RefusedByServer(Exception):
    """The server refused the request before it became one: too long, or not HTTP as it should be."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class Refusal(Exception):
    """The request cannot be done as it stands: `status` is 4xx, `message` says why and what to do, already
    translated."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


#: What is typed here goes into no other page.
_SECRET: Final = frozenset({"people.do_sign_in", "people.do_new_password"})


def expired() -> str:
    """The message of a form that is shown again because its token was outdated."""
    return _(
        "You were signed out, or the page was open too long. Nothing was saved. Check what you typed and send it again."
    )


def page(status: int, title: str, message: str, **more: object) -> Response:
    """An answer that is one plain page, in place of whatever was read for the page that was asked for."""
    g.pop("looks", None)
    if status >= 500:
        formats.read_nothing()  # the register may be what failed
    return make_response(render_template("kit/message.html", title=title, message=message, **more), status)


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if error.response is not None or status < 400:
        return make_response(error.get_response())
    return _page_of(status)


def _page_of(status: int) -> Response:
    """The page for an error that is known by its status alone."""
    texts = {
        400: (_("This request could not be read"), _("Go back, check what was entered and send it again.")),
        404: (_("Page not found"), _("Check the address, or go back to the start page.")),
        405: (_("This page cannot be used that way"), _("Go back and use the buttons of the page.")),
        408: (_("This took too long"), _("The line is too slow, or was cut. Nothing was saved. Send it again.")),
        413: (_("Too much was sent at once"), _too_much()),
        414: (
            _("The address is too long"),
            _("The search words are part of the address. Start again from the list, with fewer words."),
        ),
        429: (_("Too many requests at once"), _("Wait a moment and try again.")),
        431: (
            _("Your browser sent too many cookies"),
            _("Delete the cookies of this site in your browser, then sign in again."),
        ),
        503: (
            _("Many people are sending files at once"),
            _("Nothing was saved. Wait some minutes and send it again."),
        ),
        507: (_("The disk is full"), _("Nothing was saved: the disk of this machine is full. Call your technician.")),
    }
    title, message = texts.get(status, (_("This could not be completed"), _("Go back and try again.")))
    return page(status, title, message)


def _by_server(error: RefusedByServer) -> Response:
    answer = _page_of(error.status)
    if error.status in (429, 503):
        answer.headers["Retry-After"] = "5" if error.status == 429 else "300"
    return answer


def _too_much() -> str:
    limit = largest_body(console().app, request.endpoint) if request.endpoint else None
    if limit is None:
        return _("A picture may have at most 20 MB, a form at most 2 MB. Send less and try again.")
    if limit < 1024 * 1024:
        return _("At most {size} kB can be sent here at once. Send a smaller file, or part of it.", size=limit // 1024)
    return _(
        "At most {size} MB can be sent here at once. Send a smaller file, or part of it.", size=limit // 1024 // 1024
    )


def _not_signed_in(_error: NotSignedIn) -> Response:
    if request.method in ("GET", "HEAD"):
        return redirect(url_for("people.sign_in", next=request.full_path.rstrip("?")), 303)
    if sender() is not Sender.OURS:  # what another site typed is never offered to be sent in this person's name
        return _from_elsewhere(FormFromElsewhere())
    message = _(
        "Your session has ended. Sign in in a new tab, come back here and press Continue; what you typed is kept."
    )
    return page(401, _("You have been signed out"), message, typed=_typed(), sign_in=True)


def _typed() -> list[tuple[str, str]]:
    """The values that were sent with a form of ours, to be sent again from the page that answers it; a browser sends
    files only once."""
    if request.method != "POST" or request.endpoint in _SECRET or sender() is not Sender.OURS:
        return []
    try:
        return [(name, text) for name, text in request.form.items(multi=True) if name != csrf.FIELD]
    except (OSError, RequestEntityTooLarge):  # its files are too large, or the disk is full: none of it was read
        return []


def _denied(_error: Denied) -> Response:
    g.refusal = "page.denied"
    message = _("Your account may not do this. Ask your supervisor or administrator if you need it for your work.")
    return page(403, _("You do not have access"), message)


def _too_fast(error: TooFast) -> Response:
    g.refusal = "page.too_fast"
    message = _("Your account has opened very many pages in a short time. Wait a moment and try again.")
    answer = page(429, _("Too many pages at once"), message, typed=_typed())
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _from_elsewhere(_error: FormFromElsewhere) -> Response:
    g.refusal = "form.refused"
    message = _("It was not sent from a current page of this console. Nothing was changed. Open the page again.")
    return page(400, _("This form has expired"), message)


def _refusal(error: Refusal) -> Response:
    return page(error.status, _("This could not be completed"), error.message, words=_words())


def _words() -> list[str]:
    """The texts that somebody typed into a form that leads nowhere any more, to be copied from the page that
    says so."""
    ours = (csrf.FIELD, "seen", "do", "rows.", "_")
    return [text for name, text in _typed() if text.strip() and not name.startswith(ours)]


def _refused(refused: Refused) -> Response:
    return page(422, _("This could not be saved"), " ".join(map(said, refused.problems)))


def _unknown_record(_error: UnknownRecord) -> Response:
    return page(404, _("Record not found"), _("It is not in this register. Check the reference, or search for it."))


def _busy(_error: RegisterBusy) -> Response:
    message = _("Nothing was changed. Wait a few seconds and try again.")
    answer = page(503, _("The register is busy"), message, typed=_typed())
    answer.headers["Retry-After"] = "5"
    return answer


def _unusable(error: Exception) -> Response:
    log.error("%s: %s", type(error).__name__, error)  # names a file and what to do, never what is in it
    kind = kind_behind(error)
    if kind is not None:
        damage_words.remember(kind)
        return page(503, damage_words.title(kind), damage_words.what_to_do(kind), typed=_typed(), harm_shown=True)
    message = _("Nothing was changed. Call your technician: the reason is in the log of this machine.")
    return page(503, _("This machine cannot reach its own data"), message, typed=_typed())


def _disk_full(_error: Exception) -> Response:
    message = _("Nothing was saved: the disk of this machine is full. Call your technician.")
    return page(507, _("The disk is full"), message, typed=_typed())


def _failed(error: Exception) -> Response:
    if isinstance(error, OSError) and is_disk_full(error):  # an upload larger than what is left
        return _disk_full(error)
    if kind_behind(error) is not None:
        return _unusable(error)
    # the kind of error and the lines of code it came through; never its message, which may quote what an officer typed
    trace = "".join(traceback.format_tb(error.__traceback__))
    log.error("%s %s failed: %s\n%s", request.method, request.url_rule, type(error).__name__, trace)
    message = _("This was an error of the program and has been logged. Nothing was saved in part.")
    return page(500, _("Something went wrong here"), message, typed=_typed())


def install(app: Flask) -> None:
    """Give every error of the app its page."""
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(RefusedByServer, _by_server)
    app.register_error_handler(NotSignedIn, _not_signed_in)
    app.register_error_handler(Denied, _denied)
    app.register_error_handler(TooFast, _too_fast)
    app.register_error_handler(FormFromElsewhere, _from_elsewhere)
    app.register_error_handler(Refusal, _refusal)
    app.register_error_handler(UnknownRecord, _unknown_record)
    app.register_error_handler(Refused, _refused)
    app.register_error_handler(RegisterError, _unusable)
    app.register_error_handler(AccountsUnusable, _unusable)
    app.register_error_handler(RegisterBusy, _busy)
    app.register_error_handler(DiskFull, _disk_full)
    app.register_error_handler(Exception, _failed)
