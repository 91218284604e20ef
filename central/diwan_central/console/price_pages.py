"""The national price table in the centre's console: what one unit of goods is worth, from which day to which."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.kinds import is_date
from diwan_core.reading import number_or_text
from diwan_core.register import Refused
from diwan_core.register.national_prices import FIELDS, declare_price, end_price, national_prices, read_price
from diwan_core.web.forms.values import day_typed, no_day, why_no_day
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, language, said
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

_UNITS: Final = ("GRM", "KGM", "TNE", "C62", "STK", "U2", "PA", "CT", "BO", "LTR", "MTQ", "CTM")
_SHOWN: Final = 2_000


def price_pages() -> Blueprint:
    """A blueprint with the table, a form for one more price, and the end of one."""
    blueprint = Blueprint("prices", __name__, template_folder="../templates")

    def page(typed: dict[str, str], problems: dict[str, str]) -> str:
        prices = national_prices(register().store)
        return render_template(
            "console/prices.html", prices=prices[:_SHOWN], total=len(prices), typed=typed, problems=problems,
            groups=_labels("product_group"), sub_groups=_labels("sub_group"), kinds=_labels("value_kind"),
            units={unit: f"{DICTIONARY.codes('unit').label(unit, language())} ({unit})" for unit in _UNITS},
        )  # fmt: skip

    @blueprint.get("/prices")
    @may(Action.DECLARE)
    def index() -> str:
        """The price table; with `?record=` the form holds one price, to be corrected or followed by another."""
        wanted = request.args.get("record", "")
        held = next((price for price in national_prices(register().store) if price.record == wanted), None)
        return page(dict.fromkeys(FIELDS, "") if held is None else held._asdict(), {})

    @blueprint.post("/prices")
    @may(Action.DECLARE)
    def do_declare() -> AnyResponse | tuple[str, int]:
        """Write a price, or correct what was said for the same goods and first day."""
        typed = {name: request.form.get(name, "").strip()[:200] for name in FIELDS}
        typed["valid_from"] = day_typed(typed["valid_from"])
        price, problems = read_price({**typed, "price": number_or_text(typed["price"])})
        if price is None:
            return page(typed, {problem.path: said(problem) for problem in problems} | no_day(typed, "valid_from")), 422
        try:
            with console().writing() as writer:
                declare_price(writer, price, author=signed_in_person().name)
        except Refused as error:
            return page(typed, {problem.path: said(problem) for problem in error.problems}), 422
        return redirect(url_for("prices.index"), 303)

    @blueprint.post("/prices/<record>/end")
    @may(Action.DECLARE)
    def do_end(record: str) -> AnyResponse | tuple[str, int]:
        """Say on which day a price held for the last time."""
        day, nothing = day_typed(request.form.get("valid_until", "")[:40]), dict.fromkeys(FIELDS, "")
        if not is_date(day):
            return page(nothing, {f"end-{record}": why_no_day(day)}), 422
        try:
            with console().writing() as writer:
                end_price(writer, record, day, author=signed_in_person().name)
        except KeyError as error:
            raise Refusal(404, _("There is no such price.")) from error
        except Refused as error:
            return page(nothing, {f"end-{record}": " ".join(said(problem) for problem in error.problems)}), 422
        return redirect(url_for("prices.index"), 303)

    return blueprint


def _labels(name: str) -> dict[str, str]:
    codes = DICTIONARY.codes(name)
    return {code: codes.label(code, language()) for code in codes.present()}
