"""Rows that a person chose in a list, and what can be done with them together."""

from dataclasses import dataclass

from flask import request, url_for

from diwan_core.web.kinds.kind import RecordKind
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.template_context import may
from diwan_core.web.language.i18n import _
from diwan_core.web.records.filtering import ONLY_MOST
from diwan_core.web.records.find_record import UUID


@dataclass(frozen=True)
class BulkAction:
    """A button below a list: where it sends the chosen rows."""

    label: str
    url: str
    value: str


def bulk_actions(kind: RecordKind) -> list[BulkAction]:
    """What this person may do with several records of a type at once."""
    here = url_for(f"{kind.type}.selected")
    found = []
    if kind.checked and may("bulk_checks.ask"):
        found.append(BulkAction(_("Validate"), url_for("bulk_checks.ask"), "validate"))
    if kind.gathered_by and may("bulk_gathering.ask"):
        what = _(kind.field(kind.gathered_by).label)
        found.append(BulkAction(_("Add to: {what}", what=what), url_for("bulk_gathering.ask"), "add"))
    if may(f"export_{kind.type}.ask"):
        found.append(BulkAction(_("Export"), here, "export"))
    return [*found, BulkAction(_("Show these only"), here, "show")] if found else []


def chosen_ids() -> tuple[str, ...]:
    """The ids of the rows that were chosen; a refusal where none was, or too many."""
    ids = tuple(dict.fromkeys(id for id in request.form.getlist("id") if UUID.match(id)))
    if not ids:
        raise Refusal(422, _("Select one or more rows first."))
    if len(ids) > ONLY_MOST:
        raise Refusal(422, _("Select {count} rows at most.", count=ONLY_MOST))
    return ids
