"""The quick check of new records says yes to what an import writes, and never where the validator has a problem."""

from functools import partial
from typing import Any

import msgspec
import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.quick_check import QUICK_FROM, QuickCheck
from diwan_core.dictionary.strategies import documents, hostile
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

NAMES = sorted(DICTIONARY.types)
RELAXED = settings(max_examples=6, deadline=None, suppress_health_check=list(HealthCheck))
QUICK: dict[str, QuickCheck] = {}
CASE: dict[str, Any] = {
    "type": "seizure",
    "date": "2026-11-20",
    "office": "JOAQJ",
    "status": "submitted",
    "source_system": "old",
    "source_key": "7",
    "position": "31.95,35.93",
    "narrative": "سجائر خلف أرضية مزيفة",
    "goods": {"1": {"product_group": "tobacco", "quantity": "12.5", "unit": "KGM"}},
    "party": {"1": {"role": "suspect", "name": "Layla Haddad"}},
}


def says_yes(name: str, rest: dict[str, Any], nominal: dict[str, Any]) -> bool:
    if name not in QUICK:
        lists = {item.codelist: DICTIONARY.codes(item.codelist) for _, item in DICTIONARY.type(name).every_field()
                 if item.codelist}  # fmt: skip
        QUICK[name] = QuickCheck(DICTIONARY.type(name), lists, after=0)
        assert not QUICK[name](b"{}", None)
    return QUICK[name](msgspec.json.encode(rest), msgspec.json.encode(nominal) if nominal else None)


def wrong(rest: dict[str, Any], nominal: dict[str, Any]) -> list[str]:
    """What the validator finds in a new case, but for groups that are not whole and rules, which are asked beside."""
    problems = DICTIONARY.type("case").check_halves(rest, nominal, creating=True)
    return [problem.path for problem in problems if problem.code not in ("group", "rule")]


def changed(path: str, value: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    document = msgspec.json.decode(msgspec.json.encode(CASE))
    *steps, last = path.split(".")
    held = document
    for step in steps:
        held = held[step]
    held[last] = value
    return DICTIONARY.type("case").split(document)


def test_a_case_as_an_import_makes_it_is_answered_with_yes() -> None:
    rest, nominal = DICTIONARY.type("case").split(CASE)
    assert says_yes("case", rest, nominal)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("type", "invented"), ("date", "2026-02-30"), ("date", "1799-01-01"), ("date", "2026-11-20\n"),
        ("narrative", "  "), ("narrative", ""), ("place", "a\u202eb"), ("narrative", "a\x7fb"), ("place", "a\x1fb"),
        ("narrative", "x" * 30_000), ("goods.1.quantity", "1e3"), ("goods.1.quantity", "012"),
        ("goods.1.quantity", 12.5), ("goods.1.unit", "XXX"), ("goods.1.invented", "x"), ("goods", []),
        ("goods.1", "x"), ("goods.A", {}), ("position", "91,0"), ("status", 1), ("colour", "red"),
    ],
)  # fmt: skip
def test_a_wrong_value_is_not(path: str, value: object) -> None:
    rest, nominal = changed(path, value)
    assert wrong(rest, nominal)
    assert not says_yes("case", rest, nominal)


@pytest.mark.parametrize("name", NAMES)
@RELAXED
@given(data=st.data())
def test_where_it_says_yes_the_validator_finds_no_wrong_value(name: str, data: st.DataObject) -> None:
    record = DICTIONARY.type(name)
    document = data.draw(st.one_of(documents(name), hostile(name)))
    if not isinstance(document, dict):
        return
    rest, nominal = record.split(document)
    try:
        yes = says_yes(name, rest, nominal)
    except (TypeError, ValueError, OverflowError, RecursionError):
        return  # it has no JSON
    if yes:
        problems = record.check_halves(rest, nominal, creating=True)
        assert [problem for problem in problems if problem.code not in ("group", "rule", "required")] == []
        assert all(problem.path not in record.fields or not record.fields[problem.path].required or
                   record.fields[problem.path].short for problem in problems)  # fmt: skip


def test_a_process_that_has_checked_many_cases_judges_the_next_ones_the_same_way() -> None:
    record = DICTIONARY.type("case")
    good, bad = changed("place", "Gate 3"), changed("goods.1.unit", None)
    for rest, nominal in [good] * (QUICK_FROM + 5) + [bad]:
        encoded = msgspec.json.encode(rest), msgspec.json.encode(nominal)
        found = record.check_new(rest, partial(dict, nominal), *encoded)
        assert found == record.check_halves(rest, nominal, creating=True)


def test_of_the_nominal_half_more_than_the_shape_is_looked_at_where_its_values_need_each_other() -> None:
    record = DICTIONARY.type("person")
    good = {"name_as_written": "Layla Haddad", "birth_date": "1980-02-03"}
    alone, turned_round = {"family_name": "Haddad", "script": "Latn"}, {**good, "birth_date_to": "1970-01-01"}
    for nominal in [good] * (QUICK_FROM + 5) + [alone, turned_round]:
        encoded = msgspec.json.encode({"status": "submitted"}), msgspec.json.encode(nominal)
        found = record.check_new({"status": "submitted"}, partial(dict, nominal), *encoded)
        assert found == record.check_halves({"status": "submitted"}, nominal, creating=True)
        assert bool(found) is (nominal is not good)


def test_the_shape_has_the_fields_that_records_have_and_takes_others_in_when_many_come() -> None:
    asked: list[str] = []

    class Lists(dict[str, Any]):
        def get(self, name: str, default: Any = None) -> Any:
            asked.append(name)
            return DICTIONARY.codes(name) if name else default

    quick = QuickCheck(DICTIONARY.type("case"), Lists(), after=2)

    def says(rest: dict[str, Any], nominal: dict[str, Any]) -> bool:
        return quick(msgspec.json.encode(rest), msgspec.json.encode(nominal))

    usual, other = DICTIONARY.type("case").split(CASE), changed("goods.1.hs_code", "240220")
    invented = changed("invented", {"1": {"x": 1}})
    assert [says(*usual), says(*invented), says(*usual), says(*usual)] == [False, False, False, True]
    assert "unit" in asked and "hs" not in asked and "wildlife" not in asked, "other lists need not be here"
    asked.clear()
    assert not says(*changed("goods.1.unit", "XXX")) and not says(*invented)
    assert says(*other) and asked, "by the shape with all fields"
    assert [says(*other) for _ in range(3)] == [True] * 3
    quick._whole = None
    asked.clear()
    assert says(*other) and says(*usual) and not asked, "it has the other field too now"
    assert not says(*changed("goods.1.hs_code", "x"))
    assert "invented" not in str(quick._met), "names that nobody declared could be endless"
