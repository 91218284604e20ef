"""A record type: its fields, groups and parts, who may author it, and the questions to ask about its documents."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, Literal

from .field import NAME_SHAPE, Field, FieldGroup, WrongDeclaration
from .problem import Problem

if TYPE_CHECKING:
    from .codelist import CodeList
    from .compiled import Compiled
    from .extract import ReferenceReader

Origin = Literal["post", "central", "gateway"]
Document = dict[str, object]
Member = "Field | FieldGroup | Part"

PART_LIMIT: Final = 500


@dataclass(frozen=True)
class Part:
    """Something a record has several of (goods lines, legs of the route), each with a stable id in the record."""

    name: str
    label: str
    members: "Sequence[Field | FieldGroup]"
    help: str = ""
    limit: int = PART_LIMIT
    fields: Mapping[str, Field] = field(init=False)
    groups: Mapping[str, FieldGroup] = field(init=False)

    def __post_init__(self) -> None:
        if NAME_SHAPE.fullmatch(self.name) is None:
            raise WrongDeclaration(f"part {self.name!r}: its name must be lower_snake")
        fields, groups = _gather(f"part {self.name!r}", self.members)
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "groups", groups)
        nominal = {item.nominal for item in fields.values()}
        for item in fields.values():
            if item.required and item.nominal and nominal == {True, False}:
                raise WrongDeclaration(f"part {self.name!r}: required field {item.name!r} must be in its plain half")

    def group_of(self, name: str) -> str:
        """The key under which a field merges: its group's name, or its own."""
        return self.fields[name].group or name

    @property
    def wholly_nominal(self) -> bool:
        return all(item.nominal for item in self.fields.values())


@dataclass(frozen=True, slots=True)
class ShortField:
    """One entry of the short form: a field, or a field of a part, perhaps only of the part that has a given role."""

    name: str
    part: str = ""
    role: str = ""

    @property
    def path(self) -> str:
        return ".".join(step for step in (self.part, self.role, self.name) if step)


@dataclass(frozen=True, slots=True)
class StatusChange:
    """Which nodes may bring a record into a status; which people of a node may is in `diwan_core.roles`. `before` holds
    the statuses it may come from; "" is a new record."""

    status: str
    before: frozenset[str]
    origins: frozenset[Origin]


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Two dates in order: `later` is the same or after `earlier`."""

    earlier: str
    later: str


@dataclass(frozen=True, slots=True)
class RequiredWhen:
    """When `field` has `value`, a new record also needs every field of `needs`."""

    field: str
    value: str
    needs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A new record needs at least one of these fields or parts."""

    names: tuple[str, ...]


Rule = NotBefore | RequiredWhen | AnyOf


