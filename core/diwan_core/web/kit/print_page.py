"""Answers with a page as PDF."""

from collections.abc import Mapping
from pathlib import Path

from flask import Response, current_app

from diwan_core.web.kit.console import console, done_reading
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.language.i18n import _
from diwan_core.web.paper.press import NotPrinted, PressBusy, print_paper


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
