"""Access decisions of routes: every route declares who may use it, and a console with an undeclared route does not
start.

    @pages.get("/cases")
    @may(Action.READ_RECORDS, shows="record.list")
    def cases() -> str: ...

The decision is an attribute of the view, read by one guard before every request (`gate.py`), so that no view checks
anything itself and none can forget to.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Final, TypeVar

from flask import Flask

from diwan_core.web.kit.log_views import VIEWS
from diwan_core.web.kit.permissions import SHOWS_RECORDS, Action

FORM_LIMIT: Final = 2 * 1024 * 1024
"""The largest body of a route that names no limit of its own, in bytes."""

View = TypeVar("View", bound=Callable[..., Any])
_ATTRIBUTE = "__diwan_access__"
_SHOWN_AGAIN = "__diwan_shown_again__"
_LARGEST = "__diwan_largest__"


@dataclass(frozen=True)
class Public:
    """Anyone on the network may; the reason is for the reader of the route list."""

    reason: str


@dataclass(frozen=True)
class SignedIn:
    """Any account may; with `before_new_password` also one that still has to replace its one-time password."""

    before_new_password: bool = False


@dataclass(frozen=True)
class May:
    """Accounts whose role holds the action (`diwan_core.roles`) may. `shows`: the view under which the log of reads
    writes down the records that the route shows (`log_views`). `of`: the type of record that the route is for. `own`:
    accounts that may read only what they made may too; the view then shows them nothing else."""

    action: Action
    shows: str = ""
    of: str = ""
    own: bool = False


@dataclass(frozen=True)
class Token:
    """A machine, which proves itself in what it sends; `how` names the proof. No session, hence no CSRF token."""

    how: str


Decision = Public | SignedIn | May | Token


class UndeclaredRoute(Exception):
    """A route has no access decision, or no view for the log of reads; the message lists all such routes."""


def _declare(decision: Decision) -> Callable[[View], View]:
    def declare(view: View) -> View:
        setattr(view, _ATTRIBUTE, decision)
        return view

    return declare


def public(reason: str) -> Callable[[View], View]:
    """Anyone may use this route, because …"""
    return _declare(Public(reason))


def signed_in(view: View) -> View:
    """Any account may use this route."""
    return _declare(SignedIn())(view)


def signed_in_or_new(view: View) -> View:
    """Any account may, also one that has not yet chosen its own password."""
    return _declare(SignedIn(before_new_password=True))(view)


def may(action: Action, *, shows: str = "", of: str = "", own: bool = False) -> Callable[[View], View]:
    """Accounts whose role holds this action, on records of the type `of`, may use this route, which shows records as
    the view `shows`; with `own` also those whose role holds it only on records of their own making."""
    return _declare(May(action, shows, of, own))


def by_token(how: str) -> Callable[[View], View]:
    """A machine may use this route when what it sends proves who it is."""
    return _declare(Token(how))


def keeps_typing(show: Callable[..., Any]) -> Callable[[View], View]:
    """Declare that a form with an outdated token is shown again with what was typed, by `show(**the route's
    arguments)`.

    The view itself never runs on such a request, so nothing can be changed by it."""

    def declare(view: View) -> View:
        setattr(view, _SHOWN_AGAIN, show)
        return view

    return declare


def shown_again(app: Flask, endpoint: str) -> Callable[..., Any] | None:
    """The function that shows a route's form again; None where a form with an outdated token is simply refused."""
    found: Callable[..., Any] | None = getattr(app.view_functions[endpoint], _SHOWN_AGAIN, None)
    return found


def accepts_up_to(size: int) -> Callable[[View], View]:
    """The largest body of this route, in bytes, where it is not the limit of a form."""

    def declare(view: View) -> View:
        setattr(view, _LARGEST, size)
        return view

    return declare


def largest_body(app: Flask, endpoint: str) -> int | None:
    """The route's own limit, None where the app's holds."""
    found: int | None = getattr(app.view_functions[endpoint], _LARGEST, None)
    return found


def decision_of(app: Flask, endpoint: str) -> Decision | None:
    """The access decision that the route's view declared; None for a view that declared nothing."""
    found = getattr(app.view_functions[endpoint], _ATTRIBUTE, None)
    return found if isinstance(found, Decision) else None


def view_of(app: Flask, endpoint: str) -> str:
    """The view that a route shows records as, of `log_views`; the endpoint's name for a route that declares none."""
    decision = decision_of(app, endpoint)
    return decision.shows if isinstance(decision, May) and decision.shows else endpoint


def decisions(app: Flask) -> Iterator[tuple[str, str, Decision | None]]:
    """(path, endpoint, decision) of every route."""
    for rule in app.url_map.iter_rules():
        yield rule.rule, rule.endpoint, decision_of(app, rule.endpoint)


def refuse_undeclared(app: Flask) -> None:
    """Raise UndeclaredRoute unless every route has its decision, and one that may show records its view.

    Called when the app is made: such an app never serves.
    """
    missing = sorted(f"{path} ({endpoint})" for path, endpoint, decision in decisions(app) if decision is None)
    if missing:
        raise UndeclaredRoute("no access decision for " + ", ".join(missing) + "; see diwan_core.web.kit.access")
    unnamed = sorted(
        f"{path} ({endpoint})"
        for path, endpoint, decision in decisions(app)
        if isinstance(decision, May) and decision.action in SHOWS_RECORDS and decision.shows not in VIEWS
    )
    if unnamed:
        raise UndeclaredRoute("no view of diwan_core.web.kit.log_views in the decision for " + ", ".join(unnamed))
