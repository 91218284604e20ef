"""The page that settles a conflict: the versions side by side, one chosen for each field, as a change that saw them
all.

Nothing is taken away: the versions not chosen stay in the history."""

from collections.abc import Mapping
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.register import Alternative, Edit, Record, Refused
from diwan_core.web.forms import filled_form
from diwan_core.web.kinds.registry import KINDS
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal, expired
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, said
from diwan_core.web.records.changes import authors_of, contested_of
from diwan_core.web.records.find_record import the_record

SEEN: Final = "seen"
CHOICE: Final = "choice:"
blueprint = Blueprint("conflicts", __name__)


def name_of(version: Alternative) -> str:
    """How a form names a version: the change that wrote it."""
    return f"{version.ref[0]}:{version.ref[1]}"


@blueprint.get("/records/<record_id>/conflicts")
@may(Action.EDIT, shows="record.versions")
def settle(record_id: str) -> str:
    """Values that two people wrote at the same time, side by side."""
    return _page(the_record(record_id))


def _page(record: Record, problem: str = "") -> str:
    keys = list(record.conflicts)
    authors = authors_of(record)
    return render_template(
        "record_pages/conflicts.html",
        record=record,
        title=KINDS[record.type].title_of(record) if record.type in KINDS else record.id,
        contested=list(zip(keys, contested_of(record), strict=True)),
        alone=len(authors) == 1,
        authors=[(number, author, str(console().node_name(origin))) for number, (author, origin) in enumerate(authors)],
        name_of=name_of,
        problem=problem,
        choice=CHOICE,
        chosen=request.form,
    )


def _again(record_id: str) -> str:
    return _page(the_record(record_id), expired())


@blueprint.post("/records/<record_id>/conflicts")
@may(Action.EDIT, shows="record.versions")
@keeps_typing(_again)
def do_settle(record_id: str) -> Response | tuple[str, int]:
    """Write the chosen versions as one change whose author saw all of them."""
    record = the_record(record_id)
    if not record.conflicts:
        return redirect(url_for("records.open", record=record.id, done="unchanged"), 303)
    if request.form.get(SEEN) != record.heads:
        text = _("Somebody changed the record in the meantime. These are the versions as they are now; choose again.")
        return _page(record, text), 409
    chosen = _everything_of(record, request.form.get("all", "")) or _each(record)
    missing = set(record.conflicts) - chosen.keys()
    if missing and "all" in request.form:
        raise Refusal(400, _("The form is damaged or too old. Open the record again."))
    if missing:
        return _page(record, _("Choose one version of each.")), 422
    values: filled_form.Document = {}
    for key, version in chosen.items():
        put(values, DICTIONARY.type(record.type), key, version.value)
    try:
        with console().writing() as reg:
            edit = Edit(record.type, values, record=record.id, seen=record.heads)
            reg.save([edit], author=signed_in_person().name, role=signed_in_person().role)
    except Refused as refused:
        return _page(record, " ".join(said(problem) for problem in refused.problems)), 422
    return redirect(url_for("records.open", record=record.id, done="resolved"), 303)


def _each(record: Record) -> dict[str, Alternative]:
    found = {}
    for key, versions in record.conflicts.items():
        wanted = request.form.get(CHOICE + key, "")
        version = next((version for version in versions if name_of(version) == wanted), None)
        if version is not None:
            found[key] = version
    return found


def _everything_of(record: Record, number: str) -> dict[str, Alternative]:
    """Each key as one author wrote it, the later where they wrote several; the shown version where they wrote none."""
    authors = authors_of(record)
    if not (number.isascii() and number.isdigit() and len(number) < 4 and int(number) < len(authors)):
        return {}
    author = authors[int(number)]
    found = {}
    for key, versions in record.conflicts.items():
        own = [version for version in versions if (version.author, version.origin) == author]
        found[key] = next((version for version in own if version.shown), None) or max(
            own or [version for version in versions if version.shown], key=lambda version: version.when.utc_ms
        )
    return found


def put(values: filled_form.Document, record_type: RecordType, key: str, value: Any) -> None:
    """Set the value a merge key has in one version: a field, or all fields of its group."""
    steps = key.split(".")
    part = record_type.parts.get(steps[0])
    name, before = (steps[2], ".".join(steps[:2]) + ".") if part and len(steps) > 2 else (steps[0], "")
    if part and len(steps) == 2:
        raise Refusal(409, _("This conflict cannot be resolved here. Change the entry itself."))
    level: Mapping[str, Any] = (part or record_type).fields
    group = [field for field in level.values() if field.group == name]
    if group:
        for field in group:
            held = value.get(field.name) if isinstance(value, Mapping) else None
            filled_form.put(values, before + field.name, held)
    else:
        filled_form.put(values, key, value)
