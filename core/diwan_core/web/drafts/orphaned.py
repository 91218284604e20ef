"""Orphaned drafts: their owner's account is gone or disabled, or has a role that reports nothing.

A supervisor of the node takes such a draft over or throws it away; an administrator, who sees no cases, is told how
many there are. Either is written into the log of looks. Nothing is thrown away by itself."""

from dataclasses import dataclass

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from diwan_core.register.drafts import Draft, TooManyDrafts
from diwan_core.web.drafts.beside import beside
from diwan_core.web.drafts.form_state import of_draft
from diwan_core.web.drafts.titles import title_of
from diwan_core.web.kinds.registry import one_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action, allowed
from diwan_core.web.kit.request_events import happened
from diwan_core.web.language.i18n import _
from diwan_core.web.records.find_record import UUID

blueprint = Blueprint("left_drafts", __name__, url_prefix="/drafts/left")


@dataclass(frozen=True)
class Left:
    """A draft somebody left behind, as a page shows it."""

    draft: Draft
    title: str
    kind: str


def left_by() -> dict[str, int]:
    """The people who left drafts behind, and how many each left."""
    return {owner: count for owner, count in console().drafts.owners().items() if not _can_go_on(owner)}


def _can_go_on(owner: str) -> bool:
    account = console().accounts.get(owner)
    return account is not None and not account.disabled and allowed(account.role, Action.REPORT)


def lines() -> list[Left]:
    """All of them for whoever may take them over, the latest first; none for others."""
    if not signed_in_person().may(Action.REVIEW):
        return []
    held = [draft for owner in left_by() for draft in console().drafts.of(owner) if draft.changed]
    return [
        Left(draft, title_of(of_draft(draft)), _(one_of(draft.type)))
        for draft in sorted(held, key=lambda draft: -draft.updated)
    ]


@blueprint.post("/<draft_id>/take-over")
@may(Action.REVIEW, shows="draft")
def take_over(draft_id: str) -> Response:
    """Take over the draft of somebody who left."""
    owner = _owner(draft_id)
    try:
        console().drafts.hand_over(draft_id, owner, signed_in_person().name)
    except TooManyDrafts as error:
        raise Refusal(409, _(str(error))) from error
    happened("draft.taken_over", account=owner)
    return redirect(url_for("drafts.show", draft_id=draft_id, done="taken-over"), 303)


@blueprint.post("/<draft_id>/remove")
@may(Action.REVIEW, shows="draft")
def remove(draft_id: str) -> Response:
    """Remove the draft of somebody who left."""
    owner = _owner(draft_id)
    console().drafts.remove(draft_id, owner)
    beside().dropped(draft_id)
    happened("draft.thrown_away", account=owner)
    return redirect(url_for("drafts.index", done="thrown-away"), 303)


def _owner(draft_id: str) -> str:
    """The owner of the draft, as the form says; an owner who can still continue it keeps it."""
    owner = request.form.get("owner", "")[:200]
    if not UUID.match(draft_id) or owner not in left_by() or console().drafts.get(draft_id, owner) is None:
        raise Refusal(404, _("This draft no longer exists, or its owner can continue it."))
    return owner
