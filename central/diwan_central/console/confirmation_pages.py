"""The page of a post, with the form by which a person with case rights confirms or rejects a new post."""

from __future__ import annotations

from diwan_core.trust import is_id
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened
from diwan_core.web.language.i18n import _
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from diwan_central.console.post_rows import CODES, post_rows
from diwan_central.days import now_ms
from diwan_central.network.confirmation import MadeTheCode, NotWaiting, WrongWords, confirm, reject
from diwan_central.network.scopes import would_stand_still


def post_page() -> Blueprint:
    """A blueprint with the page of one post: what it sent, and whether it is what it claims to be."""
    blueprint = Blueprint("post", __name__, template_folder="templates")

    def page(node_id: str, typed: str = "", problem: str = "") -> str:
        found = register().post_status(node_id) if is_id(node_id) else None
        if found is None or found["role"] != "post":
            raise Refusal(404, _("No post of this name is enrolled here."))
        row = post_rows([found], now_ms())[0]
        kept = would_stand_still(register().store, node_id) if row.waits else []
        return render_template(
            "console/post.html", post=found, row=row, codes=CODES, typed=typed, problem=problem, kept=kept
        )

    @blueprint.get("/posts/<node_id>")
    @may(Action.SEE_POSTS)
    def one(node_id: str) -> str:
        """One post: what it sent, and its fingerprint words to compare."""
        return page(node_id)

    @blueprint.post("/posts/<node_id>/confirm")
    @may(Action.CONFIRM_POSTS)
    def do_confirm(node_id: str) -> AnyResponse | tuple[str, int]:
        """Confirm a post whose words somebody has compared."""
        typed, person = request.form.get("words", "").strip()[:200], signed_in_person().name
        try:
            fact = confirm(console().folder, node_id, typed, person)
        except NotWaiting as error:
            raise Refusal(409, _("This post is not waiting for confirmation.")) from error
        except WrongWords:
            return page(node_id, typed, _wrong_words()), 422
        except MadeTheCode:
            return page(
                node_id,
                typed,
                _("The person who made the code of a post cannot confirm it. Another person has to do it."),
            ), 422
        happened("node.confirmed", post=node_id, label=fact.label, by=person)
        return redirect(url_for("post.one", node_id=node_id), 303)

    @blueprint.post("/posts/<node_id>/reject")
    @may(Action.CONFIRM_POSTS)
    def do_reject(node_id: str) -> AnyResponse:
        """Refuse a post whose words were wrong."""
        try:
            fact = reject(console().folder, node_id)
        except NotWaiting as error:
            raise Refusal(409, _("This post is not waiting for confirmation.")) from error
        happened("node.rejected", post=node_id, label=fact.label)
        return redirect(url_for("post.one", node_id=node_id), 303)

    return blueprint


def _wrong_words() -> str:
    return _(
        "These are not the words of this post. Have them read out once more at the post itself. If they are still "
        "different, another machine was enrolled under this name: reject it."
    )
