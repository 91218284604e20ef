"""A whole record as a row of small cells, and a record without what its row may not say.

Which fields of a type make up its row is declared here, and which others say the same more finely: a leg's day tells
the day of the case, its kind of place the office. They go together."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from diwan_core.dictionary import Document, RecordType

from .coarsen import Known
from .projection import leaving_value, project_numbered
from .small_cells import AS_IT_IS, COARSEST, Level, Row, continent_of, first_day_of, period_of

_BETWEEN: Final = "\x1f"
"""Divides what makes up the place of a row."""
_KNOWN_TO: Final = {"month": 7, "year": 4, "range": 4}
"""Characters of a day that are known, by the precision recorded beside it."""
_CHAPTER: Final = 2
"""Digits of a chapter of the HS."""


class CellFields(NamedTuple):
    """The fields of a type's row, by their columns; "" for one that the type does not have."""

    country: str
    office: str
    day: str
    precision: str
    product: str
    nationality: str
    places: tuple[str, ...]
    """What says where; it goes with the office."""
    inland: tuple[str, ...]
    """Of parts: what says where in the record's own country."""
    days: tuple[str, ...]
    """What says when."""
    people: tuple[str, ...]
    """The fields that say how many people there were, or what became of them. They are left out in the last step only,
    together with the lines of people, since the number of these lines would tell how many there were."""


CELLS: Final[Mapping[str, CellFields]] = {
    "case": CellFields(
        "country", "office", "date", "date_precision", "goods.product_group", "party.country",
        places=("office", "unit", "locode", "position", "location_type"),
        inland=("leg.locode",),
        days=("date", "date_to", "date_precision", "leg.date", "leg.date_precision", "paper.date", "goods.value_date"),
        people=("persons_involved", "persons_arrested", "party.role", "party.state"),
    ),
    "arrival": CellFields(
        "destination_country", "expected_office", "expected_at", "", "goods.hs_code", "party.country",
        places=("expected_office",), inland=(), days=("expected_at",), people=("party.role",),
    ),
}  # fmt: skip
"""By type. A type that is not here has neither office nor day in its template."""
_PARTS: Final = frozenset(
    column.partition(".")[0]
    for cell in CELLS.values()
    for column in (*cell.places, *cell.inland, *cell.days, *cell.people, cell.nationality)
    if "." in column
)


@dataclass(frozen=True)
class Left:
    """What leaves of a record. `level` is how far it was made coarser, and `region`, `when` and `continents` (by the
    paths of the parts in `values`) what stands for place, day and nationality then."""

    values: Document
    numbers: Mapping[str, Mapping[str, str]]
    level: Level = AS_IT_IS
    region: str = ""
    when: str = ""
    continents: Mapping[str, str] = field(default_factory=dict)

    @property
    def first_day(self) -> str:
        """The day of the record as far as it leaves: where only its week or year does, the first day of that; "" where
        none of them does."""
        return first_day_of(self.when) if self.when else str(self.values.get("date") or "")

    @property
    def coarser(self) -> dict[str, Any]:
        """What stands for what was left out, for a program; {} where nothing was."""
        said = {"region": self.region, "when": self.when, "continents": dict(self.continents)}
        return {name: value for name, value in said.items() if value}


def row_of(declared: RecordType, document: Mapping[str, Any], known: Known) -> Row:
    """The row of a record: what leaves of it says where, when, what and of which nationality. Of a type in CELLS."""
    cell = CELLS[declared.name]

    def values(column: str) -> list[str]:
        found = (leaving_value(declared, document, path, known) for path in _paths(document, column))
        return sorted({str(value) for value in found if value is not None})

    places = (next(iter(values(column)), "") for column in (cell.office, *cell.places) if "." not in column)
    products = values(cell.product)
    return Row(
        country=next(iter(values(cell.country)), ""),
        place=_BETWEEN.join(places),
        when=day_of(declared, document),
        product="; ".join(products if declared.name == "case" else sorted({one[:_CHAPTER] for one in products})),
        nationality="; ".join(values(cell.nationality)),
    )


def day_of(declared: RecordType, document: Mapping[str, Any]) -> str:
    """The day of a record's row, no finer than it is known."""
    cell = CELLS[declared.name]
    day = document.get(cell.day)
    known_to = _KNOWN_TO.get(str(document.get(cell.precision)), 10) if cell.precision else 10
    return day[:known_to] if isinstance(day, str) else ""


def is_counted(document: Mapping[str, Any], demonstration: bool) -> bool:
    """Whether a record is one of those among which others are alike: no exercise, draft or withdrawn record.
    Demonstration records are counted by themselves, and real ones without them."""
    if document.get("exercise") is True or document.get("status") in ("draft", "withdrawn"):
        return False
    return (document.get("derived") is True) == demonstration


def office_of(place: str) -> str:
    """The office in the place of a row."""
    return place.partition(_BETWEEN)[0]


def leave(
    declared: RecordType, document: Mapping[str, Any], known: Known, level: Level, region_of: Callable[[str], str]
) -> Left:
    """What leaves of a record that is to be made coarser so far. Raises NoTemplate."""
    if level == AS_IT_IS or declared.name not in CELLS:
        return Left(*project_numbered(declared, document, known))
    cell, row = CELLS[declared.name], row_of(declared, document, known)
    values, numbers = project_numbered(declared, _without(document, cell, level), known)
    period = period_of(row.when)
    if level == COARSEST:
        return Left(values, numbers, level, when=row.when[:4])
    part, _, name = cell.nationality.partition(".")
    countries = {
        f"{part}.{number}": str(leaving_value(declared, document, f"{part}.{key}.{name}", known) or "")
        for key, number in numbers.get(part, {}).items()
    }
    continents = {path: continent for path, one in countries.items() if (continent := continent_of(one))}
    return Left(values, numbers, level, region_of(office_of(row.place)), period, continents)


def _without(document: Mapping[str, Any], cell: CellFields, level: Level) -> Document:
    """A document without what says more than its row may."""
    gone = {*cell.places, *cell.days, cell.nationality, *(cell.people if level == COARSEST else ())}
    own = document.get(cell.country)
    return {
        name: _without_inner(held, _inner(name, gone), _inner(name, cell.inland), own) if name in _PARTS else held
        for name, held in document.items()
        if name not in gone
    }


def _inner(part: str, columns: Iterable[str]) -> set[str]:
    return {inner for name, _, inner in (column.partition(".") for column in columns) if name == part and inner}


def _without_inner(held: Any, gone: set[str], inland: set[str], own: object) -> Any:
    if not isinstance(held, Mapping):
        return held
    return {
        key: {
            name: value
            for name, value in part.items()
            if name not in gone and not (name in inland and _may_be_inland(part.get("country"), value, own))
        }
        if isinstance(part, Mapping)
        else part
        for key, part in held.items()
    }


def _may_be_inland(country: object, place: object, own: object) -> bool:
    """Whether a place may lie in the record's own country: that of its line is wrong, or one of them is not known."""
    return not own or country in (None, own) or str(place).startswith(str(own))


def _paths(document: Mapping[str, Any], column: str) -> Iterator[str]:
    name, _, inner = column.partition(".")
    if not inner:
        yield name
    elif isinstance(held := document.get(name), Mapping):
        yield from (f"{name}.{key}.{inner}" for key, part in held.items() if isinstance(part, Mapping))
