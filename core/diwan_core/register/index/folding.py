"""Folding for the search index (`dictionary.folding`): what is indexed of a text, and what is asked for what a person
typed.

Texts in ASCII pass untouched, since SQLite's tokenizer folds their case. Words with letters that passport zones print
otherwise stand there in both forms. The rest is left to the question: the article and the spaces or hyphens within a
name (عبدالله finds عبد الله, Al-Masri finds Almasri and Masri), and whether an identifier has the letter O or the digit
zero, the letter I or the digit one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from itertools import product
from typing import Final, NamedTuple

from diwan_core.dictionary import folding
from diwan_core.register.index import first_folding

WORDS_MOST: Final = 16
_DIVIDED_LONGEST: Final = 24
_ARTICLE: Final = folding.ARTICLE
_BEFORE: Final = ("عبد", "ابو", "ابي", "ابا")
"""Words that are written together with the next, or apart."""
_BEHIND: Final = ("الدين", "الله")
"""Words that are written together with the one before, or apart."""
_LATIN_BEFORE: Final = ("abdel", "abdul", "abd", "abu", *sorted(folding.LATIN_ARTICLES))
"""The same of names in Latin letters, the longer ones first."""
_READ_AS: Final = {"0": "0O", "O": "0O", "1": "1I", "I": "1I"}
_TO_DIGITS: Final = str.maketrans("oi", "01")
_TO_LETTERS: Final = str.maketrans("01", "oi")


class Folding(NamedTuple):
    """How an index holds words, and identifiers."""

    words: Callable[[str], str]
    identifiers: Callable[[Iterable[str]], str]


def index_words(text: str) -> str:
    """A text as the index holds it."""
    return text if text.isascii() else " ".join(folding.forms(text))


def index_identifiers(values: Iterable[str]) -> str:
    """Identifiers as the index holds them."""
    return folding.fold_identifiers(values)


PRESENT: Final = Folding(index_words, index_identifiers)
FIRST: Final = Folding(first_folding.fold, first_folding.fold_identifiers)


_DIVIDING: Final = re.compile("[\u19b0-\u19c0\u19c8\u19c9\u1cf2\u1cf3]")
"""Vowels of New Tai Lue, and two Vedic signs: letters for Python, and for SQLite, which has the tables of Unicode 6.1,
marks that divide words. Within a word of a query they would ask for a phrase, which these indexes cannot answer."""


def words_query(text: str, *, whole: bool = False, apart: bool = False) -> str | None:
    """An FTS5 query for records that hold every word of `text`, the last one as a prefix unless all are `whole`; None
    when there is no word. `apart`: also for those that hold one of its words as two (jeanpierre, Jean-Pierre), which is
    worth asking where nothing else was found."""
    text = _DIVIDING.sub(" ", text)
    found = folding.words(folding.fold(text))[:WORDS_MOST]
    if not found:
        return None
    other = folding.words(folding.beside(text))[:WORDS_MOST]
    beside = other if len(other) == len(found) else found
    ways = [_ways_to_write(found, beside, place) for place in range(len(found))]
    if apart:
        ways = [[*known, *_in_two(word)] for known, word in zip(ways, found, strict=True)]
    return _all_of(ways, whole=whole)


def first_words_query(text: str, *, whole: bool = False) -> str | None:
    """A query for records that stand in the index as the first folding left them."""
    found = folding.words(first_folding.fold(_DIVIDING.sub(" ", text)))[:WORDS_MOST]
    return _all_of([[word] for word in found], whole=whole) if found else None


def _all_of(groups: list[list[str]], *, whole: bool) -> str:
    """A query for one of the ways to write each word; a way of two words asks for both."""
    terms = []
    for place, ways in enumerate(groups):
        mark = "*" if place == len(groups) - 1 and not whole else ""
        found = [" AND ".join(f'"{word}"' for word in way.split()) + mark for way in dict.fromkeys(ways)]
        terms.append(found[0] if len(found) == 1 else f"({' OR '.join(f'({way})' for way in found)})")
    return " AND ".join(terms)


def _ways_to_write(found: list[str], beside: list[str], place: int) -> list[str]:
    word = found[place]
    ways = [word, beside[place]]
    if word.isascii():
        return ways + _latin_ways(found, place)
    return ways + _arabic_ways(found, place) if _is_arabic(word) else ways


def _latin_ways(found: list[str], place: int) -> list[str]:
    word = found[place]
    if not word.isalpha():
        return [word.translate(_TO_DIGITS), word.translate(_TO_LETTERS)] if not word.isdigit() else []
    starts = range(max(place - 2, 0), place + 1)
    runs = [found[start : start + count] for count in (2, 3) for start in starts if start + count > place]
    ways = ["".join(run) for run in runs if len(run) > 1 and all(one.isascii() and one.isalpha() for one in run)]
    if word in folding.LATIN_ARTICLES and place + 1 < len(found):
        return [*ways, found[place + 1]]
    start = next((start for start in _LATIN_BEFORE if word.startswith(start) and len(word) > len(start) + 2), "")
    return [*ways, f"{start} {word[len(start) :]}"] if start else ways


def _in_two(word: str) -> list[str]:
    """A word of letters as two, wherever it may be divided."""
    if not word.isalpha() or len(word) > _DIVIDED_LONGEST:
        return []
    return [f"{word[:at]} {word[at:]}" for at in range(3, len(word) - 2)]


def _arabic_ways(found: list[str], place: int) -> list[str]:
    word = found[place]
    before = found[place - 1] if place else ""
    after = found[place + 1] if place + 1 < len(found) else ""
    ways = [before + word] if _is_arabic(before) else []
    ways += [word + after] if _is_arabic(after) else []
    if word == _ARTICLE and after:
        return [*ways, after]
    if word.startswith(_ARTICLE) and len(word) > 4:
        ways.append(word[2:])
    elif len(word) > 2:
        ways.append(_ARTICLE + word)
    ways += [f"{start} {word[len(start) :]}" for start in _BEFORE if word.startswith(start) and len(word) > 5]
    ways += [f"{word[: -len(end)]} {end}" for end in _BEHIND if word.endswith(end) and len(word) > len(end) + 1]
    return ways


def _is_arabic(word: str) -> bool:
    return bool(word) and "\u0620" <= word[0] <= "\u06ff"


def trigrams(folded: str) -> str | None:
    """A query for an identifier that is folded already, whichever of the letters and digits that look alike it has."""
    folded = folded[:64]
    if len(folded) < 3:
        return None
    pieces = (written_alike(folded[i : i + 3]) for i in range(len(folded) - 2))
    return " AND ".join(_any_of(f'"{way}"' for way in piece) for piece in pieces)


def beginnings(folded: str) -> str:
    """A query for identifiers that begin with one or two characters."""
    return _any_of(f'identifier : "{way}"*' for way in written_alike(folded[:3]))


def written_alike(folded: str) -> list[str]:
    """Every way to write a short piece of an identifier with letters and digits that look alike."""
    return ["".join(letters) for letters in product(*(_READ_AS.get(letter, letter) for letter in folded))]


def _any_of(terms: Iterable[str]) -> str:
    found = list(terms)
    return found[0] if len(found) == 1 else f"({' OR '.join(found)})"
