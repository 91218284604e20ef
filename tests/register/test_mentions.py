"""Who names whom: found from the record named, newest first, page by page, and following every change."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import Edit, Place, Register
from diwan_core.register.index.references import fields, refill

Case = Callable[..., dict[str, Any]]
PERSON = {"name_as_written": "Nadia Haddad", "status": "submitted"}


def made(register: Register, kind: str, values: dict[str, Any]) -> str:
    return register.save([Edit(kind, values)], author="officer").records[0]


def held(register: Register) -> set[tuple[Any, ...]]:
    """The whole index, by names that mean the same on every node."""
    return set(
        register.store.rows("SELECT lower(hex(m.target)), m.day, r.id FROM mention m JOIN record r ON r.no=m.record")
    )


def names(register: Register, record: str) -> list[str]:
    return [row.id for row in register.named_in(record).rows]


@pytest.fixture
def person(register: Register) -> str:
    return made(register, "person", PERSON)


def driver(person: str, **more: Any) -> dict[str, Any]:
    return {"party": {"1": {"role": "driver", "subject": person, **more}}}


def test_records_that_name_a_person_are_listed_by_their_date_with_where_they_name_it(
    register: Register, case: Case, person: str
) -> None:
    old = made(register, "case", case(**driver(person), date="2026-01-02"))
    new = made(register, "case", case(**driver(person), date="2026-11-20"))
    between = made(register, "case", case(**driver(person), date="2026-05-06"))
    lorry = made(register, "conveyance", {"plate": "12-34", "owner": person, "status": "submitted"})
    made(register, "case", case())
    found = register.named_in(person)
    assert [row.id for row in found.rows][-3:] == [new, between, old] or lorry in [row.id for row in found.rows][:2]
    assert found.total == 4
    first = next(row for row in found.rows if row.id == new)
    assert (first.type, first.day, first.paths) == ("case", "2026-11-20", ("party.1.subject",))
    assert "narrative" not in first.rest, "what is nominal is not read for a list"
    (owned,) = (row for row in found.rows if row.id == lorry)
    assert owned.paths == () and owned.nominal_paths == ("owner",)
    assert "owner" not in owned.rest


def test_a_record_that_names_another_twice_is_listed_once(register: Register, case: Case, person: str) -> None:
    party = {"1": {"role": "driver", "subject": person}, "2": {"role": "declarant", "subject": person}}
    record = made(register, "case", case(party=party))
    (row,) = register.named_in(person).rows
    assert row.id == record and row.paths == ("party.1.subject", "party.2.subject")


def test_a_reference_changed_or_taken_away_is_listed_where_it_leads_now(
    register: Register, case: Case, person: str
) -> None:
    other = made(register, "person", PERSON)
    record = made(register, "case", case(**driver(person)))
    register.save([Edit("case", driver(other), record=record)], author="officer")
    assert (names(register, person), names(register, other)) == ([], [record])
    register.save([Edit("case", {"date": "2025-01-01"}, record=record)], author="officer")
    assert [row.day for row in register.named_in(other).rows] == ["2025-01-01"]
    register.save([Edit("case", {"party": {"1": None}}, record=record)], author="officer")
    assert names(register, other) == [] and held(register) == set()


def test_repeated_references_and_those_of_the_record_itself_are_found(register: Register, case: Case) -> None:
    first, second = made(register, "case", case()), made(register, "case", case())
    third = made(register, "case", case(related_cases={"a": first, "b": second}))
    assert names(register, first) == names(register, second) == [third]
    register.save([Edit("case", {"related_cases": {"a": None}}, record=third)], author="officer")
    assert (names(register, first), names(register, second)) == ([], [third])


def test_the_list_is_leafed_through_both_ways_while_more_is_saved(register: Register, case: Case, person: str) -> None:
    days = [f"2026-{month:02}-{day:02}" for month in (1, 2, 3) for day in (1, 1, 9)]
    for day in days:
        made(register, "case", case(**driver(person), date=day))
    seen, page = [], register.named_in(person, limit=4)
    assert page.first is None
    first = [row.id for row in page.rows]
    seen += [row.day for row in page.rows]
    made(register, "case", case(**driver(person), date="2026-11-21"))
    while page.last:
        page = register.named_in(person, limit=4, after=page.last)
        seen += [row.day for row in page.rows]
    assert seen == sorted(days, reverse=True)
    page = register.named_in(person, limit=4, before=page.first)
    page = register.named_in(person, limit=4, before=page.first)
    assert [row.id for row in page.rows] == first and page.first is not None, "the new one stands before"


def test_what_names_a_record_not_known_here_yet_waits_for_it(register: Register, case: Case) -> None:
    unknown = "0198f0a0-0000-7000-8000-000000000000"
    record = made(register, "case", case(**driver(unknown)))
    assert names(register, unknown) == [record]
    assert register.named_in("no id at all").rows == []


def test_pictures_are_not_listed_among_them(register: Register, case: Case) -> None:
    record = made(register, "case", case())
    values = {"subject": record, "sha256": "ab" * 32, "size": 3, "media_type": "image/png", "status": "submitted"}
    picture = made(register, "attachment", values)
    person = made(register, "person", {**PERSON, "photo": picture})
    assert names(register, record) == [] and names(register, picture) == [person]


def test_a_page_is_read_along_the_index(register: Register, case: Case, person: str) -> None:
    made(register, "case", case(**driver(person)))
    asked: list[str] = []
    register.store.connection.set_trace_callback(asked.append)
    register.named_in(person, after=Place(20990101, 1))
    register.named_in(person, before=Place(10, 1))
    register.store.connection.set_trace_callback(None)
    pages = [sql for sql in asked if "ORDER BY m.day" in sql]
    assert len(pages) == 2
    for sql in pages:
        steps = [row[3] for row in register.store.rows(f"EXPLAIN QUERY PLAN {sql}")]
        assert "USING PRIMARY KEY (target=?" in steps[0] and not any("TEMP B-TREE" in step for step in steps), steps


def test_only_records_of_the_wanted_types_are_listed_and_counted(register: Register, case: Case, person: str) -> None:
    record = made(register, "case", case(**driver(person)))
    made(register, "conveyance", {"plate": "12-34", "owner": person, "status": "submitted"})
    found = register.named_in(person, types=["case"])
    assert ([row.id for row in found.rows], found.total) == ([record], 1)
    assert register.named_in(person, types=[]).total == 0


def _forgotten(connection: sqlite3.Connection) -> None:
    """The database as the release before this index left it."""
    connection.execute("DROP TABLE mention")
    connection.execute("DELETE FROM _sqlite_migrations WHERE name='m0004_mentions'")


def _written_by_an_older_release(connection: sqlite3.Connection) -> None:
    connection.execute("DELETE FROM mention")


@pytest.mark.parametrize("before", [_forgotten, _written_by_an_older_release])
def test_a_register_of_an_older_release_is_given_the_index(
    folder: Path, case: Case, before: Callable[[sqlite3.Connection], None]
) -> None:
    with Register.open(folder, role="writer") as register:
        person = made(register, "person", PERSON)
        untouched = made(register, "case", case(**driver(person), date="2026-01-01"))
        edited = made(register, "case", case())
        register.save([Edit("case", driver(person), record=edited)], author="officer")
        made(register, "conveyance", {"plate": "12-34", "owner": person, "status": "submitted"})
        whole = held(register)
        before(register.store.connection)
        register.store.connection.execute("PRAGMA user_version=1")
    with Register.open(folder, role="writer") as register:
        assert held(register) == whole and len(whole) == 3
        assert {untouched, edited} < {*names(register, person)}


def test_it_is_not_made_anew_where_the_release_before_kept_it(folder: Path, case: Case) -> None:
    with Register.open(folder, role="writer") as register:
        person = made(register, "person", PERSON)
        made(register, "case", case(**driver(person)))
        register.store.connection.execute("DELETE FROM mention")  # so that making it anew would show
        register.store.connection.execute("UPDATE state SET value=? WHERE key='mentions'", (f"7:{fields()}",))
        register.store.connection.execute("PRAGMA user_version=7")
    with Register.open(folder, role="writer") as register:
        assert held(register) == set()
        register.store.connection.execute("UPDATE state SET value='7:other references' WHERE key='mentions'")
        register.store.connection.execute("PRAGMA user_version=7")
    with Register.open(folder, role="writer") as register:
        assert len(held(register)) == 1, "a dictionary that knows more references reads all records again"


def test_made_anew_it_is_what_it_was(register: Register, case: Case, person: str) -> None:
    record = made(register, "case", case(**driver(person)))
    register.save([Edit("case", {"place": "Gate 3"}, record=record)], author="officer")
    register.save([Edit("person", {"marks": "A scar"}, record=person)], author="officer")
    before = held(register)
    with register.store.write() as connection:
        refill(connection)
    assert held(register) == before != set()
