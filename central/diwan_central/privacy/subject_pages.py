"""The pages of reports to persons: find the records, choose which are the person, look through, save as files."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

from diwan_core.dictionary import DICTIONARY
from diwan_core.leaving.marks import marked
from diwan_core.processes.spool import place as spool_place
from diwan_core.register import Record
from diwan_core.roles import Action
from diwan_core.web.kinds.registry import kind_of, one_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, done_reading, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.request_events import happened
from diwan_core.web.kit.template_context import NavigationItem
from diwan_core.web.language.i18n import _
from diwan_core.web.paper.press import NotPrinted, PressBusy, print_paper
from diwan_core.web.records.candidates import telling
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.links import link_to
from diwan_core.web.release.release_page import WHY
from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from diwan_central.days import now_ms
from diwan_central.privacy.holds import HoldRefused
from diwan_central.privacy.page_kit import opened_here
from diwan_central.privacy.store import PrivacyStore
from diwan_central.privacy.subject import SUBJECTS, Chosen, Compiled, compile_report
from diwan_central.privacy.subject_files import FORMS, as_json, as_paper, write_xlsx
from diwan_central.privacy.subject_made import black_of
from diwan_central.privacy.subject_reads import reads_of
from diwan_central.privacy.subject_reports import (
    CHOSEN_MOST,
    ReportRefused,
    SubjectReport,
    begin,
    choose,
    held_types,
    report_of,
)
from diwan_central.privacy.subject_words import Worded, worded

FOUND_MOST: Final = 50
blueprint = Blueprint("subject", __name__, url_prefix="/subject", template_folder="../templates")
navigation = NavigationItem("subject.index", lambda: _("Reports to persons"), 38)


@blueprint.get("")
@may(Action.REPORT_SUBJECT, shows="subject")
def index() -> str:
    """Find the records of a person, and choose which are the same person."""
    return _index()


def _index(problem: str = "") -> str:
    words = request.values.get("q", "").strip()[:200]
    kept = [id for id in dict.fromkeys(request.values.getlist("record")) if UUID.match(id)][:CHOSEN_MOST]
    found = _found(words) if words else []
    known = {one.id for one in found}
    return render_template(
        "privacy/subject.html", words=words, found=found, problem=problem, typed=request.form, chosen=set(kept),
        kept=[_line(record) for id in kept if id not in known and (record := register().get(id))],
    )  # fmt: skip


class FoundLine(NamedTuple):
    """A record that may be of, or name, the person, as the page shows it."""

    id: str
    kind: str
    title: str
    facts: tuple[str, ...]
    url: str


def _found(words: str) -> list[FoundLine]:
    """The records of every type that fit a name in any script, a number, a plate or a telephone."""
    happened("subject.searched", words=words)
    rows = register().search_identifier(words, limit=FOUND_MOST) + register().search(words, limit=FOUND_MOST)
    ids = list(dict.fromkeys(row.id for row in rows))[:FOUND_MOST]
    return [_line(record) for record in map(register().get, ids) if record is not None]


def _line(record: Record) -> FoundLine:
    kind, link = kind_of(record.type), link_to(record.id)
    return FoundLine(record.id, _(one_of(record.type)), kind.title_of(record), telling(record), link.url)


@blueprint.post("")
@may(Action.REPORT_SUBJECT, shows="subject")
def do_begin() -> AnyResponse | tuple[str, int]:
    """Begin a report of the chosen records."""
    ids = [id for id in dict.fromkeys(request.form.getlist("record")) if UUID.match(id)]
    types = {id: register().type_of(id) for id in ids}
    chosen = Chosen(
        tuple(id for id, type in types.items() if type in SUBJECTS),
        tuple(id for id, type in types.items() if type is not None and type not in SUBJECTS),
    )
    somebody = signed_in_person()
    try:
        with opened_here() as store:
            begun = begin(store, chosen, request.form.get("reason", ""), somebody.name, somebody.role)
    except HoldRefused:
        return _index(_("Say why: who asked, and when. It stays in the log of reads.")), 422
    except ReportRefused:
        return _index(_("Choose the records that are this person, at the most {most}.", most=CHOSEN_MOST)), 422
    happened("subject.reported", report=begun.id, records=len(ids), form="page", reason=begun.reason)
    return redirect(url_for("subject.one", number=begun.id), 303)


@blueprint.get("/<number>")
@may(Action.REPORT_SUBJECT, shows="subject")
def one(number: str) -> str:
    """A report as its reviewer sees it: what is told, what is black, what is held back."""
    with opened_here() as store:
        begun, held = _begun(store, number), held_types(store)
    compiled = compile_report(register(), begun.chosen, held, review=True)
    report = _worded(compiled)
    return render_template(
        "privacy/subject_report.html", begun=begun, report=report, records=list(zip(compiled.records, report.sections,
        strict=True)), held_back=[(id, type, law, link_to(id)) for id, type, law in compiled.held_back],
        black=black_of(compiled), marked=marked, why=WHY, one_of=one_of, link_to=link_to, types=DICTIONARY.types,
    )  # fmt: skip


@blueprint.post("/<number>")
@may(Action.REPORT_SUBJECT, shows="subject")
def do_choose(number: str) -> AnyResponse:
    """Keep which texts are released for this report, and which parts are the person's."""
    with opened_here() as store:
        begun = _begun(store, number)
        offered = compile_report(register(), begun.chosen, held_types(store), review=True).records
        texts = {text.token for record in offered for text in record.texts}
        parts = {part.token for record in offered for part in record.parts}
        released = texts.intersection(request.form.getlist("text"))
        mine = parts.intersection(request.form.getlist("part"))
        choose(store, begun.id, begun.chosen._replace(released=frozenset(released), mine=frozenset(mine)))
    return redirect(url_for("subject.one", number=begun.id, done="saved"), 303)


