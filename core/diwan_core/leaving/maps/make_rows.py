"""Makes the rows of a template from records, refuses those that lack what the template needs, and makes small cells
coarser."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from diwan_core.leaving.agreed import Agreed
from diwan_core.leaving.coarsen import Known
from diwan_core.leaving.held_back import HANDLING, why_held_back
from diwan_core.leaving.small_cells import AS_IT_IS, COARSEST, Level, Protected, Row, protect

from .cells import cell_of
from .field_path import field_at
from .left_values import LeftValues
from .row_columns import tells_people
from .template import RECORD, Column, SmallCells, Template

_BETWEEN: Final = "\x1f"
"""Divides what makes up the place of a row in `small_cells`."""

_PRODUCT: Final = "goods.product_group"


class Refused(NamedTuple):
    """A row that lacks what its template needs. It names record and field and never holds a value."""

    record: str
    column: str
    field: str
    reason: str


@dataclass(frozen=True)
class Setting:
    """What the records do not say themselves."""

    today: str
    known: Known = field(default_factory=Known)
    region_of: Callable[[str], str] = lambda _office: ""
    cases_in_a_year: Mapping[str, int] = field(default_factory=dict)
    demonstration: bool = False  # demonstration cases too
    agreed: Agreed | None = None  # the agreement under which a template that needs one is filled


@dataclass(frozen=True)
class Made:
    """The cells of each row in the order of the template's columns, what was refused, and what was left out."""

    rows: list[list[str]]
    refused: list[Refused]
    left_out: Counter[str]
    refused_rows: int = 0  # a row is refused once, whatever the number of its reasons
    coarser: Protected | None = None
    given: list[str] = field(default_factory=list)  # ids of the records that left under an agreement, persons too


@dataclass
class _Row:
    record: str
    cells: list[str]
    around: Row
    number: tuple[str, str]
    level: Level = AS_IT_IS


def make(template: Template, records: Iterable[tuple[str, Mapping[str, Any]]], setting: Setting) -> Made:
    """The rows of these records, (id, document), in their order."""
    rows: list[_Row] = []
    refused: list[Refused] = []
    refused_rows, left_out, given = 0, Counter[str](), dict[str, None]()
    demonstration = setting.demonstration and not template.agreement  # nobody made an agreement about what never was
    for record, document in records:
        if reason := why_left_out(document, demonstration, marks=not template.agreement):
            left_out[reason] += 1
            continue
        lines = list(_lines(template, document, setting))
        if not lines:
            left_out["not asked for by the template"] += 1
        elif template.agreement and (reason := _why_not_agreed(template, document, setting)):
            refused.append(Refused(record, "", "", reason))
            refused_rows += len(lines)
            continue
        for left in lines:
            cells = [_cell(column, left, setting) for column in template.columns]
            if lacking := list(_lacking(template, record, left, cells)):
                refused += lacking
                refused_rows += 1
            else:
                rows.append(_row(template, record, left, cells))
                if template.agreement and setting.agreed is not None:
                    given |= dict.fromkeys([record, *setting.agreed.persons(template.type, document)])
    coarser = _coarsen(template, template.small_cells, rows, setting) if template.small_cells else None
    if coarser is not None:  # the place of a row between two others would tell its day
        rows.sort(key=lambda row: (row.level != AS_IT_IS, row.cells if row.level != AS_IT_IS else []))
    _number(template, rows)
    return Made([row.cells for row in rows], refused, left_out, refused_rows, coarser, list(given))


def _why_not_agreed(template: Template, document: Mapping[str, Any], setting: Setting) -> str:
    if setting.agreed is None:
        return "no agreement was named"
    return setting.agreed.why_not(template.type, document)


def why_left_out(document: Mapping[str, Any], demonstration: bool, *, marks: bool = True) -> str:
    """Why a record makes no rows whatever the template says; "" where it may. Without `marks` those of handling are
    judged by an agreement."""
    if reason := why_held_back(document if marks else {**document, HANDLING: None}):
        return reason
    if document.get("derived") is True and not demonstration:
        return "demonstration cases"
    if document.get("status") in ("draft", "withdrawn"):
        return "drafts and withdrawn records"
    return ""


def _lines(template: Template, document: Mapping[str, Any], setting: Setting) -> Iterator[LeftValues]:
    """What the template makes rows of: the record, or each line that meets its conditions."""
    whole = LeftValues(template.type, document, setting.known)
    if not whole.meets(template.records):
        return
    if template.having and not any(whole.meets(template.having, "goods", key) for key in whole.lines("goods")):
        return
    agreed = setting.agreed if template.agreement else None
    part = template.only_part
    keys = list(whole.lines(part)) if part in template.type.parts else []
    meeting = [key for key in keys if any(whole.meets(one, part, key) for one in template.only)] or []
    if template.rows == RECORD:
        if meeting or not template.only:
            yield LeftValues(template.type, document, setting.known, agreed=agreed)
        return
    for key in meeting if template.only else keys:
        yield LeftValues(template.type, document, setting.known, (template.rows, key), agreed)


