"""The text that a field is made from: of one cell, of several joined, or of a template.

On the path of every imported row: the common case comes first, the words about what is wrong only when it failed."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from diwan_core.dictionary import N_, sentence
from diwan_core.intake.faults import CellRefused, Unfit
from diwan_core.intake.mapping.model import FieldRule
from diwan_core.intake.sources.cells import BadCell, DateCell, NumberCell, text_for
from diwan_core.intake.sources.reader import Cells

Text = Callable[[Cells], str | None]
"""A cell's text, None when blank. Raises CellRefused."""
Replacements = Mapping[str, tuple[tuple[str, str], ...]]
"""By column: texts that are replaced in its cells, before anything else is done with them."""

SEVERAL: Final = "\x1f"
"""Stands between the values of a column of a second file of which several rows belong to one here."""
KEY: Final = "key"
"""In place of a field's kind: the cell is part of a row's key, which is made as releases before this one made it."""
_OF_WORKBOOKS: Final = (NumberCell, DateCell, BadCell)
_braces: Final = re.compile(r"\{([^{}]+)\}")


def text_of(column: str, blank: frozenset[str], kind: str = "text", replaced: tuple[tuple[str, str], ...] = ()) -> Text:
    """The text of a cell, None when blank. A name with points also reaches into JSON objects: "vehicle.plate"."""
    steps = column.split(".") if "." in column else []

    def text(row: Cells) -> str | None:
        cell = row.get(column)
        if cell.__class__ is str:
            cell = cell.strip()
            return None if cell in blank else cell
        if cell is None:
            return text(_inner(row, steps, column)) if steps and column not in row else None
        found = _plain(cell, column, kind)
        return None if found in blank else found

    if not replaced:
        return text

    def other_text(row: Cells) -> str | None:
        found = text(row)
        if found is None:
            return None
        for old, new in replaced:
            found = found.replace(old, new)
        found = found.strip()
        return None if found in blank else found

    return other_text


def _inner(row: Cells, steps: list[str], column: str) -> Cells:
    value: Any = row
    for step in steps:
        value = value.get(step) if isinstance(value, dict) else None
    return {column: value}


def _plain(cell: object, column: str, kind: str) -> str:
    if isinstance(cell, bool):
        return "true" if cell else "false"
    if isinstance(cell, int):
        try:
            return str(cell)
        except ValueError as error:
            raise CellRefused(
                column, cell, "not_a_number", sentence(N_("the number has thousands of digits"))
            ) from error
    if isinstance(cell, NumberCell) and kind == KEY:
        return cell.digest_text
    if isinstance(cell, _OF_WORKBOOKS):
        try:
            return text_for(cell, kind)
        except Unfit as error:
            raise CellRefused(column, str(cell), error.code, error.sentence) from error
    template = (
        N_("the cell holds a list, not one value; name the inner value as {column}.NAME")
        if isinstance(cell, list)
        else N_("the cell holds an object, not one value; name the inner value as {column}.NAME")
    )
    raise CellRefused(column, cell, "nested", sentence(template, column=column))


def source_text(rule: FieldRule, blank: frozenset[str], replaced: Replacements) -> Text:
    """The text a field is made from: one column, several joined, or a template."""
    single = len(rule.columns) == 1 and rule.template is None and rule.join is None
    kind = rule.place.field.kind if single and rule.values is None else "text"
    texts = [(column, text_of(column, blank, kind, replaced.get(column, ()))) for column in rule.columns]
    if rule.template is not None:
        return _templated(rule.template, dict(texts))
    if rule.join is not None:
        glue, labelled = rule.join, rule.labelled

        def joined(row: Cells) -> str | None:
            found = [(column, get(row)) for column, get in texts]
            return glue.join(f"{column}: {text}" if labelled else text for column, text in found if text) or None

        return joined
    return texts[0][1]


def _templated(template: str, texts: dict[str, Text]) -> Text:
    first, *pieces = _braces.split(template)  # literal, column, literal, column, literal …
    steps = [(texts[column], literal) for column, literal in zip(pieces[::2], pieces[1::2], strict=True)]

    def from_template(row: Cells) -> str | None:
        whole = first
        for get, literal in steps:
            text = get(row)
            if text is None:
                return None
            whole += text + literal
        return whole

    return from_template


def cleaned(rule: FieldRule, text: Text) -> Text:
    """`remove` and `first`, where a rule has them."""
    first = rule.first or None
    if not rule.remove and first is None:
        return text

    def clean(row: Cells) -> str | None:
        found = text(row)
        if found is None:
            return None
        for letter in rule.remove:
            found = found.replace(letter, "")
        return found[:first].strip() or None

    return clean
