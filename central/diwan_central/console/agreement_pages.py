"""Agreements with partners in the centre's console: which there are, one more, and the end of one."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.kinds import is_date
from diwan_core.intake.run.agreements import (
    AlreadyAgreed,
    agreements,
    end_agreement,
    fields_of_template,
    known_fields,
    record_agreement,
)
from diwan_core.leaving.maps.shipped import shipped
from diwan_core.register import Refused
from diwan_core.web.forms.values import day_typed, why_no_day
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, language, said
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from diwan_central.days import today

_TEXTS: Final = ("title", "partner", "valid_from", "valid_until", "limit", "legal_ground", "template")
_USUAL_LIMIT: Final = "amber"


def agreement_pages() -> Blueprint:
    """A blueprint with the list, a form for one more agreement, and the end of one."""
    blueprint = Blueprint("agreements", __name__, template_folder="../templates")

    def page(typed: dict[str, str], fields: list[str], problems: dict[str, str]) -> str:
        day = today()
        known = [(one, one.why_not_in_force(day)) for one in reversed(agreements(register()))]
        return render_template(
            "console/agreements.html", known=known, typed=typed, chosen=fields, problems=problems,
            fields={field: _label(field) for field in known_fields()}, limits=_limits(),
            templates={name: name for name in shipped() if fields_of_template(name)},
        )  # fmt: skip

    @blueprint.get("/agreements")
    @may(Action.AGREE)
    def index() -> str:
        """The agreements that are recorded, and a form for one more."""
        return page({**dict.fromkeys(_TEXTS, ""), "limit": _USUAL_LIMIT}, [], {})

    @blueprint.post("/agreements")
    @may(Action.AGREE)
    def do_record() -> AnyResponse | tuple[str, int]:
        """Record an agreement."""
        typed = {name: request.form.get(name, "").strip()[:4000] for name in _TEXTS}
        typed |= {name: day_typed(typed[name]) for name in ("valid_from", "valid_until")}
        fields = [field for field in request.form.getlist("field") if field in known_fields()]
        if typed["template"] in {*shipped()}:
            fields = list(dict.fromkeys((*fields, *fields_of_template(typed["template"]))))
        problems = _problems(typed, fields)
        if not problems:
            try:
                with console().writing() as writer:
                    record_agreement(
                        writer, typed["title"], typed["partner"], (typed["valid_from"], typed["valid_until"]), fields,
                        limit=typed["limit"], legal_ground=typed["legal_ground"], author=signed_in_person().name,
                    )  # fmt: skip
                return redirect(url_for("agreements.index", done="saved"), 303)
            except AlreadyAgreed:
                problems = {"title": _("An agreement of this title is in force on some of these days. End it first.")}
            except Refused as error:
                problems = {problem.path: said(problem) for problem in error.problems}
        return page(typed, fields, problems), 422

    @blueprint.post("/agreements/<record>/end")
    @may(Action.AGREE)
    def do_end(record: str) -> AnyResponse:
        """End an agreement at once."""
        if record not in {one.id for one in agreements(register())}:
            raise Refusal(404, _("There is no such agreement."))
        with console().writing() as writer:
            end_agreement(writer, record, author=signed_in_person().name)
        return redirect(url_for("agreements.index", done="saved"), 303)

    return blueprint


def _problems(typed: dict[str, str], fields: list[str]) -> dict[str, str]:
    found = {name: _("Fill this in.") for name in ("title", "partner") if not typed[name]}
    for name in ("valid_from", "valid_until"):
        if not is_date(typed[name]):
            found[name] = why_no_day(typed[name])
    if typed["limit"] not in _limits():
        found["limit"] = _("Choose one.")
    if not fields:
        found["template"] = _("Choose a form, or the fields one by one.")
    return found


def _limits() -> dict[str, str]:
    codes = DICTIONARY.codes("handling")
    return {code: codes.label(code, language()) for code in codes.present()}


def _label(field: str) -> str:
    """A field in words: "Person: Latin form"."""
    type, _dot, path = field.partition(".")
    declared = DICTIONARY.type(type)
    part, _dot, name = path.rpartition(".")
    holder = declared.parts[part].fields if part else declared.fields
    before = f"{_(declared.parts[part].label)}: " if part else ""
    return f"{_(declared.label)}: {before}{_(holder[name].label)}"
