"""Enrolment in the centre's console: the pages where codes are made, and the addresses to which posts send requests."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from diwan_core.proxies import address_group
from diwan_core.register import RegisterError
from diwan_core.trust import is_id
from diwan_core.trust.errors import BadName, EnrolmentError, LabelTaken, TrustError
from diwan_core.trust.network.enrolment_codes import VALID, CodeFor
from diwan_core.web.kit.access import accepts_up_to, by_token, may
from diwan_core.web.kit.client_address import client_address
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.rate_limit import Pace
from diwan_core.web.kit.request_events import happened, refused
from diwan_core.web.language.i18n import _
from diwan_core.web.paper.qr import qr_code
from flask import Blueprint, Response, render_template, request

from diwan_central.network.qr import ShownOnce

LARGEST_REQUEST: Final = 16 * 1024
"""Bytes of a request to enrol or to renew; one is about 1.5 kB."""
WRONG_BURST: Final = 30
WRONG_PER_SECOND: Final = 0.5
"""Refusals that one address is given before it is told to wait. What is right is answered whatever went before: a
stranger behind the same address cannot keep a post out."""

Enrol = Callable[[Path, bytes], bytes]
"""(centre's folder, request) -> answer; raises TrustError where the code or the request is wrong."""
MakeCode = Callable[[Path, CodeFor], str]
"""(centre's folder, what the code is for) -> one-time code, shown once."""


def code_pages(make_code: MakeCode) -> Blueprint:
    """A blueprint with the pages that make codes, for a new post or for one that comes back."""
    blueprint = Blueprint("enrolment", __name__, template_folder="templates")
    codes_shown = ShownOnce()

    def made(meant: CodeFor) -> str | tuple[str, int]:
        name = {"label": meant.label, "office": meant.office, "post": meant.node}
        try:
            code = make_code(console().folder, meant)
        except LabelTaken:
            problem = _("Another post has this name, or one that looks like it. Choose another.")
        except BadName:
            problem = _("A name has 1 to 80 characters and no line breaks.")
        else:
            happened("code.made", **name)
            # the picture's address must not hold the code: addresses are kept in histories and logs
            return render_template(
                "console/enrolment_code.html",
                code=code,
                problem="",
                picture=codes_shown.keep(code),
                days=VALID.days,
                **name,
            )
        return render_template("console/enrolment_code.html", code="", problem=problem, **name), 422

    @blueprint.get("/posts/new")
    @may(Action.ENROL_POSTS)
    def new() -> str:
        """Ask for the label and office of a new post."""
        return render_template("console/enrolment_code.html", code="", label="", office="", post="", problem="")

    @blueprint.post("/posts/new")
    @may(Action.ENROL_POSTS)
    def do_new() -> str | tuple[str, int]:
        """Make a one-time code for it, shown once."""
        label, office = (request.form.get(name, "").strip() for name in ("label", "office"))
        if not office:
            problem = _("Enter the office the post belongs to.")
            page = render_template(
                "console/enrolment_code.html", code="", label=label, office="", post="", problem=problem
            )
            return page, 422
        return made(CodeFor(label, office, made_by=signed_in_person().name))

    @blueprint.post("/posts/<node_id>/code")
    @may(Action.ENROL_POSTS)
    def again(node_id: str) -> str | tuple[str, int]:
        """Make a code for a post that comes back with its id."""
        found = register().post_status(node_id) if is_id(node_id) else None
        if found is None or found["role"] != "post":
            raise Refusal(404, _("No post of this name is enrolled here."))
        return made(CodeFor(found["label"], found["office"], node_id, signed_in_person().name))

    @blueprint.get("/posts/new/<picture>.svg")
    @may(Action.ENROL_POSTS)
    def picture(picture: str) -> Response:
        """The code as a QR picture, for whoever has just made it."""
        code = codes_shown.take(picture)
        if code is None:
            raise Refusal(404, _("A code is shown only once. Make a new one."))
        return Response(qr_code(f"{request.host_url.rstrip('/')} {code}"), mimetype="image/svg+xml")

    return blueprint


def machine_routes(enrol: Enrol, renew: Enrol, certify: Enrol) -> Blueprint:
    """A blueprint with the routes that posts use over plain HTTP or TLS: enrolment, and new certificates."""
    blueprint = Blueprint("machines", __name__)
    pace = Pace(WRONG_BURST, WRONG_PER_SECOND)

    def answered(ask: Enrol, mimetype: str) -> Response:
        try:
            return Response(ask(console().folder, request.get_data(cache=False)), mimetype=mimetype)
        except (TrustError, RegisterError) as error:
            if isinstance(error, EnrolmentError):
                refused("code.refused", reason=error.code)
            ours = isinstance(error, RegisterError) or error.code == "accounts_unusable"
            wait = 0 if ours else pace.wait(address_group(client_address()))
            if wait:
                answer = Response(_TOO_MANY, 429, mimetype="text/plain")
                answer.headers["Retry-After"] = str(wait)
                return answer
            return Response(f"{error}\n", 503 if ours else 403, mimetype="text/plain")

    @blueprint.post("/enrol")
    @by_token("the request is authenticated by a key made from the one-time code (diwan_core.trust.network.enrolment)")
    @accepts_up_to(LARGEST_REQUEST)
    def do_enrol() -> Response:
        """Enrol a post that proves that it has the code."""
        return answered(enrol, "application/json")

    @blueprint.post("/renew")
    @by_token("the request is signed by the node's own key, which the ledger knows (diwan_central.network.renewal)")
    @accepts_up_to(LARGEST_REQUEST)
    def do_renew() -> Response:
        """Renew the certificate of a post."""
        return answered(renew, "application/x-pem-file")

    @blueprint.post("/console-certificate")
    @by_token("the request is signed by the node's own key, which the ledger knows (network.console_certificates)")
    @accepts_up_to(LARGEST_REQUEST)
    def do_certify() -> Response:
        """Give a post's console a certificate."""
        return answered(certify, "application/json")

    return blueprint


_TOO_MANY: Final = "Too many wrong requests came from this address. Wait a little, then try again.\n"
