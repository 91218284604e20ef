"""The units of the country in the centre's console: what one is, from which day to which; every node obeys them."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.amounts import OF_UNIT
from diwan_core.dictionary.kinds import is_date
from diwan_core.dictionary.units import UNITS
from diwan_core.register import Refused
from diwan_core.register.national_units import NoUnit, declare_unit, end_unit, national_units, read_unit
from diwan_core.web.forms.filled_form import FIELD_REASON
from diwan_core.web.forms.values import day_typed, why_no_day
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _, language, said
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

_FIELDS: Final = ("code", "label", "factor", "base", "valid_from")
_CALLED: Final = {"code": N_("Code"), "factor": N_("How many it equals"), "base": N_("Of the unit")}
_OFFERED: Final = ("GRM", "KGM", "MGM", "TNE", "C62", "LTR", "MLT", "MTQ")
"""Base units that stand first; all others that measure weight, number or volume follow."""


def unit_pages() -> Blueprint:
    """A blueprint with the list of units, a form for one more, and the end of one."""
    blueprint = Blueprint("units", __name__, template_folder="../templates")

    def page(typed: dict[str, str], problems: dict[str, str]) -> str:
        return render_template(
            "console/units.html", units=national_units(register().store), bases=_bases(), typed=typed, problems=problems
        )

    @blueprint.get("/units")
    @may(Action.DECLARE)
    def index() -> str:
        """The units of the country; with `?record=` the form holds one of them, to be corrected or followed."""
        wanted = request.args.get("record", "")
        held = next((unit for unit in national_units(register().store) if unit.record == wanted), None)
        typed = dict.fromkeys(_FIELDS, "")
        if held is not None:
            typed |= {"code": held.code, "factor": held.factor, "base": held.base_unit, "valid_from": held.valid_from}
        return page(typed, {})

    @blueprint.post("/units")
    @may(Action.DECLARE)
    def do_declare() -> AnyResponse | tuple[str, int]:
        """Declare a unit, or correct what was said of it for the same first day."""
        typed = {name: request.form.get(name, "").strip()[:200] for name in _FIELDS}
        typed["valid_from"] = day_typed(typed["valid_from"])
        try:
            code, factor = read_unit(typed["code"], typed["factor"], typed["base"])
        except NoUnit as error:
            return page(typed, {error.field: _(FIELD_REASON, field=_(_CALLED[error.field]), reason=_(str(error)))}), 422
        if typed["valid_from"] and not is_date(typed["valid_from"]):
            return page(typed, {"valid_from": why_no_day(typed["valid_from"])}), 422
        try:
            with console().writing() as writer:
                declare_unit(
                    writer, code, factor, typed["base"], valid_from=typed["valid_from"], label=typed["label"],
                    author=signed_in_person().name,
                )  # fmt: skip
        except Refused as error:
            return page(typed, {"code": " ".join(said(problem) for problem in error.problems)}), 422
        return redirect(url_for("units.index"), 303)

    @blueprint.post("/units/<record>/end")
    @may(Action.DECLARE)
    def do_end(record: str) -> AnyResponse | tuple[str, int]:
        """Say on which day a unit was used for the last time."""
        day = day_typed(request.form.get("valid_until", "")[:40])
        if not is_date(day):
            return page(dict.fromkeys(_FIELDS, ""), {f"end-{record}": why_no_day(day)}), 422
        try:
            with console().writing() as writer:
                end_unit(writer, record, day, author=signed_in_person().name)
        except KeyError as error:
            raise Refusal(404, _("There is no such unit.")) from error
        except Refused as error:
            reason = " ".join(said(problem) for problem in error.problems)
            return page(dict.fromkeys(_FIELDS, ""), {f"end-{record}": reason}), 422
        return redirect(url_for("units.index"), 303)

    return blueprint


def _bases() -> dict[str, str]:
    """The units that a unit of the country can be counted in, with their names."""
    codes = DICTIONARY.codes("unit")
    measured = [unit for unit, (base, _size) in UNITS.items() if base in OF_UNIT and codes.has(unit)]
    ordered = dict.fromkeys((*_OFFERED, *sorted(measured, key=lambda unit: codes.label(unit, language()))))
    return {unit: f"{codes.label(unit, language())} ({unit})" for unit in ordered if unit in measured}
