"""Folding: what people take for the same text folds to the same, in every encoding of it."""

from __future__ import annotations

import unicodedata
from typing import Literal

import pytest
from diwan_core.dictionary.folding import (
    alike_identifier,
    beside,
    fold,
    fold_identifier,
    fold_identifiers,
    forms,
    same_name,
    words,
)
from hypothesis import example, given
from hypothesis import strategies as st

FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")
text = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
letters = st.text(
    st.sampled_from(
        "aäöüåøđəłıßñ İIiσςΣёЁйґأإآةىئؤءـلاعبدک\u200c\u200dﻻﷲ가가\u11a8がか\u3099\u0308\u030a\u064f１٣۳-‑’'Ǆǆﬁ"
    ),
    max_size=20,
)


@example("가\x80ᆨ")
@example("가‐ᆨ")
@given(st.one_of(text, letters))
def test_folding_what_is_folded_changes_nothing(written: str) -> None:
    assert fold(fold(written)) == fold(written)
    assert beside(beside(written)) == beside(written)
    assert fold_identifier(fold_identifier(written)) == fold_identifier(written)


@given(st.one_of(text, letters), st.sampled_from(FORMS))
def test_every_encoding_of_a_text_folds_to_the_same(written: str, form: Literal["NFC", "NFD", "NFKC", "NFKD"]) -> None:
    other = unicodedata.normalize(form, written)
    assert fold(other) == fold(written)
    assert beside(other) == beside(written)
    assert forms(other) == forms(written)


@given(st.one_of(text, letters))
def test_case_is_no_difference(written: str) -> None:
    assert fold(written.casefold()) == fold(written)


def test_every_letter_folds_stably_and_equal_in_all_its_encodings() -> None:
    for code in range(0x110000):
        letter = chr(code)
        if unicodedata.category(letter) == "Cs":
            continue
        folded = fold(letter)
        assert fold(folded) == folded, hex(code)
        assert {fold(unicodedata.normalize(form, letter)) for form in FORMS} == {folded}, hex(code)


@pytest.mark.parametrize(
    ("written", "folded"),
    [
        ("ABRIAQUÍ", "abriaqui"),
        ("Côte d’Ivoire", "cote d'ivoire"),
        ("Łódź straße Ærø", "lodz strasse aero"),
        ("Łukasz Próbny", "lukasz probny"),
        ("Đặng Văn Mẫu", "dang van mau"),
        ("Yıldız Örnek, İstanbul", "yildiz ornek, istanbul"),
        ("Þór Ħamid Œuvrard Ŋ Đorđe Ĳ ĸ Ŧ Ð", "thor hamid oeuvrard n dorde ij q t d"),
        ("Ｗｉｄｅ１２ ﬁn ① ²", "wide12 fin 1 2"),
        ("Ka\u00adrim Te\u200bst\ufeffman\u2060n", "karim testmann"),
        ("12‑34 12‐34 12–34 12−34", "12-34 12-34 12-34 12-34"),
        ("١٢٣ ۴۵۶ ०१२ １２", "123 456 012 12"),
        ("النُّورـــ رحمٰن", "النور رحمن"),
        ("أحمد إيمان آمنة هدى مؤسسة رئيس بهاء", "احمد ايمان امنه هدي موسسه رييس بها"),
        ("علی‌رضا کریمی", "عليرضا كريمي"),
        ("ﺳﻤﻴﺮ ﺍﻟﻨﻮﺭﺱ ﷲ", "سمير النورس الله"),
        ("Ёлкина Йод Ґалаґан", "елкина иод галаган"),
        ("Άλφα ΣΊΣΥΦΟΣ", "αλφα σισυφοσ"),
        ("がぎ ガ", "がぎ ガ"),
    ],
)
def test_what_is_typed_in_many_ways_folds_to_one(written: str, folded: str) -> None:
    assert fold(written) == folded


