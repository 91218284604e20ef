"""The form for a new record, filled with this office and today's date."""

from collections.abc import Mapping

from flask import Blueprint
from werkzeug.wrappers import Response

from diwan_core.web.drafts.draft_pages import answer
from diwan_core.web.drafts.form_page import form_page
from diwan_core.web.drafts.form_state import from_request, new_draft, of_draft
from diwan_core.web.drafts.usual import usual_values
from diwan_core.web.forms.layout import short_form
from diwan_core.web.forms.values import typed
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.trusted_moment import today
from diwan_core.web.language.i18n import language


def reporting_pages(kind: RecordKind) -> Blueprint:
    """A blueprint with the page for a new record of a type: the short form where the type has one."""
    blueprint = Blueprint(f"report_{kind.type}", __name__, url_prefix=f"/{kind.path}")
    shape = "short" if kind.record_type.short_form else "wide"

    def again() -> str:
        return form_page(from_request(kind.type), expired=True)

    @blueprint.get("/new")
    @may(Action.REPORT, shows="report", of=kind.type)
    def ask() -> str:
        """The form of a new record of this type."""
        return form_page(of_draft(new_draft(kind.type, shape=shape, typed=defaults(kind))))

    @blueprint.post("/new")
    @may(Action.REPORT, shows="report", of=kind.type)
    @keeps_typing(again)
    def report() -> Response | tuple[str, int]:
        """Report or save a new record, or keep it as a draft."""
        return answer(from_request(kind.type))

    return blueprint


def defaults(kind: RecordKind) -> Mapping[str, str]:
    """The values that the form has before anyone types: what goes without saying, this office and today."""
    record_type = kind.record_type
    if not record_type.short_form:
        return {}
    office = record_type.fields.get("office")
    given = {
        **usual_values(kind),
        "office": typed(office, console().node.office, language()) if office else "",
        "date": day.isoformat() if (day := today()) else "",  # a wrong day in a report is worse than none
    }
    return {entry.path: entry.default for entry in short_form(record_type, given).entries if entry.asked}
