"""Persons are found by the year or the range in which they may have been born, whatever of it is known."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import Edit, Register
from diwan_core.register.index.births import births_of, refill
from diwan_core.register.search.list_query import BORN

PEOPLE: dict[str, dict[str, Any]] = {
    "exact": {"birth_date": "1977-03-09"},
    "year": {"birth_date": "1991-01-01", "birth_precision": "year"},
    "month": {"birth_date": "1980-05-01", "birth_precision": "month"},
    "range": {"birth_date": "1965-01-01", "birth_date_to": "1968-12-31", "birth_precision": "range"},
    "about": {"birth_date": "1970-01-01", "birth_precision": "about"},
    "several": {"birth_date": "1950-01-02", "birth": {"1": {"birth_date": "1952-01-01", "birth_precision": "year"}}},
    "none": {},
}


@pytest.fixture
def people(register: Register) -> dict[str, str]:
    sets = [[Edit("person", {"name_as_written": name, **values})] for name, values in PEOPLE.items()]
    saved = register.save_many(sets, author="amal")
    return {records[0]: name for records, name in zip(saved.records, PEOPLE, strict=True)}


def born(register: Register, people: dict[str, str], first: str, last: str) -> set[str]:
    page = register.page("person", {BORN: (first, last)}, "-updated")
    return {people[row.id] for row in page.rows}


@pytest.mark.parametrize(
    ("first", "last", "found"),
    [
        ("1991-01-01", "1991-12-31", {"year"}),
        ("1991-06-01", "1991-06-30", {"year"}),
        ("1980-05-31", "1980-05-31", {"month"}),
        ("1980-06-01", "1980-12-31", set()),
        ("1966-01-01", "1966-12-31", {"range"}),
        ("1971-01-01", "1971-12-31", {"about"}),
        ("1952-07-01", "1952-07-01", {"several"}),
        ("1950-01-02", "1950-01-02", {"several"}),
        ("1965-01-01", "1977-12-31", {"range", "about", "exact"}),
    ],
)
def test_a_person_is_found_by_when_they_may_have_been_born(
    register: Register, people: dict[str, str], first: str, last: str, found: set[str]
) -> None:
    assert born(register, people, first, last) == found


def test_a_year_or_a_day_in_the_search_box_finds_births_too(register: Register, people: dict[str, str]) -> None:
    assert {people[str(register.id_of(number))] for number in register.found("1977").numbers} == {"exact"}
    assert {people[str(register.id_of(number))] for number in register.found("1977-03-09").numbers} == {"exact"}


def test_a_corrected_date_is_found_and_the_old_one_no_more(register: Register, people: dict[str, str]) -> None:
    record = next(record for record, name in people.items() if name == "exact")
    register.save([Edit("person", {"birth_date": "1978-03-09"}, record)], author="amal")
    assert born(register, people, "1977-01-01", "1977-12-31") == set()
    assert born(register, people, "1978-01-01", "1978-12-31") == {"exact"}


def test_the_index_made_anew_is_the_same(register: Register, people: dict[str, str]) -> None:
    sql = "SELECT first, last, record FROM birth ORDER BY record, first"
    before = register.store.rows(sql)
    with register.store.write() as connection:
        refill(connection)
    assert register.store.rows(sql) == before and len(before) == 7


def test_a_register_that_a_release_without_this_index_wrote_is_searched_after_the_upgrade(
    register: Register, people: dict[str, str], folder: Path
) -> None:
    with register.store.write() as connection:
        connection.execute("DROP TABLE birth")
        connection.execute("DELETE FROM _sqlite_migrations WHERE name LIKE '%births'")
        connection.execute("PRAGMA user_version=1")
    register.close()
    with Register.open(folder, role="writer") as opened:
        assert born(opened, people, "1991-01-01", "1991-12-31") == {"year"}


@pytest.mark.parametrize(
    "values", [{"birth_date": None}, {"birth_date": 7}, {"birth_date": "x"}, {"birth": {"1": None}}]
)
def test_what_is_no_date_is_no_birth(values: dict[str, Any]) -> None:
    assert births_of(values) == frozenset()