@blueprint.get("/<number>/report.<form>")
@may(Action.REPORT_SUBJECT, shows="subject")
def file(number: str, form: str) -> Response:
    """The report as a file: on paper, for programs, or as a workbook."""
    if form not in FORMS:
        raise Refusal(404, _("There is no such file."))
    with opened_here() as store:
        begun, held = _begun(store, number), held_types(store)
    compiled = compile_report(register(), begun.chosen, held)
    report, centre = _worded(compiled), console().node.label
    happened("subject.reported", report=begun.id, records=len(compiled.records), form=form, reason=begun.reason)
    done_reading()
    answer = Response(_content(report, centre, begun.id, form), mimetype=FORMS[form])
    answer.headers["Content-Disposition"] = f'attachment; filename="report-{begun.id}.{form}"'
    return answer


def _content(report: Worded, centre: str, number: str, form: str) -> bytes:
    if form == "json":
        return as_json(report, centre, number)
    folder = console().folder
    if form == "xlsx":
        with TemporaryDirectory(dir=spool_place(folder)) as spool:
            path = Path(spool) / "report.xlsx"
            write_xlsx(report, path)
            return path.read_bytes()
    try:
        return print_paper(as_paper(report, centre, number), {}, folder)
    except PressBusy:
        raise Refusal(503, _("Other reports are being printed. Wait a minute and try again.")) from None
    except NotPrinted as error:
        current_app.logger.error("a report to a person was not printed: %s", error)
        raise Refusal(503, _("The report could not be printed. Save it as a workbook, or try again.")) from None


def _worded(compiled: Compiled) -> Worded:
    reads = reads_of(console().folder, register(), [record.id for record in compiled.records])
    return worded(compiled, reads, lambda node: console().node_name(node).label, now_ms())


def _begun(store: PrivacyStore, number: str) -> SubjectReport:
    try:
        return report_of(store, number[:40], signed_in_person().name)
    except ReportRefused as error:
        raise Refusal(404, _("There is no such report of yours. Begin another one.")) from error
