"""A number of a spreadsheet that was cut to 1.23E+11 is stored as it came, and doubted."""

import pytest
from diwan_core.dictionary import DICTIONARY


@pytest.mark.parametrize("written", ["1.23E+11", "1,23E+11", "1e+15", "9.99999E+100"])
def test_what_a_spreadsheet_leaves_of_a_long_number_is_doubted(written: str) -> None:
    means = {"1": {"role": "departure", "container_number": written, "plate": written}}
    warnings = DICTIONARY.type("case").warnings({"means": means})
    assert {(found.path, found.code) for found in warnings} == {
        ("means.1.container_number", "format"),
        ("means.1.plate", "format"),
    }
    assert "a long number that a spreadsheet has shortened" in warnings[0].message


@pytest.mark.parametrize("written", ["1E7", "12E+3", "E+11", "1.23E-11", "AB 1E+11"])
def test_plates_that_only_resemble_one_are_not(written: str) -> None:
    assert DICTIONARY.type("case").warnings({"means": {"1": {"plate": written}}}) == []
