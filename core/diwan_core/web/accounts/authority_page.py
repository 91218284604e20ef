"""The page with the console authority's certificate, which people install in their browser before they sign in."""

from flask import Blueprint, Response, render_template

from diwan_core.trust.consoles.console_state import fingerprint, root_of
from diwan_core.web.kit.access import public
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.language.i18n import _

blueprint = Blueprint("authority", __name__)


@blueprint.get("/console-authority")
@public("a browser needs the certificate before anybody can sign in without a warning; it is no secret")
def page() -> str:
    """The console authority: its fingerprint, and how a browser comes to trust it."""
    root = root_of(console().folder)
    return render_template("accounts/authority.html", fingerprint=_in_groups(fingerprint(root)) if root else "")


@blueprint.get("/console-authority.crt")
@public("a browser needs the certificate before anybody can sign in without a warning; it is no secret")
def certificate() -> Response:
    """The console authority's certificate."""
    root = root_of(console().folder)
    if root is None:
        raise Refusal(404, _("This machine has no such certificate yet. It gets one from the centre."))
    answer = Response(root, mimetype="application/x-x509-ca-cert")
    answer.headers["Content-Disposition"] = 'attachment; filename="diwan-consoles.crt"'
    return answer


def _in_groups(shown: str) -> list[str]:
    """A fingerprint in four lines of eight pairs, to be compared by eye or by voice."""
    pairs = shown.split(":")
    return [" ".join(pairs[at : at + 8]) for at in range(0, len(pairs), 8)]
