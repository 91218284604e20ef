"""References in forms: what they lead to, whether it exists, and the search for records to link to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from flask import url_for

from diwan_core.dictionary import DICTIONARY, Field, Problem, RecordType
from diwan_core.register import Record
from diwan_core.register.drafts import Draft
from diwan_core.register.search.lists import BORN
from diwan_core.web.drafts.form_state import Working, of_draft
from diwan_core.web.forms.filled_form import Entry, Form, without_ids
from diwan_core.web.kit.console import console, looked, register
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.birth_search import born_between
from diwan_core.web.records.display import Shown, show, show_date
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.kinds import KINDS, kind_of
from diwan_core.web.records.links import Link, link_of, link_to, shows
from diwan_core.web.records.listing import told_apart

MOST_FOUND: Final = 25
SOUGHT: Final = "find:"
"""Before the path of a reference: the control in which one types what is looked for."""
NOT_HERE: Final = N_("This does not lead to a record here. Look it up again, or remove the link.")
NOT_CHOSEN: Final = N_("Choose the record that is meant: press the button beside it, or empty the box.")


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


@dataclass(frozen=True)
class Candidate:
    """A record somebody may mean; `facts` tell it from its namesakes."""

    link: Link
    facts: tuple[str, ...]
    picture: str = ""
    """The id of the attachment to show a small copy of."""


def title_of(draft: Draft) -> str:
    """What a draft is called in lists."""
    return kind_of(draft.type).title_from(of_draft(draft).filled.document)


def telling_of(draft: Draft) -> tuple[Shown, ...]:
    """What tells a draft apart from others of its day."""
    if draft.type != "case" or draft.record:
        return ()
    return told_apart(kind_of(draft.type), of_draft(draft).filled.document)


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


def found_by(targets: Iterable[str]) -> str:
    """What records of these types are found by, as an empty box says it."""
    return _(_FOUND_BY.get(" ".join(targets), "") or N_("name, plate or number"))


#: Where that is not a name, a plate or a number.
_FOUND_BY: Final = {"attachment": N_("words of its caption"), "operation": N_("words of its name")}


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
    """What a reference can lead to that is made on the way; a case is not."""
    return [kind for kind in targets if kind in KINDS and kind != "case"]


def reference_problems(working: Working) -> list[Problem]:
    """References that were changed and lead nowhere, or to a record of another type."""
    return problems_in(
        working.filled.form, working.filled.typed, working.draft.base, working.draft.subject, working.draft.owner
    )


def problems_in(
    form: Form, typed: Mapping[str, str], base: Mapping[str, str], subject: str, owner: str
) -> list[Problem]:
    """The same for any form; `subject` is the record itself, which cannot be linked to."""
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


def sent_along(draft: Draft) -> list[Draft]:
    """The drafts kept to be sent with this one: those its references lead to, and theirs in turn, the deepest first."""
    found: dict[str, Draft] = {}
    _gather(draft, found, {draft.id})
    return list(found.values())


def _gather(draft: Draft, found: dict[str, Draft], seen: set[str]) -> None:
    for entry in of_draft(draft).filled.form.entries:
        id = draft.typed.get(entry.path, "")
        if entry.field.kind != "reference" or id in seen or not UUID.match(id):
            continue
        seen.add(id)
        along = console().drafts.get(id, draft.owner)
        if along is not None and along.state == "kept":
            _gather(along, found, seen)
            found[id] = along


def beside(path: str, typed: Mapping[str, str]) -> dict[str, str]:
    """What a form says already of the record a reference is to lead to: the texts that stand in the same part."""
    before, _dot, name = path.rpartition(".")
    if not before:
        return {"name": typed.get(f"{name}_name", "")}  # "owner" and "owner_name"
    start = before + "."
    return {other[len(start) :]: text for other, text in typed.items() if other.startswith(start)}


def said_of(path: str, typed: Mapping[str, str]) -> str:
    """What to look for first where nothing was typed to look for."""
    said = beside(path, typed)
    return next((said[name].strip() for name in _CALLED if said.get(name, "").strip()), "")


#: What a part calls what it refers to, the best first.
_CALLED: Final = ("name", "plate", "container_number", "vessel_name", "flight_voyage", "identifier")


def candidates(
    targets: Iterable[str], text: str, *, of: str = "", most: int = MOST_FOUND, born: str = ""
) -> list[Candidate]:
    """Records of these types that fit a name, a plate, a number, and of people when they were born; without a text the
    latest ones, first of all what belongs to the record `of`."""
    types = [kind for kind in targets if shows(kind)]
    reg = register()
    span = born_between(born)
    if span is not None:
        looked("list.searched_by_birth", types=",".join(types), words=text.strip(), born=born.strip())
        among = reg.found(text) if text.strip() else None
        rows = [row for kind in types for row in reg.page(kind, {BORN: span}, "-updated", limit=most, among=among).rows]
    elif text.strip():
        looked("list.searched", types=",".join(types), words=text)
        rows = reg.search_identifier(text, types=types, limit=most)
        rows += reg.search(text, types=types, limit=most)
    else:
        rows = [row for kind in types if of and kind == "attachment" for row in reg.find(kind, {"subject": of})]
        rows += [row for kind in types for row in reg.find(kind, order="-updated", limit=10)]
    ids = list(dict.fromkeys(row.id for row in rows))[:most]
    records = [record for record in (reg.get(id) for id in ids) if record is not None]
    return [Candidate(link_of(record), telling(record), _picture(record)) for record in records]


def to_link(targets: Iterable[str], text: str, subject: str, *, most: int = MOST_FOUND) -> list[Candidate]:
    """Candidates a reference of `subject` may be led to: none that was withdrawn or erased, nor itself."""
    found = candidates(targets, text, of=subject, most=most)
    return [candidate for candidate in found if candidate.link.state == "here" and candidate.link.id != subject]


#: What tells one of a type from its namesakes, in order.
_TELLING: Final[dict[str, tuple[str, ...]]] = {
    "person": ("birth_date", "birth_place", "nationalities", "latin_name"),
    "company": ("registration_number", "tax_number", "country", "latin_name"),
    "conveyance": ("kind", "plate_country", "make", "model", "colour", "vessel_name", "container_number", "flag"),
    "case": ("date", "office", "type", "direction"),
    "operation": ("state", "starts", "ends"),
    "attachment": ("kind", "media_type"),
}


_PRECISION: Final = {"birth_date": "birth_precision", "date": "date_precision"}
"""The fields that say how much of a date is known."""


def _known_of(record: Record, name: str, day: str) -> str:
    """A date with no more than what is known of it: of a year alone the year, of a range both its ends."""
    field, held = DICTIONARY.type(record.type).fields[name], record.values
    first, *more = show_date(field, day, held.get(f"{name}_to"), held.get(_PRECISION[name]))
    return f"{first.text} ({more[0].text})" if more else first.text


def telling(record: Record) -> tuple[str, ...]:
    """What a person tells it by from its namesakes, in a few words."""
    declared = DICTIONARY.type(record.type)
    found = []
    for name in _TELLING.get(record.type, ()):
        value = record.values.get(name)
        if isinstance(value, str) and name in _PRECISION:
            found.append(_known_of(record, name, value))
            continue
        for scalar in value.values() if isinstance(value, Mapping) else [value]:
            if scalar is not None:
                found.append(show(declared.fields[name], scalar).text)
    if record.type == "person":
        numbers = [part.get("number") for part in (record.values.get("document") or {}).values()]
        found += [str(number) for number in numbers if number]
    title = kind_of(record.type).title_of(record)
    return tuple(fact for fact in found if fact != title)[:5]


def _picture(record: Record) -> str:
    return (
        record.id if record.type == "attachment" and str(record.values.get("media_type")).startswith("image/") else ""
    )
