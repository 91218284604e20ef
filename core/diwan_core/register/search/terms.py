"""Takes a search apart into terms: words that may stand for codes, such as "tobacco" or "Turkey" in any language, and
runs of other words. Labels are looked up in the code lists here, when somebody asks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.folding import fold
from diwan_core.register.index.codes import Tokens, paths_of, token

WORDS_MOST: Final = 12
LONGEST_NAME: Final = 3
"""Words of a label that are tried together: "United Arab Emirates"."""
CODES_MOST: Final = 40
"""Codes of one list that a word may stand for."""
NUMBERED: Final = "hs"
"""The list whose codes are numbers people type, and the beginning of one stands for all below it."""
_PREFIX_FROM: Final = 4


@dataclass(frozen=True, slots=True)
class Term:
    """A piece of a search. `codes` are the (code list, code) that it may stand for, `tokens` how the index of codes has
    them; a token that ends in "*" stands for all that begin so."""

    text: str
    codes: frozenset[tuple[str, str]] = frozenset()
    tokens: tuple[str, ...] = ()


def _paths_by_list() -> dict[str, tuple[str, ...]]:
    found: dict[str, dict[str, None]] = {}
    for declared in DICTIONARY.types.values():
        for codelist, paths in paths_of(declared).items():
            found.setdefault(codelist, {}).update(dict.fromkeys(paths))
    return {codelist: tuple(paths) for codelist, paths in found.items()}


_PATHS: Final = _paths_by_list()


def terms_of(text: str) -> list[Term]:
    """The terms of a search, in order."""
    words = text.split()[:WORDS_MOST]
    found: list[Term] = []
    others: list[str] = []
    at = 0
    while at < len(words):
        for count in range(min(LONGEST_NAME, len(words) - at), 0, -1):
            term = _coded(" ".join(words[at : at + count]))
            if term is not None:
                found += [Term(" ".join(others))] if others else []
                found.append(term)
                others, at = [], at + count
                break
        else:
            others.append(words[at])
            at += 1
    return [*found, Term(" ".join(others))] if others else found


def _coded(text: str) -> Term | None:
    folded = fold(text).replace(".", "")
    if folded.isdecimal():
        if len(folded) < _PREFIX_FROM or NUMBERED not in _PATHS:
            return None
        return Term(text, tokens=tuple(f"{path}={folded}*" for path in _PATHS[NUMBERED]))
    codes: dict[tuple[str, str], None] = {}
    tokens: list[str] = []
    for codelist, paths in _PATHS.items():
        for code in DICTIONARY.codes(codelist).meant_by(text, CODES_MOST):
            codes[codelist, code] = None
            tokens += [token(path, code) for path in paths]
    return Term(text, frozenset(codes), tuple(tokens)) if tokens else None


def holder_of(term: Term) -> Callable[[Tokens], bool]:
    """Whether a record with these entries holds a code that the term stands for."""
    exact = frozenset(token for token in term.tokens if not token.endswith("*"))
    starts = tuple(token[:-1] for token in term.tokens if token.endswith("*"))

    def holds(tokens: Tokens) -> bool:
        return not tokens.isdisjoint(exact) or bool(starts and any(token.startswith(starts) for token in tokens))

    return holds


def codes_query(term: Term) -> str:
    """The question for the index of codes."""
    return " OR ".join(f'"{token[:-1]}"*' if token.endswith("*") else f'"{token}"' for token in term.tokens)
