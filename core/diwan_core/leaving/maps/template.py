"""A checked template: which rows it makes, and where each of its columns comes from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from diwan_core.dictionary import RecordType

Function = Literal["plain", "label", "year", "month", "region", "sum", "unit", "taxon", "grams", "place"]
FUNCTIONS: Final[Mapping[str, str]] = {
    "plain": "as it is recorded; a day no finer than it is known",
    "label": "the English label of a code",
    "year": "the year of a day",
    "month": "year and month of a day",
    "region": "the first-level region of an office",
    "sum": "added up",
    "unit": "the unit of an amount",
    "grams": "kilograms in grams",
    "place": "the English label of a place, or the first-level region of an office",
    "taxon": "the species; of what is known to the genus only, the genus with spp.",
}
"""What can be done with values; there are no others."""
MADE: Final[Mapping[str, str]] = {
    "today": "the day the file is written",
    "number": "country, year and a number of this file's own",
}
"""What is made with the file and comes from no field."""

Conditions = Mapping[str, tuple[str, ...]]
"""By field: the values that meet it. One that ends with * meets what begins so; "" meets what is not recorded."""
RECORD: Final = "record"


@dataclass(frozen=True)
class Column:
    """One column of theirs. Exactly one of sources, amounts, text, made and blank says where it comes from."""

    head: str
    sources: tuple[str, ...] = ()  # "date", "goods.species": the first that says anything
    every: bool = False  # all of the sources instead, one after the other
    function: Function = "plain"
    where: Conditions = field(default_factory=dict)  # which of a part's lines
    unless: Conditions = field(default_factory=dict)
    given: Conditions = field(default_factory=dict)  # blank unless one of the goods lines meets them
    join: str = "; "
    one: str = ""  # with sum: only where all lines have the same value of this field, which stands behind the sum
    amounts: tuple[str, ...] = ()  # "kilograms", …: what goods lines come to, the first that is known
    prefer_by: str = ""
    prefer: Mapping[str, str] = field(default_factory=dict)  # by value of prefer_by: the amount looked for first
    line: int = 0  # of the lines it takes, the one of this number alone
    whole: bool = False  # the lines of the whole record, where a row is made of one of them
    words: Mapping[str, str] = field(default_factory=dict)  # what the form says for a value; others leave it blank
    text: str = ""
    made: str = ""
    blank: str = ""  # why there is nothing

    @property
    def fields(self) -> tuple[str, ...]:
        """Every field whose value can be read in the column."""
        named = self.sources or (("goods.quantity",) if self.amounts else ())
        return (*named, *filter(None, (self.one,)))

    @property
    def asked(self) -> tuple[str, ...]:
        """The fields by which its lines are chosen: that there is something in the column tells of them."""
        part = self.sources[0].partition(".")[0] if self.sources else ""
        return tuple(f"{part}.{name}" for name in (*self.where, *self.unless))


@dataclass(frozen=True)
class SmallCells:
    """The heads of the columns that are made coarser in rows that would describe too few cases."""

    place: tuple[str, ...] = ()
    date: tuple[str, ...] = ()
    nationality: tuple[str, ...] = ()


@dataclass(frozen=True)
class Template:
    """A whole template, checked."""

    name: str
    title: str
    type: RecordType
    rows: str  # "record", or the part each line of which makes a row
    columns: tuple[Column, ...]
    records: Conditions = field(default_factory=dict)
    only: tuple[Conditions, ...] = ()  # conditions on the lines, one of which must be met; none: no condition
    only_part: str = ""
    needs: tuple[tuple[str, ...], ...] = ()  # heads, one of each group must say something
    small_cells: SmallCells | None = None
    having: Conditions = field(default_factory=dict)  # conditions that one of the goods lines must meet
    agreement: bool = False  # it may name what leaves under an agreement, and is filled only under one
    single_cases: str = ""  # the law that asks for each single case, so that few cases are not made coarser

    def column(self, head: str) -> Column:
        """The column of that head."""
        return next(column for column in self.columns if column.head == head)


class TemplateError(Exception):
    """A template is wrong. `problems` names everything at once, with line and remedy."""

    def __init__(self, name: str, problems: list[str]) -> None:
        self.name = name
        self.problems = problems
        super().__init__(f"template {name}: " + "; ".join(problems))
