"""What every template can use: the language, the person, the navigation, and the fields that every form carries."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, Final

from flask import Flask, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect

from diwan_core.register import Stamp
from diwan_core.web.kit import assets, csrf, damage_words, gate, topics
from diwan_core.web.kit.access import May, decision_of
from diwan_core.web.kit.console import console
from diwan_core.web.kit.offices import office_name
from diwan_core.web.language.formats import (
    day_form,
    document_moment,
    local_time,
    moment,
    show_day,
    show_number,
    stamp,
)
from diwan_core.web.language.i18n import _, _n, direction, language, offered, said


@dataclass(frozen=True)
class NavigationItem:
    """A page in the head of the console; `label` is a function, so that it speaks the request's language."""

    endpoint: str
    label: Callable[[], str]
    order: int


@dataclass(frozen=True)
class Link:
    url: str
    label: str
    current: bool


def navigation() -> list[Link]:
    """The pages this person may open, in order."""
    app = console().app
    found = []
    for item in sorted(app.extensions["diwan_navigation"], key=lambda item: item.order):
        if not may(item.endpoint):
            continue
        current = request.endpoint == item.endpoint or (
            item.endpoint.endswith(".index")
            and (request.endpoint or "").startswith(item.endpoint.removesuffix("index"))
        )
        found.append(Link(url_for(item.endpoint), item.label(), current))
    return found


def stylesheet_url(name: str = assets.STYLE) -> str:
    return url_for("pages.stylesheet", version=assets.style(name).version, name=name.removesuffix(".css"))


def drawings_style() -> Markup:
    """The link to the style of charts and maps, for the head of a page that has some."""
    return Markup('<link rel="stylesheet" href="{}">').format(stylesheet_url(assets.DRAWINGS))


def script_url(*names: str) -> str:
    """The address of the file that holds these scripts."""
    return url_for("pages.script", version=assets.script(names).version, name=assets.together(names))


def csrf_field() -> Markup:
    """The hidden field every form posts back."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(csrf.FIELD, gate.form_token())


def written_at(when: Stamp) -> str:
    """The time when something was written, by the local clock of its author."""
    return stamp(when.utc_ms, when.offset_minutes)


def may(endpoint: str) -> bool:
    """Whether this console has this page and the person may open it: what a template asks before it offers a link."""
    app, person = console().app, gate.person()
    if endpoint not in app.view_functions or person is None:
        return False
    decision = decision_of(app, endpoint)
    return person.may_pass(decision) if isinstance(decision, May) else True


#: What a page says after a redirect; named in the address, so that no state is kept and no text can be slipped in.
NOTICES: Final[dict[str, Callable[[], str]]] = {
    "reported": lambda: _("Reported. The case is saved at this post and is on its way to the centre."),
    "saved": lambda: _("Saved."),
    "view": lambda: _("The view is saved. It is shown above the list."),
    "view-removed": lambda: _("The view is removed."),
    "unchanged": lambda: _("Nothing was changed."),
    "picture": lambda: _n("{count} picture is saved.", "{count} pictures are saved.", _how_many()),
    "restored": lambda: _("The picture has been put back. The history shows that it had been removed."),
    "taken-over": lambda: _("The draft is yours now."),
    "asked": lambda: _("The picture has been asked for. It appears here when it has arrived."),
    "second-person": lambda: _("Requested. A second person has to approve it and hand over the password."),
    "password": lambda: _("Your new password is in use."),
    "removed": lambda: _("Removed. It stays in the history."),
    "kept": lambda: _("Saved as a draft on this machine. Nobody else can see it."),
    "thrown-away": lambda: _("The draft was deleted."),
    "file-thrown-away": lambda: _("The file was deleted. What was imported from it stays."),
    "linked": lambda: _("Linked."),
    "exercise": lambda: _("The exercise is complete. It stays on this machine and never reaches the centre."),
    "validated": lambda: _("Validated."),
    "sent_back": lambda: _("Sent back. The comment is in the history of the case."),
    "resubmitted": lambda: _("Submitted again. The supervisor sees it among the cases to check."),
    "from-paper": lambda: _("This paper form was typed in already. Here is its case."),
    "withdrawn": lambda: _("The case was withdrawn. Its history says why."),
    "restored-case": lambda: _("The case was restored. It has to be checked again."),
    "merged": lambda: _("Merged. The others are withdrawn and point to the one that stays; their history says so."),
    "merge-undone": lambda: _("Undone."),
    "stepped": lambda: _("Done. The history shows the step."),
    "site-stepped": lambda: _("Done. The state of the site is shown below."),
    "resolved": lambda: _("Resolved. Both versions stay in the history."),
}


def _how_many() -> int:
    """The number an address adds to its notice; one where it names none."""
    count = request.args.get("count", "")
    return int(count) if count.isascii() and count.isdigit() and len(count) < 4 else 1


def this_page() -> str:
    """The address that shows this page again, as it is filtered and sorted; the start where it answered a form that has
    no page of its own."""
    if request.method in ("GET", "HEAD"):
        return request.full_path.rstrip("?")
    try:
        console().app.url_map.bind("").match(request.path, method="GET")
    except (HTTPException, RequestRedirect):
        return url_for("pages.home")
    return request.path


def _context() -> dict[str, Any]:
    notice = NOTICES.get(request.args.get("done", ""))
    return {
        "_": _,
        "_n": _n,
        "language": language,
        "direction": direction,
        "languages": offered(),
        "person": gate.person(),
        "node": console().node,
        "node_name": console().node_name,
        "office_name": office_name,
        "navigation": navigation,
        "csrf_field": csrf_field,
        "session_mark": gate.session_mark,
        "stylesheet_url": stylesheet_url,
        "drawings_style": drawings_style,
        "script_url": script_url,
        "stamp": written_at,
        "moment": moment,
        "moment_of": document_moment,
        "local_time": local_time,
        "may": may,
        "this_page": this_page,
        "help_topic": topics.topic,
        "tour": topics.tour,
        "notice": notice() if notice else "",
        "damage": damage_words,
    }


def install(app: Flask, items: Iterable[NavigationItem]) -> None:
    """Give every template of the app its context, and the console its pages in the head."""
    app.extensions["diwan_navigation"] = [*items, NavigationItem("pages.status", lambda: _("This machine"), 90)]
    app.context_processor(_context)
    app.jinja_env.globals.update(_=_, _n=_n, said=said, day_form=day_form)
    app.jinja_env.filters.update(day=show_day, number=show_number)
