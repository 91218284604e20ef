"""The national table of doses and equivalents in the centre's console: what one dose weighs, from which day to which,
and where that is from."""

from __future__ import annotations

from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.kinds import is_date
from diwan_core.dictionary.national_equivalents import COUNTED, SIZES
from diwan_core.intake.run.equivalents_file import as_csv
from diwan_core.reading import number_or_text
from diwan_core.register import Refused
from diwan_core.register.national_equivalents import (
    FIELDS,
    declare_equivalent,
    end_equivalent,
    national_equivalents,
    read_equivalent,
    withdraw_equivalent,
)
from diwan_core.web.forms.values import day_typed, no_day, why_no_day
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _, language, said
from diwan_core.web.language.quantities import in_words
from flask import Blueprint, Response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

_SHOWN: Final = 2_000
_SIZES: Final = ("typical", "lowest", "highest")
_NOTHING: Final = dict.fromkeys(FIELDS, "")
_NO_ENTRY: Final = N_("There is no such entry in the table; it may have been withdrawn. Open the table again.")


def equivalent_pages() -> Blueprint:
    """A blueprint with the table, the table as a file, a form for one more entry, and the end of one."""
    blueprint = Blueprint("equivalents", __name__, template_folder="../templates")

    @blueprint.get("/equivalents")
    @may(Action.DECLARE)
    def index() -> str:
        """The table of doses and equivalents; with `?record=` the form holds one entry, to be followed by another."""
        wanted = request.args.get("record", "")
        held = next((entry for entry in national_equivalents(register().store) if entry.record == wanted), None)
        return _page(_NOTHING if held is None else held._asdict(), {})

    @blueprint.get("/equivalents/table.csv")
    @may(Action.DECLARE)
    def as_file() -> Response:
        """The table as CSV, for review."""
        text = as_csv(national_equivalents(register().store))
        answer = Response(text.encode("utf-8-sig"), mimetype="text/csv")
        answer.headers["Content-Disposition"] = 'attachment; filename="doses-and-equivalents.csv"'
        return answer

    @blueprint.post("/equivalents")
    @may(Action.DECLARE)
    def do_declare() -> AnyResponse | tuple[str, int]:
        """Add an entry; one for the same thing and first day as another is refused."""
        typed = {name: request.form.get(name, "").strip()[:200] for name in FIELDS}
        typed["valid_from"] = day_typed(typed["valid_from"])
        entry, problems = read_equivalent({**typed, **{name: number_or_text(typed[name]) for name in _SIZES}})
        if entry is None:
            return _page(
                typed, {problem.path: said(problem) for problem in problems} | no_day(typed, "valid_from")
            ), 422
        try:
            with console().writing() as writer:
                declare_equivalent(writer, entry, author=signed_in_person().name)
        except Refused as error:
            return _page(typed, {problem.path: said(problem) for problem in error.problems}), 422
        return redirect(url_for("equivalents.index"), 303)

    @blueprint.post("/equivalents/<record>/end")
    @may(Action.DECLARE)
    def do_end(record: str) -> AnyResponse | tuple[str, int]:
        """Say on which day an entry held for the last time."""
        day = day_typed(request.form.get("valid_until", "")[:40])
        if not is_date(day):
            return _page(_NOTHING, {f"end-{record}": why_no_day(day)}), 422
        try:
            with console().writing() as writer:
                end_equivalent(writer, record, day, author=signed_in_person().name)
        except KeyError as error:
            raise Refusal(404, _(_NO_ENTRY)) from error
        except Refused as error:
            return _page(_NOTHING, {f"end-{record}": " ".join(said(problem) for problem in error.problems)}), 422
        return redirect(url_for("equivalents.index"), 303)

    @blueprint.post("/equivalents/<record>/withdraw")
    @may(Action.DECLARE)
    def do_withdraw(record: str) -> AnyResponse:
        """Take an entry that was wrong out of the table."""
        try:
            with console().writing() as writer:
                withdraw_equivalent(writer, record, author=signed_in_person().name)
        except KeyError as error:
            raise Refusal(404, _(_NO_ENTRY)) from error
        return redirect(url_for("equivalents.index"), 303)

    return blueprint


def _page(typed: dict[str, str], problems: dict[str, str]) -> str:
    entries = national_equivalents(register().store)
    units = DICTIONARY.codes("unit")
    return render_template(
        "console/equivalents.html", entries=entries[:_SHOWN], total=len(entries), typed=typed, problems=problems,
        groups=_labels("product_group"), sub_groups=_labels("sub_group"), forms=_labels("drug_form"),
        counted={unit: in_words("1", unit) for unit in COUNTED},
        sizes={unit: f"{units.label(unit, language())} ({unit})" for unit in SIZES}, in_words=in_words,
    )  # fmt: skip


def _labels(name: str) -> dict[str, str]:
    codes = DICTIONARY.codes(name)
    return {code: codes.label(code, language()) for code in codes.present()}
