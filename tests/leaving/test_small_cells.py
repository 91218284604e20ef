"""No row that leaves describes fewer than three cases, unless it says no more than country, year and product."""

from __future__ import annotations

from collections import Counter
from random import Random

from diwan_core.dictionary import DICTIONARY
from diwan_core.leaving.continents import CONTINENT
from diwan_core.leaving.small_cells import FEW_CASES, FEW_ROWS, Row, first_day_of, period_of, protect
from hypothesis import given
from hypothesis import strategies as st

MANY = {"JOAQJ": FEW_CASES, "JOSMA": FEW_CASES - 1}
REGION = {"JOAQJ": "JO-AQ", "JOSMA": "JO-MA"}


def region_of(office: str) -> str:
    return REGION.get(office, "")


def row(place: str = "JOAQJ", when: str = "2026-11-20", nationality: str = "SY", product: str = "drugs") -> Row:
    return Row("JO", place, when, product, nationality)


def test_rows_of_a_busy_office_of_which_there_are_three_leave_as_they_are() -> None:
    found = protect([row()] * 3, MANY, region_of)
    assert found.rows == [row()] * 3 and (found.coarser, found.coarsest) == (0, 0)


def test_an_office_with_few_cases_a_year_is_its_region_and_a_day_is_its_week() -> None:
    rows = [row("JOSMA", day) for day in ("2026-11-16", "2026-11-18", "2026-11-22")]
    found = protect(rows, MANY, region_of)
    assert found.rows == [Row("JO", "JO-MA", "2026-W47", "drugs", "Asia")] * 3
    assert found.told == "3 rows, 3 made coarser, of these 0 to country and year"


def test_an_office_nobody_counted_has_few_cases() -> None:
    assert protect([row("XXXXX")] * 3, MANY, region_of).rows == [Row("JO", "", "2026-W47", "drugs", "Asia")] * 3


def test_two_alike_are_made_coarser_also_at_a_busy_office() -> None:
    rows = [row(), row(), row(when="2026-11-19", nationality="IQ")]
    assert protect(rows, MANY, region_of).rows == [Row("JO", "JO-AQ", "2026-W47", "drugs", "Asia")] * 3


def test_what_is_still_alone_says_country_year_and_product() -> None:
    found = protect([row(), row(), row(), row(product="arms")], MANY, region_of)
    assert found.rows[3] == Row("JO", "", "2026", "arms", "") and found.coarsest == 1


def test_the_days_around_new_year_are_of_the_week_they_are_in() -> None:
    rows = [row("JOSMA", day) for day in ("2027-01-01", "2026-12-31", "2026-12-28")]
    assert {found.when for found in protect(rows, MANY, region_of).rows} == {"2026-W53"}


def test_what_is_no_day_or_country_says_nothing() -> None:
    rows = [row("JOSMA", "2026-13-45", "??")] * 3
    assert protect(rows, MANY, region_of).rows == [Row("JO", "JO-MA", "2026", "drugs", "")] * 3


def test_every_country_of_the_list_is_on_a_continent() -> None:
    unknown = {code for code in DICTIONARY.codes("country") if code not in CONTINENT}
    assert {code for code in unknown if not code.startswith(("X", "Z"))} == set()


ROWS = st.lists(
    st.builds(
        row,
        st.sampled_from(["JOAQJ", "JOSMA", ""]),
        st.sampled_from(["2026-11-20", "2026-11-21", "2025-01-01", ""]),
        st.sampled_from(["SY", "IQ", "FR", ""]),
        st.sampled_from(["drugs", "arms"]),
    ),
    max_size=40,
)


@given(ROWS)
def test_no_row_that_says_more_than_country_year_and_product_is_of_fewer_than_three(rows: list[Row]) -> None:
    found = protect(rows, MANY, region_of).rows
    counted = Counter(found)
    assert len(found) == len(rows)
    for one, count in counted.items():
        assert count >= FEW_ROWS or (one.place, one.nationality, len(one.when)) in (("", "", 4), ("", "", 0))


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(rows: list[Row], chance: Random) -> None:
    mixed = list(rows)
    chance.shuffle(mixed)
    assert Counter(protect(rows, MANY, region_of).rows) == Counter(protect(mixed, MANY, region_of).rows)


@given(ROWS)
def test_the_office_of_a_small_post_and_its_days_never_leave(rows: list[Row]) -> None:
    for before, after in zip(rows, protect(rows, MANY, region_of).rows, strict=True):
        if before.place == "JOSMA":
            assert (after.place != "JOSMA" and after.when != before.when) or not before.when


def test_the_first_day_of_a_week_or_a_year_is_all_that_is_known_of_it() -> None:
    assert first_day_of("2026-W48") == "2026-11-23" and period_of("2026-11-23") == "2026-W48"
    assert (first_day_of("2026"), first_day_of("2026-W99"), first_day_of("soon"), first_day_of("")) == (
        "2026-01-01", "", "", "",
    )  # fmt: skip
