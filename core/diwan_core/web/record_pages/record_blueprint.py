"""The pages of one record kind: list, record, history. `record_pages(kind)` gives a blueprint."""

from datetime import UTC, datetime
from functools import partial

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary.retention import KeptUntil, kept_until
from diwan_core.register import Record
from diwan_core.register.retention.rules import rules_in_force
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kinds.case import KIND as CASE
from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.pictures.pictures_of_record import as_picture, pictures_not_shown, pictures_of, removed_of
from diwan_core.web.record_pages.list_page import add_list
from diwan_core.web.records.candidates import telling
from diwan_core.web.records.changes import authors_of, changes_of, contested_of
from diwan_core.web.records.checks import panel
from diwan_core.web.records.cultural_objects import objects_of
from diwan_core.web.records.display import show_status, shown_parts, shown_sections
from diwan_core.web.records.find_record import the_record
from diwan_core.web.records.links import shows
from diwan_core.web.records.listing import NO_NUMBER
from diwan_core.web.records.naming_records import named_here
from diwan_core.web.records.readable import reads
from diwan_core.web.records.steps import Offer, elsewhere_of, offers_of, shown_by_clock
from diwan_core.web.records.worked_out import facts_of


def record_pages(kind: RecordKind) -> Blueprint:
    """A blueprint with the list and the page of a type, under `/<kind.path>`."""
    blueprint = Blueprint(kind.type, __name__, url_prefix=f"/{kind.path}")

    add_list(blueprint, kind)

    @blueprint.get("/<record_id>")
    @may(Action.READ_RECORDS, shows="record.page", of=kind.type, own=True)
    def page(record_id: str) -> str:
        """One record with its parts, pictures and history."""
        return record_page(kind, record_id)

    return blueprint


def record_page(kind: RecordKind, record_id: str, **more: object) -> str:
    """The page of a record; `more` is for the panels of its template."""
    record = the_record(record_id, kind.type)
    record_type = kind.record_type
    contested, beside = frozenset(record.conflicts), facts_of(record)
    history = register().history(record_id) if signed_in_person().may(Action.READ_HISTORY) else []
    return render_template(
        "record_pages/record.html",
        kind=kind,
        record=record,
        title=kind.title_of(record),
        telling=telling(record) if kind.telling_on_page else (),
        status=show_status(record.values),
        imported=source_of(record),
        sections=shown_sections(kind, record.values, contested),
        parts=[shown_parts(part, record.values, contested, beside) for part in kind.parts()],
        contested=contested_of(record),
        alone=len(authors_of(record)) == 1,
        history=[(entry, changes_of(record_type, entry, record.values)) for entry in reversed(history)],
        pictures=(pictures := pictures_of(record_id)),
        more_pictures=pictures_not_shown(record_id, len(pictures)),
        removed=removed_of(record_id),
        portrait=_portrait(record),
        named=named_here(record_id),
        erased=register().erased(record_id),
        objects=objects_of(record),
        steps=offers_of(record),
        step_url=partial(_step_url, record_id),
        own=not signed_in_person().may(Action.READ_RECORDS, kind.type),
        steps_elsewhere=elsewhere_of(record),
        by_clock=shown_by_clock(kind, record.values),
        kept_elsewhere=kept_elsewhere(record_id),
        kept=_kept(record),
        **panel(record),
        **more,
    )


def _step_url(record_id: str, offer: Offer) -> str:
    return url_for("steps.take", record_id=record_id, at=offer.place.key, state=offer.step.state)


def kept_elsewhere(record_id: str) -> str:
    """The sentence that says where what identifies people in a record is kept; "" where all of it is here."""
    found = register().kept_back(record_id)
    if found is None:
        return ""
    post = str(console().node_name(found.origin))
    if found.reach == "centre":
        return _("The personal data of this record is kept at the centre and at {post}. Ask there.", post=post)
    if found.reach == "addressed":
        return _(
            "The personal data of this record is kept at the centre, at {post} and at the post to which it is "
            "addressed. Ask there.",
            post=post,
        )
    if found.reach == "unit":
        return _(
            "The personal data of this record is kept at the centre and in the unit of {post}. Ask there.",
            post=post,
        )
    return _("The personal data of this record has not arrived here yet.")


def _kept(record: Record) -> KeptUntil | None:
    """Until when the record is kept; None where nobody has said, or where it was erased whole."""
    updated = datetime.fromtimestamp(record.updated.utc_ms / 1000, UTC).date().isoformat()
    return kept_until(record.type, record.values, updated, rules_in_force(register().store)) if record.values else None


def _portrait(record: Record) -> str:
    """The id of the picture beside the title where this machine can show it to this person, else ""."""
    field = kind_of(record.type).portrait
    id = record.values.get(field) if field else None
    if not id or register().type_of(id) != PICTURE.type or not shows(PICTURE.type):
        return ""
    photo = register().get(id)
    picture = as_picture(photo) if photo is not None and reads(photo) else None
    return id if picture is not None and picture.shown else ""


def source_of(record: Record) -> str:
    """The source from which a record was imported, and the key of its row there; "" where it was not imported."""
    system, key = record.values.get("source_system"), record.values.get("source_key")
    if not isinstance(system, str) or not isinstance(key, str):
        return ""
    return system if NO_NUMBER.match(key) else f"{system}: {key[:80]}"


blueprint = Blueprint("records", __name__)


@blueprint.get("/n/<number>")
@may(Action.READ_RECORDS, shows="record.link")
def numbered(number: str) -> Response:
    """The page of the case of a number, as labels name it; of a number that several cases have, their list."""
    found = register().cases_numbered(number)
    if not found:
        raise Refusal(404, _("No case here has this number: {number}", number=number[:40]))
    if len(found) > 1:
        return redirect(url_for(f"{CASE.type}.index", q=number), 303)
    return redirect(url_for(f"{CASE.type}.page", record_id=found[0]), 303)


@blueprint.get("/records/<record>")
@may(Action.READ_RECORDS, shows="record.link")
def open(record: str) -> Response:
    """The page of whatever record this is: links between records need not know its type."""
    found = the_record(record)
    endpoint = f"{found.type}.page"
    if endpoint not in console().app.view_functions:
        raise Refusal(404, _("Records of this kind have no page yet."))
    done, count = request.args.get("done"), request.args.get("count")
    return redirect(url_for(endpoint, record_id=record, done=done, count=count), 303)
