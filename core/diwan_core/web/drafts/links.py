"""The target of a reference in a form: a record, or one of this person's own drafts that is sent along."""

from flask import g, url_for

from diwan_core.web.drafts.form_state import of_draft
from diwan_core.web.drafts.titles import title_of
from diwan_core.web.kinds.registry import one_of
from diwan_core.web.kit.console import console
from diwan_core.web.kit.gate import person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.records import links
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.links import Link


def link_to(id: str) -> Link:
    """The target of an id, for this person; asked once a request."""
    found = links.link_to(id)
    if found.state != "unknown":
        return found
    known: dict[str, Link | None] = g.setdefault("links_to_drafts", {})
    if id not in known:
        known[id] = _draft(id)
    return known[id] or found


def _draft(id: str) -> Link | None:
    somebody = person()
    if somebody is None or not somebody.may(Action.REPORT) or not UUID.match(id):
        return None
    draft = console().drafts.get(id, somebody.name)
    if draft is None or draft.record:
        return None
    url = url_for("drafts.show", draft_id=id)
    return Link(id, title_of(of_draft(draft)), _(one_of(draft.type)), "draft", url, _("sent along with this"))