@dataclass(frozen=True, eq=False)
class RecordType:
    """One kind of record. Declared in `diwan_core.dictionary.declared`, completed (`bind`) by its Dictionary."""

    name: str
    label: str
    members: "Sequence[Field | FieldGroup | Part]"
    authority: frozenset[Origin]
    transitions: Mapping[str, StatusChange]
    help: str = ""
    rules: tuple[Rule, ...] = ()
    short_form: tuple[ShortField, ...] = ()
    since: int = 1  # the dictionary's version that brought it
    fields: Mapping[str, Field] = field(init=False)
    parts: Mapping[str, Part] = field(init=False)
    groups: Mapping[str, FieldGroup] = field(init=False)
    _compiled: "Compiled | None" = None

    def __post_init__(self) -> None:
        where = f"record type {self.name!r}"
        if NAME_SHAPE.fullmatch(self.name) is None:
            raise WrongDeclaration(f"{where}: its name must be lower_snake")
        fields, groups = _gather(where, [m for m in self.members if not isinstance(m, Part)])
        parts: dict[str, Part] = {}
        for part in (m for m in self.members if isinstance(m, Part)):
            if part.name in parts or part.name in fields or part.name in groups:
                raise WrongDeclaration(f"{where}: the name {part.name!r} is used twice")
            parts[part.name] = part
        object.__setattr__(self, "fields", fields)
        object.__setattr__(self, "parts", parts)
        object.__setattr__(self, "groups", groups)
        if not self.authority:
            raise WrongDeclaration(f"{where}: nobody may author it")
        self._check_short_form(where)
        self._check_rules(where)
        names = [name for name, _ in self.columns()]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise WrongDeclaration(f"{where}: columns used twice: {', '.join(twice)}")

    def _check_short_form(self, where: str) -> None:
        held = {(short.part, short.name) for short in self.short_form}
        flagged = {(part, item.name) for part, item in self.every_field() if item.short}
        if held != flagged:
            wrong = ", ".join(sorted(".".join(filter(None, pair)) for pair in held ^ flagged))
            raise WrongDeclaration(f"{where}: flagged short but not in the short form, or the reverse: {wrong}")
        for short in self.short_form:
            if short.role and "role" not in self.parts[short.part].fields:
                raise WrongDeclaration(f"{where}: short form names a role of {short.part!r}, which has none")

    def _check_rules(self, where: str) -> None:
        for rule in self.rules:
            match rule:
                case NotBefore(earlier, later):
                    ends = [self.fields.get(name) for name in (earlier, later)]
                    if any(end is None or end.kind not in ("date", "datetime") for end in ends):
                        raise WrongDeclaration(f"{where}: NotBefore needs two date fields, not {earlier!r}, {later!r}")
                    if len({(end.kind, end.group) for end in ends if end}) > 1 or not all(e and e.group for e in ends):
                        raise WrongDeclaration(
                            f"{where}: {earlier!r} and {later!r} must be of one kind and in one group"
                        )
                case RequiredWhen(name, _, needs):
                    unknown = [n for n in (name, *needs) if n not in self.fields and n not in self.parts]
                    if unknown:
                        raise WrongDeclaration(f"{where}: a rule names unknown fields: {', '.join(unknown)}")
                case AnyOf(names):
                    unknown = [n for n in names if n not in self.fields and n not in self.parts]
                    if unknown or len(names) < 2:
                        raise WrongDeclaration(f"{where}: AnyOf needs two known fields or more: {', '.join(names)}")

    def every_field(self) -> Iterator[tuple[str, Field]]:
        """(part, field) of all fields, in declaration order; the record's own have part ""."""
        for item in self.fields.values():
            yield "", item
        for part in self.parts.values():
            for item in part.fields.values():
                yield part.name, item

    def bind(self, lists: "Mapping[str, CodeList]") -> "RecordType":
        """The same type with its checks compiled against these code lists."""
        from .compiled import Compiled

        return replace(self, _compiled=Compiled.of(self, lists))

    @property
    def compiled(self) -> "Compiled":
        if self._compiled is None:
            raise WrongDeclaration(f"record type {self.name!r} is not part of a dictionary yet")
        return self._compiled

    def check(self, document: Mapping[str, object], *, creating: bool, newer: bool = False) -> list[Problem]:
        """Everything wrong with a document; [] when fine. Never raises, whatever the document holds.

        creating  the document is a whole record, so what a new record needs must be there. A record without a status
                  counts as submitted. Otherwise it is a change: absent fields are unchanged.
        newer     it was written under a newer dictionary than ours: unknown fields and codes are kept, not refused, and
                  what a new record needs is not asked: only the newer dictionary knows.
        """
        return self.compiled.check(document, creating, newer)

    def check_halves(
        self, rest: Mapping[str, object], nominal: Mapping[str, object], *, creating: bool, newer: bool = False
    ) -> list[Problem]:
        """The same on a document split in two, and each field must be in its own half.

        A newer node puts fields we do not know in either half, and its commitments bind them there: they are kept where
        they are. What leaves the country is split anew by our own dictionary (`split(join(rest, nominal))`), for which
        every unknown field is nominal.
        """
        return self.compiled.check_halves(rest, nominal, creating, newer)

    def split(self, document: Mapping[str, object]) -> tuple[Document, Document]:
        """(rest, nominal) of a checked document. Unknown fields count as nominal; a removed part is removed in both."""
        return self.compiled.split(document)

    def join(self, rest: Mapping[str, object], nominal: Mapping[str, object]) -> Document:
        """The document of two halves: the inverse of `split`."""
        return self.compiled.join(rest, nominal)

    def warnings(self, document: Mapping[str, object]) -> list[Problem]:
        """What looks mistyped but is accepted: check digits, headings and places our lists do not know."""
        return self.compiled.warnings(document)

    def indexer(
        self, rest: Mapping[str, object], nominal: Mapping[str, object]
    ) -> tuple[str, str, list[tuple[str, str]]]:
        """(searchable words of rest, those of nominal, [(identifier kind, value)]) of a checked document, unfolded."""
        return self.compiled.index(rest, nominal)

    @property
    def references(self) -> "ReferenceReader | None":
        """What finds (dotted path, record id) of each reference in a checked document's two halves; None for a type
        that has no references."""
        return self.compiled.references

    def columns(self) -> list[tuple[str, str]]:
        """(name, SQLite type) of the columns to filter and sort by, in declaration order, for a STRICT table."""
        types = {"integer": "INTEGER", "boolean": "INTEGER"}
        return [(item.name, types.get(item.kind, "TEXT")) for _, item in self.every_field() if item.listed]

    def column_values(self, rest: Mapping[str, object]) -> list[str | int | None]:
        """Values for `columns()`. A part's field is that of its first part: the lowest id, "2" before "10"."""
        return self.compiled.column_values(rest)

    def export_columns(self, copies: int = 1) -> list[str]:
        """Flat column names of files: "date", "partner_agencies.1", "goods.1.quantity"; `copies` of what repeats."""
        names: list[str] = []
        numbers = range(1, copies + 1)
        for item in self.fields.values():
            names += [f"{item.name}.{n}" for n in numbers] if item.repeated else [item.name]
        for part in self.parts.values():
            for n in numbers:
                for item in part.fields.values():
                    stem = f"{part.name}.{n}.{item.name}"
                    names += [f"{stem}.{m}" for m in numbers] if item.repeated else [stem]
        return names

    def group_of(self, name: str) -> str:
        """The key under which a field of the record itself merges: its group's name, or its own."""
        return self.fields[name].group or name

    def may_author(self, origin: str) -> bool:
        """Whether nodes of this kind ("post", "central", "gateway") may write records of this type at all."""
        return origin in self.authority

    def may_set(self, status: str, origin: str, before: str | None = None) -> bool:
        """Whether a node of this kind may set this status; with `before` ("" = new) also whether the step exists."""
        change = self.transitions.get(status)
        return change is not None and origin in change.origins and (before is None or before in change.before)


def _gather(where: str, members: "Sequence[Field | FieldGroup]") -> tuple[dict[str, Field], dict[str, FieldGroup]]:
    fields: dict[str, Field] = {}
    groups: dict[str, FieldGroup] = {}
    for member in members:
        if isinstance(member, FieldGroup):
            if member.name in groups:
                raise WrongDeclaration(f"{where}: group {member.name!r} is declared twice")
            groups[member.name] = member
        for item in member.fields if isinstance(member, FieldGroup) else (member,):
            if item.name in fields:
                raise WrongDeclaration(f"{where}: field {item.name!r} is declared twice")
            fields[item.name] = item
    for name in groups:
        if name in fields and fields[name].group != name:
            raise WrongDeclaration(f"{where}: group {name!r} has the name of a field outside it")
    if not fields:
        raise WrongDeclaration(f"{where}: it has no fields")
    return fields, groups
