"""The index of a code list finds what looking at every row would find."""

from __future__ import annotations

import pytest
from diwan_core.dictionary import DICTIONARY, fold
from hypothesis import given
from hypothesis import strategies as st

UNITS = DICTIONARY.codes("unit")
COUNTRIES = DICTIONARY.codes("country")
WORDS = sorted({word for code in UNITS for word in UNITS.label(code).split()})
NAMES = [COUNTRIES.label(code, language) for code in COUNTRIES for language in ("en", "ar", "ru")]


def rows_with(word: str) -> set[str]:
    """Codes that hold one word in a label or synonym, or begin with it, by looking at every row."""
    found = set()
    for code in UNITS:
        names = [labels[code] for labels in UNITS.table.labels.values() if code in labels]
        labels = [*names, *UNITS.table.synonyms.get(code, "").split(",")]
        folded = [" ".join(fold(label).replace("-", " ").replace("/", " ").split()) for label in labels]
        if any(word in label for label in folded) or fold(code).startswith(word):
            found.add(code)
    return found


@pytest.mark.parametrize("word", ["metric", "load", "unit"])
def test_a_word_of_the_standards_title_finds_the_unit_too(word: str) -> None:
    assert set(UNITS.search(word, 10_000)) == rows_with(word)


@given(st.sampled_from(WORDS))
def test_every_row_that_holds_a_word_is_found(word: str) -> None:
    plain = "".join(letter for letter in fold(word) if letter.isalnum())
    if plain and plain == fold(word):
        assert set(UNITS.search(plain, 10_000)) == rows_with(plain)


@given(st.sampled_from(NAMES))
def test_a_name_finds_its_country_first(name: str) -> None:
    found = COUNTRIES.search(name)
    assert name in {COUNTRIES.label(found[0], language) for language in ("en", "ar", "ru")}


@given(st.text(max_size=20))
def test_searching_for_any_text_twice_gives_the_same(text: str) -> None:
    assert UNITS.search(text) == UNITS.search(text)


def test_every_code_finds_itself() -> None:
    for name in ("unit", "country", "hs", "locode", "currency"):
        codes = DICTIONARY.codes(name)
        for code in list(codes)[::37]:
            assert code in codes.search(code), (name, code)
