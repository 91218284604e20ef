"""What a report needs depends on what kind of case it is; a row of an older release is judged as that release did."""

from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY, dictionary_of

CASE = DICTIONARY.type("case")
ALL: dict[str, Any] = {"date": "2026-11-22", "office": "JOAQJ", "country": "JO", "direction": "import"}
LINE = {"product_group": "tobacco", "quantity": "12", "unit": "KGM"}
ROUTE = {"1": {"role": "departure", "country": "AE", "mode": "1"}, "2": {"role": "destination", "country": "JO"}}
FOUND = {"detection_method": "dog", "concealment_method": "none"}
SEIZURE: dict[str, Any] = {**ALL, "type": "seizure", **FOUND, "goods": {"1": LINE}, "leg": ROUTE}


def missing(document: dict[str, Any]) -> list[str]:
    return [problem.path for problem in CASE.check(document, creating=True)]


def test_a_seizure_needs_goods_with_an_amount_how_it_was_found_and_hidden_and_its_route() -> None:
    assert missing(SEIZURE) == []
    assert missing({**ALL, "type": "seizure"}) == [
        "goods.product_group", "goods.quantity", "detection_method", "concealment_method", "leg.departure.country",
        "leg.destination.country", "leg.mode",
    ]  # fmt: skip
    assert missing({"type": "seizure"})[:4] == ["date", "office", "country", "direction"]
    assert missing({**SEIZURE, "type": None})[:1] == ["type"], "one that says nothing is asked like a seizure"
    assert missing({**ALL, "type": None})[1:] == missing({**ALL, "type": "seizure"})


@pytest.mark.parametrize(
    "line",
    [
        {"product_group": "currency", "value": "50000", "currency": "USD"},
        {"product_group": "ipr", "uncounted": True},
        LINE,
    ],
    ids=["cash by currency", "not yet counted", "counted"],
)
def test_the_amount_is_a_quantity_a_value_or_not_yet_counted(line: dict[str, Any]) -> None:
    assert missing({**SEIZURE, "type": "detention", "goods": {"1": line}}) == []


def test_two_currencies_are_two_lines() -> None:
    lines = {str(n): {"product_group": "currency", "value": "5", "currency": of} for n, of in enumerate(("USD", "EUR"))}
    assert missing({**SEIZURE, "goods": lines}) == []


def test_of_an_amount_without_its_unit_or_currency_only_that_is_said() -> None:
    assert missing({**SEIZURE, "goods": {"1": {"product_group": "ipr", "value": "5"}}}) == ["goods.1.currency"]
    lacking = {**SEIZURE, "goods": {"1": {"product_group": "ipr"}}}
    (problem,) = CASE.check(lacking, creating=True)
    assert problem.path == "goods.1.quantity"
    assert "Quantity or Value or Not yet counted" in problem.message


def test_a_control_without_result_needs_what_was_controlled_why_and_how_and_never_goods() -> None:
    control = {**ALL, "type": "control", "selection_basis": "random", "found_with": {"1": "dog", "2": "eyes"}}
    assert missing({**control, "means": {"1": {"kind": "lorry"}}}) == []
    assert missing({**control, "leg": {"1": {"role": "departure", "mode": "3"}}}) == []
    assert missing({**ALL, "type": "control"}) == ["means.kind", "selection_basis", "search_type"]
    assert missing({**ALL, "type": "control", "detection_method": "dog", "means": {"1": {"mode": "3"}}}) == []


def test_what_happens_inland_needs_the_kind_of_place_and_no_route() -> None:
    inland = {name: value for name, value in SEIZURE.items() if name != "leg"} | {"direction": "internal"}
    assert missing(inland) == ["location_type"]
    assert missing({**inland, "location_type": "market"}) == []


def test_an_offence_without_seizure_needs_its_kind_and_no_concealment() -> None:
    assert missing({**ALL, "type": "offence"}) == ["offence_type"]
    assert missing({**ALL, "type": "offence", "offence_type": "undervaluation"}) == []


def test_rows_of_another_system_and_drafts_are_asked_for_none_of_it() -> None:
    assert missing({"type": "seizure", "source_key": "7"}) == []
    assert missing({"status": "draft"}) == []


def test_a_report_of_release_0_1_0_is_judged_as_there() -> None:
    then = dictionary_of(DICTIONARY, 3).type("case")
    document = {name: value for name, value in SEIZURE.items() if name not in ("type", "country")}
    assert then.check(document, creating=True) == []
    assert missing(document) == ["type", "country"]
    control = {**ALL, "type": "control", "detection_method": "dog", "means": {"1": {"mode": "3"}}}
    assert {problem.path for problem in then.check(control, creating=True)} >= {"goods.quantity", "concealment_method"}
    assert [problem.path for problem in then.check({**SEIZURE, "date_to": "2026-11-23"}, creating=True)] == ["date_to"]


def test_a_range_of_days_has_an_end_that_is_not_before_its_beginning() -> None:
    span = {**SEIZURE, "date_precision": "range", "date_to": "2026-11-25"}
    assert missing(span) == []
    assert missing({**span, "date_to": "2026-11-21"}) == ["date_to"]
    assert CASE.group_of("date_to") == CASE.group_of("time_precision") == "date"


def test_a_day_that_is_still_to_come_is_told_of_where_it_is_written() -> None:
    ahead = {**SEIZURE, "date": "2031-01-01", "date_to": "2031-01-02"}
    assert [problem.path for problem in CASE.days_to_come(ahead, "2026-11-30")] == ["date", "date_to"]
    assert CASE.days_to_come(SEIZURE, "2026-11-22") == []
    assert missing(ahead) == [], "the validator has no clock"
    person = DICTIONARY.type("person")
    births = {"birth_date": "2027-01-01", "birth": {"1": {"birth_date": "2026-01-01"}, "2": {"birth_date_to": "2027"}}}
    assert [problem.path for problem in person.days_to_come(births, "2026-11-30")] == ["birth_date"]
    assert person.days_to_come({"birth": "x", "birth_date": 7}, "2026-11-30") == []
    assert {field.name for _, field in CASE.every_field() if field.past} == {"date", "date_to"}
