"""What is told to a person of whom records are held: which records, and what of each, by construction and not by taking
away.

Of a record of the person: everything but free text, officers, and what leads to others. Of other records: what may
leave without personal data (`leaving`), or only codes, numbers and days that identify nobody; and the parts that are
the person's. A text stays black until the reviewer has released exactly this content for this report."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal, NamedTuple

from diwan_core.dictionary import DICTIONARY, Field, Part
from diwan_core.intake.run.known_codes import known_codes
from diwan_core.leaving import TEMPLATES, Known, leaving_value
from diwan_core.leaving.coarsen import coarsen
from diwan_core.leaving.released import digest_of
from diwan_core.register import Record, Register
from diwan_core.register.erasure.erase import attachments_of

from diwan_central.days import day_of

MOST: Final = 2_000
"""Records of one report; where there are more, it says so."""
SUBJECTS: Final = frozenset({"person"})
"""Types whose records are of one person alone."""
_PLAIN: Final = frozenset({"code", "date", "boolean", "integer", "decimal"})
_NOT_TOLD: Final = frozenset({"sha256", "position"})
_PAGE: Final = 200

Relation = Literal["person", "link", "chosen"]
ValueState = Literal["shown", "reduced", "black", "other", "officer"]


class Chosen(NamedTuple):
    """What the reviewer has chosen: records that are the person, others that name the person, parts of records that are
    the person's ("record/part/key/digest" of what it held then, or "record/part/key" in a report made at once), and
    texts released for this report ("record/path/digest")."""

    persons: tuple[str, ...] = ()
    naming: tuple[str, ...] = ()
    mine: frozenset[str] = frozenset()
    released: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Told:
    """One value of a report. `value` is None where it is not told: `black`, a text nobody has released; `other`, a
    record of somebody else; `officer`, somebody of the administration. `origin` is the node that wrote it, on `day`;
    `number` counts the parts of its name in the record."""

    path: str
    field: Field
    part: Part | None
    value: object
    state: ValueState
    day: str
    origin: str
    letters: int = 0
    number: int = 0


class BlackText(NamedTuple):
    """A text that the reviewer may release, for the reviewer alone."""

    token: str
    field: Field
    part: Part | None
    text: str
    released: bool


class OtherPart(NamedTuple):
    """A part of a record that names somebody, for the reviewer alone, who may say that it is the person."""

    token: str
    part: Part
    name: str
    mine: bool


@dataclass(slots=True)
class ToldRecord:
    """What is told of one record. `left_out` are parts of other persons; `halves` those that were erased. `texts` and
    `parts` are for the reviewer, and empty in what is given to the person."""

    id: str
    type: str
    relation: Relation
    day: str
    origin: str
    halves: int
    values: list[Told] = field(default_factory=list)
    left_out: int = 0
    contested: bool = False
    texts: list[BlackText] = field(default_factory=list)
    parts: list[OtherPart] = field(default_factory=list)


@dataclass(slots=True)
class Compiled:
    """A report: what is told, and what is held back, with the reason; more records than MOST are not read."""

    records: list[ToldRecord]
    held_back: list[tuple[str, str, str]]
    """(record, type, law), for the reviewer alone."""
    is_cut: bool


def compile_report(register: Register, chosen: Chosen, held: Mapping[str, str], *, review: bool = False) -> Compiled:
    """Everything that is told to a person; with `review` also the texts and parts that the reviewer decides about.
    `held` are the types, and fields of types ("person.marks"), that a law lets the administration keep to itself, with
    the law."""
    related, is_cut = _related(register, chosen)
    compiled, known = Compiled([], [], is_cut), known_codes(register)
    for id, relation in related.items():
        type = register.type_of(id)
        if type is None:
            continue
        if type in held:
            compiled.held_back.append((id, type, held[type]))
            continue
        record = register.get(id)
        if record is not None:
            teller = _Teller(register, record, relation, chosen, known, held, review)
            compiled.records.append(teller.told())
            compiled.held_back += [(id, f"{type}.{name}", held[f"{type}.{name}"]) for name in sorted(teller.held_back)]
    return compiled


def _related(register: Register, chosen: Chosen) -> tuple[dict[str, Relation], bool]:
    """The records of a report in order: the person's, those that name them by a link, their pictures, those chosen."""
    found: dict[str, Relation] = dict.fromkeys(chosen.persons, "person")
    for person in chosen.persons:
        place = None
        while len(found) <= MOST:
            page = register.named_in(person, limit=_PAGE, after=place)
            for row in page.rows:
                found.setdefault(row.id, "link")
            place = page.last
            if place is None:
                break
        with register.store.read() as transaction:
            for attachment, _name in attachments_of(transaction, person):
                found.setdefault(attachment, "link")
    for one in chosen.naming:
        found.setdefault(one, "chosen")
    return dict([*found.items()][:MOST]), len(found) > MOST


