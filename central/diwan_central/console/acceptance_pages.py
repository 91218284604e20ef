"""The pages of acceptance sheets: which machines were checked, by whom, and with what result."""

from __future__ import annotations

from diwan_core.acceptance import kept
from diwan_core.acceptance.sheet import BadSheet, decode
from diwan_core.acceptance.signature import NotSigned, signer_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import _
from flask import Blueprint, Response, render_template

_MOST_SHOWN = 500

blueprint = Blueprint("acceptance", __name__, template_folder="templates")
navigation = NavigationItem("acceptance.index", lambda: _("Acceptance"), 31)


@blueprint.get("/acceptance")
@may(Action.SEE_POSTS)
def index() -> str:
    """Every sheet, the newest first."""
    return render_template("console/acceptance.html", sheets=kept.all_kept(console().folder)[:_MOST_SHOWN])


@blueprint.get("/acceptance/<name>")
@may(Action.SEE_POSTS)
def one(name: str) -> str:
    """One sheet; its signature is checked each time it is shown."""
    content, signature = _found(name)
    try:
        sheet = decode(content)
    except BadSheet as error:
        raise Refusal(422, _("This sheet was damaged on the disk.")) from error
    try:
        signer, problem = signer_of(content, signature), ""
    except NotSigned as error:
        signer, problem = "", str(error)
    return render_template("console/acceptance_sheet.html", name=name, sheet=sheet, signer=signer, problem=problem)


@blueprint.get("/acceptance/<name>.json")
@may(Action.SEE_POSTS)
def download(name: str) -> Response:
    """The bytes that were signed."""
    content, _signature = _found(name)
    answer = Response(content, mimetype="application/json")
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}.json"'
    return answer


def _found(name: str) -> tuple[bytes, bytes]:
    found = kept.read(console().folder, name)
    if found is None:
        raise Refusal(404, _("No sheet of this name is kept here."))
    return found
