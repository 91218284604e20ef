"""What the pages of the roll-out share: the open file, limits of numbers, the time."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from diwan_core.web.kit.console import console, done_reading
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.language.i18n import _
from diwan_core.web.paper.press import NotPrinted, PressBusy, print_paper
from flask import Response, current_app

from diwan_central.assets.store import AssetsUnusable
from diwan_central.days import today
from diwan_central.rollout.overview import Overview, look
from diwan_central.rollout.sites import NoSite, Site, one_site
from diwan_central.rollout.store import RolloutStore, RolloutUnusable


@contextmanager
def open_store() -> Iterator[RolloutStore]:
    """The file; where it cannot be used, a page that says so."""
    try:
        with RolloutStore.open(console().folder) as store:
            yield store
    except RolloutUnusable as error:
        current_app.logger.error("%s", error)
        raise Refusal(503, _("The file of the roll-out cannot be read. Tell your technician.")) from error


def overview(store: RolloutStore) -> Overview:
    """Everything that is known now; where the register of machines cannot be used, a page that says so."""
    try:
        return look(store, console().folder, today())
    except AssetsUnusable as error:
        current_app.logger.error("%s", error)
        raise Refusal(503, _("The register of machines cannot be read. Tell your technician.")) from error


def the_site(store: RolloutStore, number: int) -> Site:
    """A site, or a page that says there is none."""
    try:
        return one_site(store, number)
    except NoSite as error:
        raise Refusal(404, _("There is no site of this number.")) from error


def whole(text: str) -> int:
    """A whole number of a form; 0 for anything else."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


def send_file(content: bytes, kind: str, name: str) -> Response:
    """A file to be saved."""
    answer = Response(content, mimetype=kind)
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def on_paper(html: str, name: str) -> Response:
    """A PDF, or a page that says why there is none."""
    done_reading()  # the press takes its time, and others want to read meanwhile
    try:
        content = print_paper(html, {}, console().folder)
    except PressBusy:
        raise Refusal(503, _("Other reports are being printed. Wait a minute and try again.")) from None
    except NotPrinted as error:
        current_app.logger.error("a paper of the roll-out was not printed: %s", error)
        raise Refusal(503, _("The PDF could not be made. Try again, or tell your technician.")) from None
    answer = Response(content, mimetype="application/pdf")
    answer.headers["Content-Disposition"] = f'inline; filename="{name}"'
    return answer
