"""The departments of the administration in the centre's console; forms and pages of every post call them by name."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Refused
from diwan_core.register.departments import NoDepartment, declare_department, departments, withdraw_department
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _, language, said
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

_FIELDS: Final = ("code", "name", "kind", "parent", "office")
_NO_PARENT: Final = N_("A department cannot belong to itself or to one below it. Choose another.")


def department_pages() -> Blueprint:
    """A blueprint with the departments, a form for one more or to change one, and the end of one."""
    blueprint = Blueprint("departments", __name__, template_folder="../templates")

    def page(typed: dict[str, str], problems: dict[str, str]) -> str:
        codes = DICTIONARY.codes("unit_kind")
        known = departments(register().store)
        return render_template(
            "console/departments.html", known=known, typed=typed, problems=problems,
            kinds={code: codes.label(code, language()) for code in codes.present()},
            parents={one.code: one.name for one in known},
        )  # fmt: skip

    @blueprint.get("/departments")
    @may(Action.DECLARE)
    def index() -> str:
        """The departments; with `?record=` the form holds one of them, to be changed."""
        wanted = request.args.get("record", "")
        held = next((one for one in departments(register().store) if one.record == wanted), None)
        return page({name: str(getattr(held, name)) if held else "" for name in _FIELDS}, {})

    @blueprint.post("/departments")
    @may(Action.DECLARE)
    def do_declare() -> AnyResponse | tuple[str, int]:
        """Add a department, or change the one of this code."""
        typed = {name: request.form.get(name, "").strip()[:200] for name in _FIELDS}
        try:
            with console().writing() as writer:
                declare_department(writer, **typed, author=signed_in_person().name)
        except NoDepartment:
            return page(typed, {"parent": _(_NO_PARENT)}), 422
        except Refused as error:
            return page(typed, {problem.path: said(problem) for problem in error.problems}), 422
        return redirect(url_for("departments.index", done="saved"), 303)

    @blueprint.post("/departments/<record>/remove")
    @may(Action.DECLARE)
    def do_withdraw(record: str) -> AnyResponse:
        """Remove a department from the list; records that name it keep its code."""
        try:
            with console().writing() as writer:
                withdraw_department(writer, record, author=signed_in_person().name)
        except KeyError as error:
            raise Refusal(404, _("There is no such department.")) from error
        return redirect(url_for("departments.index", done="removed"), 303)

    return blueprint
