"""Lists narrowed by codes that are no columns, wherever in a record they stand: by the index of codes, and of records
that are not entered in it yet by what they hold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from diwan_core.dictionary import RecordType
from diwan_core.register.index.codes import DONE, token

CODED: Final = "coded"
"""A filter: groups of (path, code), of each of which a record has to hold one."""
ONLY: Final = "only"
"""A filter: the ids of the records that are meant."""
OF_ONLY: Final = "t.no IN (SELECT no FROM record WHERE id IN (SELECT value FROM json_each(?)))"

Group = Sequence[Sequence[str]]


def coded_condition(declared: RecordType, group: Group) -> tuple[str, list[Any]]:
    """The condition of records that hold one of these codes in its field."""
    query = " OR ".join(f'"{token(path, code)}"' for path, code in group)
    places = [_place(declared, path) for path, _ in group]
    either = " OR ".join("(atom=? AND replace(fullkey,'\"','') GLOB ?)" for _ in group)
    behind = (
        f"t.no>coalesce((SELECT value FROM state WHERE key='{DONE}'),0) AND EXISTS (SELECT 1 FROM json_tree(CAST("
        f"coalesce(t.rest,(SELECT j.rest FROM journal j WHERE j.no=t.base)) AS TEXT)) WHERE {either})"
    )
    values: list[Any] = [query]
    for (_path, code), place in zip(group, places, strict=True):
        values += [code, place]
    return f"(t.no IN (SELECT rowid FROM coded WHERE coded MATCH ?) OR ({behind}))", values


def _place(declared: RecordType, path: str) -> str:
    """The pattern of a field's place in a document, as SQLite names it; some of the names it puts in quotes."""
    part, _dot, name = path.rpartition(".")
    item = (declared.parts[part].fields if part else declared.fields)[name]
    return f"$.{f'{part}.*.' if part else ''}{name}{'.*' if item.repeated else ''}"
