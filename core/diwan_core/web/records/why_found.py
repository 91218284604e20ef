"""Why a search found a record: the fields that hold what was typed, with the words marked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from diwan_core.dictionary import DICTIONARY, Field, RecordType
from diwan_core.dictionary.folding import ARTICLE, alike_identifier, beside, fold, fold_identifier
from diwan_core.register import Record
from diwan_core.register.search.terms import NUMBERED, Term
from diwan_core.web.kinds.registry import kind_of
from diwan_core.web.kit.console import register
from diwan_core.web.language.i18n import _
from diwan_core.web.records.display import show
from diwan_core.web.records.links import link_to, shows
from diwan_core.web.records.list_words import comma

MOST: Final = 3
"""Reasons that are shown of a record."""
REFERENCES_MOST: Final = 12
"""Records a record refers to that are looked into."""
AROUND: Final = 45
"""Letters of a long text before and after the first word that was found."""
_WORD: Final = re.compile(r"\w+")
_OWN: Final = frozenset({"source_key", "case_number"})
_SHORTEST_PIECE: Final = 3


@dataclass(frozen=True)
class Piece:
    """A stretch of a value; `found`: it is what was looked for."""

    text: str
    found: bool


@dataclass(frozen=True)
class Reason:
    """A field that holds what was typed. `covers` are the numbers of the terms of the search that it answers."""

    label: str
    pieces: tuple[Piece, ...]
    covers: frozenset[int]


def why_found(record: Record, terms: Sequence[Term], *, through: Sequence[str] = ()) -> list[Reason]:
    """Why a record was found, the fewest fields that say so first; also by the records of the types `through` to which
    it refers."""
    found = list(_own(record, terms))
    if through and not _covered(found) >= {*range(len(terms))}:
        found += _of_others(record, terms, through)
    chosen: list[Reason] = []
    while found and len(chosen) < MOST:
        best = max(found, key=lambda reason: len(reason.covers - _covered(chosen)))  # of several the first
        if not best.covers - _covered(chosen) and chosen:
            break
        chosen.append(best)
        found.remove(best)
    return chosen


def _covered(reasons: Iterable[Reason]) -> frozenset[int]:
    return frozenset(place for reason in reasons for place in reason.covers)


def _own(record: Record, terms: Sequence[Term]) -> Iterator[Reason]:
    for field, value in _values(DICTIONARY.type(record.type), record.values):
        reason = _reason(field, value, terms)
        if reason is not None:
            yield reason


def _values(declared: RecordType, values: Mapping[str, Any]) -> Iterator[tuple[Field, str]]:
    for field in declared.fields.values():
        for value in _scalars(values.get(field.name)):
            yield field, value
    for part in declared.parts.values():
        held = values.get(part.name)
        for entry in held.values() if isinstance(held, Mapping) else ():
            for field in part.fields.values() if isinstance(entry, Mapping) else ():
                for value in _scalars(entry.get(field.name)):
                    yield field, value


def _scalars(value: Any) -> Iterator[str]:
    for one in value.values() if isinstance(value, Mapping) else (value,):
        if isinstance(one, str) and one:
            yield one


def _reason(field: Field, value: str, terms: Sequence[Term]) -> Reason | None:
    if field.kind == "code":
        covers = frozenset(place for place, term in enumerate(terms) if _stands_for(term, field.codelist, value))
        return Reason(_(field.label), (Piece(show(field, value).text, True),), covers) if covers else None
    if field.kind == "date":
        covers = frozenset(place for place, term in enumerate(terms) if value.startswith(_digits(term.text)))
        return Reason(_(field.label), (Piece(value, True),), covers) if covers else None
    if not (field.searchable or field.is_name or field.identifier or field.name in _OWN):
        return None
    pieces, covers = marked(value, terms)
    if not covers and (field.identifier or field.name in _OWN):
        covers = frozenset(place for place, term in enumerate(terms) if _is_piece(term.text, value))
        pieces = (Piece(value, True),)
    return Reason(_(field.label), pieces, covers) if covers else None


def _stands_for(term: Term, codelist: str, code: str) -> bool:
    numbered = codelist == NUMBERED and any(
        token.endswith("*") and code.startswith(token[:-1].partition("=")[2]) for token in term.tokens
    )
    return numbered or (codelist, code) in term.codes


def _digits(text: str) -> str:
    """A year or a day as dates are written, else what no date begins with."""
    folded = fold(text)
    return folded if folded.isascii() and len(folded) in (4, 10) and folded[:4].isdecimal() else "?"


def _is_piece(text: str, value: str) -> bool:
    typed, held = fold_identifier(text), fold_identifier(value)
    if len(typed) < _SHORTEST_PIECE:
        return bool(typed) and held.startswith(typed)
    return alike_identifier(typed) in alike_identifier(held)


def marked(value: str, terms: Sequence[Term]) -> tuple[tuple[Piece, ...], frozenset[int]]:
    """A text with the words of the terms that it holds whole, long ones cut down to what is around the first; and the
    terms it holds."""
    spans = [(found.start(), found.end(), _forms(found[0])) for found in _WORD.finditer(value)]
    hits: set[tuple[int, int]] = set()
    covers = set()
    for place, term in enumerate(terms):
        held = [
            [(start, end) for start, end, forms in spans if _same(forms, word, last=place == len(terms) - 1)]
            for word in _WORD.findall(term.text)
        ]
        if held and all(held):
            covers.add(place)
            hits |= {span for found in held for span in found}
        elif len(term.text) >= _SHORTEST_PIECE and _joined(term.text) in _joined(value) and " " not in term.text:
            covers.add(place)
            hits.add((0, len(value)))
    return _pieces(value, sorted(hits)), frozenset(covers)


def _forms(word: str) -> frozenset[str]:
    forms = {fold(word), beside(word)}
    return frozenset(forms | {form.removeprefix(ARTICLE) for form in forms if len(form) > len(ARTICLE) + 1})


def _same(forms: frozenset[str], word: str, *, last: bool) -> bool:
    wanted = _forms(word)
    return bool(forms & wanted) or (last and any(form.startswith(tuple(wanted)) for form in forms))


def _joined(text: str) -> str:
    return "".join(_WORD.findall(fold(text)))


def _pieces(value: str, hits: Sequence[tuple[int, int]]) -> tuple[Piece, ...]:
    if not hits:
        return ()
    first, last = max(0, hits[0][0] - AROUND), min(len(value), hits[0][1] + 2 * AROUND)
    pieces = [Piece("…", False)] if first else []
    at = first
    for start, end in hits:
        if start >= last or start < at:
            continue
        pieces += [Piece(value[at:start], False)] if start > at else []
        pieces.append(Piece(value[start:end], True))
        at = end
    pieces += [Piece(value[at:last], False)] if at < last else []
    return (*pieces, Piece("…", False)) if max(at, last) < len(value) else tuple(pieces)


def _of_others(record: Record, terms: Sequence[Term], through: Sequence[str]) -> Iterator[Reason]:
    """The records this one refers to that hold what was typed, each with its name in front."""
    declared = DICTIONARY.type(record.type)
    seen: set[str] = set()
    for field, value in _values(declared, record.values):
        if field.kind != "reference" or value in seen or len(seen) >= REFERENCES_MOST:
            continue
        seen.add(value)
        type_name = register().type_of(value)
        if type_name is None or type_name not in through or not shows(type_name):
            continue
        other = register().get(value)
        reasons = list(_own(other, terms)) if other is not None else []
        if reasons:
            best = max(reasons, key=lambda reason: len(reason.covers))
            name = _(kind_of(type_name).label)
            yield Reason(f"{name} {link_to(value).label}{comma()}{best.label}", best.pieces, best.covers)
