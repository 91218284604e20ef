"""Pages for files of the roll-out: spreadsheets of sites in and out, the questionnaire on paper, the report."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from diwan_core.intake.faults import Unreadable
from diwan_core.processes.spool import passing_folder
from diwan_core.web.kit.access import accepts_up_to, may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened
from diwan_core.web.language.i18n import _, said
from flask import Blueprint, Response, render_template, request
from werkzeug.datastructures import FileStorage

from diwan_central.days import now_ms
from diwan_central.rollout.kit import on_paper, open_store, overview, send_file, the_site
from diwan_central.rollout.questionnaire_paper import questionnaire
from diwan_central.rollout.report import Report, make
from diwan_central.rollout.report_paper import report_page
from diwan_central.rollout.sites import all_sites
from diwan_central.rollout.table import as_csv, as_workbook
from diwan_central.rollout.table_in import LARGEST, Taken, take_file

_XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def add_file_pages(blueprint: Blueprint) -> None:
    """The routes of files."""

    @blueprint.get("/rollout/table")
    @may(Action.MANAGE_ROLL_OUT)
    def table() -> str:
        """Ask for a table of sites."""
        return _page()

    @blueprint.post("/rollout/table")
    @may(Action.MANAGE_ROLL_OUT)
    @accepts_up_to(LARGEST + 64 * 1024)
    def do_import() -> str | tuple[str, int]:
        """Read a table of sites; wrong rows are told and nothing else is lost."""
        uploaded = request.files.get("file")
        if not uploaded or not uploaded.filename:
            return _page(problem=_("Choose the file with the sites.")), 422
        name = Path(uploaded.filename).name[:80]
        try:
            taken = _take(uploaded)
        except Unreadable as error:
            return _page(problem=said(error.sentence)), 422
        except OSError as error:
            raise Refusal(503, _("The file could not be saved: the disk is full. Call your technician.")) from error
        happened("rollout.imported", file=name, new=taken.new, changed=taken.changed, refused=taken.refused)
        return _page(taken=taken, name=name), (422 if taken.refused else 200)

    @blueprint.get("/rollout/sites.csv")
    @may(Action.SEE_ROLL_OUT)
    def sites_csv() -> Response:
        """The sites as CSV."""
        with open_store() as store:
            return send_file(as_csv(all_sites(store)), "text/csv", "sites.csv")

    @blueprint.get("/rollout/sites.xlsx")
    @may(Action.SEE_ROLL_OUT)
    def sites_workbook() -> Response:
        """The sites as a workbook."""
        with open_store() as store:
            sites = all_sites(store)
        with passing_folder(console().folder) as folder:
            as_workbook(folder / "sites.xlsx", sites)
            return send_file((folder / "sites.xlsx").read_bytes(), _XLSX, "sites.xlsx")

    @blueprint.get("/rollout/questionnaire.pdf")
    @may(Action.SEE_ROLL_OUT)
    def empty_questionnaire() -> Response:
        """The questionnaire on paper, empty."""
        return on_paper(questionnaire(None, console().node.label), "questionnaire.pdf")

    @blueprint.get("/rollout/sites/<int:number>/questionnaire.pdf")
    @may(Action.SEE_ROLL_OUT)
    def site_questionnaire(number: int) -> Response:
        """The questionnaire of one site on paper, with what is known."""
        with open_store() as store:
            site = the_site(store, number)
        return on_paper(questionnaire(site, console().node.label), f"questionnaire-{site.code}.pdf")

    @blueprint.get("/rollout/report.pdf")
    @may(Action.SEE_ROLL_OUT)
    def report_pdf() -> Response:
        """The report for donors as PDF."""
        html = report_page(_report(), console().node.label, console().folder)
        return on_paper(html, "roll-out-report.pdf")

    @blueprint.get("/rollout/report.xlsx")
    @may(Action.SEE_ROLL_OUT)
    def report_workbook() -> Response:
        """The report for donors as a workbook."""
        from diwan_central.rollout.report_book import write

        with passing_folder(console().folder) as folder:
            write(_report(), folder / "report.xlsx")
            return send_file((folder / "report.xlsx").read_bytes(), _XLSX, "roll-out-report.xlsx")


def _report() -> Report:
    with open_store() as store:
        return make(store, overview(store), request.args.get("region", "")[:80])


def _take(uploaded: FileStorage) -> Taken:
    """Take in an uploaded file. Raises Unreadable, OSError."""
    with passing_folder(console().folder) as folder, open_store() as store:
        file = folder / f"upload{Path(uploaded.filename or '').suffix[:6]}"
        with file.open("wb") as kept:
            kept.write(uploaded.stream.read(LARGEST + 1))
        return take_file(store, file, folder, signed_in_person().name, now_ms())


def _page(*, taken: Taken | None = None, name: str = "", problem: str = "") -> str:
    with open_store() as store:
        total = len(all_sites(store))
    return render_template("rollout/table.html", taken=taken, name=name, problem=problem, total=total, said=said)
