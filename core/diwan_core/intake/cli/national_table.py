"""Reads a CSV file into a national table, such as prices, line by line at the centre: a wrong line is told with its
number and reason, and all others are taken."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NamedTuple, NoReturn

import click

from diwan_core import node
from diwan_core.dictionary import DICTIONARY, Field
from diwan_core.dictionary.code_lines import BadLine, Cells, NotACodeFile, cells_of
from diwan_core.intake.cli.command_kit import SOME_REFUSED, USAGE, stop
from diwan_core.intake.sources.tables import unguard_cell
from diwan_core.reading import day_or_text, number_or_text
from diwan_core.register import Refused, Register

Take = Callable[[dict[str, str]], bool]
"""Takes a line, by its columns, into the table; whether that is new. Raises Refused."""


class NationalTable(NamedTuple):
    """A table and the type of its records, the columns that a file needs and those that it may have, and what takes a
    line into a register."""

    plural: str
    type: str
    needed: Sequence[str]
    known: Sequence[str]
    begin: Callable[[Register], Take]


def read_into(table: NationalTable, file: Path, folder: Path, as_json_text: bool) -> NoReturn:
    """Take the lines of a file, tell those that were not taken, and end the command."""
    if node.load(folder).role != "central":
        stop("this table is kept at the centre, and posts receive it from there: read the file at the centre", USAGE,
             as_json_text)  # fmt: skip
    bad: list[BadLine] = []
    new = same = 0
    with Register.open(folder, role="writer") as register:
        take = table.begin(register)
        try:
            for line in _lines(table, file):
                if isinstance(line, BadLine):
                    bad.append(line)
                    continue
                number, cells = line
                try:
                    if take(cells):
                        new += 1
                    else:
                        same += 1
                except Refused as error:
                    reason = " ".join(problem.message for problem in error.problems)
                    bad.append(BadLine(file.name, number, reason))
        except NotACodeFile as error:
            stop(str(error), USAGE, as_json_text)
        except OSError as error:
            stop(f"{file} cannot be read: {error.strerror}", USAGE, as_json_text)
    if as_json_text:
        lines = [{"line": one.line, "reason": one.reason} for one in bad]
        click.echo(json.dumps({"written": new, "known": same, "not_taken": lines}, ensure_ascii=False))
    else:
        for one in bad:
            click.echo(str(one), err=True)
        click.echo(
            f"{table.plural.capitalize()} written: {new:,}; known before: {same:,}; lines not taken: {len(bad):,}."
        )
    sys.exit(SOME_REFUSED if bad else 0)


def _lines(table: NationalTable, file: Path) -> Iterator[tuple[int, dict[str, str]] | BadLine]:
    heads: list[str] = []
    fields = DICTIONARY.type(table.type).fields
    for cells in cells_of(file):
        if isinstance(cells, BadLine):
            yield cells
        elif not heads:
            heads = _heads(table, file, cells)
        else:
            line = dict(zip(heads, map(unguard_cell, cells.values), strict=False))
            yield cells.line, {name: _read(fields.get(name), text) for name, text in line.items()}


def _read(field: Field | None, text: str) -> str:
    """A number or a day as documents hold it, however the file writes it; any other text, and what can mean two, as it
    is."""
    if field is None:
        return text
    return {"decimal": number_or_text, "date": day_or_text}.get(field.kind, str)(text)


def _heads(table: NationalTable, file: Path, cells: Cells) -> list[str]:
    heads = [value.lower().replace(" ", "_").replace("-", "_") for value in cells.values]
    if lacking := [name for name in table.needed if name not in heads]:
        raise NotACodeFile(
            f"{file.name}: its first line names no column {', '.join(lacking)}; known are {', '.join(table.known)}"
        )
    if twice := [name for name in table.known if heads.count(name) > 1]:
        raise NotACodeFile(f"{file.name}: its first line names the column {', '.join(twice)} twice; leave one of them")
    return heads
