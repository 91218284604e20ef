"""The page on which a person releases the texts of a record, each for exactly the content that was shown."""

from typing import Any, Final

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_core.dictionary import DICTIONARY
from diwan_core.leaving.agreed import UNDER
from diwan_core.leaving.released import PART, digest_of, releases_of
from diwan_core.register import Edit, Record, Refused
from diwan_core.web.forms.part_ids import part_id
from diwan_core.web.kinds.registry import KINDS
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, looked, shown_view
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.trusted_moment import now_text
from diwan_core.web.language.i18n import N_, _, said
from diwan_core.web.records.find_record import the_record
from diwan_core.web.release.gated_texts import gated_texts, text_at
from diwan_core.web.release.under_agreements import UnderAgreement, content_under, under_agreements

blueprint = Blueprint("release", __name__)
WHY: Final = {
    "party": N_("name of a party of this record"),
    "identifier": N_("looks like a plate, a container, a telephone or an address"),
    "number": N_("long number"),
    "title": N_("beside a title or a word of kinship"),
    "capital": N_("word with a capital letter"),
}


def has_releases(type_name: str) -> bool:
    """Whether texts of records of this type can be released."""
    return PART in DICTIONARY.type(type_name).parts


@blueprint.get("/records/<record_id>/release")
@may(Action.RELEASE, shows="record.texts")
def page(record_id: str) -> str:
    """The texts of a record that leave only when they were released."""
    return _page(_releasable(record_id))


def _releasable(record_id: str) -> Record:
    record = the_record(record_id)
    if not has_releases(record.type):
        raise Refusal(404, _("Texts of records of this type cannot be released."))
    return record


def _under(record: Record) -> list[UnderAgreement]:
    """What the record would give under agreements, for a person who may see it; whose files it shows is logged."""
    if not signed_in_person().may(Action.EXPORT_NOMINAL):
        return []
    found = under_agreements(DICTIONARY.type(record.type), record)
    for person in {person for one in found for person in one.persons}:
        looked("record.shown", record=person, view=shown_view())
    return found


def _page(record: Record, problem: str = "") -> str:
    return render_template(
        "release/release.html",
        record=record,
        title=KINDS[record.type].title_of(record) if record.type in KINDS else record.id,
        texts=gated_texts(DICTIONARY.type(record.type), record),
        agreements=_under(record),
        why=WHY,
        problem=problem,
    )


@blueprint.post("/records/<record_id>/release")
@may(Action.RELEASE, shows="record.texts")
def release(record_id: str) -> Response | tuple[str, int]:
    """Release one text as it was shown, or take its release back."""
    record = _releasable(record_id)
    path, digest = request.form.get("path", ""), request.form.get("digest", "")
    under, withdrawn = path.startswith(UNDER), "withdraw" in request.form
    if under:
        if not signed_in_person().may(Action.EXPORT_NOMINAL):
            raise Refusal(403, _("Your account may not export personal data."))
        text = content_under(DICTIONARY.type(record.type), record, path)
    else:
        text = text_at(DICTIONARY.type(record.type), record, path)
    if not (under and withdrawn) and (text is None or digest_of(text) != digest):
        return _page(record, _("What you read was changed in the meantime. Read it again before you release it.")), 409
    if withdrawn:
        held: dict[str, Any] = {key: None for key, _release in releases_of(record.values, path)}
    else:
        held = {part_id(): {"path": path, "digest": digest, "by": signed_in_person().name, "at": now_text()}}
    if not held:
        return redirect(url_for("release.page", record_id=record.id, done="unchanged"), 303)
    try:
        with console().writing() as reg:
            edit = Edit(record.type, {PART: held}, record=record.id, seen=record.heads)
            reg.save([edit], author=signed_in_person().name, role=signed_in_person().role)
    except Refused as refused:
        return _page(record, " ".join(said(problem) for problem in refused.problems)), 422
    return redirect(url_for("release.page", record_id=record.id, done="saved"), 303)
