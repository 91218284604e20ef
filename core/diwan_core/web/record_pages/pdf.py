"""The report of a record as a PDF in the reader's language: its facts, parts, pictures and history, or only what may
leave without personal data."""

from dataclasses import dataclass
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, render_template

from diwan_core.dictionary.national import SIGNATURES
from diwan_core.intake.run.departing import Departing
from diwan_core.leaving import TEMPLATES
from diwan_core.leaving.held_back import HeldBack
from diwan_core.leaving.record_cells import Left
from diwan_core.media.examine import Unreadable
from diwan_core.media.previews import Previews
from diwan_core.register import Record
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, done_reading, looked, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.print_page import letterhead, national_lines, send_paper, set_apart, way
from diwan_core.web.kit.trusted_moment import now
from diwan_core.web.language.formats import show_day, show_time_of
from diwan_core.web.language.i18n import _
from diwan_core.web.pictures.pictures_of_record import pictures_of
from diwan_core.web.record_pages.record_blueprint import kept_elsewhere
from diwan_core.web.records.changes import authors_of, changes_of, contested_of
from diwan_core.web.records.checks import WITHDRAWN, last_said
from diwan_core.web.records.display import (
    Fact,
    Shown,
    ShownParts,
    ShownSection,
    show_status,
    shown_parts,
    shown_sections,
)
from diwan_core.web.records.find_record import the_record
from diwan_core.web.records.named_records import named_records
from diwan_core.web.records.worked_out import amounts_beside, facts_of, for_report

PICTURES: Final = 40
"""On paper; the rest is named by its number."""
CHANGES: Final = 200


def report_pages(kind: RecordKind) -> Blueprint:
    """A blueprint with the PDFs of a type's records: `/<kind.path>/<id>/report.pdf`, and where records of the type may
    leave without personal data `/<kind.path>/<id>/report-without-personal-data.pdf`."""
    blueprint = Blueprint(f"print_{kind.type}", __name__, url_prefix=f"/{kind.path}")

    @blueprint.get("/<record_id>/report.pdf")
    @may(Action.READ_RECORDS, shows="record.pdf", of=kind.type)
    def pdf(record_id: str) -> Response:
        """A record as PDF."""
        return send_paper(*report_of(kind, record_id), f"{kind.type}-{record_id[:8]}.pdf")

    if kind.type in TEMPLATES:

        @blueprint.get("/<record_id>/report-without-personal-data.pdf")
        @may(Action.READ_RECORDS, shows="record.pdf", of=kind.type)
        def reduced(record_id: str) -> Response:
            """What may be given to others of a record, as PDF."""
            try:
                paper = reduced_report_of(kind, record_id)
            except HeldBack as held:
                said = _("Nothing of this record is given out without personal data: {reason}.", reason=_(held.reason))
                raise Refusal(409, said) from None
            return send_paper(*paper, f"{kind.type}.pdf")

    return blueprint


def report_of(kind: RecordKind, record_id: str) -> tuple[str, dict[str, Path | bytes]]:
    """The report's HTML, and its pictures by the names it calls them."""
    record = the_record(record_id, kind.type)
    record_type = kind.record_type
    contested, beside = frozenset(record.conflicts), facts_of(record, in_report=True)
    history = register().history(record_id) if signed_in_person().may(Action.READ_HISTORY) else []
    found = pictures_of(record_id) if signed_in_person().may(Action.READ_PICTURES) else []
    originals = {picture.sha256: register().blob_path(picture.sha256) for picture in found[:PICTURES]}
    head = letterhead()
    done_reading()  # a copy may have to be made first
    copies = {sha256: paper_copy(sha256, original) for sha256, original in originals.items()}
    files = {sha256: path for sha256, path in copies.items() if path is not None}
    html = render_template(
        "paper/report.html",
        kind=kind,
        record=record,
        title=kind.title_of(record),
        status=show_status(record.values),
        sections=shown_sections(kind, record.values, contested),
        parts=[shown_parts(part, record.values, contested, beside) for part in record_type.parts.values()],
        contested=contested_of(record),
        alone=len(authors_of(record)) == 1,
        history=[(entry, changes_of(record_type, entry, record.values)) for entry in history[-CHANGES:]],
        left_out=max(0, len(history) - CHANGES),
        pictures=found[:PICTURES],
        more_pictures=max(0, len(found) - PICTURES),
        files=files,
        kept_elsewhere=kept_elsewhere(record_id),
        withdrawn=last_said(record) or {} if record.values.get("status") == WITHDRAWN else None,
        letterhead=head,
        signatures=national_lines(SIGNATURES),
        named=[_named(other) for other in named_records(record)],
        node_label=lambda node: str(console().node_name(node)),
        printed_at=show_time_of(now().astimezone()),
        set_apart=set_apart,
        way=way,
    )
    named: dict[str, Path | bytes] = {f"picture:{sha256}": path for sha256, path in files.items()}
    return html, named | head.pictures


@dataclass(frozen=True)
class Named:
    """A person, company or conveyance that a record refers to, with all that is known of it."""

    kind: str
    title: str
    sections: list[ShownSection]
    parts: list[ShownParts]


def _named(record: Record) -> Named:
    kind, contested = kind_of(record.type), frozenset(record.conflicts)
    return Named(
        _(kind.label),
        kind.title_of(record),
        shown_sections(kind, record.values, contested),
        [shown_parts(part, record.values, contested) for part in kind.record_type.parts.values()],
    )


def reduced_report_of(kind: RecordKind, record_id: str) -> tuple[str, dict[str, bytes]]:
    """The HTML of what may leave of a record without personal data, and the picture of its letterhead: no id, node,
    author, history or picture of the record, and no time of day. Raises HeldBack."""
    record = the_record(record_id, kind.type)
    today = now().astimezone()
    departing = Departing(register(), kind.record_type, today.date())
    left = departing.leave(record)
    looked("record.reduced", record=record.id, form="pdf", level=left.level)
    report = for_report(left.first_day, names_source=False)
    amounts = amounts_beside(left.values, departing.amounts(record, left), report)
    values, beside = left.values, {**amounts, **_continents(left)}
    nothing: frozenset[str] = frozenset()
    head = letterhead()
    html = render_template(
        "paper/reduced.html",
        letterhead=head,
        title=_(kind.called or kind.plural),
        derived=values.get("derived") is True,
        sections=shown_sections(kind, values, nothing),
        coarser=_coarser(left),
        parts=[shown_parts(part, values, nothing, beside) for part in kind.record_type.parts.values()],
        printed_on=show_day(f"{today:%Y-%m-%d}"),
        set_apart=set_apart,
        way=way,
    )
    return html, head.pictures


def _coarser(left: Left) -> list[Fact]:
    """What stands for place and day of a case that few are like."""
    year = "-" not in left.when
    said = (("region", _("Region"), left.region), ("when", _("Year") if year else _("Week"), left.when))
    return [Fact(path, label, (Shown(text, "isolated"),), nominal=False) for path, label, text in said if text]


def _continents(left: Left) -> dict[str, Fact]:
    label = _("Continent")
    return {
        path: Fact(f"{path}.continent", label, (Shown(_(name), "text"),), nominal=False)
        for path, name in left.continents.items()
    }


def paper_copy(sha256: str, original: Path | None) -> Path | None:
    """The upright copy of a picture without metadata; None where it is not here or cannot be opened."""
    if original is None:
        return None
    try:
        return Previews(console().folder / "derived").get(sha256, "view", original)
    except (Unreadable, OSError):
        return None
