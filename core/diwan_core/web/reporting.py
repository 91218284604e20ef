"""Reporting: a new record through the short form, with this office and today already in it."""

from collections.abc import Mapping
from datetime import datetime

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.register import Edit, Refused
from diwan_core.web import forms
from diwan_core.web.access import keeps_typing, may
from diwan_core.web.console import console
from diwan_core.web.controls import form_view
from diwan_core.web.forms import Filled, Form
from diwan_core.web.guard import signed_in_person
from diwan_core.web.i18n import _, language
from diwan_core.web.layouts import short_form
from diwan_core.web.listing import RecordKind
from diwan_core.web.permissions import Action
from diwan_core.web.values import typed


def reporting_pages(kind: RecordKind) -> Blueprint:
    """A blueprint with the short form of a type."""
    blueprint = Blueprint(f"report_{kind.type}", __name__, url_prefix=f"/{kind.path}")

    def again() -> str:
        return page(kind, forms.read(empty(kind), request.form, language()), expired=True)

    @blueprint.get("/new")
    @may(Action.REPORT)
    def ask() -> str:
        return page(kind, forms.blank(empty(kind)))

    @blueprint.post("/new")
    @may(Action.REPORT)
    @keeps_typing(again)
    def report() -> Response | tuple[str, int]:
        filled = forms.read(empty(kind), request.form, language())
        try:
            with console().writing() as reg:
                saved = reg.save(
                    [Edit(kind.type, {**filled.document, "status": "submitted"})], author=signed_in_person().name
                )
        except Refused as refused:
            return page(kind, filled.with_problems(refused.problems)), 422
        return redirect(url_for(f"{kind.type}.page", record_id=saved.records[0], done="reported"), 303)

    return blueprint


def defaults(kind: RecordKind) -> Mapping[str, str]:
    """What the form has in it before anyone types: this office, today."""
    office = kind.record_type.fields.get("office")
    return {
        "office": typed(office, console().node.office, language()) if office else "",
        "date": datetime.now().date().isoformat(),
    }


def empty(kind: RecordKind) -> Form:
    """The short form of a type with the defaults of this post."""
    return short_form(kind.record_type, defaults(kind))


def page(kind: RecordKind, filled: Filled, *, expired: bool = False) -> str:
    """The page with the form, its problems beside their fields."""
    return render_template(
        "form.html",
        title=_("Report a case"),
        intro=_("What is known now. Everything else can be added afterwards."),
        form=form_view(filled, required=frozenset(entry.path for entry in filled.form.entries)),
        hidden={},
        action=_("Report"),
        back=url_for(f"{kind.type}.index"),
        expired=expired,
        remove=None,
    )
