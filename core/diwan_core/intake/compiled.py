"""A mapping compiled to closures: each row walks a flat list of functions and nothing is looked up twice.

This is on the path of every imported row: what is wrong with one is found by a second, slower walk over the same row.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

from diwan_core.intake.faults import CellRefused, Fault, RowRefused
from diwan_core.intake.mapping import FieldRule, Mapping, RowRule, Scalar
from diwan_core.intake.quantities import MASS, add_normal
from diwan_core.intake.reading import Cells
from diwan_core.intake.values import Text, Value, converter, simple_column, text_of, value_of

FieldConstant = tuple[str, Scalar, str]
"""(field, value, its group)"""


class Level:
    """The fields of one level (the record itself, or one part): what is taken from columns, and what is constant."""

    def __init__(self, name: str, rules: list[FieldRule], constants: list[FieldConstant], mapping: Mapping) -> None:
        part = mapping.type.parts.get(name)
        self.normalise = mapping.normalise and part is not None and MASS in part.fields
        self.rules = rules
        self.blank = mapping.source.blank
        self.longest_blank = max(map(len, self.blank))
        self.plain: list[tuple[str, str]] = []  # (field, column): the text of the cell is the value
        self.converted: list[tuple[str, str, Callable[[str], object]]] = []
        self.others: list[tuple[str, Value]] = []
        for rule in rules:
            name, column, convert = rule.place.field.name, simple_column(rule), converter(rule)
            if column is None:
                self.others.append((name, value_of(rule, self.blank)))
            elif convert is None:
                self.plain.append((name, column))
            else:
                self.converted.append((name, column, convert))
        # What a row does when a cell is no text: JSON's numbers, true and false, nested objects.
        self.any_kind = {rule.place.field.name: value_of(rule, self.blank) for rule in rules}
        groups: dict[str, list[str]] = {}
        for rule in rules:
            if rule.place.group:
                groups.setdefault(rule.place.group, []).append(rule.place.field.name)
        self.constants: dict[str, Any] = {name: value for name, value, group in constants if group not in groups}
        # The unit of a quantity the row does not give, the currency of such a value: left out with it.
        self.dependent = [(name, value, groups[group]) for name, value, group in constants if group in groups]

    def fill(self, row: Cells, found: dict[str, Any]) -> None:
        """Adds the values taken from columns; raises like them."""
        blank, longest, get, slow = self.blank, self.longest_blank, row.get, self.any_kind
        for name, column in self.plain:
            cell = get(column)
            if cell.__class__ is str:
                cell = cell.strip()
                if len(cell) > longest or cell not in blank:
                    found[name] = cell
            elif (content := slow[name](row)) is not None:
                found[name] = content
        for name, column, convert in self.converted:
            cell = get(column)
            if cell.__class__ is str:
                cell = cell.strip()
                if len(cell) > longest or cell not in blank:
                    found[name] = convert(cell)
            elif (content := slow[name](row)) is not None:
                found[name] = content
        for name, value in self.others:
            content = value(row)
            if content is not None:
                found[name] = content
        for name, constant, others in self.dependent:
            if any(other in found for other in others):
                found[name] = constant


class Compiled:
    """A mapping, ready for rows. `document` takes about 8 µs for a row of 25 columns on a 2-core server."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        blank = mapping.source.blank
        self._where: list[tuple[Text, RowRule]] = [(text_of(rule.column, blank), rule) for rule in mapping.where]
        parts: dict[tuple[str, str], tuple[list[FieldRule], list[FieldConstant]]] = {("", ""): ([], [])}
        for rule in mapping.fields:
            parts.setdefault((rule.place.part, rule.place.part_id), ([], []))[0].append(rule)
        for place, constant in mapping.constants:
            entry = (place.field.name, constant, place.group)
            parts.setdefault((place.part, place.part_id), ([], []))[1].append(entry)
        self._own = Level("", *parts.pop(("", "")), mapping)
        levels = [(part, key, Level(part, *found, mapping)) for (part, key), found in parts.items()]
        self._parts = [item for item in levels if item[2].rules]
        self._fixed = [(part, key, level.constants) for part, key, level in levels if not level.rules]
        self._key = _key(mapping.source.key, blank) if mapping.source.key else None
        self._head: dict[str, Any] = {**self._own.constants, "source_system": mapping.system}

    @property
    def has_key(self) -> bool:
        """Whether rows bring their own key; else the importer makes one with `content_digest`."""
        return self._key is not None

    def key(self, row: Cells) -> str:
        """The row's own key. Raises RowRefused when a column of it is blank."""
        if self._key is None:
            raise TypeError("this mapping has no key columns")
        return self._key(row)

    def left_out(self, row: Cells) -> RowRule | None:
        """The first condition the row does not meet. Raises RowRefused."""
        try:
            for text, rule in self._where:
                if not rule.admits(text(row)):
                    return rule
        except CellRefused as error:
            raise RowRefused([error.fault]) from error
        return None

    def document(self, row: Cells, key: str) -> dict[str, Any]:
        """The record's document. Raises RowRefused naming every cell that cannot be used."""
        try:
            document = self._head.copy()
            document["source_key"] = key
            self._own.fill(row, document)
            for part, part_id, level in self._parts:
                values: dict[str, Any] = level.constants.copy()
                level.fill(row, values)
                if len(values) > len(level.constants):  # a part of which the row says nothing is left out
                    if level.normalise:
                        add_normal(values)
                    if part in document:
                        document[part][part_id] = values
                    else:
                        document[part] = {part_id: values}
        except (CellRefused, ValueError):
            raise RowRefused(self._faults(row)) from None
        for part, part_id, fixed in self._fixed:
            document.setdefault(part, {})[part_id] = dict(fixed)
        return document

    def _faults(self, row: Cells) -> list[Fault]:
        faults = []
        for level in (self._own, *(level for _, _, level in self._parts)):
            for rule in level.rules:
                try:
                    level.any_kind[rule.place.field.name](row)
                except CellRefused as error:
                    faults.append(error.fault)
                except ValueError as error:
                    shown = ", ".join(str(row.get(column, "")) for column in rule.columns)
                    faults.append(CellRefused(", ".join(rule.columns), shown, f"{rule.place.path}: {error}").fault)
        return faults


def _key(columns: tuple[str, ...], blank: frozenset[str]) -> Callable[[Cells], str]:
    texts = [(column, text_of(column, blank)) for column in columns]

    def key(row: Cells) -> str:
        try:
            found = [(column, text(row)) for column, text in texts]
        except CellRefused as error:
            raise RowRefused([error.fault]) from error
        empty = [Fault(column, "", "it is part of the key and blank") for column, text in found if text is None]
        if empty:
            raise RowRefused(empty)
        return "|".join(text for _, text in found if text)

    return key


def content_digest(row: Cells) -> str:
    """32 hexadecimal digits of SHA-256 over a row's non-empty cells, in the order of their columns' names.

    Part of the key of rows that have none of their own, so it may never change: name, U+001F, trimmed text, U+001E;
    numbers and true/false of JSON as their text, anything nested as compact JSON.
    """
    pieces = []
    for column in sorted(row):
        cell = row[column]
        if cell is None:
            continue
        text = cell.strip() if isinstance(cell, str) else json.dumps(cell, sort_keys=True, separators=(",", ":"))
        if text:
            pieces.append(f"{column}\x1f{text}\x1e")
    return hashlib.sha256("".join(pieces).encode("utf-8", "surrogatepass")).hexdigest()[:32]
