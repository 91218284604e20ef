"""What leaves by a template: each column with its fields, their classes and what is done with them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final, NamedTuple

from diwan_core.leaving.agreed import agreed_field

from .field_path import field_at
from .template import FUNCTIONS, MADE, Column, Conditions, Template

_CLASSES: Final = {
    "free": "leaves as it is",
    "coarsened": "is reduced until it leads to nobody",
    "gated": "leaves where somebody released the text",
}


class Shown(NamedTuple):
    """One column of theirs: its fields, how they leave, and what is done with them."""

    head: str
    fields: str
    leaves: str
    how: str


def what_leaves(template: Template) -> Iterator[Shown]:
    """Every column in its order."""
    for column in template.columns:
        said = "; ".join(dict.fromkeys(filter(None, (_class_of(template, path) for path in column.fields))))
        yield Shown(column.head, ", ".join(column.fields), said, _how(template, column))


def _class_of(template: Template, path: str) -> str:
    if template.agreement and (agreed := agreed_field(template.type, path)) is not None:
        type, column, _ = agreed
        return f"leaves under an agreement that names {type}.{column}, once the record was released under it"
    field = field_at(template.type, path)
    return _CLASSES.get(field.leaves, "") if field is not None else ""


def _how(template: Template, column: Column) -> str:
    if column.blank:
        return f"stays blank: {column.blank}"
    if column.text or column.made:
        return f"always {column.text!r}" if column.text else MADE[column.made]
    said = [] if column.function == "plain" else [FUNCTIONS[column.function]]
    if column.amounts:
        said.append("first known of " + ", ".join(column.amounts))
    conditions = (("where", column.where), ("unless", column.unless), ("only if goods are such that", column.given))
    if column.words:
        said.append("as " + ", ".join(f"{value}: {word}" for value, word in column.words.items()))
    if column.line:
        said.append(f"the line of number {column.line} alone")
    said += [f"{word} {_conditions(table)}" for word, table in conditions if table]
    small = template.small_cells
    if small and column.head in (*small.place, *small.date, *small.nationality):
        said.append("made coarser where there are few cases")
    return "; ".join(said)


def _conditions(table: Conditions) -> str:
    return " and ".join(f"{name} is {' or '.join(values)}" for name, values in table.items())
