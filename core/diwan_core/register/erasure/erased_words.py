"""Finds which typed words name what was erased, for the log of reads and saved views.

More words are erased rather than fewer: a search that could have found the record by an erased value goes too. A word
typed counts when it is, or is a part of, a word or an identifier erased; or when it holds a whole name or identifier,
however it was spaced."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from typing import Any, Final

import msgspec

from diwan_core.dictionary.folding import beside, fold, words
from diwan_core.register.journal.rows_of_record import rows_of
from diwan_core.register.records.apply import load_state
from diwan_core.register.records.type_plan import PLANS

NOMINAL: Final = 2
SHORTEST: Final = 3
"""Letters of a word that counts as a part of another; a shorter one counts when it is the same."""
SHORTEST_WHOLE: Final = 4


class ErasedWords:
    """The words of what was erased of one record."""

    def __init__(self) -> None:
        self._words: set[str] = set()
        self._wholes: set[str] = set()
        self._text = ""

    def add(self, text: str, *, names: bool) -> None:
        """A value; `names` where it is nominal or an identifier."""
        for found in forms(text):
            self._words.update(found)
            if names:
                self._wholes.update(word for word in (*found, "".join(found)) if len(word) >= SHORTEST_WHOLE)

    def among(self, typed: str) -> bool:
        """Whether what a person typed names what was erased."""
        self._text = self._text or "\n".join((*self._words, *self._wholes))
        return any(self._named_by(found) for found in forms(typed))

    def _named_by(self, found: list[str]) -> bool:
        if any(word in self._words or (len(word) >= SHORTEST and word in self._text) for word in found):
            return True
        squeezed = "".join(found)
        return (len(squeezed) >= SHORTEST and squeezed in self._text) or any(one in squeezed for one in self._wholes)


def forms(text: str) -> list[list[str]]:
    """The words of a text as a search sees them, and again where passport zones print it otherwise."""
    found = words(fold(text))
    other = words(beside(text))
    return [found] if other == found else [found, other]


def erased_words(connection: sqlite3.Connection, record: str, halves: int) -> ErasedWords:
    """The words of a record's halves (1 rest, 2 nominal), in every version of it held here; before they are erased."""
    found = ErasedWords()
    held = connection.execute("SELECT no, type FROM record WHERE id=?", (record,)).fetchone()
    number = held[0] if held else -1
    plan = PLANS.get(held[1]) if held else None
    versions: list[tuple[dict[str, Any], dict[str, Any]]] = [
        (msgspec.json.decode(rest) if rest else {}, msgspec.json.decode(nominal) if nominal else {})
        for rest, nominal in rows_of(connection, record, "rest, nominal")
    ]
    if plan is not None:
        state = load_state(connection, plan, number)
        versions.append((state.rest, state.nominal))
        for values in state.alternatives.values():
            # A plain alternative is one group; what it is called does not matter, nor that it may not be searchable.
            for secret, value in values.values():
                if halves & (1 + secret):
                    for text in _texts(value):
                        found.add(text, names=secret)
    for rest, nominal in versions:
        if halves & NOMINAL:
            for text in _texts(nominal):
                found.add(text, names=True)
        if halves & 1 and plan is not None:
            text, _, identifiers = plan.declared.indexer(rest, {})
            found.add(text, names=False)
            for _, value in identifiers:
                found.add(value, names=True)
    return found


def _texts(value: object) -> Iterator[str]:
    """Every text in a document, however deep."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
