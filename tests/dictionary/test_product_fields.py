"""What is recorded of single product groups, codes that were retired, HS codes, and where a concealment is usual."""

from typing import Any

import pytest
from diwan_core.dictionary import DICTIONARY, as_of, dictionary_of
from diwan_core.dictionary.checkdigits import is_cas_number
from diwan_core.dictionary.declared.case_products import PRODUCTS
from diwan_core.dictionary.lists.concealment import PLACES_OF_MODE
from diwan_core.dictionary.moved_groups import follow_sub_group
from diwan_core.dictionary.selection import BASIS_OF, follow_detection
from diwan_core.reading import Value, read_code
from diwan_core.web.kinds.case import KIND

CASE = DICTIONARY.type("case")
LINE = {"product_group": "drugs", "quantity": "1", "unit": "KGM"}


def of(**line: Any) -> list[str]:
    problems = CASE.check({"source_key": "1", "goods": {"1": {**LINE, **line}}}, creating=True)
    return [problem.path for problem in problems]


def doubts(**line: Any) -> list[str]:
    return [problem.path for problem in CASE.warnings({"goods": {"1": {**LINE, **line}}})]


@pytest.mark.parametrize(
    "code", ["24", "2402", "240220", "24022010", "240220101", "2402201012", "24022010123", "2" * 12]
)
def test_an_hs_code_has_two_to_twelve_digits_of_which_the_first_six_are_looked_up(code: str) -> None:
    assert of(hs_code=code, hs_declared=code, hs_edition="hs2022") == []
    assert doubts(hs_code=code) == (["goods.1.hs_code"] if code.startswith("22") else [])
    unknown = f"77{code[2:]}"  # chapter 77 is kept free
    assert doubts(hs_declared=unknown) == ["goods.1.hs_declared"]


@pytest.mark.parametrize("code", ["2", "240", "24022", "2402201", "2402201012345", "0024", "24.02"])
def test_lengths_that_have_lost_a_zero_are_no_hs_code(code: str) -> None:
    assert of(hs_code=code) == ["goods.1.hs_code"]


def test_an_older_release_knows_ten_digits_and_keeps_twelve_of_a_newer_one() -> None:
    then = dictionary_of(DICTIONARY, 3).type("case")
    document = {"source_key": "1", "goods": {"1": {"hs_code": "240220101234"}}}
    assert [problem.path for problem in then.check(document, creating=True)] == ["goods.1.hs_code"]
    assert then.check(document, creating=True, newer=True) == []


@pytest.mark.parametrize(
    ("number", "fits"), [("50-36-2", True), ("561-27-3", True), ("50-36-3", False), ("1-1", False)]
)
def test_a_cas_number_has_a_check_digit(number: str, fits: bool) -> None:
    assert is_cas_number(number) == fits
    if len(number) > 4:
        assert of(cas=number) == []
        assert doubts(cas=number) == ([] if fits else ["goods.1.cas"])


def test_more_persons_arrested_than_involved_are_doubted() -> None:
    def doubted(involved: object, arrested: object) -> list[str]:
        found = CASE.warnings({"persons_involved": involved, "persons_arrested": arrested})
        return [problem.path for problem in found]

    assert doubted(2, 5) == ["persons_arrested"]
    assert doubted(2, 2) == doubted(None, 5) == doubted(2, None) == doubted("2", 5) == []


def test_a_sub_group_of_another_product_group_is_doubted() -> None:
    assert doubts(sub_group="cigarettes") == ["goods.1.sub_group"]
    assert doubts(sub_group="cocaine") == doubts(sub_group="nonsense") == []
    assert doubts(product_group="tobacco", sub_group="cigarettes") == []


def test_each_field_of_a_product_is_asked_for_where_it_is_relevant_and_only_there() -> None:
    asked = {name.partition(".")[2] for name in KIND.relevant if name.startswith("goods.")}
    assert {field.name for field in PRODUCTS} <= asked <= CASE.parts["goods"].fields.keys()
    groups = DICTIONARY.codes("product_group")
    for name, conditions in KIND.relevant.items():
        for one in conditions:
            if one.field == "goods.product_group":
                assert all(groups.has(group) for group in one.values), name


def test_retired_codes_are_read_and_no_longer_offered() -> None:
    for name, code in (("concealment_method", "documents"), ("party_role", "informant"), ("identity_document", "visa")):
        codes = DICTIONARY.codes(name)
        assert codes.has(code) and code not in codes.present()
        assert read_code(name, code) == Value(code), "nothing certainly says the same: it is kept"
        assert code in as_of(DICTIONARY, 3).codes(name).present()
    assert CASE.check({"source_key": "1", "concealment_method": "documents"}, creating=True) == []


