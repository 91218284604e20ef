"""The panels of the first page: each says one thing to whoever may do something about it (ADR 58)."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask

from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import Person, signed_in_person

EXTENSION = "diwan_panels"


@dataclass(frozen=True)
class Panel:
    """A part of the first page. `shown_to` asks what a person may do, never which role they have; `facts` are what
    its template needs, None where there is nothing to say."""

    order: int
    template: str
    shown_to: Callable[[Person], bool]
    facts: Callable[[], Mapping[str, Any] | None]


def panels_shown() -> list[tuple[str, Mapping[str, Any]]]:
    """(template, facts) of the panels for the person at the browser, in their order."""
    person, found = signed_in_person(), []
    for panel in console().app.extensions[EXTENSION]:
        if panel.shown_to(person) and (facts := panel.facts()) is not None:
            found.append((panel.template, facts))
    return found


def install(app: Flask, panels: Iterable[Panel]) -> None:
    """Give a console the panels of its first page."""
    app.extensions[EXTENSION] = sorted(panels, key=lambda panel: panel.order)
