"""Lists a person leafs through: every record once, in order, whatever is filtered; and never a walk over the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from diwan_core.register import Edit, Place, Register, RegisterError
from diwan_core.register.migrations import migrate
from diwan_core.register.search.lists import COUNTED

Case = Callable[..., dict[str, Any]]
OFFICES = ("JOAQJ", "JOAMM", "JOADJ")


@pytest.fixture
def filled(register: Register, case: Case) -> Register:
    """Twelve cases, two of them without a date, as an import brings them."""
    for number in range(12):
        values = case(date=f"2026-10-{number % 5 + 1:02}", office=OFFICES[number % 3], place=f"Place {number}")
        if number in (4, 9):
            values = {name: value for name, value in values.items() if name != "date"} | {
                "source_key": str(number),
                "source_system": "test",
            }
        register.save_many([[Edit("case", values)]], author="amal")
    assert register.count("case") == 12
    return register


def leafed(register: Register, order: str, **more: Any) -> list[str]:
    found: list[str] = []
    after: Place | None = None
    while True:
        page = register.page("case", order=order, limit=5, after=after, **more)
        found += [row.id for row in page.rows]
        if page.last is None:
            return found
        after = page.last


@pytest.mark.parametrize("order", ["date", "-date", "updated", "-updated", "office", "-office", "-status"])
def test_leafing_forward_gives_every_record_once_and_in_order(filled: Register, order: str) -> None:
    found = leafed(filled, order)
    assert sorted(found) == sorted(filled.ids("case"))
    assert found == [row.id for row in filled.find("case", order=order, limit=100)]


@pytest.mark.parametrize("order", ["date", "-date", "-office"])
def test_leafing_back_leads_where_one_came_from(filled: Register, order: str) -> None:
    first = filled.page("case", order=order, limit=5)
    second = filled.page("case", order=order, limit=5, after=first.last)
    third = filled.page("case", order=order, limit=5, after=second.last)
    assert first.first is None and third.last is None
    assert filled.page("case", order=order, limit=5, before=third.first).rows == second.rows
    back = filled.page("case", order=order, limit=5, before=second.first)
    assert back.rows == first.rows and back.first is None and back.last is not None


def test_a_record_saved_meanwhile_neither_repeats_nor_hides_another(filled: Register, case: Case) -> None:
    first = filled.page("case", order="-date", limit=5)
    filled.save([Edit("case", case(date="2026-12-31"))], author="amal")
    assert not {row.id for row in filled.page("case", order="-date", limit=5, after=first.last).rows} & {
        row.id for row in first.rows
    }


def test_filters_stand_together(filled: Register) -> None:
    page = filled.page("case", {"office": "JOAQJ", "date": ("2026-10-02", "2026-10-04")}, "-date")
    assert page.rows and all(row.columns["office"] == "JOAQJ" for row in page.rows)
    assert filled.matching("case", {"office": "JOAQJ"}) == 4
    assert filled.matching("case", {"conflicts": True}) == 0
    assert filled.matching("case", {"origin": filled.config.id}) == 12
    assert filled.matching("case", {"origin": "nobody"}) == 0


def test_a_search_is_filtered_sorted_and_leafed_like_a_list(filled: Register) -> None:
    found = filled.found("place")
    assert found.complete and len(found.numbers) == 12
    assert len(leafed(filled, "-date", among=found)) == 12
    assert filled.matching("case", {"office": "JOAMM"}, among=found) == 4
    assert filled.page("case", among=filled.found("nowhere")).rows == []


def test_what_is_no_column_is_named(register: Register) -> None:
    with pytest.raises(RegisterError, match="cannot be sorted"):
        register.page("case", order="narrative")
    with pytest.raises(RegisterError, match="cannot be filtered"):
        register.page("case", {"x]; DROP TABLE": 1})


@contextmanager
def plans(register: Register) -> Iterator[list[str]]:
    """The query plans of everything asked inside that reads the table of cases."""
    asked: list[str] = []
    found: list[str] = []
    connection = register.store.connection
    connection.set_trace_callback(asked.append)
    try:
        yield found
    finally:
        connection.set_trace_callback(None)
        for sql in asked:
            if "record_case" in sql:
                found += [row[3] for row in connection.execute("EXPLAIN QUERY PLAN " + sql)]


@pytest.mark.parametrize("order", ["date", "-date", "-updated"])
def test_an_unfiltered_list_is_read_in_the_order_of_an_index(filled: Register, order: str) -> None:
    with plans(filled) as found:
        page = filled.page("case", order=order, limit=5)
        filled.page("case", order=order, limit=5, after=page.last)
    assert found and not any("TEMP B-TREE" in step for step in found), found
    assert all("INDEX" in step or "INTEGER PRIMARY KEY" in step for step in found), found


@pytest.mark.parametrize(
    "where",
    [{"status": "submitted"}, {"origin": "x"}, {"conflicts": True}, {"product_group": "drugs", "country": "JO"}],
)
@pytest.mark.parametrize("order", ["-date", "office", "-updated"])
def test_a_filtered_list_reads_the_list_index_and_never_the_table(
    filled: Register, where: dict[str, Any], order: str
) -> None:
    with plans(filled) as found:
        filled.page("case", where, order, limit=5)
        filled.matching("case", where, order)
        filled.numbers("case", where, order)
    walks = [step for step in found if " t" in step and "INTEGER PRIMARY KEY" not in step]
    assert walks and all("COVERING INDEX record_case_list" in step for step in walks), found


def test_the_cases_of_one_day_are_read_from_the_index_of_days(filled: Register) -> None:
    where = {"date": "2026-10-02", "office": "JOAMM"}
    with plans(filled) as found:
        rows = filled.find("case", where)
        assert filled.count("case", where) == len(rows) == 1
    walks = [step for step in found if " t" in step and "INTEGER PRIMARY KEY" not in step]
    assert walks and all("INDEX record_case_date (date=?)" in step for step in walks), found


def test_counting_stops_where_a_person_stops_caring(filled: Register) -> None:
    with plans(filled) as found:
        assert filled.matching("case") == 12 <= COUNTED
    assert any("COVERING INDEX" in step for step in found)


def test_a_register_made_before_the_list_index_gets_it_with_its_cases(filled: Register) -> None:
    connection = filled.store.connection
    connection.execute("DROP INDEX record_case_list")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name='m0003_list_index'")
    with filled.store.write():
        migrate(connection)
    assert filled.matching("case", {"office": "JOAQJ"}) == 4


def test_cases_to_check_are_read_from_their_own_index_the_oldest_first(filled: Register) -> None:
    said = {"review_state": frozenset({None, "resubmitted"})}
    with plans(filled) as found:
        page = filled.page("case", {"in_check": True, **said}, "date", limit=5)
        filled.page("case", {"in_check": True, "origin": "x", **said}, "date", limit=5, after=page.last)
        filled.matching("case", {"in_check": True, **said}, "date")
    walks = [step for step in found if " t" in step and "INTEGER PRIMARY KEY" not in step]
    assert walks and all("INDEX record_case_check" in step for step in walks), found
    assert not any("TEMP B-TREE" in step for step in found), found
    dates = [row.columns["date"] for row in page.rows]
    assert dates == sorted(dates)


def test_cases_sent_back_are_read_from_an_index_of_them_alone(filled: Register) -> None:
    sent = {"source_system": "north", "date": "2026-01-02", "status": "submitted", "review_state": "sent_back"}
    each: tuple[dict[str, str], ...] = ({}, {}, {"status": "withdrawn"}, {"review_state": "resubmitted"})
    edits = [[Edit("case", {**sent, "source_key": str(key), **one})] for key, one in enumerate(each)]
    assert not filled.save_many(edits, author="x").refused
    back = {"in_check": True, "review_state": frozenset({"sent_back"})}
    with plans(filled) as found:
        page = filled.page("case", {**back, "origin": filled.config.id}, "date", limit=5)
        assert filled.matching("case", back, "date") == len(page.rows) == 2
    walks = [step for step in found if " t" in step and "INTEGER PRIMARY KEY" not in step]
    assert walks and all("COVERING INDEX record_case_back" in step for step in walks), found
    assert not any("TEMP B-TREE" in step for step in found), found
    with plans(filled) as found:
        assert filled.matching("case", {"status": "submitted", "sent_back": True}) == 2
    assert any("COVERING INDEX record_case_back" in step for step in found), found


def test_imported_cases_are_to_be_checked_only_once_somebody_has(filled: Register) -> None:
    def edit(number: int, **values: str) -> list[Edit]:
        source = {"source_system": "north", "source_key": str(number)}
        return [Edit("case", {"status": "submitted", "date": "2026-01-01", "office": "JOAQJ", **source, **values})]

    before = filled.matching("case", {"in_check": True})
    filled.save_many([edit(1), edit(2, review_state="sent_back"), edit(3, review_state="resubmitted")], author="x")
    assert filled.matching("case", {"in_check": True}) == before + 2
    again = {"in_check": True, "review_state": frozenset({None, "resubmitted"}), "source_system": "north"}
    assert filled.matching("case", again) == 1


def test_a_register_made_before_the_indexes_of_checks_gets_them(filled: Register) -> None:
    connection = filled.store.connection
    connection.execute("DROP INDEX record_case_check")
    connection.execute("DROP INDEX record_case_back")
    with filled.store.write():
        migrate(connection)
    assert filled.matching("case", {"in_check": True}, "date") >= 0
    assert filled.matching("case", {"in_check": True, "review_state": frozenset({"sent_back"})}, "date") == 0