class _Teller:
    """Goes through one record and decides about each value."""

    def __init__(
        self, register: Register, record: Record, relation: Relation, chosen: Chosen, known: Known,
        held: Mapping[str, str], review: bool,
    ) -> None:  # fmt: skip
        self._record, self._chosen, self._known, self._held, self._review = record, chosen, known, held, review
        self._declared = DICTIONARY.type(record.type)
        erased = register.erased(record.id)
        self._told = ToldRecord(
            record.id, record.type, relation, day_of(record.created.utc_ms), record.origin, erased[0] if erased else 0
        )
        self._told.contested = bool(record.conflicts)
        self._sources = _sources(register, record)
        self._is_own = relation == "person" and record.type in SUBJECTS
        self._number = 0
        self.held_back: set[str] = set()
        """Fields of the record that a law lets the administration keep to itself."""

    def told(self) -> ToldRecord:
        """The record as it is told."""
        for item in self._declared.fields.values():
            self._field(item, None, item.name, self._record.values, self._is_own)
        for part in self._declared.parts.values():
            self._part(part)
        return self._told

    def _part(self, part: Part) -> None:
        held = self._record.values.get(part.name)
        names_others = _names_people(part)
        elements = sorted(held.items(), key=_in_order) if isinstance(held, Mapping) else []
        for number, (key, element) in enumerate(elements, 1):
            if not isinstance(element, Mapping):
                continue
            self._number = number
            is_mine = self._is_own or self._is_mine(part, key, element)
            if names_others and not self._is_own:
                self._offer(part, key, element, mine=is_mine)
            if names_others and not is_mine:
                self._told.left_out += 1
                continue
            for item in part.fields.values():
                self._field(item, part, f"{part.name}.{key}.{item.name}", element, is_mine)

    def _is_mine(self, part: Part, key: str, element: Mapping[str, Any]) -> bool:
        place = f"{self._record.id}/{part.name}/{key}"
        if not self._chosen.mine.isdisjoint((place, f"{place}/{_digest_of_part(element)}")):
            return True
        links = [element.get(item.name) for item in part.fields.values() if item.kind == "reference"]
        return any(link in self._chosen.persons for link in links if isinstance(link, str))

    def _offer(self, part: Part, key: str, element: Mapping[str, Any], *, mine: bool) -> None:
        if self._review:
            names = [element.get(item.name) for item in part.fields.values() if item.is_name]
            name = next((one for one in names if isinstance(one, str)), "")
            token = f"{self._record.id}/{part.name}/{key}/{_digest_of_part(element)}"
            self._told.parts.append(OtherPart(token, part, name, mine))

    def _field(self, item: Field, part: Part | None, path: str, level: Mapping[str, Any], is_mine: bool) -> None:
        """Tell one field; `level` are the values beside it, of the record or of its part."""
        if item.kind in _NOT_TOLD or level.get(item.name) is None:
            return
        column = f"{part.name}.{item.name}" if part else item.name
        if f"{self._record.type}.{column}" in self._held:
            self.held_back.add(column)
            return
        for key, value in _scalars(item, level.get(item.name)):
            where = f"{path}.{key}" if key else path
            if item.identifies == "officer":
                self._add(where, item, part, None, "officer")
            elif item.kind == "reference":
                is_person = value in self._chosen.persons
                self._add(where, item, part, "" if is_person else None, "shown" if is_person else "other")
            elif is_mine and _is_own_by_kind(item):
                self._add(where, item, part, value, "shown")
            elif (left := self._leaving(item, where, value, level)) is not None:
                self._add(where, item, part, left, "shown" if left == value else "reduced")
            elif item.kind in ("text", "longtext") or item.open_list:
                self._text(where, item, part, str(value))

    def _leaving(self, item: Field, path: str, value: object, level: Mapping[str, Any]) -> object:
        """What may be told of a value of a record that is not the person's; None for nothing."""
        if item.leaves == "gated" or item.kind == "longtext":
            return None  # also where it was released for others: nobody thought of this person then
        if item.leaves == "coarsened" and item.kind == "text":
            return coarsen(item, value, level, self._record.values, self._known)
        if self._record.type in TEMPLATES:
            return leaving_value(self._declared, self._record.values, path, self._known)
        is_plain = item.kind in _PLAIN and not item.open_list and item.identifies == "nobody"
        return value if is_plain else None

    def _text(self, path: str, item: Field, part: Part | None, text: str) -> None:
        token = f"{self._record.id}/{path}/{digest_of(text)}"
        is_released = token in self._chosen.released
        if is_released:
            self._add(path, item, part, text, "shown")
        else:
            self._add(path, item, part, None, "black", len(text))
        if self._review:
            self._told.texts.append(BlackText(token, item, part, text, is_released))

    def _add(
        self, path: str, item: Field, part: Part | None, value: object, state: ValueState, letters: int = 0
    ) -> None:
        day, origin = self._sources.get(path, (self._told.day, self._told.origin))
        number = self._number if part else 0
        self._told.values.append(Told(path, item, part, value, state, day, origin, letters, number))


def _is_own_by_kind(item: Field) -> bool:
    """Whether a value in a record, or part, of the person is the person's by what it is: a name or number of theirs, or
    no text at all."""
    if item.kind == "text":
        return item.is_name or bool(item.identifier) or item.check == "mrz"
    return item.kind != "longtext" and not item.open_list


def _digest_of_part(element: Mapping[str, Any]) -> str:
    return digest_of(json.dumps(element, ensure_ascii=False, sort_keys=True))


def _in_order(element: tuple[str, object]) -> tuple[int, str]:
    return len(element[0]), element[0]


def _names_people(part: Part) -> bool:
    """Whether an element of a part can be about a person other than the record's."""
    return any(
        item.is_name or (item.kind == "reference" and not SUBJECTS.isdisjoint(item.targets))
        for item in part.fields.values()
    )


def _scalars(item: Field, held: object) -> Iterator[tuple[str, Any]]:
    if item.repeated and isinstance(held, Mapping):
        yield from ((key, value) for key, value in held.items() if value is not None)
    elif held is not None and not isinstance(held, Mapping):
        yield "", held


def _sources(register: Register, record: Record) -> dict[str, tuple[str, str]]:
    """By path, when and at which node its present value was written."""
    found: dict[str, tuple[str, str]] = {}
    for entry in register.history(record.id):
        for path in entry.changes:
            found[path] = (day_of(entry.when.utc_ms), entry.origin)
    return found
