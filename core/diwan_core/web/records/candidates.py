"""Finds the record that somebody means: by a name, a plate, a number, or a date of birth."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.register import Record
from diwan_core.register.search.list_query import BORN
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import looked, register
from diwan_core.web.language.i18n import N_, _
from diwan_core.web.records.birth_search import born_between
from diwan_core.web.records.display import show, show_date
from diwan_core.web.records.links import Link, link_of, shows
from diwan_core.web.records.readable import reads

MOST_FOUND: Final = 25
_FACTS: Final = 5
_PRECISION: Final = {"birth_date": "birth_precision", "date": "date_precision"}
"""The fields that say how much of a date is known."""


@dataclass(frozen=True)
class Candidate:
    """A record that somebody may mean; `facts` tell it from its namesakes."""

    link: Link
    facts: tuple[str, ...]
    picture: str = ""
    """The id of the attachment to show a small copy of."""


def found_by(targets: Iterable[str]) -> str:
    """The hint in an empty box: by what records of these types are found."""
    words = {kind_of(type_name).found_by for type_name in targets}
    return _(words.pop()) if len(words) == 1 else _(N_("name, plate or number"))


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
        holders = [(kind, kind_of(kind).belongs_to) for kind in types if of]
        rows = [row for kind, holder in holders if holder for row in reg.find(kind, {holder: of})]
        rows += [row for kind in types for row in reg.find(kind, order="-updated", limit=10)]
    ids = list(dict.fromkeys(row.id for row in rows))[:most]
    records = [record for record in (reg.get(id) for id in ids) if record is not None and reads(record)]
    return [Candidate(link_of(record), telling(record), _picture(record)) for record in records]


def to_link(targets: Iterable[str], text: str, subject: str, *, most: int = MOST_FOUND) -> list[Candidate]:
    """Candidates a reference of `subject` may be led to: none that was withdrawn or erased, nor itself."""
    found = candidates(targets, text, of=subject, most=most)
    return [candidate for candidate in found if candidate.link.state == "here" and candidate.link.id != subject]


def telling(record: Record) -> tuple[str, ...]:
    """What a person tells it by from its namesakes, in a few words."""
    kind = kind_of(record.type)
    title = kind.title_of(record)
    return tuple(fact for name in kind.telling for fact in _facts(record, name) if fact != title)[:_FACTS]


def _facts(record: Record, name: str) -> Iterator[str]:
    declared = DICTIONARY.type(record.type)
    part, _dot, inner = name.rpartition(".")
    if part:
        held = [entry.get(inner) for entry in (record.values.get(part) or {}).values()]
        yield from (show(declared.parts[part].fields[inner], value).text for value in held if value is not None)
        return
    value = record.values.get(name)
    if isinstance(value, str) and name in _PRECISION:
        yield _known_of(record, name, value)
        return
    for scalar in value.values() if isinstance(value, Mapping) else [value]:
        if scalar is not None:
            yield show(declared.fields[name], scalar).text


def _known_of(record: Record, name: str, day: str) -> str:
    """A date with no more than what is known of it: of a year alone the year, of a range both its ends."""
    field, held = DICTIONARY.type(record.type).fields[name], record.values
    first, *more = show_date(field, day, held.get(f"{name}_to"), held.get(_PRECISION[name]))
    return f"{first.text} ({more[0].text})" if more else first.text


def _picture(record: Record) -> str:
    media_type = record.values.get(kind_of(record.type).image_type)
    return record.id if str(media_type).startswith("image/") else ""
