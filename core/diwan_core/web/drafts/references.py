"""References in forms: what they lead to, and whether they lead anywhere."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from flask import url_for

from diwan_core.dictionary import Field, Problem, RecordType
from diwan_core.web.drafts.form_state import Working, of_draft
from diwan_core.web.drafts.links import link_to
from diwan_core.web.forms.filled_form import Entry, Form, without_ids
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import console, register
from diwan_core.web.language.i18n import N_
from diwan_core.web.records.candidates import found_by
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.links import Link, shows

SOUGHT: Final = "find:"
"""Before the path of a reference: the control in which one types what is looked for."""
NOT_HERE: Final = N_("The linked record is not here. Look it up again, or remove the link.")
NOT_CHOSEN: Final = N_("Choose a record with the button beside the box, or empty the box.")


@dataclass(frozen=True)
class Reference:
    """A reference as a form shows it: what it leads to, what was typed to find it, where a script asks."""

    link: Link | None
    sought: str
    find: str
    makes: bool
    """Whether a new record can be made for it."""
    words: str
    """What it can be found by."""


def references_of(form: Form, typed: Mapping[str, str], sought: Mapping[str, str]) -> dict[str, Reference]:
    """The references of a form, by path. `sought` is what came with the request."""
    kind = form.record_type.name
    return {
        entry.path: Reference(
            link_to(typed[entry.path]) if typed.get(entry.path) else None,
            sought.get(SOUGHT + entry.path, "")[:200],
            url_for("picking.find", kind=kind, field=without_ids(entry.path)),
            bool(made_for(entry.field.targets)),
            found_by(entry.field.targets),
        )
        for entry in links_in(form)
    }


def links_in(form: Form) -> list[Entry]:
    """The entries of a form that are references."""
    return [entry for entry in form.entries if entry.field.kind == "reference"]


def field_at(record_type: RecordType, dotted: str) -> Field | None:
    """The reference field called "operation" or "party.subject"."""
    part, _dot, name = dotted.rpartition(".")
    if part and part not in record_type.parts:
        return None
    field = (record_type.parts[part].fields if part else record_type.fields).get(name)
    return field if field is not None and field.kind == "reference" else None


def made_for(targets: Iterable[str]) -> list[str]:
    """The types of record that a reference can lead to and that can be made on the way; a case is not one."""
    return [name for name in targets if kind_of(name).made_on_the_way]


def reference_problems(working: Working) -> list[Problem]:
    """References that were changed and lead nowhere, or to a record of another type."""
    return problems_in(
        working.filled.form, working.filled.typed, working.draft.base, working.draft.subject, working.draft.owner
    )


def problems_in(
    form: Form, typed: Mapping[str, str], base: Mapping[str, str], subject: str, owner: str
) -> list[Problem]:
    """The problems of references in any form; `subject` is the record itself, which cannot be linked to."""
    found = []
    for entry in links_in(form):
        id = typed.get(entry.path, "").strip()
        if id and id != base.get(entry.path) and not _leads(entry.field, id, subject, owner):
            found.append(Problem(entry.path, "rule", NOT_HERE))
    return found


def _leads(field: Field, id: str, subject: str, owner: str) -> bool:
    if not UUID.match(id) or id == subject:
        return False
    type_name = register().type_of(id)
    if type_name is not None:
        return type_name in field.targets and shows(type_name)
    along = console().drafts.get(id, owner)
    return along is not None and along.type in field.targets and along.state == "kept"


def not_chosen(form: Form, typed: Mapping[str, str], sought: Mapping[str, str]) -> list[str]:
    """Paths of references for which somebody typed a name and chose no record."""
    paths = [entry.path for entry in links_in(form)]
    return [path for path in paths if sought.get(SOUGHT + path, "").strip() and not typed.get(path, "").strip()]


def sent_along(working: Working) -> list[Working]:
    """The drafts kept to be sent with this one: those its references lead to, and theirs in turn, the deepest first."""
    found: dict[str, Working] = {}
    _gather(working, found, {working.draft.id})
    return list(found.values())


def _gather(working: Working, found: dict[str, Working], seen: set[str]) -> None:
    for entry in links_in(working.filled.form):
        id = working.draft.typed.get(entry.path, "")
        if id in seen or not UUID.match(id):
            continue
        seen.add(id)
        along = console().drafts.get(id, working.draft.owner)
        if along is not None and along.state == "kept":
            linked = of_draft(along)
            _gather(linked, found, seen)
            found[id] = linked


def beside(path: str, typed: Mapping[str, str]) -> dict[str, str]:
    """What a form already says about the record that a reference is to lead to: the texts in the same part."""
    before, _dot, name = path.rpartition(".")
    if not before:
        return {"name": typed.get(f"{name}_name", "")}  # "owner" and "owner_name"
    start = before + "."
    return {other[len(start) :]: text for other, text in typed.items() if other.startswith(start)}


def said_of(path: str, typed: Mapping[str, str]) -> str:
    """The text to search for first where nothing was typed."""
    said = beside(path, typed)
    return next((said[name].strip() for name in _CALLED if said.get(name, "").strip()), "")


#: What a part calls what it refers to, the best first.
_CALLED: Final = ("name", "plate", "container_number", "vessel_name", "flight_voyage", "identifier")
