"""One field of a record type, and the group of fields that changes as one.

A wrong declaration raises WrongDeclaration here, when the module that declares it is imported: a node with a broken
dictionary never starts.
"""

import re
from dataclasses import dataclass, replace
from typing import Final, Literal, TypedDict, Unpack, get_args

from .classes import Identifies, Leaves, complete, contradictions

Kind = Literal[
    "text",
    "longtext",
    "code",
    "date",
    "time",
    "datetime",
    "decimal",
    "integer",
    "boolean",
    "position",
    "reference",
    "sha256",
]
Identifier = Literal[
    "",
    "reference",
    "document",
    "container",
    "plate",
    "vehicle",
    "vessel",
    "voyage",
    "consignment",
    "phone",
    "email",
    "device",
    "registration",
    "serial",
    "seal",
]
CheckDigit = Literal["", "iso6346", "imo", "mrz", "cas"]

KINDS: Final = frozenset(get_args(Kind))
TEXT_KINDS: Final = frozenset({"text", "longtext"})
NAME_SHAPE: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
# Facts about a record that live in the journal, not in its document; a field of that name could not be told from them.
RESERVED: Final = frozenset(
    {"id", "no", "origin", "author", "created", "updated", "heads", "conflicts", "standing", "rest", "nominal"}
    | {"base_epoch", "base_seq"}
)

_UNBOUNDED: Final = re.compile(r"[*+](?![^\[]*\])|\{[0-9]+,\}")

TEXT_LIMIT: Final = 500
LONGTEXT_LIMIT: Final = 20_000
LARGEST_INTEGER: Final = 2**53 - 1  # the largest every JSON reader keeps exact (RFC 8259 §6)


class WrongDeclaration(Exception):
    """The dictionary contradicts itself. It is a programming error: the text says which declaration and why."""


@dataclass(frozen=True, slots=True)
class Field:
    """One fixed data field. Fields are only added or retired, never given another kind."""

    name: str
    kind: Kind
    label: str
    help: str = ""
    codelist: str = ""
    open_list: bool = False  # the list informs (search, labels, warnings) but does not decide; the pattern does
    pattern: str = ""  # the whole value must match; text and codes of open lists only
    example: str = ""  # shown in help and in the message when the pattern does not match
    targets: tuple[str, ...] = ()  # record types a reference may point to
    max_length: int = 0  # characters; 0 = the kind's own limit
    minimum: int = 0
    maximum: int = LARGEST_INTEGER
    nominal: bool = False  # in the nominal half, which fewer people of the country see
    identifies: Identifies = ""  # whom a value can lead to; see classes.py
    leaves: Leaves = ""  # whether a value may leave the country; see classes.py
    short: bool = False  # in the short form
    searchable: bool = False
    is_name: bool = False  # matched across scripts
    identifier: Identifier = ""  # found by fragment, under this kind
    formatted: Literal["", "phone", "address"] = ""  # a national format applies
    repeated: bool = False  # {"element id": value}
    listed: bool = False  # a column to filter and sort by
    required: bool = False
    check: CheckDigit = ""  # a wrong check digit warns, it never refuses: real papers carry typing mistakes
    past: bool = False  # a day that has been: where the clock is sure, one still to come is refused as it is written
    narrower: tuple[int, str] = (0, "")  # the version that widened its pattern, and the pattern before
    group: str = ""  # set by FieldGroup
    since: int = 1
    retired: int = 0  # dictionary version that retired it; 0 = in use
    source: str = ""

    def __post_init__(self) -> None:
        identifies, leaves = complete(self.kind, self.nominal, self.open_list, self.identifies, self.leaves)
        object.__setattr__(self, "identifies", identifies)
        object.__setattr__(self, "leaves", leaves)
        for reason in contradictions(self.kind, self.nominal, self.open_list, identifies, leaves):
            raise WrongDeclaration(f"field {self.name!r}: {reason}")
        for wrong, reason in (
            (NAME_SHAPE.fullmatch(self.name) is None, "its name must be lower_snake, at most 40 characters"),
            (self.name in RESERVED, "its name is reserved for facts kept in the journal"),
            (self.kind not in KINDS, f"unknown kind {self.kind!r}"),
            (not self.label, "it has no label"),
            ((self.kind == "code") != bool(self.codelist), "a code list belongs to kind code, and kind code needs one"),
            (
                (self.kind == "reference") != bool(self.targets),
                "targets belong to references, and references need them",
            ),
            (
                self.open_list != (self.kind == "code" and bool(self.pattern)),
                "an open list needs a pattern, and only it",
            ),
            (bool(self.pattern) and self.kind not in ("text", "code"), "only text and open code lists have a pattern"),
            (_UNBOUNDED.search(self.pattern) is not None, "its pattern has no upper length: write {1,20}, not + or *"),
            (bool(self.pattern) and bool(self.max_length), "its pattern says how long it may be, max_length is idle"),
            (bool(self.pattern) and not self.example, "a pattern needs an example to show when it is not met"),
            (self.max_length < 0 or (bool(self.max_length) and self.kind not in TEXT_KINDS), "max_length is for text"),
            (self.kind == "text" and self.max_length > TEXT_LIMIT, f"text is at most {TEXT_LIMIT}; use longtext"),
            (self.minimum < 0 or self.maximum < self.minimum, "minimum and maximum contradict each other"),
            (self.repeated and self.short, "a repeated field cannot be in the short form"),
            (self.listed and (self.repeated or self.nominal), "a column holds one value, and never a nominal one"),
            (self.short and self.nominal, "the short form holds no nominal field"),
            (self.repeated and self.required, "a repeated field cannot be required"),
            (bool(self.identifier) and self.kind != "text", "only text can be an identifier"),
            (self.past and self.kind != "date", "only a day can be in the past"),
            (self.retired != 0 and self.retired <= self.since, "it is retired before it begins"),
        ):
            if wrong:
                raise WrongDeclaration(f"field {self.name!r}: {reason}")
        if self.pattern:
            try:
                matched = re.fullmatch(self.pattern, self.example)
            except re.error as error:
                raise WrongDeclaration(
                    f"field {self.name!r}: its pattern is not a regular expression: {error}"
                ) from error
            if matched is None:
                raise WrongDeclaration(f"field {self.name!r}: its example {self.example!r} does not match its pattern")

    @property
    def limit(self) -> int:
        """Longest accepted value, in characters (text kinds only)."""
        return self.max_length or (LONGTEXT_LIMIT if self.kind == "longtext" else TEXT_LIMIT)


