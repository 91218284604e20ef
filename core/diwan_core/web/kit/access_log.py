"""Writes into the log of reads who looks at what, before the answer leaves; if that fails, nothing is shown."""

import logging
from collections.abc import Iterable

from flask import Flask, g
from werkzeug.wrappers import Response

from diwan_core.trust.access_log.log import AuditUnusable, Look
from diwan_core.web.kit import errors, request_events
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import person
from diwan_core.web.language.i18n import _

log = logging.getLogger("diwan.web")


def note_reads(looks: Iterable[Look]) -> bool:
    """Write looks down at once; False where that cannot be done, and the page is to go without what they are at."""
    somebody, held = person(), list(looks)
    try:
        if held:
            console().reads.note(somebody.name if somebody else "", somebody.role if somebody else "", held)
    except AuditUnusable as error:
        log.error("%s", error)
        return False
    return True


def _write_down(response: Response) -> Response:
    looks: dict[Look, None] = g.pop("looks", {})
    # a form shown again with what is wrong in it shows its record like any other page
    if not (request_events.write_down() and note_reads(looks)):
        message = _("Every look at a record must be logged, and the log cannot be written. Call your technician.")
        return errors.page(503, _("This cannot be shown now"), message)
    return response


def install(app: Flask) -> None:
    """Log the reads of every request of the app."""
    app.after_request(_write_down)