@pytest.mark.parametrize(
    ("code", "new"),
    [("dual_use", "dual_use_goods"), ("biological", "biological_agent"), ("chemical_weapon", "weapon_precursor")],
)
def test_strategic_goods_are_no_longer_nuclear_ones_and_old_codes_stay_readable(code: str, new: str) -> None:
    codes = DICTIONARY.codes("sub_group")
    assert codes.parent(code) == "nuclear" and codes.parent(new) == "strategic"
    assert code not in codes.present() and new in codes.present()
    assert of(product_group="nuclear", sub_group=code) == doubts(product_group="nuclear", sub_group=code) == []
    assert read_code("sub_group", code) == Value(new)
    line = {"product_group": "nuclear", "sub_group": new}
    follow_sub_group(line)
    assert line == {"product_group": "strategic", "sub_group": new} and doubts(**line) == []
    untouched = {"product_group": "drugs", "sub_group": new}
    follow_sub_group(untouched)
    assert untouched["product_group"] == "drugs" and doubts(**untouched) == ["goods.1.sub_group"]


def test_each_sub_group_in_use_belongs_to_a_product_group_in_use() -> None:
    finer, groups = DICTIONARY.codes("sub_group"), set(DICTIONARY.codes("product_group").present())
    assert {finer.parent(code) for code in finer.present()} == groups
    then = as_of(DICTIONARY, 3)
    assert "strategic" not in then.codes("product_group") and "dual_use" in then.codes("sub_group").present()


def test_money_says_where_it_comes_from_what_it_is_for_and_what_was_declared() -> None:
    money = {"product_group": "currency", "quantity": None, "unit": None}
    said = {"cash_provenance": "business", "cash_use": "property", "declared_value": "0"}
    assert of(**money, value="50000", currency="USD", **said) == []
    assert of(**money, **said) == ["goods.1.currency"], "an amount without its currency says nothing"
    assert {"owner", "recipient"} <= set(DICTIONARY.codes("party_role").present())


def test_a_request_has_a_subject_and_an_answer_names_what_it_answers() -> None:
    message = DICTIONARY.type("message")
    assert [problem.path for problem in message.check({"kind": "request"}, creating=True)] == ["subject"]
    assert [problem.path for problem in message.check({"kind": "answer"}, creating=True)] == ["reply_to"]
    then = as_of(DICTIONARY, 3).type("message")
    assert [problem.path for problem in then.check({"kind": "request"}, creating=True)] == ["kind"]


def test_a_watch_list_can_name_a_ship_a_flight_a_brand_or_goods_on_a_route() -> None:
    goods = {"hs_code": "030559", "product_group": "drugs", "brand": "Testbrand"}
    route = {"origin_country": "NG", "departure_country": "NG", "destination_country": "JO"}
    entry = {"watch_list": "01890000-0000-7000-8000-000000000000", "kind": "route", **goods, **route}
    assert DICTIONARY.type("watch_entry").check(entry, creating=True) == []
    assert {"imo", "flight", "route", "brand"} <= set(DICTIONARY.codes("watch_kind").present())


@pytest.mark.parametrize("mode", ["", *PLACES_OF_MODE])
def test_beside_each_means_of_transport_at_most_fifteen_ways_of_concealment_come_first(mode: str) -> None:
    codes = DICTIONARY.codes("concealment_method")
    first = codes.usual(PLACES_OF_MODE.get(mode, ()), 15)
    assert len(first) == (15 if mode else 7)
    assert {"none", "in_cargo", "other", "unknown"} <= set(first) and "documents" not in first
    assert [code for code in codes if code in first] == first, "in the list's order"


def test_where_a_concealment_is_usual_is_said_in_known_words() -> None:
    known = {
        "road", "container", "sea", "air_passenger", "air_cargo", "rail", "post", "person", "animal", "place"
    }  # fmt: skip
    applies = DICTIONARY.codes("concealment_method").table.applies
    assert {place.rstrip("+") for places in applies.values() for place in places} == known


def test_warnings_for_officers_stand_in_the_nominal_half() -> None:
    for name in ("person", "suspect", "watch_entry"):
        field = DICTIONARY.type(name).fields["warning_codes"]
        assert field.nominal and field.repeated and field.since == 4
    assert {"armed", "violent", "escaping"} <= set(DICTIONARY.codes("warning_code"))
    assert [
        problem.path for problem in DICTIONARY.type("person").check({"warning_codes": {"1": "kind"}}, creating=False)
    ]


def test_a_file_that_names_a_way_of_selection_as_detection_says_the_basis() -> None:
    lists = {name: DICTIONARY.codes(name) for name in ("detection_method", "selection_basis")}
    assert all(lists["detection_method"].is_withdrawn(old) for old in BASIS_OF)
    assert all(lists["selection_basis"].has(new) for new in BASIS_OF.values())
    read = {"detection_method": "risk_profile"}
    follow_detection(read)
    assert read == {"selection_basis": "profile"}
    for kept in ({"detection_method": "dog"}, {"detection_method": "routine", "selection_basis": "watch_list"}, {}):
        untouched = dict(kept)
        follow_detection(untouched)
        assert untouched == kept
