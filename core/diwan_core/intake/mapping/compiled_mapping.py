"""A mapping compiled to functions, which turns each row into a document.

This is on the path of every imported row: what is wrong with one is found by a second, slower walk over the same row.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from typing import Any

from diwan_core.dictionary import N_, NotADecimal, Sentence, Term, sentence
from diwan_core.dictionary.moved_groups import follow_sub_group
from diwan_core.dictionary.selection import follow_detection
from diwan_core.intake.faults import Asked, CellRefused, Fault, FaultCode, RowRefused, Unfit, show_cell
from diwan_core.intake.mapping.cell_text import KEY, Text, text_of
from diwan_core.intake.mapping.cell_values import Convert, Value, converter, is_text, simple_column, value_of
from diwan_core.intake.mapping.model import FieldRule, Mapping, Place, RowRule, Scalar
from diwan_core.intake.sources.cells import BadCell, DateCell, NumberCell
from diwan_core.intake.sources.reader import Cells
from diwan_core.reading import Value as ReadValue

_Slot = tuple[str, str, bool]
"""Part, id of the part, and whether it is the nominal half."""


def _slot_of(place: Place) -> _Slot:
    return place.part, place.part_id, place.field.nominal


class Compiled:
    """A mapping, ready for rows. `halves` takes about 8 µs for a row of 25 columns on a 2-core server.

    Each half of the record itself and of each of its parts has a slot; every list below names the slot its value goes
    to."""

    def __init__(self, mapping: Mapping) -> None:
        self.mapping = mapping
        self._blank = mapping.source.blank
        self._longest_blank = max(map(len, self._blank))
        self._replaced = mapping.replaced
        self._json = mapping.source.format != "csv"
        self.assumed: Counter[str] = Counter()
        """Columns in which years of two digits were read by a window, with how often."""
        self._where: list[tuple[Text, RowRule]] = [
            (text_of(rule.column, self._blank, "text", self._replaced.get(rule.column, ())), rule)
            for rule in mapping.where
        ]
        self._key = _key(mapping.source.key, self._blank) if mapping.source.key else None
        self._plain: list[tuple[int, str, str, Convert, Value]] = []  # slot, field, column: text is the value
        self._converted: list[tuple[int, str, str, Convert, Value]] = []
        self._others: list[tuple[int, FieldRule, Value]] = []
        self._dated: list[tuple[int, FieldRule, str, Convert, Value]] = []
        self._all: list[tuple[FieldRule, Value]] = []
        slots: dict[_Slot, int] = {("", "", False): 0, ("", "", True): 1}
        grouped: dict[tuple[int, str], list[str]] = {}
        for rule in mapping.fields:
            place = rule.place
            slot = slots.setdefault(_slot_of(place), len(slots))
            if place.group:
                grouped.setdefault((slot, place.group), []).append(place.field.name)
            self._add(slot, rule)
        mapped = {slot[:2] for slot in slots}
        self._constants: list[dict[str, Any]] = [{} for _ in slots]
        # The unit of a quantity the row does not give, the currency of such a value: left out with it.
        self._dependent: list[tuple[int, str, Scalar, list[str]]] = []
        for place, constant in mapping.constants:
            slot = slots.setdefault(_slot_of(place), len(slots))
            if slot == len(self._constants):
                self._constants.append({})
            if others := grouped.get((slot, place.group)):
                self._dependent.append((slot, place.field.name, constant, others))
            else:
                self._constants[slot][place.field.name] = constant
        self._keeps_key = mapping.keeps_key
        if self._keeps_key:
            self._constants[0]["source_system"] = mapping.system
        self._parts = []
        self._nowhere = len(self._constants)
        for part, part_id in dict.fromkeys(slot[:2] for slot in slots if slot[0]):
            rest, nominal = (slots.get((part, part_id, half), self._nowhere) for half in (False, True))
            fixed = sum(len(self._constants[slot]) for slot in (rest, nominal) if slot != self._nowhere)
            # A part of which the row says nothing is left out, unless it is made of constants alone.
            self._parts.append((rest, nominal, part, part_id, fixed if (part, part_id) in mapped else 0))
        self._constants.append({})  # the half that a part has no fields of

    def _add(self, slot: int, rule: FieldRule) -> None:
        name, column = rule.place.field.name, simple_column(rule, self._replaced)
        convert = converter(rule, json=self._json)
        # the whole way: also for numbers, true and false, objects of JSON, and cells of workbooks
        value = value_of(rule, self._blank, self._replaced, self._json)
        self._all.append((rule, value))
        if column is None:
            self._others.append((slot, rule, value))
        elif rule.place.field.kind == "date" and rule.values is None:
            self._dated.append((slot, rule, column, convert, value))
        elif is_text(rule):
            self._plain.append((slot, name, column, convert, value))
        else:
            self._converted.append((slot, name, column, convert, value))

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
        return self.mapping.type.join(*self.halves(row, key))

    def halves(self, row: Cells, key: str) -> tuple[dict[str, Any], dict[str, Any]]:
        """The same, split into its rest and its nominal half. Raises RowRefused."""
        slots = [constants.copy() for constants in self._constants]
        try:
            self._fill(row, slots)
        except (CellRefused, ValueError):
            raise RowRefused(self._faults(row)) from None
        rest, nominal = slots[0], slots[1]
        if "detection_method" in rest:
            follow_detection(rest)
        if self._keeps_key:
            rest["source_key"] = key
        for open_slot, secret_slot, part, part_id, fixed in self._parts:
            values, secret = slots[open_slot], slots[secret_slot]
            if len(values) + len(secret) > fixed:
                if values:
                    if "sub_group" in values:
                        follow_sub_group(values)
                    if part in rest:
                        rest[part][part_id] = values
                    else:
                        rest[part] = {part_id: values}
                if secret:
                    if part in nominal:
                        nominal[part][part_id] = secret
                    else:
                        nominal[part] = {part_id: secret}
        return rest, nominal

    def _fill(self, row: Cells, slots: list[dict[str, Any]]) -> None:  # noqa: C901  a flat walk, and the hot path of an import
        blank, longest, get = self._blank, self._longest_blank, row.get
        for slot, name, column, convert, whole in self._plain:
            cell = get(column)
            if cell.__class__ is str:
                cell = cell.strip()
                if len(cell) > longest or cell not in blank:
                    as_it_stands = cell.isprintable() and cell[0] != "'" and "E+" not in cell
                    slots[slot][name] = cell if as_it_stands else convert(cell)
            elif (content := whole(row)) is not None:
                slots[slot][name] = content
        for slot, name, column, convert, whole in self._converted:
            cell = get(column)
            if cell.__class__ is str:
                cell = cell.strip()
                if len(cell) > longest or cell not in blank:
                    slots[slot][name] = convert(cell)
            elif (content := whole(row)) is not None:
                slots[slot][name] = content
        for slot, rule, column, convert, whole in self._dated:
            cell = get(column)
            if cell.__class__ is str:
                cell = cell.strip()
                content = convert(cell) if len(cell) > longest or cell not in blank else None
            else:
                content = whole(row)
            if content.__class__ is str:
                slots[slot][rule.place.field.name] = content
            elif content is not None:
                self._put(slots[slot], rule, content)
        for slot, rule, value in self._others:
            content = value(row)
            if content is not None:
                self._put(slots[slot], rule, content)
        for slot, name, constant, others in self._dependent:
            if any(other in slots[slot] for other in others):
                slots[slot][name] = constant

    def _put(self, values: dict[str, Any], rule: FieldRule, content: object) -> None:
        """A value into its slot; of a date also what it says of itself, where no column and no constant says it."""
        if not isinstance(content, ReadValue):
            values[rule.place.field.name] = content
            return
        values[rule.place.field.name] = content.value
        for what, said in content.beside.items():
            if what in rule.place.beside:
                values.setdefault(rule.place.beside[what], said)
        if content.assumed:
            self.assumed[", ".join(rule.columns)] += 1

    def _faults(self, row: Cells) -> list[Fault]:
        faults = []
        for rule, value in self._all:
            try:
                value(row)
            except CellRefused as error:
                faults.append(error.fault)
            except ValueError as error:
                text = ", ".join(str(row.get(column, "")) for column in rule.columns)
                faults.append(_fault(rule, text, error))
        return faults


def _fault(rule: FieldRule, value: str, error: ValueError) -> Fault:
    code: FaultCode = "format"
    said = Sentence.plain(str(error))
    if isinstance(error, Unfit):
        code, said = error.code, error.sentence
    elif isinstance(error, NotADecimal):
        code, said = "not_a_number", Sentence.of(str(error), ())
    reason = sentence(N_("{field}: {reason}"), field=Term(rule.place.field.label), reason=said)
    meanings = error.meanings if isinstance(error, Asked) else ()
    return Fault(", ".join(rule.columns), show_cell(value), code, reason, rule.place.path, meanings)


def _key(columns: tuple[str, ...], blank: frozenset[str]) -> Callable[[Cells], str]:
    texts = [(column, text_of(column, blank, KEY)) for column in columns]

    def key(row: Cells) -> str:
        try:
            found = [text(row) for _, text in texts]
        except CellRefused as error:
            raise RowRefused([error.fault]) from error
        if None in found:
            blank_key = sentence(N_("it is part of the key and blank"))
            empty = [column for (column, _), text in zip(texts, found, strict=True) if text is None]
            raise RowRefused([Fault(column, "", "key_blank", blank_key) for column in empty])
        texts_found = [text for text in found if text]
        if len(texts_found) == 1:
            return texts_found[0]
        return "|".join(text.replace("\\", r"\\").replace("|", r"\|") for text in texts_found)

    return key


def _digested(cell: object) -> str:
    match cell:
        case NumberCell():
            return cell.digest_text
        case DateCell() | BadCell():
            return str(cell)
        case _:
            return json.dumps(cell, sort_keys=True, separators=(",", ":"))


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
        text = cell.strip() if isinstance(cell, str) else _digested(cell)
        if text:
            pieces.append(f"{column}\x1f{text}\x1e")
    return hashlib.sha256("".join(pieces).encode("utf-8", "surrogatepass")).hexdigest()[:32]
