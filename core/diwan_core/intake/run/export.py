"""Exports the records of a type as CSV, JSON, JSON lines or a workbook: whole, or reduced to what may leave without
personal data (`diwan_core.leaving`). A reduced record has a number instead of its id, which would link it with others.

Records are read once and one by one; what CSV needs to know beforehand, which columns occur, is learned while they are
written to a spool file.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from itertools import count as count_from
from pathlib import Path as FilePath
from typing import IO, Any, Final, Literal, TextIO

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.dictionary.amounts import MEASURES
from diwan_core.intake.run.known_codes import known_codes
from diwan_core.intake.sources.tables import guard_cell
from diwan_core.intake.sources.workbook_write import COLUMNS_MOST, write_workbook
from diwan_core.leaving import columns_of, project
from diwan_core.processes.spool import passing_text
from diwan_core.register import Record, Register

Form = Literal["csv", "json", "jsonl"]
Progress = Callable[[int], None]
FORMS: Final[tuple[Form, ...]] = ("csv", "json", "jsonl")
FACTS: Final = ("id", "origin", "created", "updated")
"""Columns every whole CSV begins with: facts of the journal, times in UTC."""
NUMBER: Final = "number"
"""The column a reduced CSV begins with: 1, 2, 3 … in the order of the file."""

WORKED_OUT: Final = "worked_out_"
"""What the names of columns begin with whose values nobody wrote: "goods.1.worked_out_kilograms"."""

Path = tuple[str, int, str, int]
"""A CSV column: field, "", part and repetition by their order: ("goods", 2, "quantity", 0) is goods.2.quantity."""


def export(
    register: Register,
    kind: str,
    out: TextIO,
    form: Form,
    *,
    where: Mapping[str, Any] | None = None,
    nominal: bool = False,
    progress: Progress | None = None,
    numbers: Sequence[int] | None = None,
) -> int:
    """Writes the records of a type, oldest first, or those of these numbers in their order; how many. Without `nominal`
    only what may leave without personal data. Raises UnknownType; NoTemplate where nothing of the type may;
    RegisterError for a wrong filter."""
    declared = DICTIONARY.type(kind)
    given = _Given(register, declared, nominal)
    count = 0

    def counted() -> Iterator[Record]:
        nonlocal count
        for record in _records(register, kind, where or {}, numbers):
            count += 1
            if progress is not None:
                progress(count)
            yield record

    if form == "csv":
        _csv(register.folder, given, counted(), out)
    elif form == "jsonl":
        for number, record in enumerate(counted(), 1):
            out.write(given.json(number, record) + "\n")
    else:
        mark = "["
        for number, record in enumerate(counted(), 1):
            out.write(mark + "\n" + given.json(number, record))
            mark = ","
        out.write("[]\n" if mark == "[" else "\n]\n")
    return count


class _Given:
    """What is written of each record: all of it, or what may leave without personal data."""

    def __init__(self, register: Register, declared: RecordType, nominal: bool) -> None:
        self.declared, self._nominal, self._register = declared, nominal, register
        if not nominal:
            columns_of(declared.name)  # nothing is begun where nothing may leave
            self._known = known_codes(register)
        self.heads: Final[tuple[str, ...]] = FACTS if nominal else (NUMBER,)

    def facts(self, number: int, record: Record) -> tuple[str, ...]:
        """The cells before a record's own."""
        return _facts(record) if self._nominal else (str(number),)

    def values(self, record: Record) -> Mapping[str, Any]:
        """The document that is written."""
        return record.values if self._nominal else project(self.declared, record.values, self._known)

    def table(self, record: Record) -> Mapping[str, Any]:
        """The document for a table: of a whole one, what its goods lines come to stands in columns of theirs, which an
        import leaves alone."""
        values = self.values(record)
        found = self._amounts(record.id) if self._nominal else {}
        if not found:
            return values
        goods = {
            line: {**held, **{f"{WORKED_OUT}{name}": value for name, value in found[line].items()}}
            if line in found
            else held
            for line, held in values["goods"].items()
        }
        return {**values, "goods": goods}

    def _amounts(self, record: str) -> dict[str, dict[str, str]]:
        return {
            line: {name: value for name in MEASURES if (value := getattr(amounts, name)) is not None}
            for line, amounts in self._register.amounts(record).items()
        }

    def json(self, number: int, record: Record) -> str:
        """A record as one line of JSON."""
        said: dict[str, Any] = {"type": record.type, NUMBER: number, "values": self.values(record)}
        if self._nominal:
            found = self._amounts(record.id)
            said = {**as_json(record), **({"amounts": found} if found else {})}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))


def export_workbook(
    register: Register,
    kind: str,
    path: FilePath,
    *,
    numbers: Sequence[int],
    nominal: bool = False,
    progress: Progress | None = None,
) -> int:
    """Writes these records as an Excel workbook; how many. Raises UnknownType, NoTemplate."""
    declared = DICTIONARY.type(kind)
    given = _Given(register, declared, nominal)
    with passing_text(register.folder) as spool:
        used = _spool(_records(register, kind, {}, numbers), spool, given, progress)
        columns = in_order(declared, used)[: COLUMNS_MOST - len(given.heads)]
        numeric = [False] * len(given.heads) + [_is_number(declared, column) for column in columns]
        count = 0

        def rows() -> Iterator[list[str]]:
            nonlocal count
            for facts, cells_of in _spooled(spool):
                count += 1
                yield [*facts, *(cells_of.get(column, "") for column in columns)]

        write_workbook(path, [*given.heads, *map(name_of, columns)], rows(), numeric)
    return count


def _is_number(declared: RecordType, column: Path) -> bool:
    name, _, inner, _ = column
    part = declared.parts.get(name)
    if inner.startswith(WORKED_OUT):
        return True
    field = part.fields.get(inner) if part else declared.fields.get(name)
    return field is not None and field.kind in ("decimal", "integer")


