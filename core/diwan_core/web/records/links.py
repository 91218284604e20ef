"""What a reference leads to, in words that this person may read: a record's title, or why there is none."""

from dataclasses import dataclass, replace
from typing import Final, Literal

from flask import g, url_for

from diwan_core.register import Record
from diwan_core.web.kinds.registry import kind_of, one_of
from diwan_core.web.kit.console import register
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.template_context import may
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.find_record import UUID
from diwan_core.web.records.readable import reads, reads_id

State = Literal["here", "draft", "withdrawn", "erased", "unknown", "closed"]
BOTH: Final = 3
"""Halves of a record the law erased: all of it."""
#: What a page says in place of a title, by state.
WORDS: Final[dict[State, str]] = {
    "erased": N_("erased under the law"),
    "unknown": N_("not known at this machine"),
    "closed": N_("not shown to your role"),
}


@dataclass(frozen=True)
class Link:
    """The target of a reference: `url` is "" where there is no page, `words` say what keeps it from being an ordinary
    record. A draft is one of this person's own, not sent yet."""

    id: str
    label: str
    kind: str
    state: State = "here"
    url: str = ""
    words: str = ""

    @property
    def draft(self) -> bool:
        return self.state == "draft"


def shows(type_name: str) -> bool:
    """Whether this console has a page for records of a type and this person may open all of them: who may, may read
    titles."""
    return may(f"{type_name}.page") and signed_in_person().may(Action.READ_RECORDS, type_name)


def link_to(id: str) -> Link:
    """The target of an id, for this person; asked once a request."""
    known: dict[str, Link] = g.setdefault("links", {})
    if id not in known:
        known[id] = _link_to(id)
    return known[id]


def _link_to(id: str) -> Link:
    type_name = register().type_of(id) if UUID.match(id) else None
    if type_name is None:
        return Link(id, "", "", "unknown", words=_(WORDS["unknown"]))
    closed = Link(id, "", "", "closed", words=_(WORDS["closed"]))
    if not may(f"{type_name}.page") or not reads_id(id):
        return closed
    record = register().get(id)
    if record is not None and not reads(record):
        return closed
    return link_of(record) if record is not None else Link(id, "", "", "unknown", words=_(WORDS["unknown"]))


def link_of(record: Record) -> Link:
    """A link to a record of a type this person may open."""
    kind = kind_of(record.type)
    url = url_for(f"{record.type}.page", record_id=record.id)
    link = Link(record.id, kind.title_of(record), _(one_of(record.type)), url=url)
    nameless = not any(record.values.get(name) for name in kind.named_by)
    if nameless and (found := register().erased(record.id)) and (kind.named_by or found[0] == BOTH):
        return replace(link, label="", state="erased", words=_(WORDS["erased"]))
    if record.values.get("status") == "withdrawn":
        return replace(link, state="withdrawn", words=_("withdrawn"))
    return link
