"""The dictionary as a whole: its types and code lists, checked against each other, with a version and a digest."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import fields as fields_of
from types import MappingProxyType
from typing import Final, TypeVar

from .codelist import CodeList
from .field import Field, FieldGroup, WrongDeclaration
from .record import Part, RecordDeclaration, ReportNeeds, Rule
from .record_type import RecordType
from .state_machine import StateMachine

#: Words for people, and how values are handled: both may be improved without making another dictionary of it.
_WORDS: Final = frozenset({"label", "help", "example", "source", "identifies", "leaves", "past", "narrower"})


Named = TypeVar("Named", RecordDeclaration, CodeList)


class UnknownType(KeyError):
    """There is no record type of that name."""

    def __str__(self) -> str:
        return f"there is no record type {self.args[0]!r} in this dictionary"


class UnknownCodeList(KeyError):
    """There is no code list of that name."""

    def __str__(self) -> str:
        return f"there is no code list {self.args[0]!r} in this dictionary"


class Dictionary:
    """Every record type and code list a node knows. Raises WrongDeclaration where they contradict each other."""

    def __init__(self, version: int, types: Iterable[RecordDeclaration], lists: Iterable[CodeList]) -> None:
        self.version: Final = version
        self._lists: Mapping[str, CodeList] = _by_name("code list", lists)
        self.declarations: Final[Mapping[str, RecordDeclaration]] = _by_name("record type", types)
        for declaration in self.declarations.values():
            _check_uses(declaration, self.declarations, self._lists, version)
        self.types: Final[Mapping[str, RecordType]] = MappingProxyType(
            {name: RecordType(declaration, self._lists) for name, declaration in self.declarations.items()}
        )
        self.digest: Final = hashlib.sha256(self.canonical()).digest()[:8]

    def type(self, name: str) -> RecordType:
        """The record type of that name; UnknownType when there is none."""
        try:
            return self.types[name]
        except KeyError:
            raise UnknownType(name) from None

    def codes(self, name: str) -> CodeList:
        """The code list of that name; UnknownCodeList when there is none."""
        try:
            return self._lists[name]
        except KeyError:
            raise UnknownCodeList(name) from None

    @property
    def lists(self) -> Mapping[str, CodeList]:
        return MappingProxyType(dict(self._lists))

    def canonical(self) -> bytes:
        """What two nodes must agree on, as one line of JSON: what makes a document valid and who may write it."""
        deciding = {
            item.codelist
            for record in self.declarations.values()
            for _, item in record.every_field()
            if item.codelist and not item.open_list
        }
        content = {
            "version": self.version,
            "types": {name: _record(record) for name, record in self.declarations.items()},
            "lists": {name: self._lists[name].digest for name in deciding},
        }
        return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True).encode()


def _by_name(what: str, items: Iterable[Named]) -> dict[str, Named]:
    found: dict[str, Named] = {}
    for item in items:
        if item.name in found:
            raise WrongDeclaration(f"{what} {item.name!r} is declared twice")
        found[item.name] = item
    return found


def _check_uses(
    record: RecordDeclaration, types: Mapping[str, RecordDeclaration], lists: Mapping[str, CodeList], version: int
) -> None:
    for part, item in record.every_field():
        where = ".".join(filter(None, (record.name, part, item.name)))
        if item.codelist and item.codelist not in lists:
            raise WrongDeclaration(f"field {where!r}: unknown code list {item.codelist!r}")
        unknown = [target for target in item.targets if target not in types]
        if unknown:
            raise WrongDeclaration(f"field {where!r}: refers to unknown record type {unknown[0]!r}")
        if not item.identifies or not item.leaves:
            raise WrongDeclaration(
                f"field {where!r}: say whom it identifies and whether it may leave (identifies=…, leaves=…); "
                'a text says leaves="gated", or identifies= and leaves=, or is nominal'
            )
        if item.since > version or item.retired > version:
            raise WrongDeclaration(f"field {where!r}: belongs to a dictionary after version {version}")
    for rule in (*record.rules, *record.short_form):
        if rule.since > version or getattr(rule, "until", 0) > version:
            raise WrongDeclaration(f"record type {record.name!r}: {rule} belongs to a dictionary after {version}")
    for machine in record.machines:
        fields = record.parts[machine.part].fields if machine.part else record.fields
        if machine.since > version or set(machine.order) != set(lists[fields[machine.field].codelist]):
            raise WrongDeclaration(
                f"record type {record.name!r}: the machine of {machine.path!r} belongs to a dictionary after "
                f"{version}, or does not put each code of its list into an order"
            )
    for short in record.short_form:
        if short.role and not lists[record.parts[short.part].fields["role"].codelist].has(short.role):
            raise WrongDeclaration(f"record type {record.name!r}: the short form names an unknown role {short.role!r}")


_REPORTING: Final = ["administrator", "analyst", "coordinator", "investigator", "officer", "supervisor"]
_DECIDING: Final = ["administrator", "analyst", "coordinator", "supervisor"]
_PUBLISHING: Final = ["administrator", "analyst", "coordinator"]


def _first_roles(record: RecordDeclaration, status: str) -> list[str]:
    """Names of roles as release 0.1.0 declared them for each status. Nothing enforces them (`diwan_core.roles` says who
    may do what); the digest of every dictionary covers them and stays what it was."""
    if record.authority == {"central"}:
        return ["administrator"]
    return {"draft": _REPORTING, "submitted": _REPORTING, "published": _PUBLISHING}.get(status, _DECIDING)


def _record(record: RecordDeclaration) -> dict[str, object]:
    return {
        "authority": sorted(record.authority),
        "transitions": {
            status: [sorted(change.before), sorted(change.origins), _first_roles(record, status)]
            for status, change in record.transitions.items()
        },
        "rules": [_rule(rule) for rule in record.rules_in_force()],
        "short_form": [short.path for short in record.short_form],
        "members": [_member(member) for member in record.members],
        **({"machines": [_machine(machine) for machine in record.machines]} if record.machines else {}),
        **({"scopes": [[said.field, said.names, said.beside] for said in record.scopes]} if record.scopes else {}),
    }


def _machine(machine: StateMachine) -> list[object]:
    """What decides whether a row is admitted. Which people take a step is their own node's to decide."""
    steps = [[step.before, step.state, sorted(step.origins), step.needs] for step in machine.steps]
    return [machine.path, machine.order, sorted(machine.says), steps]


def _rule(rule: Rule) -> list[object]:
    if isinstance(rule, ReportNeeds):
        when = [[one.field, one.values, one.unless] for one in rule.when]
        return [type(rule).__name__, [short.path for short in rule.any_of], when]
    said = [getattr(rule, item.name) for item in fields_of(rule) if item.name not in ("since", "until")]
    return [type(rule).__name__, *said]


def _member(member: Field | FieldGroup | Part) -> dict[str, object]:
    match member:
        case Field():
            values = {item.name: getattr(member, item.name) for item in fields_of(member) if item.name not in _WORDS}
            defaults = {item.name: item.default for item in fields_of(Field)}
            return {name: value for name, value in values.items() if value != defaults[name]}
        case FieldGroup(name, fields, needs):
            return {"group": name, "needs": needs, "fields": [_member(item) for item in fields]}
        case Part():
            return {"part": member.name, "limit": member.limit, "fields": [_member(item) for item in member.members]}