def _records(
    register: Register, kind: str, where: Mapping[str, Any], numbers: Sequence[int] | None
) -> Iterator[Record]:
    if numbers is None and where:
        # All numbers first: paging through a filter would stumble over records that change meanwhile.
        numbers = register.numbers(kind, where, order="created")
    ids = register.ids(kind) if numbers is None else filter(None, map(register.id_of, numbers))
    for record_id in ids:
        record = register.get(record_id)
        if record is not None:
            yield record


def moment(utc_ms: int) -> str:
    """Milliseconds since 1970 as "2026-11-22T14:05:00Z"."""
    return datetime.fromtimestamp(utc_ms // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _facts(record: Record) -> tuple[str, str, str, str]:
    return record.id, record.origin, moment(record.created.utc_ms), moment(record.updated.utc_ms)


def as_json(record: Record) -> dict[str, Any]:
    """A whole record for programs: facts of the journal, and its document under "values"."""
    facts = dict(zip(FACTS, _facts(record), strict=True))
    return {"type": record.type, **facts, "author": record.author, "values": record.values}


def _csv(folder: FilePath, given: _Given, records: Iterator[Record], out: TextIO) -> None:
    with passing_text(folder) as spool:
        columns = in_order(given.declared, _spool(records, spool, given, None))
        writer = csv.writer(out)
        writer.writerow([*given.heads, *map(name_of, columns)])
        for facts, cells_of in _spooled(spool):
            writer.writerow([*facts, *(guard_cell(cells_of.get(column, "")) for column in columns)])


def _spool(records: Iterator[Record], spool: IO[str], given: _Given, progress: Progress | None) -> set[Path]:
    """Write records to a spool file, from its beginning; the columns that occur."""
    used: set[Path] = set()
    places = Places()
    for count, record in enumerate(records, 1):
        cells = flat(given.table(record), places)
        used |= cells.keys()
        facts = given.facts(count, record)
        json.dump([facts, [[*path, text] for path, text in cells.items()]], spool, ensure_ascii=False)
        spool.write("\n")
        if progress is not None:
            progress(count)
    spool.seek(0)
    return used


def _spooled(spool: IO[str]) -> Iterator[tuple[list[str], dict[Path, str]]]:
    for line in spool:
        facts, cells = json.loads(line)
        yield facts, {(field, number, inner, again): text for field, number, inner, again, text in cells}


class Places:
    """Which columns a part's cells go to, the same throughout a file: the number that is its id; of a part with an id
    made up by a form, the number that others of its role have. So the carrier stays the carrier where a row has no
    seller."""

    def __init__(self) -> None:
        self._of_role: dict[tuple[str, str], int] = {}

    def numbered(self, name: str, parts: Mapping[str, Any]) -> Iterator[tuple[int, Any]]:
        """(number, part) of a record's parts, or values, of one name."""
        there = {key: part for key, part in parts.items() if part is not None}
        taken = {int(key): key for key in there if key.isdigit() and 0 < int(key) <= NUMBERED_MOST}
        for key in sorted(there.keys() - set(taken.values()), key=lambda key: (len(key), key)):
            number = self._of_role.get((name, _role(there[key])), 0)
            if not number or number in taken:
                number = self._free(name, taken)
            taken[number] = key
        for number, key in sorted(taken.items()):
            if role := _role(there[key]):
                self._of_role.setdefault((name, role), number)
            yield number, there[key]

    def _free(self, name: str, taken: Mapping[int, str]) -> int:
        """The lowest number that neither this record nor another role has."""
        others = {number for (part, _role), number in self._of_role.items() if part == name}
        return next(number for number in count_from(1) if number not in taken and number not in others)


NUMBERED_MOST: Final = 500


def _role(part: Any) -> str:
    role = part.get("role") if isinstance(part, dict) else None
    return role if isinstance(role, str) else ""


def flat(document: Mapping[str, Any], places: Places | None = None) -> dict[Path, str]:
    """A document as cells. A part's number is its id where that is one, else its role's (`Places`)."""
    cells: dict[Path, str] = {}
    places = places or Places()
    for name, value in document.items():
        if not isinstance(value, dict):
            cells[name, 0, "", 0] = cell(value)
            continue
        for number, element in places.numbered(name, value):
            if not isinstance(element, dict):
                cells[name, number, "", 0] = cell(element)
                continue
            for inner, content in element.items():
                if isinstance(content, dict):
                    for again, item in enumerate(_by_id(content), 1):
                        cells[name, number, inner, again] = cell(item)
                else:
                    cells[name, number, inner, 0] = cell(content)
    return cells


def _by_id(parts: Mapping[str, Any]) -> list[Any]:
    """Values in the order of their ids: "2" before "10", numbers before minted ones."""
    return [parts[key] for key in sorted(parts, key=lambda key: (len(key), key)) if parts[key] is not None]


def cell(value: object) -> str:
    """A scalar as text; unknown is empty, never 0."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def name_of(column: Path) -> str:
    """The name of a column, such as "goods.2.quantity"."""
    return ".".join(str(step) for step in column if step)


def in_order(declared: RecordType, used: set[Path]) -> list[Path]:
    """The columns that occur, in the order the dictionary declares them; those of a newer dictionary at the end."""
    own = {name: place for place, name in enumerate([*declared.fields, *declared.parts])}
    inner = {(part.name, name): place for part in declared.parts.values() for place, name in enumerate(part.fields)}

    def rank(column: Path) -> tuple[int, str, int, int, str, int]:
        name, number, field, again = column
        return own.get(name, len(own)), name, number, inner.get((name, field), len(inner)), field, again

    return sorted(used, key=rank)
