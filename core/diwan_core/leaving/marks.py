"""Marks in a text what may identify somebody, for the person who is to release it: names of the record's own parties,
numbers of plates, containers and telephones, long numbers, words with a capital letter, and what follows a title or a
word of kinship: Arabic has no capitals, and many people type none.

It only points; it decides nothing, and a text without marks can still name somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final, Literal, NamedTuple

from diwan_core.dictionary import fold

Why = Literal["party", "identifier", "number", "title", "capital"]
SHORTEST_NAME: Final = 3
"""Letters of a part of a name that is looked for: shorter ones are words such as "al" or "de"."""
_WORD: Final = re.compile(r"[^\W\d_][\w'’-]*")
_SHAPES: Final[tuple[tuple[Why, re.Pattern[str]], ...]] = (
    ("identifier", re.compile(r"\b[A-Za-z]{4}[ -]?\d{6,7}\b")),  # a container (ISO 6346)
    ("identifier", re.compile(r"\b[A-Z]{1,3}[ -]?\d{2,6}(?:[ -]?[A-Z]{1,3})?\b")),  # plates, flights, documents
    ("identifier", re.compile(r"\b[a-z]{1,3}[ -]?\d{4,6}(?:[ -]?[a-z]{1,3})?\b")),  # the same in small letters
    ("identifier", re.compile(r"\b\d{1,3}[ -]\d{3,6}\b")),  # plates of digits alone
    ("identifier", re.compile(r"\+\d(?:[ ().-]?\d){6,16}")),  # telephones with the country code
    ("identifier", re.compile(r"[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,4}")),
    ("number", re.compile(r"\d(?:[ ./-]?\d){4,30}")),
)
_RANK: Final[tuple[Why, ...]] = ("party", "identifier", "number", "title", "capital")
_TITLES: Final = frozenset(
    fold(word)
    for word in (
        "mr", "mrs", "ms", "miss", "dr", "sir", "sheikh", "hajji", "abu", "umm", "named", "called",
        "alias", "monsieur", "madame", "mme", "nommé", "nommée", "señor", "señora", "sr", "sra", "senhor", "senhora",
        "господин", "госпожа", "гражданин", "гражданка",
        "السيد", "السيدة", "الحاج", "الحاجة", "الشيخ", "الدكتور", "الدكتورة", "المهندس", "المدعو", "المدعوة", "المواطن",
        "المواطنة", "اسمه", "اسمها", "يدعى", "تدعى", "الملقب", "أبو", "أبي", "أم", "آل", "عبد",
    )
)  # fmt: skip
"""Words behind which a name stands."""
_KINSHIP: Final = frozenset(fold(word) for word in ("bin", "ibn", "ben", "bint", "بن", "ابن", "بنت"))
"""Words before and behind which a name stands."""
_OF_A_NAME: Final = 2
"""Words behind a title that are marked with it."""


class Piece(NamedTuple):
    """A stretch of a text; `why` is None where nothing was found in it."""

    text: str
    why: Why | None


def marked(text: str, names: Iterable[str] = ()) -> list[Piece]:
    """The text in pieces, in order and whole. `names` are those of the record's own parties."""
    known = {part for name in names for part in _parts(name)}
    found = sorted((*_words(text, known), *_shapes(text)), key=lambda one: (one[0], -one[1], _RANK.index(one[2])))
    pieces: list[Piece] = []
    at = 0
    for start, end, why in found:
        if start < at:
            continue
        if start > at:
            pieces.append(Piece(text[at:start], None))
        pieces.append(Piece(text[start:end], why))
        at = end
    if at < len(text):
        pieces.append(Piece(text[at:], None))
    return pieces


def _parts(name: str) -> Iterator[str]:
    for word in _WORD.findall(name):
        if len(word) >= SHORTEST_NAME and (folded := fold(word)):
            yield folded


def _words(text: str, known: set[str]) -> Iterator[tuple[int, int, Why]]:
    words = [(word, fold(word[0])) for word in _WORD.finditer(text)]
    titled: set[int] = set()
    for place, (_word, folded) in enumerate(words):
        if folded in _TITLES or folded in _KINSHIP:
            titled.update(range(place - (folded in _KINSHIP), place + 1 + _OF_A_NAME))
    for place, (word, folded) in enumerate(words):
        if folded in known:
            yield word.start(), word.end(), "party"
        elif place in titled:
            yield word.start(), word.end(), "title"
        elif word[0][0].isupper():
            yield word.start(), word.end(), "capital"


def _shapes(text: str) -> Iterator[tuple[int, int, Why]]:
    for why, shape in _SHAPES:
        for one in shape.finditer(text):
            yield one.start(), one.end(), why
