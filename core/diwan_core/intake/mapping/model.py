"""Mappings: TOML files that say which column of a source becomes which field of a record
(docs/reference/mappings.md).

A mapping is checked as a whole when it is loaded, and everything wrong with it is named at once. It holds no code:
whoever can read the source's column headers can read a mapping.
"""

from __future__ import annotations

from collections.abc import Mapping as Table
from dataclasses import dataclass, replace
from dataclasses import field as dataclass_field
from typing import Final, Literal

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.intake.sources.reader import Source
from diwan_core.reading import Companion

Scalar = str | int | bool
Outcome = Literal["skip", "statistics", "refuse"]
AUTOMATIC: Final = ("source_system", "source_key")
"""Fields the import fills by itself: they make importing twice add nothing."""
NOT_BROUGHT: Final = ("review", "review_state", "text_release", "case_number")
"""What people decide here, under their names: no file may say that somebody checked or released something. And the
number of a case, which the register gives."""
IMPORTED: Final = tuple(name for name, kind in DICTIONARY.types.items() if kind.made_by == "form")
"""What a row can become: the types people write. One without the fields above is known by its id alone
(`keys.record_id`)."""


@dataclass(frozen=True)
class Place:
    """The place of a value: a field of the record, or of one of its parts ("goods", "1")."""

    path: str
    part: str
    part_id: str
    field: Field
    beside: Table[Companion, str] = dataclass_field(default_factory=dict)
    """The fields of the same group that hold what a date says beside its day."""

    @property
    def group(self) -> str:
        return self.field.group


@dataclass(frozen=True)
class FieldRule:
    """How one field is made from a row: where its text comes from, and what is done with it, in this order."""

    place: Place
    columns: tuple[str, ...]
    template: str | None = None  # "{City}, {State}": blank as soon as one of its columns is
    join: str | None = None  # several columns, the blank ones left out
    labelled: bool = False  # with join: "Column: text"
    remove: str = ""  # characters taken out
    first: int = 0  # only so many characters; 0 = all
    decimal: str = ""  # nobody said: what can be read in two ways is asked about
    thousands: str = ""
    grouping: str = ""  # "indian": 1,23,456.7
    ignore_case: bool = False
    values: Table[str, Scalar] | None = None
    otherwise: Scalar | None = None  # for what `values` does not name
    if_blank: Scalar | None = None
    format: str = ""  # nobody said
    two_digit_years: int = 0  # first year of the hundred that years of two digits are in; 0: the usual
    fiscal_year_starts: str = "JAN"
    zone: str | None = None
    unit: str | None = None  # the unit the file counts in
    to: str | None = None  # the unit to record
    places: int | None = None  # decimals to round to; None: 9 after a conversion, else no rounding
    split: str | None = None  # a repeated field: one element between each


@dataclass(frozen=True)
class RowRule:
    """A condition on rows. A row that does not meet it is not imported but counted under `otherwise`."""

    column: str
    accepts: frozenset[str] | None  # None: any text will do, as long as there is some
    rejects: frozenset[str]
    otherwise: Outcome
    reason: str
    blank: bool = False  # whether a blank cell meets it

    def admits(self, text: str | None) -> bool:
        if text is None:
            return self.blank
        return text not in self.rejects and (self.accepts is None or text in self.accepts)


@dataclass(frozen=True)
class Join:
    """A second file whose rows belong to rows of this one: by a column of each. Its columns are called NAME.COLUMN."""

    name: str
    column: str
    key: str
    delimiter: str = ","
    encoding: str = "utf-8"
    fallback: str | None = None


@dataclass(frozen=True)
class Mapping:
    """A whole mapping, checked."""

    name: str
    title: str
    type: RecordType
    system: str
    source: Source
    where: tuple[RowRule, ...]
    constants: tuple[tuple[Place, Scalar], ...]
    fields: tuple[FieldRule, ...]
    ignored: frozenset[str]
    optional: frozenset[str]
    replaced: Table[str, tuple[tuple[str, str], ...]] = dataclass_field(default_factory=dict)
    """By column: texts replaced in its cells, before anything else is done with them (never in keys)."""
    joins: tuple[Join, ...] = ()
    exported: bool = False  # the file is an export of ours: `exported` reads it, and there are no rules

    def renamed(self, names: Table[str, str]) -> Mapping:
        """The mapping for a file that writes some of the columns otherwise (composed and decomposed accents)."""
        if not names:
            return self

        def new(column: str) -> str:
            return names.get(column, column)

        def of_rule(rule: FieldRule) -> FieldRule:
            template = rule.template
            for old, other in names.items():
                template = template.replace(f"{{{old}}}", f"{{{other}}}") if template else template
            return replace(rule, columns=tuple(map(new, rule.columns)), template=template)

        return replace(
            self,
            source=replace(self.source, key=tuple(map(new, self.source.key))),
            where=tuple(replace(rule, column=new(rule.column)) for rule in self.where),
            fields=tuple(map(of_rule, self.fields)),
            ignored=frozenset(map(new, self.ignored)),
            optional=frozenset(map(new, self.optional)),
            replaced={new(column): pairs for column, pairs in self.replaced.items()},
            joins=tuple(replace(join, column=new(join.column)) for join in self.joins),
        )

    @property
    def keeps_key(self) -> bool:
        """Whether its records store the key of their row; otherwise the row's key gives the record's id."""
        return all(name in self.type.fields for name in AUTOMATIC)

    @staticmethod
    def of_export(kind: RecordType, source: Source) -> Mapping:
        """What reads an export of ours."""
        none: frozenset[str] = frozenset()
        return Mapping("exported", "An export of Diwan", kind, "diwan", source, (), (), (), none, none, exported=True)

    @property
    def columns(self) -> dict[str, None]:
        """Every column the mapping reads, in order of first use."""
        names = [*self.source.key, *(rule.column for rule in self.where), *(join.column for join in self.joins)]
        names += [column for rule in self.fields for column in rule.columns]
        return dict.fromkeys(names)

    def column_of(self, path: str) -> str | None:
        """The column(s) a problem at this path of a document comes from, for the error file."""
        exact = [rule for rule in self.fields if rule.place.path == path or path.startswith(rule.place.path + ".")]
        return ", ".join(exact[0].columns) if exact else None


def field_of(kind: RecordType, path: str) -> Field | None:
    """The field at a path of a mapping: "date", "goods.1.quantity"."""
    name, _dot, rest = path.partition(".")
    if name in kind.fields:
        return kind.fields[name]
    part = kind.parts.get(name)
    return part.fields.get(rest.partition(".")[2]) if part is not None else None
