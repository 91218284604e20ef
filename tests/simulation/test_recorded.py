"""The table of recorded series is the one of the file."""

from __future__ import annotations

from tests.simulation.recorded import KEPT, PAGE, read, table, with_table


def test_the_page_has_the_table_of_the_file() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert table(read()) in page
    assert with_table(page, read()) == page


def test_each_series_can_be_carried_out_again() -> None:
    for one in read():
        assert set(one) <= set(KEPT)
        assert one["faults"] == sum(one["kinds"].values())
        assert one["commit"] and one["runs"] > 0
