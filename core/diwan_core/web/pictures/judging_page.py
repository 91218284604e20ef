"""Pictures of which nobody has judged yet whether a person can be recognised, and whether something that names somebody
can be read. Only what was judged is in the gallery, and only that may leave."""

from collections.abc import Iterator
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.register import Edit, Record
from diwan_core.register.search.gallery import not_judged, not_judged_count
from diwan_core.web.kinds.attachment import KIND as PICTURE
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _
from diwan_core.web.pictures.picture_intake import JUDGED
from diwan_core.web.pictures.picture_pages import SEEN, SEEN_LONGEST
from diwan_core.web.pictures.pictures_of_record import as_picture

blueprint = Blueprint("judging", __name__)
AT_ONCE: Final = 12
JUDGEMENTS: Final = ("person_shown", "text_shown")


@blueprint.get("/gallery/judge")
@may(Action.ADD_PICTURES, shows="record.list")
def page() -> str:
    """The next pictures to judge."""
    records = [found for record in not_judged(register().store, AT_ONCE) if (found := register().get(record))]
    fields = PICTURE.record_type.fields
    return render_template(
        "pictures/judging.html",
        pictures=[(record, picture) for record in records if (picture := as_picture(record)) is not None],
        judgements=[(name, _(fields[name].label)) for name in JUDGEMENTS],
        count=not_judged_count(register().store),
        seen=SEEN,
    )


@blueprint.post("/gallery/judge")
@may(Action.ADD_PICTURES, shows="record.list")
def judge() -> Response:
    """Save what was judged; what was left open stays open."""
    edits = list(_edits())
    with console().writing() as reg:
        for edit in edits:
            reg.save([edit], author=signed_in_person().name, role=signed_in_person().role)
    return redirect(url_for("judging.page", done="saved" if edits else "unchanged"), 303)


def _edits() -> Iterator[Edit]:
    """One change for each picture of which something was judged."""
    ids = [name.partition(".")[2] for name in request.form if name.startswith(f"{SEEN}.")]
    for record_id in ids[:AT_ONCE]:
        record = register().get(record_id)
        seen = request.form.get(f"{SEEN}.{record_id}", "")
        if record is None or record.type != PICTURE.type or not seen or len(seen) > SEEN_LONGEST:
            continue
        judged = _judged(record)
        if judged:
            yield Edit(PICTURE.type, judged, record=record_id, seen=seen)


def _judged(record: Record) -> dict[str, Any]:
    sent = {name: request.form.get(f"{name}.{record.id}", "") for name in JUDGEMENTS}
    return {
        name: value
        for name, value in sent.items()
        if value in JUDGED and (value != record.values.get(name) or name in record.conflicts)
    }
