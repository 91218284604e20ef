"""Until when a record is kept: the record's own day, a rule of the country, or the default, counted from the end of
what is known."""

from __future__ import annotations

from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.older import as_of
from diwan_core.dictionary.retention import (
    DEFAULTS,
    KEPT,
    NEEDING,
    UPDATED,
    Rule,
    add_months,
    end_of,
    kept_until,
    rules_by_key,
)
from hypothesis import given
from hypothesis import strategies as st

TODAY = "2026-11-29"
DAYS = st.dates().map(lambda day: day.isoformat())


def test_every_type_has_a_default_or_a_reason_for_none() -> None:
    assert set(DEFAULTS) | set(KEPT) == set(DICTIONARY.types)
    assert not set(DEFAULTS) & set(KEPT)
    assert set(DICTIONARY.types) >= NEEDING
    for type, keep in DEFAULTS.items():
        assert keep.after == UPDATED or DICTIONARY.type(type).fields[keep.after].kind in ("date", "datetime")


def test_the_dictionary_of_the_first_release_knows_no_rules() -> None:
    assert as_of(DICTIONARY, 3).digest.hex() == "c4e12e0a76c5e7eb"
    assert "retention_rule" not in as_of(DICTIONARY, 3).types


@pytest.mark.parametrize(
    ("document", "end"),
    [
        ({"date": "2016-02-10"}, "2016-02-10"),
        ({"date": "2016-02-10", "date_precision": "about"}, "2016-02-10"),
        ({"date": "2016-02-10", "date_precision": "month"}, "2016-02-29"),
        ({"date": "2016-02-10", "date_precision": "year"}, "2016-12-31"),
        ({"date": "2016-02-10", "date_to": "2016-05-31", "date_precision": "range"}, "2016-05-31"),
        ({"date": "2016-12-20", "date_to": "2017-01-03", "date_precision": "month"}, "2017-01-31"),
        ({"date": "2016-12-20", "date_to": "2016-01-03"}, "2016-12-20"),
        ({"date": "2016-02-30"}, ""),
        ({"date": 20160210}, ""),
        ({"date": ""}, ""),
        ({}, ""),
    ],
)
def test_what_is_known_of_a_date_counts_to_its_end(document: dict[str, Any], end: str) -> None:
    assert end_of(document, "date") == end


@pytest.mark.parametrize(
    ("day", "months", "then"),
    [
        ("2016-01-31", 1, "2016-02-29"),
        ("2015-02-28", 12, "2016-02-29"),
        ("2016-11-15", 120, "2026-11-15"),
        ("2016-02-29", 12, "2017-02-28"),
        ("9990-01-01", 1200, "9999-12-31"),
        ("0001-01-01", -1200, "0001-01-01"),
        ("2016-01-01", 0, "2016-01-01"),
    ],
)
def test_months_end_with_the_last_day_of_a_shorter_month(day: str, months: int, then: str) -> None:
    assert add_months(day, months) == then


@given(DAYS, st.integers(0, 1200))
def test_a_later_day_is_never_kept_less_long(day: str, months: int) -> None:
    assert add_months(day, months) >= day
    assert add_months(day, months) <= add_months(day, months + 1)


def test_the_day_in_the_record_comes_before_a_rule_and_a_rule_before_the_default() -> None:
    case = {"date": "2016-11-15"}
    rules = rules_by_key([Rule("case", "", 36, "date"), Rule("case", "Court  order", 240, "date", 2)])
    default = kept_until("case", case, TODAY, {})
    assert default is not None
    assert (default.day, default.by) == ("2026-11-15", "default")
    ruled = kept_until("case", case, TODAY, rules)
    assert ruled is not None
    assert (ruled.day, ruled.by, ruled.halves) == ("2019-11-15", "rule", 3)
    for_basis = kept_until("case", case | {"legal_basis": " court ORDER "}, TODAY, rules)
    assert for_basis is not None
    assert (for_basis.day, for_basis.halves) == ("2036-11-15", 2)
    own = kept_until("case", case | {"retention": "2030-01-01"}, TODAY, rules)
    assert own is not None
    assert (own.day, own.by) == ("2030-01-01", "record")


def test_where_the_date_is_missing_the_last_change_stands_for_it_and_that_is_said() -> None:
    kept = kept_until("case", {}, "2020-05-05", {})
    assert kept is not None
    assert (kept.day, kept.undated) == ("2030-05-05", True)


def test_what_nobody_has_said_anything_about_has_no_end() -> None:
    assert kept_until("unit", {}, "1990-01-01", {}) is None
    assert kept_until("unit", {"retention": "2020-01-01"}, "1990-01-01", {}) is not None
