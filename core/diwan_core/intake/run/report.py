"""The report of an import: counts by which a person decides before the run and checks after it.

A light report goes along with every import: what is asked about, what was left out by which value, headings of another
edition, rows that look alike, and where the clock is not sure, days still to come. A deep one is made before the run,
of the whole file: also what is here already and has changed, keys that come twice, sums, days outside the usual, what
looks mistyped."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.intake.faults import Fault, show_cell
from diwan_core.intake.mapping.compiled_mapping import content_digest
from diwan_core.intake.mapping.model import Mapping as FileMapping
from diwan_core.intake.mapping.model import RowRule, field_of
from diwan_core.intake.sources.reader import Cells, Read

SHOWN_MOST: Final = 10
"""Examples of anything."""
QUESTIONS_MOST: Final = 100
VALUES_MOST: Final = 2000
"""Different values that are counted one by one; others together."""
ROWS_REMEMBERED: Final = 200_000
"""Rows whose first look-alike can be named: some 100 bytes each."""
OTHERS: Final = "…"
_OPEN_ENDED: Final = ("expires", "until", "valid", "review", "retention", "due", "expected", "ends")
_YEARS_BACK: Final = 30
_LIFETIME: Final = 110


@dataclass
class Question:
    """A column whose cells can be read in several ways, and nobody has said in which."""

    column: str
    path: str
    kind: str
    """ "number", "date" or "code"."""
    rows: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)
    """(row, cell) of the first."""
    styles: dict[str, str] = field(default_factory=dict)
    """By the answer (a decimal sign, a date format, a code): what the first cell would be."""


@dataclass
class LeftOut:
    """Rows a condition left out, by the value that stood there."""

    column: str
    reason: str
    outcome: str
    rows: int = 0
    values: Counter[str] = field(default_factory=Counter)


@dataclass
class Dates:
    """The days of a field: the first, the last, and those nobody would expect."""

    first: str = ""
    last: str = ""
    outside: int = 0
    examples: list[tuple[int, str]] = field(default_factory=list)


class Report:
    """Gathers while rows go by. `deep`: all of it (before a run); else only what costs little."""

    def __init__(self, mapping: FileMapping, *, deep: bool = False, today: dt.date | None = None) -> None:
        self.deep = deep
        self._mapping = mapping
        self._type = mapping.type
        self._today = today or dt.datetime.now(dt.UTC).date()
        self._questions: dict[tuple[str, str, str], Question] = {}
        self._left_out: dict[RowRule, LeftOut] = {}
        self._refused: Counter[tuple[str, str]] = Counter()
        self._headings: Counter[str] = Counter()
        self._sums: dict[tuple[str, str], list[Any]] = {}
        self._dates: dict[str, Dates] = {}
        self._warnings: Counter[tuple[str, str]] = Counter()
        self._warned: dict[tuple[str, str], list[tuple[int, str]]] = {}
        self._first_row: dict[int, int] = {}
        self._alike: dict[int, list[int]] = {}
        self.alike_rows = 0
        self.key_twice = 0
        self._key_twice: list[tuple[int, str]] = []
        self.changed = 0
        self._changed: list[tuple[int, str, list[str]]] = []
        self.to_come = 0
        self._to_come: list[int] = []
        self.first: Mapping[str, Any] = {}
        self.sheet: Mapping[str, Any] = {}

    # -- told by the import ---------------------------------------------------------------------------------------

    def row(self, read: Read) -> None:
        """A row was read; it is held against those before it."""
        if read.cells is None:
            return
        digest = _mark(read.cells)
        first = self._first_row.get(digest)
        if first is not None:
            self.alike_rows += 1
            if digest in self._alike or len(self._alike) < SHOWN_MOST:
                self._alike.setdefault(digest, [first]).append(read.row)
        elif len(self._first_row) < ROWS_REMEMBERED:
            self._first_row[digest] = read.row

    def left_out(self, rule: RowRule, value: object) -> None:
        found = self._left_out.setdefault(rule, LeftOut(rule.column, rule.reason, rule.otherwise))
        found.rows += 1
        text = show_cell(value).strip()
        if text in self._mapping.source.blank:
            text = ""
        found.values[text if text in found.values or len(found.values) < VALUES_MOST else OTHERS] += 1

    def refused(self, read: Read, faults: list[Fault]) -> None:
        for fault in faults:
            if fault.code == "ambiguous":
                self._ask(read, fault)
            elif fault.code == "key_twice":
                self.key_twice += 1
                if len(self._key_twice) < SHOWN_MOST:
                    self._key_twice.append((read.row, fault.value))
            self._refused[fault.column or "", fault.code] += 1

    def _ask(self, read: Read, fault: Fault) -> None:
        kind = _kind_of(self._type, fault.path)
        word = fault.value if kind == "code" else ""  # each has a meaning of its own
        key = fault.column or "", fault.path, word
        question = self._questions.get(key)
        if question is None:
            if len(self._questions) >= QUESTIONS_MOST:
                return
            question = self._questions[key] = Question(key[0], key[1], kind)
        question.rows += 1
        if len(question.examples) < SHOWN_MOST:
            question.examples.append((read.row, fault.value))
        for meaning in fault.meanings:
            question.styles.setdefault(meaning.style, f"{fault.value} → {meaning.value}")

    def made(self, read: Read, document: Mapping[str, Any]) -> None:
        """A row became a record, or would."""
        self.count_headings(headings_of(document))
        if self.deep:
            self.first = self.first or dict(document)
            self._look(read, document)

    def days_of(self, row: int, rest: Mapping[str, Any], last_day: str) -> None:
        """Look for a day that is still to come, where the clock is not sure and nothing is refused for one."""
        if self._type.days_to_come(rest, last_day):
            self.to_come += 1
            if len(self._to_come) < SHOWN_MOST:
                self._to_come.append(row)

    def count_headings(self, headings: Iterable[str]) -> None:
        """All that a light report asks of a record: the headings of its goods."""
        for code in headings:
            self._headings[code if len(self._headings) < VALUES_MOST else OTHERS] += 1

    def known(self, read: Read, key: str, document: Mapping[str, Any], held: Mapping[str, Any] | None) -> None:
        """A row is here already; `held` is what it was when it came, where that is known."""
        if held is None:
            return
        paths = [rule.place.path for rule in self._mapping.fields]
        other = [path for path in dict.fromkeys(paths) if _at(document, path) != _at(held, path)]
        if other:
            self.changed += 1
            if len(self._changed) < SHOWN_MOST:
                self._changed.append((read.row, key, other))

    def _look(self, read: Read, document: Mapping[str, Any]) -> None:
        for line in (document.get("goods") or {}).values():
            if isinstance(line, dict) and (quantity := line.get("quantity")) is not None:
                held = self._sums.setdefault((line.get("product_group", ""), line.get("unit", "")), [0, Decimal(0)])
                held[0] += 1
                held[1] += Decimal(quantity)
        for path, item, value in _days(self._type, document):
            self._day(read, path, item, value)
        for problem in self._type.warnings(document):
            key = problem.path, problem.code
            self._warnings[key] += 1
            examples = self._warned.setdefault(key, [])
            if len(examples) < SHOWN_MOST:
                examples.append((read.row, show_cell(_at(document, problem.path))))

    def _day(self, read: Read, path: str, item: Field, day: str) -> None:
        held = self._dates.setdefault(path, Dates(day, day))
        held.first, held.last = min(held.first, day), max(held.last, day)
        if self._is_usual(item, day):
            return
        held.outside += 1
        if len(held.examples) < SHOWN_MOST:
            held.examples.append((read.row, day))

    def _is_usual(self, item: Field, day: str) -> bool:
        back = _LIFETIME if "birth" in item.name or item.name in ("founded", "issued") else _YEARS_BACK
        earliest = f"{self._today.year - back:04}{self._today.isoformat()[4:]}"
        open_ended = any(word in item.name for word in _OPEN_ENDED)
        return day >= earliest and (open_ended or day <= self._today.isoformat())

    # -- what it says ---------------------------------------------------------------------------------------------

    @property
    def questions(self) -> list[Question]:
        return list(self._questions.values())

    @property
    def asked(self) -> int:
        """Rows that are asked about; a row with two such cells counts for each."""
        return sum(question.rows for question in self._questions.values())

    @property
    def other_headings(self) -> Counter[str]:
        """HS codes that the edition here does not know, with how often each stands there."""
        known = DICTIONARY.codes("hs") if self._headings else None
        return Counter(
            {
                code: count
                for code, count in self._headings.items()
                if known is not None and code != OTHERS and not (known.has(code) or known.has(code[:6]))
            }
        )

    def as_json(self) -> dict[str, Any]:
        """All of it, for programs, pages and the file of a job."""
        said: dict[str, Any] = {
            "asked": self.asked,
            "questions": [question.__dict__ for question in self.questions],
            "left_out": [
                {**found.__dict__, "values": dict(found.values.most_common(SHOWN_MOST * 2))}
                for found in self._left_out.values()
            ],
            "refused_for": [
                {"column": column, "code": code, "rows": count}
                for (column, code), count in self._refused.most_common(SHOWN_MOST * 2)
            ],
            "other_headings": dict(self.other_headings.most_common(SHOWN_MOST)),
            "other_heading_rows": self.other_headings.total(),
            "to_come": self.to_come,
            "to_come_rows": self._to_come,
            "sheet": dict(self.sheet),
            "alike": self.alike_rows,
            "alike_rows": [rows[:SHOWN_MOST] for rows in self._alike.values()],
        }
        return {**said, **self._deeper()} if self.deep else said

    def _deeper(self) -> dict[str, Any]:
        return {
            "changed": self.changed,
            "changed_rows": self._changed,
            "key_twice": self.key_twice,
            "key_twice_rows": self._key_twice,
            "sums": [
                {"product_group": group, "unit": unit, "lines": count, "sum": f"{total:f}"}
                for (group, unit), (count, total) in sorted(self._sums.items())
            ],
            "dates": {path: held.__dict__ for path, held in self._dates.items()},
            "warnings": {f"{path}: {code}": count for (path, code), count in self._warnings.most_common()},
            "mistyped": [
                {"path": path, "code": code, "rows": count, "examples": self._warned[path, code]}
                for (path, code), count in self._warnings.most_common(SHOWN_MOST * 2)
            ],
            "first": dict(self.first),
        }


def headings_of(document: Mapping[str, Any]) -> list[str]:
    """The headings of a record's goods."""
    goods = document.get("goods")
    if not isinstance(goods, dict):
        return []
    return [code for line in goods.values() if (code := line.get("hs_code")) is not None]


def _mark(cells: Cells) -> int:
    """What tells rows apart: 64 bits, of which two that differ share one in a file of 37 million."""
    try:
        return hash(tuple(cells.values()))
    except TypeError:  # JSON with lists or objects in it
        return hash(content_digest(cells))


def _kind_of(kind: RecordType, path: str) -> str:
    item = field_of(kind, path)
    if item is None or item.kind in ("decimal", "integer"):
        return "number"
    return "code" if item.kind == "code" else "date"


def _days(kind: RecordType, document: Mapping[str, Any]) -> Iterator[tuple[str, Field, str]]:
    for name, value in document.items():
        item = kind.fields.get(name)
        if item is not None and item.kind == "date" and isinstance(value, str):
            yield name, item, value
        part = kind.parts.get(name)
        if part is not None and isinstance(value, dict):
            for values in value.values():
                for inner, content in values.items() if isinstance(values, dict) else ():
                    held = part.fields.get(inner)
                    if held is not None and held.kind == "date" and isinstance(content, str):
                        yield f"{name}.{inner}", held, content


def _at(document: Mapping[str, Any], path: str) -> Any:
    value: Any = document
    for step in path.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value
