"""Which columns of a template say where, when or of which nationality a row is, and how many people there were."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from diwan_core.leaving.record_cells import CELLS

TELLS: Final[Mapping[str, str]] = {
    "place": "where it was",
    "date": "when it was",
    "nationality": "of which nationality",
}
"""By the setting of `small_cells`."""
_COARSE: Final = {"place": "region", "date": "year"}
"""What leaves even of a row that is alone, or of its office."""


def tells(type: str, sources: Iterable[str], function: str = "plain") -> Iterator[str]:
    """Which of them a column says that takes these fields."""
    cell = CELLS.get(type)
    if cell is None:
        return
    named = set(sources)
    told = {
        "place": {cell.office, *cell.places, *cell.inland},
        "date": {cell.day, *cell.days} - {path for path in cell.days if path.endswith("_precision")},
        "nationality": {cell.nationality},
    }
    yield from (key for key, paths in told.items() if paths & named and function != _COARSE.get(key))


def tells_people(type: str, fields: Iterable[str]) -> bool:
    """Whether a column of these fields says how many people there were, or what became of them."""
    cell = CELLS.get(type)
    return cell is not None and not {*cell.people}.isdisjoint(fields)