def _cell(column: Column, left: LeftValues, setting: Setting) -> str:
    return setting.today if column.made == "today" else cell_of(column, left, setting.region_of)


def _lacking(template: Template, record: str, left: LeftValues, cells: list[str]) -> Iterator[Refused]:
    heads = [column.head for column in template.columns]
    for group in template.needs:
        if any(cells[heads.index(head)] for head in group):
            continue
        for head in group:
            column = template.column(head)
            yield from (Refused(record, head, at, reason) for at, reason in _reasons(column, left))


def _reasons(column: Column, left: LeftValues) -> Iterator[tuple[str, str]]:
    """(path, reason) of each field that could have filled a column."""
    if not column.fields:
        yield "", f"the template gives nothing here: {column.blank}"
    for path in column.fields:
        found = list(left.paths(path, column))
        held = [at for at in found if left.raw(at) is not None]
        declared = field_at(left.declared, path)
        for at in held or found[:1] or [path]:
            if not held:
                yield at, "it is not recorded"
            elif left.one(at) is not None:
                yield at, "a value is recorded, but does not give what the column asks for"
            elif declared is not None and declared.leaves == "gated":
                yield at, "it is recorded, and nobody has released this text"
            elif declared is not None and declared.leaves == "agreement":
                yield at, "it is recorded, and the agreement does not name it"
            else:
                yield at, "it is recorded, and may not leave as it stands"


def _row(template: Template, record: str, left: LeftValues, cells: list[str]) -> _Row:
    country, day = str(left.one("country") or ""), str(left.one("date") or "")
    small = template.small_cells
    where = [str(left.one("office") or ""), *(_of(template, cells, small.place) if small else ())]
    when = _BETWEEN.join(dict.fromkeys(_of(template, cells, small.date))) if small and small.date else day
    who = _codes(template, left, small.nationality) if small else ""
    products = left.values(_PRODUCT) if field_at(left.declared, _PRODUCT) is not None else []
    around = Row(country, _BETWEEN.join(where), when, str(products[0][1]) if products else "", who)
    return _Row(record, cells, around, (country, day[:4]))


def _of(template: Template, cells: list[str], heads: tuple[str, ...]) -> list[str]:
    return [cells[number] for number, column in enumerate(template.columns) if column.head in heads]


def _codes(template: Template, left: LeftValues, heads: tuple[str, ...]) -> str:
    """The codes of the countries that some columns name, before they become labels."""
    columns = [template.column(head) for head in heads]
    found = [str(value) for column in columns for path in column.sources for _, value in left.values(path, column)]
    return "; ".join(dict.fromkeys(found))


def _coarsen(template: Template, small: SmallCells, rows: list[_Row], setting: Setting) -> Protected:
    """Write what `small_cells` leaves of place, day and nationality into the cells of the rows it changes."""
    cases = list(dict.fromkeys((row.record, row.around) for row in rows))  # the lines of one case are one case
    counted = {around.place: setting.cases_in_a_year.get(_office(around.place), 0) for _, around in cases}
    found = protect([around for _, around in cases], counted, lambda place: setting.region_of(_office(place)))
    protected = dict(zip(cases, zip(found.rows, found.levels, strict=True), strict=True))
    people = [number for number, one in enumerate(template.columns) if tells_people(template.type.name, one.fields)]
    for row in rows:
        left, row.level = protected[row.record, row.around]
        if row.level == AS_IT_IS:
            continue
        for heads, text in ((small.place, left.place), (small.date, left.when), (small.nationality, left.nationality)):
            first = True
            for number, column in enumerate(template.columns):
                if column.head in heads:
                    row.cells[number] = text if first else ""
                    first = False
        if row.level == COARSEST:
            for number in people:
                row.cells[number] = ""
    return found


def _office(place: str) -> str:
    return place.partition(_BETWEEN)[0]


def _number(template: Template, rows: list[_Row]) -> None:
    """Number the rows of each country and year, in the file's order."""
    columns = [number for number, column in enumerate(template.columns) if column.made == "number"]
    counted: Counter[tuple[str, str]] = Counter()
    for row in rows:
        counted[row.number] += 1
        for number in columns:
            row.cells[number] = "-".join(filter(None, (*row.number, f"{counted[row.number]:04}")))
