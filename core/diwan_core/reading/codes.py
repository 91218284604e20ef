"""Finds the code meant by a text: the code itself, a label in any language, a synonym, or an ISO alpha-3 code."""

from __future__ import annotations

import re
from typing import Final

from diwan_core.dictionary import DICTIONARY, N_, CodeList, CodeTerm, Either, Field, Term, fold, sentence

from .outcome import Ambiguous, Meaning, Outcome, Refused, Value
from .text import one_line, plain, quoted

DROP_DOWN: Final = 70
"""Lists up to this long are a drop-down, which sends codes: there a code is never taken for a word."""
_CODE_AT_END: Final = re.compile(r"\(([^()]{1,20})\)\s*\Z")
_CANDIDATES: Final = 20
_UNKNOWN: Final = N_("{value} is not in the list '{list}'.")
_SEVERAL: Final = N_("{value} can mean {codes}. Write the code.")
_ZERO: Final = N_(
    "{value} has {count} digits. A spreadsheet program may have dropped the leading zero: write {meant}, or format "
    "the column as text there."
)


def read_code(list_name: str, text: str, *, language: str = "", sure: bool = False) -> Outcome:
    """The code meant by "Jordan (JO)", "Jordanie", "JOR", "JO" or "jo"; where a retired code is meant and another one
    certainly says the same, that one.

    `language` puts words of the reader's language first. `sure`: a text that is a code is that code, even where people
    use it as the word for another one; else "KG", which is a keg and is written for kilograms, is a question."""
    codes = DICTIONARY.codes(list_name)
    found = _read_code(codes, text, language=language, sure=sure)
    return Value(codes.replacement(str(found.value))) if isinstance(found, Value) else found


def _read_code(codes: CodeList, text: str, *, language: str, sure: bool) -> Outcome:
    if codes.has(text) and (sure or len(codes) <= DROP_DOWN):
        return Value(text)
    written = one_line(text).strip()
    named = _CODE_AT_END.search(written)
    if named and codes.has(named[1]):
        return Value(named[1])
    meant = _by_word(codes, written, language)
    if codes.has(written) and meant and written not in meant and not sure:
        # Where somebody is typing, the word they use beats a code that looks like it.
        meant = meant[:1] if language else [*meant, written]
    elif not meant or codes.has(written):
        exact = next((code for code in (written, written.upper(), plain(written).upper()) if codes.has(code)), None)
        meant = [exact] if exact is not None else meant
    if len(meant) == 1:
        return Value(meant[0])
    if meant:
        choices = Either(tuple(CodeTerm(codes, code) for code in meant))
        meanings = tuple(Meaning(code, code) for code in meant)
        return Ambiguous(meanings, sentence(_SEVERAL, value=quoted(text), codes=choices))
    return Refused("unknown_code", sentence(_UNKNOWN, value=quoted(text), list=Term(codes.label_en)))


def _by_word(codes: CodeList, written: str, language: str) -> list[str]:
    """Codes of which this is a label or a synonym; of this language alone where it has any."""
    wanted = _word(written)
    if not wanted:
        return []
    found = [code for code in codes.search(written, _CANDIDATES) if wanted in _words_for(codes, code, None)]
    current = [code for code in found if not codes.is_withdrawn(code)] or found
    own = [code for code in current if wanted in _words_for(codes, code, language)] if language else []
    return own or current


def _word(text: str) -> str:
    return " ".join(fold(text).split())


def _words_for(codes: CodeList, code: str, language: str | None) -> set[str]:
    """The labels and synonyms of a code, folded; with a language only that one's label and the English one."""
    labels = codes.table.labels
    spoken = labels if language is None else {language: labels.get(language, {}), "en": labels["en"]}
    named = (of.get(code, "") for of in spoken.values())
    words = (codes.label(code), *named, *codes.synonyms(code).split(","))
    return {_word(word) for word in words} - {""} if codes.has(code) else set()


def read_patterned(field: Field, text: str) -> Outcome:
    """The code that matches a pattern, typed the way it is printed: "jo aqj" → "JOAQJ", "2402.20" → "240220"."""
    line = one_line(text).strip()
    printed = plain(line)
    for meant in (line, line.upper(), printed.upper(), re.sub(r"[\s.]", "", printed.upper())):
        if re.fullmatch(field.pattern, meant, re.ASCII):
            return Value(meant)
    digits = re.sub(r"[\s.]", "", printed)
    if field.codelist == "hs" and digits.isdigit() and len(digits) % 2 and DICTIONARY.codes("hs").has(f"0{digits}"[:6]):
        said = sentence(_ZERO, value=quoted(text), count=len(digits), meant=f"0{digits}")
        return Refused("format", said)
    return Value(line)
