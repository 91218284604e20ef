"""The counts of the first page: right, apart by week, and one pass over the list index however many cases there are."""

from __future__ import annotations

import pytest
from diwan_core.register import Edit, Register
from diwan_core.register.search.first_page import CaseCount

from .conftest import Case

FIRST, MIDDLE, LAST = "2026-11-09", "2026-11-16", "2026-11-22"


def test_cases_are_counted_by_office_product_and_week(register: Register, case: Case) -> None:
    drugs = {"1": {"product_group": "drugs", "quantity": "1", "unit": "KGM"}}
    for changes in (
        {"date": "2026-11-08"},
        {"date": FIRST},
        {"date": "2026-11-15"},
        {"date": MIDDLE, "goods": drugs, "status": None},
        {"date": LAST, "goods": drugs},
        {"date": LAST},
        {"date": LAST, "status": "draft"},
        {"date": LAST, "status": "withdrawn"},
        {"date": "2026-11-23"},
    ):
        register.save([Edit("case", case(**changes))], author="amal")
    expected = {
        CaseCount("JOAQJ", "tobacco", False, 2),
        CaseCount("JOAQJ", "tobacco", True, 1),
        CaseCount("JOAQJ", "drugs", True, 2),
    }
    assert set(register.case_counts(FIRST, MIDDLE, LAST)) == expected
    assert set(register.case_counts(FIRST, MIDDLE, LAST, register.config.id)) == expected
    assert register.case_counts(FIRST, MIDDLE, LAST, "o" * 13) == []


@pytest.mark.parametrize("own", [False, True])
def test_counting_reads_the_list_index_and_no_record(
    register: Register, monkeypatch: pytest.MonkeyPatch, own: bool
) -> None:
    asked: list[tuple[str, tuple[object, ...]]] = []
    rows = register.store.rows

    def watched(sql: str, values: tuple[object, ...] = ()) -> list[tuple[object, ...]]:
        asked.append((sql, values))
        return rows(sql, values)

    monkeypatch.setattr(register.store, "rows", watched)
    register.case_counts(FIRST, MIDDLE, LAST, register.config.id if own else None)
    plan = [row[3] for row in rows(f"EXPLAIN QUERY PLAN {asked[0][0]}", asked[0][1])]
    assert any("record_case" in step or " t USING COVERING INDEX record_case_list" in step for step in plan), plan
    assert all("COVERING INDEX record_case_list" in step for step in plan if " t " in f"{step} "), plan


def test_open_warnings_are_the_newest_that_nobody_answered(register: Register) -> None:
    made = [
        register.save([Edit("message", {"status": "submitted", **values})], author="amal").records[0]
        for values in (
            {"kind": "warning", "profile": "A lorry", "precedence": "immediate"},
            {"kind": "mail", "subject": "Lunch"},
            {"kind": "warning", "profile": "A dhow"},
            {"kind": "warning", "profile": "A car", "status": "draft"},
        )
    ]
    assert [row.id for row in register.open_warnings(5)] == [made[2], made[0]]
    assert [row.id for row in register.open_warnings(1)] == [made[2]]
