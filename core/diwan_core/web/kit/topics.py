"""Help topics: what each page is for, in two or three sentences, shown to each person until they close them."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flask import Flask, request

from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import person
from diwan_core.web.language.i18n import N_

EXTENSION: Final = "diwan_topics"


@dataclass(frozen=True)
class Topic:
    """A topic. `pages` are endpoints, or how some begin; `says` is translated where it is shown; `chapter` of the
    handbook, where it is not that of the person's role."""

    name: str
    pages: tuple[str, ...]
    says: str
    chapter: str = ""
    brief: bool = False
    """Whether the page only links to the hint, since every byte of it counts."""


GENERAL: Final = Topic(
    "general",
    (),
    N_("Diwan at the top of each page leads to your first page. Help says more about the page you are on."),
)
"""For errors, and for pages of a feature that has no topic."""


def install(app: Flask, topics: Iterable[Topic]) -> None:
    """Give a console its topics."""
    app.extensions[EXTENSION] = {topic.name: topic for topic in (GENERAL, *topics)}


def topic_of(app: Flask, endpoint: str) -> Topic:
    """The topic of a page: the one that names the longest beginning of its endpoint."""
    found, longest = GENERAL, 0
    for topic in app.extensions[EXTENSION].values():
        for begin in topic.pages:
            if endpoint.startswith(begin) and len(begin) > longest:
                found, longest = topic, len(begin)
    return found


def topic() -> Topic:
    """The topic of the page being made."""
    return topic_of(console().app, request.endpoint or "")


def tour() -> Topic | None:
    """The topic that this page tells the person at the browser; None where they closed it, or nobody is signed in."""
    somebody = person()
    if somebody is None or somebody.must_change or request.method != "GET":
        return None
    found = topic()
    return None if found is GENERAL or console().accounts.hints.closed(somebody.name, found.name) else found
