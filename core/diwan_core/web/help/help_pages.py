"""The pages of help: the topic of a page with the handbook's chapter for the person's role, and all chapters."""

from functools import cache
from importlib import resources
from typing import Final

from flask import Blueprint, abort, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response

from diwan_core.web.help.markdown import html_of, title_of
from diwan_core.web.kit.access import signed_in
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import Person, signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.site_pages import own_path
from diwan_core.web.kit.topics import EXTENSION, GENERAL, Topic

blueprint = Blueprint("help", __name__, url_prefix="/help")
CHAPTERS: Final = ("officer", "analyst", "import", "technician", "administrator", "register-damaged")


@blueprint.get("")
@signed_in
def index() -> str:
    """Help: the chapters of the handbook, and the one for this person's work."""
    return _page(GENERAL, chapter_for(signed_in_person()))


@blueprint.get("/<name>")
@signed_in
def one(name: str) -> str:
    """Help with one page of the console, or one chapter of the handbook."""
    found = _topics().get(name)
    if found is not None:
        return _page(found, found.chapter or chapter_for(signed_in_person()))
    return _page(GENERAL, name) if name in CHAPTERS else abort(404)


@blueprint.post("/<name>/close")
@signed_in
def close(name: str) -> Response:
    """Show the first hint of a page no more, to this person."""
    if name not in _topics():
        abort(404)
    console().accounts.hints.close(signed_in_person().name, name)
    return redirect(own_path(request.args.get("back", "")), 303)


@blueprint.post("/hints")
@signed_in
def hints() -> Response:
    """Show no first hints to this person, or all of them again."""
    held, name = console().accounts.hints, signed_in_person().name
    held.show_again(name) if request.form.get("show") == "yes" else held.close(name)
    return redirect(url_for("help.index", done="saved"), 303)


def chapter_for(person: Person) -> str:
    """The chapter for what a person may do."""
    if person.may(Action.REPORT) or (console().at_post and person.may(Action.READ_RECORDS)):
        return "officer"
    if person.may(Action.MANAGE_PEOPLE) or person.may(Action.READ_LOG):
        return "administrator"
    return "analyst" if person.may(Action.READ_RECORDS) else "technician"


def _page(topic: Topic, chapter: str) -> str:
    return render_template(
        "help/help.html",
        topic=topic,
        back=request.args.get("back", "")[:2000],
        chapter=Markup(_html(chapter)),  # noqa: S704 – made of the handbook, all of it escaped
        chapters=[(name, _title(name), name == chapter) for name in CHAPTERS],
    )


def _topics() -> dict[str, Topic]:
    found: dict[str, Topic] = console().app.extensions[EXTENSION]
    return found


@cache
def _text(chapter: str) -> str:
    return resources.files(__package__).joinpath("handbook", f"{chapter}.md").read_text("utf-8")


@cache
def _html(chapter: str) -> str:
    return html_of(_text(chapter))


@cache
def _title(chapter: str) -> str:
    return title_of(_text(chapter))