def test_scripts_stay_apart() -> None:
    assert fold("МОСКВА") != fold("MOCKBA") and fold("Αθήνα") != fold("Athina")


@pytest.mark.parametrize(
    ("name", "printed"),
    [
        ("Müller", "mueller"),
        ("Sørensen", "soerensen"),
        ("Åkesson", "aakesson"),
        ("Jürgen Größe", "juergen groesse"),
        ("Mu\u0308ller", "mueller"),
        ("MÜLLER", "mueller"),
        ("Plain", "plain"),
    ],
)
def test_the_letters_that_passport_zones_print_stand_beside(name: str, printed: str) -> None:
    """ICAO Doc 9303-3, section 6 A."""
    assert beside(name) == printed


def test_an_index_holds_a_word_in_both_forms_once() -> None:
    assert forms("Müller und Sørensen Muller") == ["muller und sorensen muller", "mueller", "soerensen"]
    assert forms("Löwe, der") == ["lowe, der", "loewe"] and forms("Ñandú") == ["nandu"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Müller", "MUELLER"),
        ("Müller", "Muller"),
        ("عبدالله", "عبد الله"),
        ("Abdul Rahman", "ABDULRAHMAN"),
        ("O’Neil", "o'neil"),
        ("علی‌رضا", "علیرضا"),
        ("Anne-Marie Łuk", "anne marie luk"),
        ("Al-Masri", "Masri"),
        ("El Masri", "ELMASRI"),
        ("المصري", "مصري"),
        ("حسن المصري", "حسن مصري"),
    ],
)
def test_names_are_the_same_however_they_were_typed(one: str, other: str) -> None:
    assert same_name(one, other) and same_name(other, one)


def test_different_names_and_no_names_are_not_the_same() -> None:
    assert not same_name("Müller", "Miller") and not same_name("", "") and not same_name("--", "…")


@pytest.mark.parametrize(
    "written",
    [
        "12-34567",
        "\u202a12-34567\u202c",
        "12‐34567",
        "12‑34567",
        "12\u200e-34567",
        "１２-３４５６７",
        "١٢-٣٤٥٦٧",
        "12·34567",
        "۱۲ ۳۴۵۶۷",
    ],
)
def test_an_identifier_is_its_letters_and_digits(written: str) -> None:
    assert fold_identifier(written) == "1234567"


def test_identifiers_stay_apart_from_each_other() -> None:
    assert fold_identifiers(["csqu 305438-3", "ab\u200b1"]) == "CSQU3054383 AB1"
    for held in (["ab-1", "c/2 3"], ["", "x"], [], ["ß-1", "a.b"], ["ONLY"]):
        assert fold_identifiers(held) == " ".join(map(fold_identifier, held)), "whether folded together or one by one"
    assert fold_identifier("CSQU\u200b3054383") == fold_identifier("\ufeffCSQU3054383") == "CSQU3054383"


def test_letters_and_digits_that_look_alike_are_one_to_whoever_looks_a_number_up() -> None:
    assert alike_identifier(fold_identifier("ab-0i1")) == alike_identifier(fold_identifier("AB O11")) == "AB011"
    assert fold_identifier("O-1") == "O1", "what the index holds stays as it was written"


def test_words_are_letters_and_digits_that_stand_together() -> None:
    assert words("cote d'ivoire, no. 5") == ["cote", "d", "ivoire", "no", "5"]


def test_a_text_without_a_letter_that_has_two_forms_is_folded_once(monkeypatch: pytest.MonkeyPatch) -> None:
    folded: list[str] = []

    def noted(text: str) -> str:
        folded.append(text)
        return fold(text)

    monkeypatch.setattr("diwan_core.dictionary.folding.fold", noted)
    assert forms("Côte d’Ivoire, ذخيرة") == ["cote d'ivoire, ذخيره"] and len(folded) == 1
    assert forms("Müller") == ["muller", "mueller"] and len(folded) == 3
