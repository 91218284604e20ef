"""Days that cannot be still to come: the day of a case, a birth, an arrest.

A node whose clock is sure refuses such a value while it is written. Rows of other nodes are never judged by it: their
clocks may be right where ours is wrong."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from .field import Field
from .problem import N_, Problem, Term, problem
from .record import RecordDeclaration

Values = Mapping[str, Any]
_TO_COME: Final = N_("{field}: {value} is still to come. Correct it.")


def days_to_come(record: RecordDeclaration) -> Callable[[Values, str], list[Problem]]:
    """The compiled question: the days in a document that are later than a day, each as a problem."""
    own = [item for item in record.fields.values() if item.past]
    parts = [(part.name, [item for item in part.fields.values() if item.past]) for part in record.parts.values()]
    parts = [(name, items) for name, items in parts if items]

    def later(document: Values, last: str) -> list[Problem]:
        found = _later(document, own, "", last)
        for name, items in parts:
            held = document.get(name)
            for key, values in held.items() if isinstance(held, Mapping) else ():
                if isinstance(values, Mapping):
                    found += _later(values, items, f"{name}.{key}.", last)
        return found

    return later


def _later(values: Values, items: list[Field], before: str, last: str) -> list[Problem]:
    days = [(item, values.get(item.name)) for item in items]
    return [
        problem(before + item.name, "to_come", _TO_COME, field=Term(item.label), value=f'"{day}"')
        for item, day in days
        if isinstance(day, str) and last < day < "3" and len(day) == len(last)
    ]
