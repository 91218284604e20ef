"""Second files of an import, whose rows belong to rows of the first by a column of each, such as a file of aliases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Final

from diwan_core.dictionary import N_
from diwan_core.intake.faults import Unreadable
from diwan_core.intake.heads import spell_heads
from diwan_core.intake.mapping.cell_text import SEVERAL, text_of
from diwan_core.intake.mapping.model import Join
from diwan_core.intake.sources.reader import Cells, Reader, Source

ROWS_MOST: Final = 500_000
"""Rows of a second file; they are held in memory."""


class SecondFile:
    """A second file, read whole. `columns` are the names its columns have in the mapping."""

    def __init__(self, join: Join, path: Path) -> None:
        self.join = join
        self._rows: dict[str, list[tuple[str, ...]]] = {}
        source = Source(delimiter=join.delimiter, encoding=join.encoding, fallback=join.fallback)
        with Reader(path, source) as reader:
            heads = [head for head in reader.columns or () if head]
            key = spell_heads([join.key], heads).get(join.key, join.key)
            if key not in heads:
                template = N_("{name} has no column {column}; it has {there}")
                raise Unreadable(template, name=path.name, column=join.key, there=", ".join(heads[:40]))
            self._heads = heads
            self.columns = [f"{join.name}.{head}" for head in heads]
            self.unusable = 0
            key_of = text_of(key, source.blank)
            cells_of = [text_of(head, source.blank) for head in heads]
            for read in reader:
                if read.row > ROWS_MOST:
                    raise Unreadable(N_("{name} has more than {most} rows"), name=path.name, most=ROWS_MOST)
                found = key_of(read.cells) if read.cells is not None else None
                if read.cells is None or found is None:
                    self.unusable += 1
                    continue
                self._rows.setdefault(found, []).append(tuple(get(read.cells) or "" for get in cells_of))

    def add(self, cells: Cells) -> None:
        """Give a row of the first file the cells that belong to it, several values of a column with SEVERAL between."""
        key = cells.get(self.join.column)
        rows = self._rows.get(str(key).strip(), ()) if key is not None else ()
        for place, column in enumerate(self.columns):
            values = dict.fromkeys(row[place] for row in rows if row[place])
            cells[column] = SEVERAL.join(values)


def second_files(joins: Iterable[Join], given: Mapping[str, Path]) -> list[SecondFile]:
    """The second files of a mapping. Raises Unreadable where one is not given, or cannot be read."""
    found = []
    for join in joins:
        if join.name not in given:
            template = N_("the mapping needs a second file {name}: give it as --join {name}=FILE")
            raise Unreadable(template, name=join.name)
        found.append(SecondFile(join, given[join.name]))
    return found
