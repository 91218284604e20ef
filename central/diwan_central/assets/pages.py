"""The pages of the register of machines in the centre's console."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from diwan_core.acceptance.sheet import LARGEST
from diwan_core.acceptance.signature import SIGNERS
from diwan_core.web.forms.values import day_typed, why_no_day
from diwan_core.web.kit.access import accepts_up_to, may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened
from diwan_core.web.language.i18n import N_, _
from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from diwan_central.assets.sheets import SheetRefused, take_sheet
from diwan_central.assets.store import AssetStore, AssetsUnusable
from diwan_central.assets.table import as_csv, row_of, rows
from diwan_central.assets.taking import FIELDS, BadValue, correct, machine_of
from diwan_central.assets.words import FIELDS as FIELD_WORDS
from diwan_central.assets.words import OUTCOMES, STATES, notice_words, value_words
from diwan_central.days import day_of, now_ms, today

_SIGNATURE: Final = 16 * 1024
_UPLOAD: Final = LARGEST + _SIGNATURE + 16 * 1024
_SHOWN: Final = 1000
_DAYS: Final = {"warranty_until"}
_WRONG: Final = {
    "tag": N_("This is not a label number. It looks like XA-00012-M; leave it empty if there is none."),
    "state": N_("Choose one of the states."),
}


def asset_pages(signers: Path = SIGNERS) -> Blueprint:
    """The list, one machine, and what technicians bring."""
    blueprint = Blueprint("assets", __name__, template_folder="../templates")
    common = {
        "states": STATES, "outcomes": OUTCOMES, "notice_words": notice_words, "field_words": FIELD_WORDS,
        "value_words": value_words, "day": day_of,
    }  # fmt: skip

    @blueprint.get("/assets")
    @may(Action.SEE_ASSETS)
    def index() -> str:
        """The machines of the country, with a filter."""
        return _list(request.args.get("q", "")[:100])

    def _list(query: str, problem: str = "") -> str:
        with _opened() as store:
            found = list(rows(store, today(), query))
        return render_template(
            "assets/assets.html", found=found[:_SHOWN], total=len(found), query=query, problem=problem, **common
        )

    @blueprint.get("/assets.csv")
    @may(Action.SEE_ASSETS)
    def as_file() -> Response:
        """The same list as CSV."""
        with _opened() as store:
            text = as_csv(rows(store, today()))
        answer = Response(text.encode("utf-8-sig"), mimetype="text/csv")
        answer.headers["Content-Disposition"] = 'attachment; filename="assets.csv"'
        return answer

    @blueprint.post("/assets")
    @may(Action.MANAGE_ASSETS)
    @accepts_up_to(_UPLOAD)
    def do_take() -> AnyResponse | tuple[str, int]:
        """Take signed acceptance sheets into the register of machines."""
        content, signature = (_file(name, most) for name, most in (("sheet", LARGEST), ("signature", _SIGNATURE)))
        if not content:
            return _list("", _("Choose the file of an acceptance sheet, and its signature.")), 422
        try:
            taken, found = take_sheet(console().folder, content, signature, signed_in_person().name, signers)
        except SheetRefused as error:
            return _list("", _("The sheet was not added: {reason}", reason=str(error))), 422
        except AssetsUnusable as error:
            current_app.logger.error("%s", error)
            raise Refusal(503, _("The register of machines cannot be read. Tell your technician.")) from error
        happened("asset.sheet_taken", machine=taken.machine, label=found.tag, signer=found.signer)
        return redirect(url_for("assets.one", number=taken.machine), 303)

    def _machine(number: int, typed: dict[str, str] | None = None, problems: dict[str, str] | None = None) -> str:
        with _opened() as store:
            found = store.rows("select * from machine where id = ?", (number,))
            if not found:
                raise Refusal(404, _("There is no machine of this number in the register."))
            row = row_of(store, machine_of(found[0]), today())
            sheets = store.rows(
                "select * from sheet where machine = ? order by ended_ms desc, taken_ms desc", (number,)
            )
            changes = store.rows("select * from change where machine = ? order by id desc limit 200", (number,))
        values = {field: str(getattr(row.machine, field)) for field in FIELDS} | (typed or {})
        return render_template(
            "assets/asset.html", row=row, machine=row.machine, sheets=sheets, changes=changes, values=values,
            problems=problems or {}, **common,
        )  # fmt: skip

    @blueprint.get("/assets/<int:number>")
    @may(Action.SEE_ASSETS)
    def one(number: int) -> str:
        """One machine: where it is, since when, its sheets."""
        return _machine(number)

    @blueprint.post("/assets/<int:number>")
    @may(Action.MANAGE_ASSETS)
    def do_change(number: int) -> AnyResponse | tuple[str, int]:
        """Correct what is known of a machine."""
        typed = _typed()
        try:
            with _opened() as store:
                changed = correct(store, number, typed, signed_in_person().name, now_ms())
        except KeyError as error:
            raise Refusal(404, _("There is no machine of this number in the register.")) from error
        except BadValue as error:
            return _machine(number, typed, {error.field: _why_wrong(error.field, typed)}), 422
        if changed:
            happened("asset.changed", machine=number, label=typed.get("tag", ""))
        return redirect(url_for("assets.one", number=number), 303)

    return blueprint


def _typed() -> dict[str, str]:
    """What was filled in, days as year-month-day."""
    found = {field: request.form.get(field, "").strip()[:500] for field in FIELDS if field in request.form}
    return found | {field: day_typed(found[field]) for field in _DAYS & found.keys()}


def _why_wrong(field: str, typed: dict[str, str]) -> str:
    return why_no_day(typed[field]) if field in _DAYS else _(_WRONG[field])


def _file(name: str, most: int) -> bytes:
    """An uploaded file, and one byte more than it may have; the sheet's own reader says that it is too long."""
    uploaded = request.files.get(name)
    return uploaded.read(most + 1) if uploaded else b""


@contextmanager
def _opened() -> Iterator[AssetStore]:
    """The register; where its file cannot be used, a page that says so."""
    try:
        with AssetStore.open(console().folder) as store:
            yield store
    except AssetsUnusable as error:
        current_app.logger.error("%s", error)
        raise Refusal(503, _("The register of machines cannot be read. Tell your technician.")) from error