@dataclass(frozen=True, slots=True)
class FieldGroup:
    """Fields that merge as one value: quantity with its unit, value with its currency, date with its precision.

    needs    pairs (field, other): a value for `field` says nothing without one for `other`.
    """

    name: str
    fields: tuple[Field, ...]
    needs: tuple[tuple[str, str], ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", tuple(replace(field, group=self.name) for field in self.fields))
        names = [field.name for field in self.fields]
        for wrong, reason in (
            (NAME_SHAPE.fullmatch(self.name) is None, "its name must be lower_snake"),
            (len(names) < 2, "a group has at least two fields"),
            (len({field.nominal for field in self.fields}) > 1, "it mixes nominal fields with others"),
            (
                any(field.repeated for field in self.fields),
                "repeated fields merge element by element, never in a group",
            ),
            (any(name not in names for pair in self.needs for name in pair), "needs names a field outside the group"),
        ):
            if wrong:
                raise WrongDeclaration(f"group {self.name!r} ({', '.join(names)}): {reason}")


class Flags(TypedDict, total=False):
    """The further properties that a declaration may give a field beyond its name and label; see Field."""

    example: str
    max_length: int
    minimum: int
    maximum: int
    nominal: bool
    identifies: Identifies
    leaves: Leaves
    short: bool
    searchable: bool
    is_name: bool
    identifier: Identifier
    formatted: Literal["", "phone", "address"]
    repeated: bool
    listed: bool
    required: bool
    check: CheckDigit
    past: bool
    narrower: tuple[int, str]
    since: int
    retired: int
    source: str


def text(name: str, label: str, help: str = "", *, pattern: str = "", **flags: Unpack[Flags]) -> Field:
    return Field(name, "text", label, help, pattern=pattern, **flags)


def longtext(name: str, label: str, help: str = "", **flags: Unpack[Flags]) -> Field:
    return Field(name, "longtext", label, help, **flags)


def code(name: str, label: str, codelist: str, help: str = "", *, pattern: str = "", **flags: Unpack[Flags]) -> Field:
    """A code of a list; with a pattern the list is open."""
    return Field(name, "code", label, help, codelist=codelist, open_list=bool(pattern), pattern=pattern, **flags)


def reference(name: str, label: str, targets: tuple[str, ...] | str, help: str = "", **flags: Unpack[Flags]) -> Field:
    return Field(name, "reference", label, help, targets=(targets,) if isinstance(targets, str) else targets, **flags)


def date(name: str, label: str, help: str = "", **flags: Unpack[Flags]) -> Field:
    return Field(name, "date", label, help, **flags)


def decimal(name: str, label: str, help: str = "", **flags: Unpack[Flags]) -> Field:
    return Field(name, "decimal", label, help, **flags)


def integer(name: str, label: str, help: str = "", **flags: Unpack[Flags]) -> Field:
    return Field(name, "integer", label, help, **flags)


def boolean(name: str, label: str, help: str = "", **flags: Unpack[Flags]) -> Field:
    return Field(name, "boolean", label, help, **flags)


def other(name: str, kind: Kind, label: str, help: str = "", **flags: Unpack[Flags]) -> Field:
    """A field of a rarer kind: time, datetime, position, sha256."""
    return Field(name, kind, label, help, **flags)


def group(name: str, *fields: Field, needs: tuple[tuple[str, str], ...] = ()) -> FieldGroup:
    return FieldGroup(name, fields, needs)
