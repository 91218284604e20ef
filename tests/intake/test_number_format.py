"""What number formats say of a value: a date, percent, leading zeros. Padding letters and colours say nothing."""

from __future__ import annotations

import pytest
from diwan_core.intake.sources.number_format import Format, format_of, format_of_number
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    "code",
    [
        "General",
        "Standard",
        "Estándar",
        "Général",
        "@",
        "",
        ";;;",
        r'_-* #,##0.00\ _D_A_-;\-* #,##0.00\ _D_A_-;_-* "-"??\ _D_A_-;_-@_-',
        r"_-* #,##0.00\ _D_M_-;\-* #,##0.00\ _D_M_-",
        r"_ * #,##0.00_)\ _S_/_._ ",
        "_D_A_-",
        '0.0"kg dry"',
        '0" days"',
        r"0\d",
        "0.00E+00",
        "##0.0E+0",
        "# ?/?",
        "[Red]0;[Blue]-0",
        "[$DZD] #,##0.00",
        "#,##0.00 [$DA-40C]",
        '[>999]0,"k";0',
        r"0\%",
        r"\%0",
        "#,##0.00 €",
    ],
)
def test_a_format_of_numbers_says_nothing(code: str) -> None:
    assert format_of(code) == Format()


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("dd/mm/yyyy", "date"),
        ("[$-409]d\\ mmm\\ yy;@", "date"),
        ("[$-F800]dddd\\,\\ mmmm\\ dd\\,\\ yyyy", "date"),
        ('yyyy"年"m"月"d"日"', "date"),
        ("[DBNum1][$-804]yyyy年m月", "date"),
        ("mmm-yy", "date"),
        ("d", "date"),
        ("[$-2060401]B2dd/mm/yyyy;@", "date"),
        ("B1d mmmm yyyy", "date"),
        ("B2dd/mm/yyyy hh:mm", "datetime"),
        ("[$-404]aaaa", "date"),
        ('d "de" mmmm "de" yyyy', "date"),
        ("yyyy\\-mm\\-dd\\ hh:mm", "datetime"),
        ("m/d/yy h:mm", "datetime"),
        ("yyyy-mm-ddThh:mm:ss", "datetime"),
        ("h:mm", "time"),
        ('h"h"mm', "time"),
        ("[$-F400]h:mm:ss\\ AM/PM", "time"),
        ("mm:ss.0", "time"),
        ("m:s", "time"),
        ("[h]:mm", "elapsed"),
        ("[hh]:mm:ss;@", "elapsed"),
        ("[mm]:ss", "elapsed"),
    ],
)
def test_a_format_of_dates_says_which_kind(code: str, kind: str) -> None:
    assert format_of(code).kind == kind


@pytest.mark.parametrize(
    ("code", "zeros"),
    [("000000", 6), ("00000000000", 11), ("0", 0), ("#,##0", 0), ("000-00-0000", 9), (r"00\.00\.00", 6), ("000.0", 3)],
)
def test_zeros_before_the_point_are_the_least_number_of_digits(code: str, zeros: int) -> None:
    assert format_of(code) == Format(zeros=zeros)


@pytest.mark.parametrize(
    ("code", "front"),
    [
        ('"0"#########', "0"),
        (r"\0#", "0"),
        ('"00"0', "00"),
        (r'[$-409]\0"0"0', "00"),
        ('"+0"0', ""),
        ('"0 "0', ""),
        ("0", ""),
    ],
)
def test_zeros_that_stand_in_front_as_they_are_count_too(code: str, front: str) -> None:
    assert format_of(code) == Format(front=front)


def test_percent_counts_where_it_is_no_literal() -> None:
    assert format_of("0.00%").percent and format_of("0%;-0%").percent and format_of("_-0%").percent
    assert not format_of('0"%"').percent


def test_formats_known_by_number_are_those_of_the_standard() -> None:
    assert [format_of_number(number).kind for number in (0, 9, 14, 18, 22, 27, 37, 45, 46, 49, 57)] == [
        "", "", "date", "time", "datetime", "date", "", "time", "elapsed", "", "date",
    ]  # fmt: skip
    assert format_of_number(10).percent


@given(st.text(max_size=600))
def test_no_format_breaks_the_reading(code: str) -> None:
    assert 0 <= format_of(code).zeros <= 40
