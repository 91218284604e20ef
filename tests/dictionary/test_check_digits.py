"""Check digits, on the examples their standards publish."""

from datetime import date

import pytest
from diwan_core.dictionary import (
    DICTIONARY,
    NotAnMrz,
    container_check_digit,
    is_container_number,
    is_imo_number,
    read_mrz,
)
from diwan_core.dictionary.mrz import check_digit
from hypothesis import given
from hypothesis import strategies as st

# ICAO Doc 9303, the specimens of parts 4 (TD3), 5 (TD1) and 6 (TD2).
TD3 = "P<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL898902C36UTO7408122F1204159ZE184226B<<<<<10"
TD2 = "I<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nD231458907UTO7408122F1204159<<<<<<<6"
TD1 = "I<UTOD231458907<<<<<<<<<<<<<<<\n7408122F1204159UTO<<<<<<<<<<<6\nERIKSSON<<ANNA<MARIA<<<<<<<<<<"
# Doc 9303-5 appendix: a document number of more than nine characters.
LONG = "I<UTOD23145890<7349<<<<<<<<<<<\n3407127M9507122UTO<<<<<<<<<<<2\nSTEVENSON<<PETER<JOHN<<<<<<<<<"

# Doc 9303-7, the specimens of its two visas; what the second line ends with has no check digit.
MRV_A = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<<<<<<<<<\nL8988901C4XXX4009078F96121096ZE184226B<<<<<<"
MRV_B = "V<UTOERIKSSON<<ANNA<MARIA<<<<<<<<<<<\nL8988901C4XXX4009078F9612109<<<<<<<<"


@pytest.mark.parametrize("number", ["CSQU3054383", "TOLU4734787", "MSKU 907032 3", "csqu-305438-3"])
def test_published_container_numbers_are_right(number: str) -> None:
    assert is_container_number(number)


@pytest.mark.parametrize("number", ["CSQU3054384", "CSQU305438", "CSQX3054383", "C5QU3054383", "", "CSQU30543833"])
def test_other_container_numbers_are_not(number: str) -> None:
    assert not is_container_number(number)


def test_a_remainder_of_ten_counts_as_zero() -> None:
    """ISO 6346 annex A allows such numbers, though it advises owners against them."""
    with_ten = [f"ZZZU{n:06}" for n in range(300) if container_check_digit(f"ZZZU{n:06}") == 0]
    assert any(is_container_number(f"{stem}0") for stem in with_ten)


def test_the_check_digit_of_something_else_is_an_error() -> None:
    with pytest.raises(ValueError, match="CSQU3054383"):
        container_check_digit("nonsense")


@pytest.mark.parametrize("number", ["9074729", "IMO 9074729", "imo9074729", "8814275"])
def test_published_imo_numbers_are_right(number: str) -> None:
    assert is_imo_number(number)


@pytest.mark.parametrize("number", ["9074728", "907472", "90747290", "IMO", "٩٠٧٤٧٢٩"])
def test_other_imo_numbers_are_not(number: str) -> None:
    assert not is_imo_number(number)


@pytest.mark.parametrize(
    ("text", "size", "number"), [(TD3, "TD3", "L898902C3"), (TD2, "TD2", "D23145890"), (TD1, "TD1", "D23145890")]
)
def test_the_specimens_of_icao_9303_are_read(text: str, size: str, number: str) -> None:
    document = read_mrz(text)
    assert (document.size, document.number, document.wrong) == (size, number, ())
    assert (document.family_name, document.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (document.issuer, document.nationality, document.sex) == ("UTO", "UTO", "F")
    assert (document.birth, document.expiry) == ("740812", "120415")


def test_a_long_document_number_goes_on_in_the_optional_part() -> None:
    document = read_mrz(LONG)
    assert document.number == "D23145890734"
    assert document.wrong == ()


def test_a_zone_on_one_line_and_in_small_letters_is_read() -> None:
    assert read_mrz(TD3.replace("\n", "")) == read_mrz(TD3) == read_mrz(TD3.lower().replace("\n", " "))


@pytest.mark.parametrize("text", [TD1, TD2, TD3])
def test_a_changed_digit_is_found_and_the_part_named(text: str) -> None:
    assert read_mrz(text.replace("740812", "740813")).wrong == ("birth", "whole")
    assert read_mrz(text.replace("120415", "120414")).wrong == ("expiry", "whole")


def test_a_changed_number_is_found() -> None:
    assert read_mrz(TD3.replace("L898902C3", "L898902C4")).wrong == ("number", "whole")
    assert read_mrz(TD3.replace("ZE184226B", "ZE184226C")).wrong == ("whole", "optional")


@pytest.mark.parametrize("text", ["", "P<UTO", TD3[:-1], TD3 + "\nX", TD3.replace("A", "é"), "<" * 45, "A B C"])
def test_what_is_no_zone_is_refused_with_the_shape_expected(text: str) -> None:
    with pytest.raises(NotAnMrz, match=r"lines|letters"):
        read_mrz(text)


@pytest.mark.parametrize(
    ("text", "size", "optional"),
    [(MRV_A, "MRV-A", "6ZE184226B"), (MRV_B, "MRV-B", ""), (MRV_B[:-2] + "12", "MRV-B", "12")],
)
def test_the_zone_of_a_visa_is_read_and_has_no_check_digit_over_the_whole(text: str, size: str, optional: str) -> None:
    visa = read_mrz(text)
    assert (visa.size, visa.number, visa.wrong) == (size, "L8988901C", ())
    assert (visa.family_name, visa.given_names, visa.nationality) == ("ERIKSSON", "ANNA MARIA", "XXX")
    assert (visa.birth, visa.sex, visa.expiry) == ("400907", "F", "961210")
    assert visa.optional.replace(" ", "") == optional
    assert read_mrz(text.replace("\n", "")) == visa
    wrong = read_mrz(text.replace("L8988901C", "L8988901D").replace("400907", "400908").replace("961210", "961211"))
    assert wrong.wrong == ("number", "birth", "expiry")


def test_a_visa_of_a_person_looks_like_no_mistake() -> None:
    assert not DICTIONARY.types["person"].warnings({"document": {"1": {"mrz": MRV_B}}})


@given(st.text(alphabet="ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<", min_size=88, max_size=88))
def test_any_zone_of_the_right_shape_is_read(text: str) -> None:
    assert read_mrz(text).size == ("MRV-A" if text.startswith("V") else "TD3")


def test_the_century_of_birth_is_the_latest_that_is_not_in_the_future() -> None:
    document = read_mrz(TD3)
    assert document.birth_date(date(2026, 11, 22)) == "1974-08-12"
    assert document.birth_date(date(2080, 1, 1)) == "2074-08-12"
    unknown = read_mrz(TD3.replace("740812", "74<<<<"))
    assert unknown.birth_date(date(2026, 11, 22)) is None


def test_a_check_digit_is_asked_only_of_what_can_stand_in_a_zone() -> None:
    assert check_digit("520727") == "3"  # Doc 9303-3 appendix A, example 1
    assert check_digit("AB2134<<<") == "5"  # example 2
    with pytest.raises(ValueError, match="machine-readable"):
        check_digit("abc")
