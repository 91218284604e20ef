"""The Object ID card of a cultural object as a PDF (ICOM): nine categories, and the photographs that may leave.

What the card says is what the shipped template of Object ID gives: nothing is on it that nobody has released."""

from datetime import datetime
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, render_template

from diwan_core.intake.run.departing import with_strictest_mark
from diwan_core.leaving.maps import Setting, load, make
from diwan_core.leaving.pictures import JUDGEMENTS, why_picture_stays
from diwan_core.register import Record
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import done_reading, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.print_page import letterhead, send_paper, set_apart, way
from diwan_core.web.kit.trusted_moment import now
from diwan_core.web.language.formats import show_day
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.pictures.pictures_of_record import pictures_of
from diwan_core.web.record_pages.pdf import paper_copy
from diwan_core.web.records.cultural_objects import PART, objects_of
from diwan_core.web.records.find_record import the_record

TEMPLATE: Final = "object-id"
PICTURES: Final = 4
"""On a card."""
HEADS: Final = {
    "Type of object": N_("Type of object"),
    "Materials and techniques": N_("Materials and techniques"),
    "Measurements": N_("Measurements"),
    "Inscriptions and markings": N_("Inscriptions and markings"),
    "Distinguishing features": N_("Distinguishing features"),
    "Title": N_("Title"),
    "Subject": N_("Subject"),
    "Date or period": N_("Date or period"),
    "Maker": N_("Maker"),
}


def object_cards(kind: RecordKind) -> Blueprint:
    """A blueprint with the cards of a type's objects: `/<kind.path>/<id>/object-id.pdf`."""
    blueprint = Blueprint(f"object_card_{kind.type}", __name__, url_prefix=f"/{kind.path}")

    @blueprint.get("/<record_id>/object-id.pdf")
    @may(Action.READ_RECORDS, shows="record.card", of=kind.type)
    def card(record_id: str) -> Response:
        """The Object ID cards of a record."""
        return send_paper(*cards_of(the_record(record_id, kind.type)), "object-id.pdf")

    return blueprint


def cards_of(record: Record) -> tuple[str, dict[str, Path | bytes]]:
    """The HTML of a record's cards, and the files of their pictures. Refuses where nothing may leave."""
    document = with_strictest_mark(record)
    lines = objects_of(record)
    if not lines:
        raise Refusal(404, _("The record has no cultural objects."))
    pictures = _pictures(record, lines)
    printed_at = now()
    cards = [(_facts(document, line, printed_at), pictures[line]) for line in lines]
    head = letterhead()
    originals = {sha256: register().blob_path(sha256) for _facts_of, shown in cards for sha256 in shown}
    done_reading()  # a copy may have to be made first
    copies = {sha256: paper_copy(sha256, original) for sha256, original in originals.items()}
    files = {sha256: path for sha256, path in copies.items() if path is not None}
    html = render_template(
        "paper/object_id.html",
        letterhead=head,
        cards=[(facts, [sha256 for sha256 in shown if sha256 in files]) for facts, shown in cards],
        derived=record.values.get("derived") is True,
        printed_on=show_day(f"{printed_at.astimezone():%Y-%m-%d}"),
        set_apart=set_apart,
        way=way,
    )
    named: dict[str, Path | bytes] = {f"picture:{sha256}": path for sha256, path in files.items()}
    return html, named | head.pictures


def _facts(document: Any, line: str, printed_at: datetime) -> list[tuple[str, str]]:
    """(category, text) of one object, those that are filled."""
    template = load(TEMPLATE)
    alone = {**document, PART: {line: document[PART][line]}}
    found = make(template, [("", alone)], Setting(printed_at.date().isoformat(), demonstration=True))
    if reason := next(iter(found.left_out), ""):
        raise Refusal(409, _("Nothing of this record is given out without personal data: {reason}.", reason=_(reason)))
    if not found.rows:
        raise Refusal(409, _("A card needs the type of the object: write its description, and release that text."))
    [row] = found.rows
    return [(_(HEADS[one.head]), text) for one, text in zip(template.columns, row, strict=True) if text]


def _pictures(record: Record, lines: list[str]) -> dict[str, list[str]]:
    """By line the photographs that may leave; one that says no line belongs to the only one."""
    found: dict[str, list[str]] = {line: [] for line in lines}
    for picture in pictures_of(record.id):
        held = register().get(picture.id)
        if held is None or not picture.here or _stays(held):
            continue
        part = str(held.values.get("part") or "").removeprefix(f"{PART}.")
        line = part or (lines[0] if len(lines) == 1 else "")
        if line in found and len(found[line]) < PICTURES:
            found[line].append(picture.sha256)
    return found


def _stays(held: Record) -> bool:
    entries = register().history(held.id)
    judged = [entry.author for entry in entries if any(name in entry.changes for name in JUDGEMENTS)]
    added_by, judged_by = entries[0].author, judged[-1] if judged else ""
    values = with_strictest_mark(held)
    return bool(why_picture_stays(values, contested=bool(held.conflicts), judged_by=judged_by, added_by=added_by))
