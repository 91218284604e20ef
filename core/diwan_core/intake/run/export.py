"""Exports the records of a type as CSV, JSON, JSON lines or a workbook: whole, or reduced to what may leave without
personal data (`diwan_core.leaving`). A reduced record has a number instead of its id, which would link it with others.

Records are read once and one by one; what CSV needs to know beforehand, which columns occur, is learned while they are
written to a spool file.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from pathlib import Path as FilePath
from typing import IO, Any, Final, Literal, TextIO

from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.dictionary.amounts import MEASURES, PART
from diwan_core.intake.run.departing import Departing, Tally, measured
from diwan_core.intake.run.flat_cells import Path, Places, flat, in_order, name_of
from diwan_core.intake.sources.tables import guard_cell
from diwan_core.intake.sources.workbook_write import COLUMNS_MOST, write_workbook
from diwan_core.leaving.held_back import HeldBack
from diwan_core.leaving.record_cells import Left
from diwan_core.leaving.small_cells import AS_IT_IS
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
    today: date | None = None,
) -> Tally:
    """Writes the records of a type, oldest first, or those of these numbers in their order; what became of them.
    Without `nominal` only what may leave without personal data. Raises UnknownType; NoTemplate where nothing of the
    type may; RegisterError for a wrong filter."""
    declared = DICTIONARY.type(kind)
    given = Given(register, declared, nominal, today)
    lines = given.lines(records_of(register, kind, where or {}, numbers), progress)
    if form == "csv":
        _csv(register.folder, given, lines, out)
    elif form == "jsonl":
        for line in lines:
            out.write(line.json() + "\n")
    else:
        mark = "["
        for line in lines:
            out.write(mark + "\n" + line.json())
            mark = ","
        out.write("[]\n" if mark == "[" else "\n]\n")
    return given.tally


@dataclass(frozen=True)
class _Line:
    """One record as it is written: its facts, its document, what stands beside the document in JSON, and the cells that
    nobody wrote, by part and line; ("", "") for the record's own."""

    facts: tuple[str, ...]
    values: Mapping[str, Any]
    head: Mapping[str, Any]
    beside: Mapping[str, Any]
    worked_out: Mapping[tuple[str, str], Mapping[str, str]]

    def json(self) -> str:
        """A record as one line of JSON."""
        said = {**self.head, "values": self.values, **{name: held for name, held in self.beside.items() if held}}
        return json.dumps(said, ensure_ascii=False, separators=(",", ":"))

    def table(self) -> Mapping[str, Any]:
        """The document for a table: what nobody wrote stands in columns of its own, which an import leaves alone."""
        if not self.worked_out:
            return self.values
        document = dict(self.values)
        for (part, line), found in self.worked_out.items():
            cells = {f"{WORKED_OUT}{name}": value for name, value in found.items()}
            if not part:
                document.update(cells)
            elif line in (held := document.get(part, {})):
                document[part] = {**held, line: {**held[line], **cells}}
        return document


class Given:
    """What is written of each record: all of it, or what may leave without personal data."""

    def __init__(self, register: Register, declared: RecordType, nominal: bool, today: date | None) -> None:
        self.declared, self._register, self.tally = declared, register, Tally()
        day = today or datetime.now(UTC).date()
        self._departing = None if nominal else Departing(register, declared, day)
        self.heads: Final[tuple[str, ...]] = FACTS if nominal else (NUMBER,)

    def lines(self, records: Iterable[Record], progress: Progress | None) -> Iterator[_Line]:
        """The records that are written, in their order; those that were made coarser stand behind, in an order that
        says nothing: the place of one between two others would tell its day."""
        apart: list[tuple[bytes, str]] = []
        for count, record in enumerate(records, 1):
            if progress is not None:
                progress(count)
            if self._departing is None:
                self.tally.count()
                yield self._whole(record)
                continue
            try:
                left = self._departing.leave(record)
            except HeldBack as held:
                self.tally.held_back[held.reason] += 1
                continue
            if left.level != AS_IT_IS:
                apart.append((_rank(left), record.id))
                continue
            self.tally.count()
            yield self._reduced(self._departing, record, left)
        yield from self._apart(apart)

    def _apart(self, found: list[tuple[bytes, str]]) -> Iterator[_Line]:
        """The records that were made coarser, in an order made of what leaves of them."""
        for _rank_of, id in sorted(found):
            record = self._register.get(id)
            if record is None or self._departing is None:
                continue
            try:
                left = self._departing.leave(record)
            except HeldBack as held:  # it was marked meanwhile
                self.tally.held_back[held.reason] += 1
                continue
            self.tally.count(left.level)
            yield self._reduced(self._departing, record, left)

    def _whole(self, record: Record) -> _Line:
        amounts = measured(self._register.amounts(record.id))
        head = {name: held for name, held in as_json(record).items() if name != "values"}
        return _Line(_facts(record), record.values, head, {"amounts": amounts}, _of_goods(amounts))

    def _reduced(self, departing: Departing, record: Record, left: Left) -> _Line:
        amounts, number = measured(departing.amounts(record, left)), self.tally.written
        coarser = {name: value for name, value in (("region", left.region), ("when", left.when)) if value}
        worked_out = {**({("", ""): coarser} if coarser else {}), **_of_goods(amounts)}
        worked_out |= {_place(path): {"continent": continent} for path, continent in left.continents.items()}
        head = {"type": record.type, NUMBER: number}
        return _Line((str(number),), left.values, head, {"amounts": amounts, "coarser": left.coarser}, worked_out)


