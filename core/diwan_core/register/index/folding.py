"""Folding for the search index (`dictionary.folding`): what is indexed of a text, and what is asked for what a person
typed.

Texts in ASCII pass untouched, since SQLite's tokenizer folds their case. Words with letters that passport zones print
otherwise stand there in both forms. Of Arabic names the article and the spaces within a name are left open when it is
asked: عبدالله finds عبد الله, and the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

from diwan_core.dictionary import folding
from diwan_core.register.index import first_folding

WORDS_MOST: Final = 16
_ARTICLE: Final = "ال"
_BEFORE: Final = ("عبد", "ابو", "ابي", "ابا")
"""Words that are written together with the next, or apart."""
_BEHIND: Final = ("الدين", "الله")
"""Words that are written together with the one before, or apart."""


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


def words_query(text: str, *, whole: bool = False) -> str | None:
    """An FTS5 query for records that hold every word of `text`, the last one as a prefix unless all are `whole`; None
    when there is no word."""
    found = folding.words(folding.fold(text))[:WORDS_MOST]
    if not found:
        return None
    if text.isascii():
        return _all_of([[word] for word in found], whole=whole)
    other = folding.words(folding.beside(text))[:WORDS_MOST]
    beside = other if len(other) == len(found) else found
    return _all_of([_ways_to_write(found, beside, place) for place in range(len(found))], whole=whole)


def first_words_query(text: str, *, whole: bool = False) -> str | None:
    """A query for records that stand in the index as the first folding left them."""
    found = folding.words(first_folding.fold(text))[:WORDS_MOST]
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
    if not _is_arabic(word):
        return ways
    before = found[place - 1] if place else ""
    after = found[place + 1] if place + 1 < len(found) else ""
    ways += [before + word] if _is_arabic(before) else []
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
    """A query for an identifier that is folded already."""
    folded = folded[:64]
    if len(folded) < 3:
        return None
    return " AND ".join(f'"{folded[i : i + 3]}"' for i in range(len(folded) - 2))
