"""Links from one record to another: what they are called, whether they lead anywhere, and finding what to link to."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from diwan_core.dictionary import DICTIONARY, Field, Problem
from diwan_core.register import Record
from diwan_core.register.drafts import Draft
from diwan_core.web.console import console, register
from diwan_core.web.forms import Form
from diwan_core.web.guard import signed_in_person
from diwan_core.web.i18n import N_, _
from diwan_core.web.kinds import KINDS, ONE
from diwan_core.web.lookup import UUID
from diwan_core.web.shown import show
from diwan_core.web.working import Working, of_draft

MOST_FOUND: Final = 25
NOT_HERE: Final = N_("This leads to no record here. Look it up again, or remove the link.")


@dataclass(frozen=True)
class Link:
    """What a reference leads to: `draft` is set for one that is not sent yet."""

    id: str
    label: str
    kind: str
    draft: bool = False


@dataclass(frozen=True)
class Candidate:
    """A record somebody may mean; `facts` tell it from its namesakes."""

    link: Link
    facts: tuple[str, ...]


def link_to(id: str) -> Link | None:
    """What an id leads to, for this person: a record, or a draft of their own kept to be sent along."""
    if not UUID.match(id):
        return None
    record = register().get(id)
    if record is not None and record.type in KINDS:
        return Link(id, KINDS[record.type].title_of(record), _(ONE[record.type]))
    draft = console().drafts.get(id, signed_in_person().name)
    if draft is not None and not draft.record:
        return Link(id, title_of(draft), _(ONE[draft.type]), draft=True)
    return None


def link_label(id: str) -> str:
    """What a page calls the record a reference leads to; "" where it is not here or has no page."""
    record = register().get(id) if UUID.match(id) else None
    return KINDS[record.type].title_of(record) if record is not None and record.type in KINDS else ""


def title_of(draft: Draft) -> str:
    """What a draft is called in lists."""
    return KINDS[draft.type].title_from(of_draft(draft).filled.document)


def links_of(form: Form, typed: Mapping[str, str]) -> dict[str, Link | None]:
    """The references of a form, by path; None where one is empty or leads nowhere."""
    return {
        entry.path: link_to(typed.get(entry.path, "")) if typed.get(entry.path) else None
        for entry in form.entries
        if entry.field.kind == "reference"
    }


def reference_problems(working: Working) -> list[Problem]:
    """References that were changed and lead nowhere, or to a record of another type."""
    found = []
    for entry in working.filled.form.entries:
        id = working.filled.typed.get(entry.path, "").strip()
        if entry.field.kind != "reference" or not id or id == working.draft.base.get(entry.path):
            continue
        if not _leads(entry.field, id, working.draft):
            found.append(Problem(entry.path, "rule", NOT_HERE))
    return found


def _leads(field: Field, id: str, draft: Draft) -> bool:
    if not UUID.match(id) or id == draft.subject:
        return False
    record = register().get(id)
    if record is not None:
        return record.type in field.targets
    along = console().drafts.get(id, draft.owner)
    return along is not None and along.type in field.targets and along.state == "kept"


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


def candidates(targets: Iterable[str], text: str) -> list[Candidate]:
    """Records of these types that fit a name, a plate, a number; without a text the latest ones."""
    types = [kind for kind in targets if kind in KINDS]
    reg = register()
    if text.strip():
        rows = reg.search_identifier(text, types=types, limit=MOST_FOUND)
        rows += reg.search(text, types=types, limit=MOST_FOUND)
    else:
        rows = [row for kind in types for row in reg.find(kind, order="-updated", limit=10)]
    ids = list(dict.fromkeys(row.id for row in rows))[:MOST_FOUND]
    records = [record for record in (reg.get(id) for id in ids) if record is not None]
    return [Candidate(_link(record), _facts(record)) for record in records]


def _link(record: Record) -> Link:
    return Link(record.id, KINDS[record.type].title_of(record), _(ONE[record.type]))


#: What tells one of a type from its namesakes, in order.
_TELLING: Final[dict[str, tuple[str, ...]]] = {
    "person": ("birth_date", "birth_place", "nationalities", "latin_name"),
    "company": ("registration_number", "tax_number", "country", "latin_name"),
    "conveyance": ("kind", "plate_country", "make", "model", "colour", "vessel_name", "container_number", "flag"),
    "case": ("date", "office", "type", "direction"),
}


def _facts(record: Record) -> tuple[str, ...]:
    declared = DICTIONARY.type(record.type)
    found = []
    for name in _TELLING[record.type]:
        value = record.values.get(name)
        for scalar in value.values() if isinstance(value, Mapping) else [value]:
            if scalar is not None:
                found.append(show(declared.fields[name], scalar).text)
    if record.type == "person":
        numbers = [part.get("number") for part in (record.values.get("document") or {}).values()]
        found += [str(number) for number in numbers if number]
    title = KINDS[record.type].title_of(record)
    return tuple(fact for fact in found if fact != title)[:5]