def _rank(left: Left) -> bytes:
    said = json.dumps([left.values, left.coarser], sort_keys=True).encode()
    return sha256(said).digest()


def _of_goods(amounts: Mapping[str, Mapping[str, str]]) -> dict[tuple[str, str], Mapping[str, str]]:
    return {(PART, line): held for line, held in amounts.items()}


def _place(path: str) -> tuple[str, str]:
    part, _, line = path.partition(".")
    return part, line


def export_workbook(
    register: Register,
    kind: str,
    path: FilePath,
    *,
    numbers: Sequence[int],
    nominal: bool = False,
    progress: Progress | None = None,
    today: date | None = None,
) -> Tally:
    """Writes these records as an Excel workbook; what became of them. Raises UnknownType, NoTemplate."""
    declared = DICTIONARY.type(kind)
    given = Given(register, declared, nominal, today)
    with passing_text(register.folder) as spool:
        used = _spool(given.lines(records_of(register, kind, {}, numbers), progress), spool)
        columns = in_order(declared, used)[: COLUMNS_MOST - len(given.heads)]
        numeric = [False] * len(given.heads) + [_is_number(declared, column) for column in columns]

        def rows() -> Iterator[list[str]]:
            for facts, cells_of in _spooled(spool):
                yield [*facts, *(cells_of.get(column, "") for column in columns)]

        write_workbook(path, [*given.heads, *map(name_of, columns)], rows(), numeric)
    return given.tally


def _is_number(declared: RecordType, column: Path) -> bool:
    name, _, inner, _ = column
    part = declared.parts.get(name)
    if inner.startswith(WORKED_OUT):
        return inner.removeprefix(WORKED_OUT) in MEASURES
    field = part.fields.get(inner) if part else declared.fields.get(name)
    return field is not None and field.kind in ("decimal", "integer")


def records_of(
    register: Register, kind: str, where: Mapping[str, Any], numbers: Sequence[int] | None
) -> Iterator[Record]:
    """The records of these numbers, else those of a filter, oldest first."""
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


def _csv(folder: FilePath, given: Given, lines: Iterable[_Line], out: TextIO) -> None:
    with passing_text(folder) as spool:
        columns = in_order(given.declared, _spool(lines, spool))
        writer = csv.writer(out)
        writer.writerow([*given.heads, *(guard_cell(name_of(column)) for column in columns)])
        for facts, cells_of in _spooled(spool):
            writer.writerow([*facts, *(guard_cell(cells_of.get(column, "")) for column in columns)])


def _spool(lines: Iterable[_Line], spool: IO[str]) -> set[Path]:
    """Write records to a spool file, from its beginning; the columns that occur."""
    used: set[Path] = set()
    places = Places()
    for line in lines:
        cells = flat(line.table(), places)
        used |= cells.keys()
        spool.write(json.dumps([line.facts, [[*path, text] for path, text in cells.items()]], ensure_ascii=False))
        spool.write("\n")
    spool.seek(0)
    return used


def _spooled(spool: IO[str]) -> Iterator[tuple[list[str], dict[Path, str]]]:
    for line in spool:
        facts, cells = json.loads(line)
        yield facts, {(field, number, inner, again): text for field, number, inner, again, text in cells}
