"""Exports records as a workbook for people: a sheet for the records and one for each of their parts, words in the
reader's language beside codes, dates as dates. Every row begins with the number of its record in the file."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from pathlib import Path
from typing import IO, Any, Final

from diwan_core.dictionary import DICTIONARY, N_, Field, RecordType
from diwan_core.dictionary.amounts import MEASURES
from diwan_core.intake.run.departing import Tally
from diwan_core.intake.run.export import FACTS, WORKED_OUT, Given, Progress, records_of
from diwan_core.intake.run.flat_cells import cell
from diwan_core.intake.sources.cells import Cell, DateCell
from diwan_core.intake.sources.workbook_write import ROWS_MOST, Sheet, write_sheets
from diwan_core.processes.spool import passing_text
from diwan_core.register import Register

ROW: Final = N_("No.")
CODE: Final = N_("{field} (code)")
WORKED: Final = N_("{measure} (worked out)")
FACT_WORDS: Final[Mapping[str, str]] = {
    "id": N_("Id"),
    "origin": N_("Written at"),
    "created": N_("Created"),
    "updated": N_("Changed"),
    "region": N_("Region"),
    "when": N_("When"),
    "continent": N_("Continent"),
}
MEASURE_WORDS: Final[Mapping[str, str]] = {
    "kilograms": N_("Kilograms"),
    "pieces": N_("Pieces"),
    "litres": N_("Litres"),
    "cubic_metres": N_("Cubic metres"),
    "value": N_("Value"),
}
SMALL_LIST: Final = 500
"""Lists whose labels are handed over by whoever knows the reader's language; longer ones come with their own."""


@dataclass(frozen=True)
class Words:
    """The texts of a workbook in its reader's language: English text -> text, and list -> code -> label."""

    language: str = "en"
    texts: Mapping[str, str] = field(default_factory=dict)
    codes: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    from_the_right: bool = False

    def text(self, english: str, **values: str) -> str:
        """A text, with its places filled."""
        return self.texts.get(english, english).format_map(values) if values else self.texts.get(english, english)

    def label(self, codelist: str, code: str) -> str:
        """The label of a code."""
        known = self.codes.get(codelist, {}).get(code)
        return known or DICTIONARY.codes(codelist).label(code, self.language)


def texts_of(declared: RecordType, plural: str) -> list[str]:
    """The English texts a workbook of this type may need."""
    fields = [item.label for _part, item in declared.every_field()]
    parts = [part.label for part in declared.parts.values()]
    return [plural, ROW, CODE, WORKED, *FACT_WORDS.values(), *MEASURE_WORDS.values(), *fields, *parts]


def export_readable(
    register: Register,
    kind: str,
    path: Path,
    *,
    numbers: Sequence[int] | None = None,
    where: Mapping[str, Any] | None = None,
    nominal: bool = False,
    plural: str = "",
    words: Words | None = None,
    progress: Progress | None = None,
    today: date | None = None,
) -> Tally:
    """Write these records, or those of a filter; what became of them. Without `nominal` only what may leave without
    personal data. Raises UnknownType, NoTemplate; RegisterError for a wrong filter."""
    declared, said = DICTIONARY.type(kind), words or Words()
    given = Given(register, declared, nominal, today)
    with passing_text(register.folder) as spool:
        used: dict[str, set[str]] = {}
        count: Counter[str] = Counter()
        for line in given.lines(records_of(register, kind, where or {}, numbers), progress):
            document = line.table()
            _note_used(declared, document, used, count)
            spool.write(json.dumps([line.facts, document], ensure_ascii=False))
            spool.write("\n")
        whole = [(_of_records(declared, given.heads, used.get("", set()), spool, said, plural or declared.label), "")]
        whole += [
            (_of_part(declared, name, used[name], spool, said), name) for name in declared.parts if used.get(name)
        ]
        sheets = [part for sheet, name in whole for part in _cut(sheet, count[name])]
        write_sheets(path, sheets, from_the_right=said.from_the_right)
    return given.tally


