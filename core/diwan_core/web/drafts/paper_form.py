"""The short form on paper, for when everything is down: sheets with numbers of their own, typed in later by them."""

from typing import Final

from flask import Blueprint, Response, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.wrappers import Response as AnyResponse

from diwan_core import world
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.paper_numbers import FIELD, numbers_of, typed
from diwan_core.register.drafts import TooManyDrafts
from diwan_core.web.drafts.form_state import new_draft
from diwan_core.web.drafts.new_record import defaults
from diwan_core.web.forms.filled_form import Entry
from diwan_core.web.forms.layout import short_form
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.print_page import letterhead, send_paper, way
from diwan_core.web.language.i18n import _, language
from diwan_core.web.paper.qr import qr_inline

SHEETS: Final = (1, 5, 10, 20, 50)
_BOXES_MOST: Final = 16
"""A list with more codes is a line to write on."""


def paper_forms(kind: RecordKind) -> Blueprint:
    """A blueprint with the page about paper forms of a type, and their PDF, under `/<kind.path>/paper`."""
    blueprint = Blueprint(f"paper_{kind.type}", __name__, url_prefix=f"/{kind.path}/paper")

    def page(number: str, problem: str = "") -> str:
        return render_template("drafts/paper.html", kind=kind, sheets=SHEETS, number=number, problem=problem)

    @blueprint.get("")
    @may(Action.REPORT, shows="report", of=kind.type)
    def ask() -> str:
        """Print paper forms, or type one in by its number."""
        return page(request.args.get("number", "")[:40])

    @blueprint.get("/forms.pdf")
    @may(Action.REPORT, shows="report", of=kind.type)
    def sheets() -> Response:
        """Paper forms in the reader's language, each with a number of its own."""
        wanted = request.args.get("sheets", "")
        count = int(wanted) if wanted in {str(one) for one in SHEETS} else SHEETS[0]
        return send_paper(*sheets_of(kind, numbers_of(count, world.random_bytes)), "paper-forms.pdf")

    @blueprint.post("")
    @may(Action.REPORT, shows="report", of=kind.type)
    def begin() -> AnyResponse | tuple[str, int]:
        """Open the case of a paper form, or begin the report that it is typed into."""
        given = request.form.get("number", "")[:40]
        number = typed(given)
        if number is None:
            return page(given, _("This is not the number of a paper form. Compare it with the sheet.")), 422
        for row in register().search_identifier(number, types=[kind.type]):
            if row.columns.get(FIELD) == number:
                return redirect(url_for(f"{kind.type}.page", record_id=row.id, done="from-paper"), 303)
        for draft in console().drafts.of(signed_in_person().name):
            if draft.type == kind.type and draft.state == "draft" and draft.typed.get(FIELD) == number:
                return redirect(url_for("drafts.show", draft_id=draft.id), 303)
        given_values = {**defaults(kind), "date": "", FIELD: number}  # the day of the paper, not of the typing
        try:
            kept = console().drafts.keep(new_draft(kind.type, typed=given_values))
        except TooManyDrafts as error:
            raise Refusal(409, _(str(error))) from error
        return redirect(url_for("drafts.show", draft_id=kept.draft.id), 303)

    return blueprint


def sheets_of(kind: RecordKind, numbers: list[str]) -> tuple[str, dict[str, bytes]]:
    """The HTML of the sheets of these numbers, and the picture of their letterhead."""
    entries = [entry for entry in short_form(kind.record_type, {}).entries if entry.asked and entry.path != FIELD]
    address = url_for(f"paper_{kind.type}.ask", _external=True)
    head = letterhead()
    html = render_template(
        "paper/short_form.html",
        letterhead=head,
        way=way,
        title=_(kind.report),
        lines=[(_(entry.label or entry.field.label), _(entry.field.help), _boxes(entry)) for entry in entries],
        sheets=[(number, Markup(qr_inline(f"{address}?number={number}"))) for number in numbers],  # noqa: S704  drawn here
    )
    return html, head.pictures


def _boxes(entry: Entry) -> list[str]:
    """What can be ticked; [] where it is written."""
    if not entry.field.codelist:
        return []
    codes = DICTIONARY.codes(entry.field.codelist)
    present = codes.present()
    return [codes.label(code, language()) for code in present] if len(present) <= _BOXES_MOST else []
