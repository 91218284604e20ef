"""The national settings in the centre's console: how the country writes dates, numbers, telephone numbers and
addresses. Every node obeys them."""

from __future__ import annotations

from diwan_core.dictionary.national import SETTINGS, NoSetting, read_setting
from diwan_core.register import Refused
from diwan_core.register.national_settings import national_settings, set_nationally
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, said
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

_MOST = 500


def setting_pages() -> Blueprint:
    """A blueprint with one page: a form of all national settings."""
    blueprint = Blueprint("settings", __name__, template_folder="../templates")

    def page(values: dict[str, str], problems: dict[str, str]) -> str:
        return render_template("console/settings.html", settings=SETTINGS, values=values, problems=problems)

    @blueprint.get("/settings")
    @may(Action.DECLARE)
    def index() -> str:
        """What the country has chosen for all its nodes: formats of dates, numbers, telephone numbers, addresses."""
        return page(national_settings(register().store), {})

    @blueprint.post("/settings")
    @may(Action.DECLARE)
    def do_set() -> AnyResponse | tuple[str, int]:
        """Save all of them together; nothing is saved where one of them cannot be understood."""
        held = national_settings(register().store)
        typed = {name: request.form.get(name, held[name])[:_MOST] for name in SETTINGS}
        problems = {}
        for name, value in typed.items():
            try:
                read_setting(name, value)
            except NoSetting as error:
                problems[name] = _(str(error))
        if problems:
            return page(typed, problems), 422
        try:
            with console().writing() as writer:
                changed = [set_nationally(writer, *one, author=signed_in_person().name) for one in typed.items()]
        except Refused as error:
            return page(typed, {"date_format": " ".join(said(problem) for problem in error.problems)}), 422
        return redirect(url_for("settings.index", done="saved" if any(changed) else "unchanged"), 303)

    return blueprint