def _cut(sheet: Sheet, rows: int) -> Iterator[Sheet]:
    """A sheet of so many rows as several ones, where it has more than a spreadsheet opens."""
    most = ROWS_MOST - 1  # and the heading
    left = iter(sheet.rows)
    for _part in range(max(1, -(-rows // most))):
        yield replace(sheet, rows=islice(left, most))


def _note_used(
    declared: RecordType, document: Mapping[str, Any], used: dict[str, set[str]], count: Counter[str]
) -> None:
    """Note which fields are in use, and count the rows of each sheet; the one of the records is called ""."""
    count[""] += 1
    for name, value in document.items():
        if name not in declared.parts:
            used.setdefault("", set()).add(name)
        elif isinstance(value, Mapping):
            for entry in value.values():
                if isinstance(entry, Mapping):
                    used.setdefault(name, set()).update(entry)
                    count[name] += 1


def _of_records(
    declared: RecordType, heads: Sequence[str], used: set[str], spool: IO[str], words: Words, plural: str
) -> Sheet:
    columns = _columns(declared.fields, used)
    facts = [words.text(FACT_WORDS[name]) for name in heads if name in FACTS]

    def rows() -> Iterator[list[Cell]]:
        for number, (held, document) in enumerate(_spooled(spool), 1):
            yield [str(number), *(held if facts else ()), *_cells(declared.fields, columns, document, words)]

    head = [words.text(ROW), *facts, *_heads(declared.fields, columns, words)]
    numeric = [True, *[False] * len(facts), *_numeric(declared.fields, columns)]
    return Sheet(words.text(plural), head, rows(), numeric)


def _of_part(declared: RecordType, name: str, used: set[str], spool: IO[str], words: Words) -> Sheet:
    fields = declared.parts[name].fields
    columns = _columns(fields, used)

    def rows() -> Iterator[list[Cell]]:
        for number, (_facts, document) in enumerate(_spooled(spool), 1):
            held: Mapping[str, Any] = document.get(name) or {}
            for _key, entry in sorted(held.items(), key=lambda item: (len(item[0]), item[0])):
                if isinstance(entry, Mapping):
                    yield [str(number), *_cells(fields, columns, entry, words)]

    head = [words.text(ROW), *_heads(fields, columns, words)]
    return Sheet(words.text(declared.parts[name].label), head, rows(), [True, *_numeric(fields, columns)])


Column = tuple[str, bool]
"""A field, and whether the column holds its code beside the label."""


def _columns(fields: Mapping[str, Field], used: set[str]) -> list[Column]:
    found: list[Column] = []
    for name in [*(name for name in fields if name in used), *sorted(used - fields.keys())]:
        found.append((name, False))
        if name in fields and fields[name].kind == "code":
            found.append((name, True))
    return found


def _heads(fields: Mapping[str, Field], columns: Sequence[Column], words: Words) -> list[str]:
    found = []
    for name, code in columns:
        label = words.text(fields[name].label) if name in fields else _further(name, words)
        found.append(words.text(CODE, field=label) if code else label)
    return found


def _further(name: str, words: Words) -> str:
    """The heading of a column nobody wrote, or of a field of a newer dictionary."""
    worked = name.removeprefix(WORKED_OUT)
    if worked in MEASURE_WORDS and worked != name:
        return words.text(WORKED, measure=words.text(MEASURE_WORDS[worked]))
    return words.text(FACT_WORDS[worked]) if worked in FACT_WORDS else name


def _numeric(fields: Mapping[str, Field], columns: Sequence[Column]) -> list[bool]:
    return [
        name.removeprefix(WORKED_OUT) in MEASURES
        if name.startswith(WORKED_OUT)
        else name in fields and not fields[name].repeated and fields[name].kind in ("decimal", "integer")
        for name, _code in columns
    ]


def _cells(
    fields: Mapping[str, Field], columns: Sequence[Column], values: Mapping[str, Any], words: Words
) -> Iterator[Cell]:
    for name, code in columns:
        value, item = values.get(name), fields.get(name)
        several = list(value.values()) if isinstance(value, Mapping) else [value]
        if item is not None and item.kind == "code" and not code:
            yield ", ".join(words.label(item.codelist, one) for one in several if isinstance(one, str))
        elif item is not None and item.kind == "date" and isinstance(value, str):
            yield DateCell(value, "date") if _is_day(value) else value
        else:
            yield ", ".join(cell(one) for one in several if one is not None)


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).year >= 1900  # a spreadsheet knows no earlier day
    except ValueError:
        return False


def _spooled(spool: IO[str]) -> Iterator[tuple[list[str], dict[str, Any]]]:
    spool.seek(0)
    for line in spool:
        facts, document = json.loads(line)
        yield facts, document
