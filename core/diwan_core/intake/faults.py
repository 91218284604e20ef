"""What can go wrong with a file and with a row, in words a person can act on."""

from __future__ import annotations

from typing import Final, NamedTuple

from diwan_core.dictionary import Parameter, Problem

SHOWN: Final = 80
"""Characters of a cell that an error shows."""


class Fault(NamedTuple):
    """One thing wrong with a row. `column` is the source's column, or None where the whole row is meant."""

    column: str | None
    value: str
    reason: str
    problem: Problem | None = None
    """The reason as it can be said in another language, where it is about one field."""


class Unfit(ValueError):
    """A text that its field cannot take: a sentence with {places}, and what stands in them."""

    def __init__(self, template: str, /, **parameters: Parameter) -> None:
        self.template = template
        self.parameters = tuple(parameters.items())
        super().__init__(template.format_map(parameters))


class Unreadable(Exception):
    """The file as a whole cannot be read; the message says why and what to do. Nothing of it was imported."""


class MappingError(Exception):
    """A mapping is wrong. `problems` names everything at once, each with its place in the TOML file."""

    def __init__(self, name: str, problems: list[str]) -> None:
        self.name = name
        self.problems = problems
        super().__init__(f"mapping {name}: " + "; ".join(problems))


class CellRefused(Exception):
    """A cell cannot become a value."""

    def __init__(self, column: str, value: object, reason: str) -> None:
        self.fault = Fault(column, shown(value), reason)
        super().__init__(reason)


class RowRefused(Exception):
    """A row cannot become a document; `faults` holds everything that is wrong with it."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = faults
        super().__init__("; ".join(fault.reason for fault in faults))


def shown(value: object) -> str:
    """A cell as an error shows it: one line, printable, cut at 80 characters."""
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
