"""Everything that can be wrong with a file, a mapping or a row, as messages with a remedy in any language."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

from msgspec import Struct

from diwan_core.dictionary import Parameter, ProblemCode, Sentence, sentence
from diwan_core.reading import Ambiguous, Meaning

SHOWN: Final = 80
"""Characters of a cell that an error shows."""

FaultCode = (
    ProblemCode
    | Literal[
        "encoding",  # the line is not in the encoding of the file
        "damaged",  # the line holds NUL bytes
        "too_long_line",
        "quotation",  # a quotation mark is not closed, or stands wrong
        "cells",  # more or fewer cells than columns
        "not_json",
        "not_an_object",
        "named_twice",  # an object of JSON gives two values to one name
        "nested",  # a list or an object where one value should be, or nested too deep
        "key_blank",
        "key_twice",
        "condition",  # a condition of the mapping says: refuse
        "not_a_number",
        "not_a_date",
        "other_calendar",  # a date of the Hijri, Persian, Buddhist, Ethiopian … calendar
        "shortened",  # a number that a spreadsheet program has shortened: 1.23E+11
        "ambiguous",  # it can be read in several ways, and nobody has said in which
        "unknown_word",  # a text the mapping's values do not name
        "too_small",
        "no_result",  # a cell of a workbook holds a formula that was never calculated, or an error such as #REF!
    ]
)
"""What is wrong, for programs: stands in the error file and does not change with the words or the language
(docs/reference/mappings.md names them all)."""


class Fault(NamedTuple):
    """One fault of a row."""

    column: str | None
    """The source's column, or several with commas; None where the whole row is meant."""
    value: str
    code: FaultCode
    reason: Sentence
    path: str = ""
    """The field of the record, where it is about one."""
    meanings: tuple[Meaning, ...] = ()
    """What the cell can mean, where it is asked about."""


class _Spoken(Exception):
    """An error that is a sentence."""

    def __init__(self, template: str | Sentence, /, **parameters: Parameter) -> None:
        self.sentence = template if isinstance(template, Sentence) else sentence(template, **parameters)
        super().__init__(str(self.sentence))


class Unreadable(_Spoken):
    """The file as a whole cannot be read; the message says why and what to do. Nothing of it was imported."""


class Unfit(ValueError):
    """A text that its field cannot take."""

    def __init__(self, code: FaultCode, template: str | Sentence, /, **parameters: Parameter) -> None:
        self.code = code
        self.sentence = template if isinstance(template, Sentence) else sentence(template, **parameters)
        super().__init__(str(self.sentence))


class Asked(Unfit):
    """A text that can be read in several ways, of which nobody has chosen one."""

    def __init__(self, found: Ambiguous) -> None:
        super().__init__("ambiguous", found.reason)
        self.meanings = found.meanings


class Wrong(NamedTuple):
    """One fault of a mapping, and its place in the TOML file."""

    place: str
    reason: Sentence

    def __str__(self) -> str:
        return f"{self.place}: {self.reason}" if self.place else self.reason


class MappingError(Exception):
    """A mapping is wrong. `problems` names everything at once."""

    def __init__(self, name: str, problems: list[Wrong]) -> None:
        self.name = name
        self.problems = problems
        super().__init__(f"mapping {name}: " + "; ".join(map(str, problems)))


class CellRefused(Exception):
    """A cell cannot become a value."""

    def __init__(self, column: str, value: object, code: FaultCode, reason: Sentence) -> None:
        self.fault = Fault(column, show_cell(value), code, reason)
        super().__init__(reason)


class RowRefused(Exception):
    """A row cannot become a document; `faults` holds everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("; ".join(fault.reason for fault in faults))


def show_cell(value: object) -> str:
    """A cell as an error shows it: one line, printable, cut at 80 characters."""
    if isinstance(value, Struct):  # a cell of a workbook
        value = str(value)
    if not isinstance(value, str | int | float | bool):
        return f"({type(value).__name__})" if value is not None else ""
    text = value[: SHOWN + 1] if isinstance(value, str) else _number_text(value)
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"


def _number_text(value: int | float | bool) -> str:
    try:
        return str(value)
    except ValueError:  # more digits than Python turns into text (sys.set_int_max_str_digits)
        return "(a number of several thousand digits)"
