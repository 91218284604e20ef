"""Compares the columns that a mapping needs with those that the file has."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from diwan_core.dictionary import N_, Sentence, sentence
from diwan_core.intake.faults import Unreadable, show_cell
from diwan_core.intake.heads import spell_heads
from diwan_core.intake.mapping.model import Mapping
from diwan_core.intake.mapping.own_export import HEADS, ExportedRows, field_at, is_export
from diwan_core.intake.sources.reader import Reader


def fit_columns(mapping: Mapping, reader: Reader) -> Mapping:
    """The mapping with its columns spelled as this file spells them."""
    if reader.columns is None:
        return mapping
    return mapping.renamed(spell_heads({**mapping.columns, **dict.fromkeys(mapping.ignored)}, reader.columns))


def rows_of_export(mapping: Mapping, reader: Reader) -> ExportedRows:
    """The reader of the rows of our own exports; only in CSV are cells guarded with an apostrophe."""
    return ExportedRows(mapping.type, reader.columns, guarded=reader.columns is not None and reader.sheet is None)


def check_columns(mapping: Mapping, reader: Reader, joined: Iterable[str] = ()) -> list[str]:
    """The columns of the file that the mapping neither uses nor ignores. Raises Unreadable naming every column that is
    missing, or that stands twice and is used. `joined` are those of second files."""
    if reader.columns is None:
        return []
    if mapping.exported:
        if not is_export(reader.columns):
            template = N_("{name} is not an export of Diwan: it does not begin with id, origin, created, updated")
            raise Unreadable(template, name=reader.name)
        known = [name for name in reader.columns if name in HEADS or field_at(mapping.type, name)]
        return [name for name in reader.columns if name and name not in known]
    present = {*reader.columns, *joined}
    missing = [column for column in mapping.columns if column not in present and column not in mapping.optional]
    twice = {column: at for column, at in reader.duplicates.items() if column in mapping.columns}
    wrong: list[Sentence] = []
    if missing:
        names = _listed([_with_guess(column, reader.columns) for column in missing])
        there = ", ".join(map(show_cell, reader.columns))
        template = N_("these columns are missing: {names}; the file has {there}")
        wrong.append(sentence(template, names=names, there=there))
        if len(reader.columns) == 1 and (mark := next((m for m in ";\t|," if m in reader.columns[0]), "")):
            template = N_("its columns seem to be separated by {mark}: set delimiter in the mapping")
            wrong.append(sentence(template, mark=repr(mark)))
    for column, at in twice.items():
        template = N_("the column {column} stands {count} times (as number {numbers}); rename all but one")
        wrong.append(sentence(template, column=column, count=len(at), numbers=", ".join(map(str, at))))
    if wrong:
        raise Unreadable(_listed(wrong, N_("{first}; {second}")))
    return [
        column
        for column in reader.columns
        if column and column not in mapping.columns and column not in mapping.ignored
    ]


def _listed(sentences: list[Sentence], pair: str = N_("{first}, {second}")) -> Sentence:
    """Several sentences as one."""
    first, *others = sentences
    for other in others:
        first = sentence(pair, first=first, second=other)
    return first


def _with_guess(column: str, present: list[str]) -> Sentence:
    near = difflib.get_close_matches(column, present, n=1, cutoff=0.75)
    if near:
        return sentence(N_("{column} (is it {guess}?)"), column=column, guess=near[0])
    return Sentence.plain(column)
