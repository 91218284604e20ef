"""The declaration of a record type: its fields, groups and parts, its rules, its statuses, and who may author it.

A `Dictionary` makes a `record_type.RecordType` of each declaration, which answers questions about documents.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, Literal

from .field import NAME_SHAPE, Field, FieldGroup, WrongDeclaration
from .state_machine import Origin as Origin
from .state_machine import StateMachine

MadeBy = Literal["form", "picture", ""]
"""How people make a new record of a type: in a form or by an import, as a picture of another record, or not at all."""
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


@dataclass(frozen=True, slots=True)
class ShortField:
    """One entry of the short form: a field, or a field of a part, perhaps only of the part that has a given role.

    when        it is asked only where all of these hold; a condition may name a field of the same part
                ("goods.product_group").
    since       the dictionary's version that brought it.
    asked_only  the version since which it is only asked, and rules (`ReportNeeds`) say what a report needs; 0: a
                report needs it."""

    name: str
    part: str = ""
    role: str = ""
    when: "tuple[Condition, ...]" = ()
    since: int = 1
    asked_only: int = 0

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
class Condition:
    """Whether a field of the record has one of these values, or with `unless` none of them. A field without a value has
    the value ""."""

    field: str
    values: tuple[str, ...]
    unless: bool = False

    def holds(self, value: object) -> bool:
        """Whether it is met by this value of its field."""
        return (("" if value is None else value) in self.values) != self.unless


@dataclass(frozen=True, slots=True)
class ScopeField:
    """A field that says which scope a record belongs to: by the code of a unit, the id of a post, or the record of an
    operation; ("itself") it is the name of an operation; or ("record") it names a record, and belongs where that one
    does. Where such a field is filled in, the record belongs to the units of the post that made it only if all of them
    are `beside`."""

    field: str
    names: Literal["unit", "post", "operation", "itself", "record"]
    beside: bool = False
    since: int = 4


@dataclass(frozen=True, slots=True)
class NotBefore:
    """Two dates in order: `later` is the same or after `earlier`."""

    earlier: str
    later: str
    since: int = 1
    until: int = 0


@dataclass(frozen=True, slots=True)
class RequiredWhen:
    """When `field` has `value`, a new record also needs every field of `needs`."""

    field: str
    value: str
    needs: tuple[str, ...]
    since: int = 1
    until: int = 0


@dataclass(frozen=True, slots=True)
class AnyOf:
    """A new record needs at least one of these fields or parts."""

    names: tuple[str, ...]
    since: int = 1
    until: int = 0


@dataclass(frozen=True, slots=True)
class ReportNeeds:
    """A report needs one of these fields, of the record or of any of its parts, where all conditions hold. The first
    is the one that is asked for. Rows that another system numbered are not asked."""

    any_of: tuple[ShortField, ...]
    when: tuple[Condition, ...] = ()
    since: int = 1
    until: int = 0


Rule = NotBefore | RequiredWhen | AnyOf | ReportNeeds
"""Each counts since one version of the dictionary, and until another retired it (0: it counts)."""


@dataclass(frozen=True, eq=False)
class RecordDeclaration:
    """One type of record, as `diwan_core.dictionary.declared` declares it."""

    name: str
    label: str
    members: "Sequence[Field | FieldGroup | Part]"
    authority: frozenset[Origin]
    transitions: Mapping[str, StatusChange]
    help: str = ""
    rules: tuple[Rule, ...] = ()
    short_form: tuple[ShortField, ...] = ()
    since: int = 1  # the dictionary's version that brought it
    made_by: MadeBy = ""
    machines: tuple[StateMachine, ...] = ()
    scopes: tuple[ScopeField, ...] = ()
    fields: Mapping[str, Field] = field(init=False)
    parts: Mapping[str, Part] = field(init=False)
    groups: Mapping[str, FieldGroup] = field(init=False)

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
        self._check_machines(where)
        for said in self.scopes:
            item = self.fields.get(said.field)
            if item is None or item.nominal or item.repeated or item.group or not item.listed:
                raise WrongDeclaration(f"{where}: {said.field!r} cannot say which scope a record belongs to")
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
                case ReportNeeds(any_of, when):
                    self._check_needs(where, any_of, when)
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

    def _check_needs(self, where: str, any_of: tuple[ShortField, ...], when: tuple[Condition, ...]) -> None:
        held = {(part, item.name): item for part, item in self.every_field()}
        for short in any_of:
            if (short.part, short.name) not in held or held[short.part, short.name].nominal:
                raise WrongDeclaration(f"{where}: a report cannot need {short.path!r}: no such field, or a nominal one")
        if not any_of or any(one.field not in self.fields for one in when):
            raise WrongDeclaration(f"{where}: a report's need names nothing, or an unknown field as its condition")

    def _check_machines(self, where: str) -> None:
        if len({machine.path for machine in self.machines}) < len(self.machines):
            raise WrongDeclaration(f"{where}: a state has two machines")
        inner = [f"{part}.{item.name}" for part, item in self.every_field() if part]
        for machine in self.machines:
            if machine.part and machine.part not in self.parts:
                raise WrongDeclaration(f"{where}: a state machine names an unknown part {machine.part!r}")
            fields = self.parts[machine.part].fields if machine.part else self.fields
            machine.check_field(where, fields.get(machine.field), [*fields, *([] if machine.part else inner)])

    def machine(self, name: str, part: str = "") -> StateMachine | None:
        """The machine of a field of the record, or of one of its parts; None where the field holds no state."""
        return next((one for one in self.machines if (one.field, one.part) == (name, part)), None)

    def rules_in_force(self) -> tuple[Rule, ...]:
        """The rules that no version of the dictionary has retired."""
        return tuple(rule for rule in self.rules if not rule.until)

    def every_field(self) -> Iterator[tuple[str, Field]]:
        """(part, field) of all fields, in declaration order; the record's own have part ""."""
        for item in self.fields.values():
            yield "", item
        for part in self.parts.values():
            for item in part.fields.values():
                yield part.name, item

    def columns(self) -> tuple[tuple[str, str], ...]:
        """(name, SQLite type) of the columns to filter and sort by, in declaration order, for a STRICT table."""
        return self._columns

    @cached_property
    def _columns(self) -> tuple[tuple[str, str], ...]:
        types = {"integer": "INTEGER", "boolean": "INTEGER"}
        return tuple((item.name, types.get(item.kind, "TEXT")) for _, item in self.every_field() if item.listed)

    def group_of(self, name: str) -> str:
        """The key under which a field of the record itself merges: its group's name, or its own."""
        return self.fields[name].group or name

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
