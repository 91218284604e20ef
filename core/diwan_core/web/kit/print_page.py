"""Answers with a page as PDF, below the letterhead of the administration."""

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Response, current_app
from markupsafe import Markup

from diwan_core.dictionary.national import LETTERHEAD
from diwan_core.register.national_settings import letterhead_picture
from diwan_core.web.kit.console import console, done_reading, national_settings, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.language.i18n import _, direction
from diwan_core.web.paper.press import NotPrinted, PressBusy, print_paper

ARMS: Final = "picture:letterhead"
_ISOLATE, _END = "\u2068", "\u2069"


@dataclass(frozen=True)
class Letterhead:
    """What stands above every paper of the administration: its picture, where it has one, and its lines."""

    arms: bytes | None
    lines: list[str]

    @property
    def pictures(self) -> dict[str, bytes]:
        """The picture by the name that pages call it."""
        return {} if self.arms is None else {ARMS: self.arms}


def letterhead() -> Letterhead:
    """The letterhead as the centre has set it."""
    return Letterhead(letterhead_picture(register()), national_lines(LETTERHEAD))


def national_lines(name: str) -> list[str]:
    """The lines of a national setting."""
    return [line for line in national_settings()[name].split("|") if line]


def send_paper(html: str, pictures: Mapping[str, Path | bytes], name: str) -> Response:
    """A page as PDF."""
    done_reading()  # the press takes its time, and others want to read meanwhile
    try:
        content = print_paper(html, pictures, console().folder)
    except PressBusy:
        raise Refusal(503, _("Other reports are being printed. Wait a minute and try again.")) from None
    except NotPrinted as error:
        current_app.logger.error("a report was not printed: %s", error)
        raise Refusal(
            503, _("The report could not be made. Print the page of the case from the browser, or try again.")
        ) from None
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer


def set_apart(text: object) -> Markup:
    """A value between isolates (UAX #9): the layout engine knows neither `bdi` nor `dir="auto"`, but these it obeys."""
    return Markup("{}{}{}").format(_ISOLATE, text, _END)


def way(text: str) -> str:
    """The direction of a paragraph by its first strong letter (UAX #9, P2 and P3); without one, that of the page."""
    for letter in text:
        match unicodedata.bidirectional(letter):
            case "L":
                return "ltr"
            case "R" | "AL":
                return "rtl"
    return direction()
