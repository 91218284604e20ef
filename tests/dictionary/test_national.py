"""National settings as texts: what they may be, and telephone numbers and addresses made by them."""

import pytest
from diwan_core.dictionary.national import (
    SETTINGS,
    NoSetting,
    address_lines,
    address_order,
    read_setting,
    with_defaults,
)
from diwan_core.dictionary.telephones import Plan, example_of, national_number, plan_of, show_telephone

JORDAN = Plan("962", "0", ("7# #### ####", "7# ### ####", "# ### ####"))
ITALY = Plan("39", "", ("0# #### ####", "### ### ####"))


@pytest.mark.parametrize("name", SETTINGS)
def test_the_default_of_each_setting_is_one_of_its_values(name: str) -> None:
    assert read_setting(name, SETTINGS[name].default) == SETTINGS[name].default
    assert all(read_setting(name, choice) == choice for choice in SETTINGS[name].choices)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("date_format", "m/d/y"), ("phone_code", "+962"), ("phone_code", "0"), ("phone_prefix", "x"),
        ("phone_forms", "## ### ### ext"), ("address_form", "city country"), ("address_form", "text / text"),
        ("address_form", "text / street"), ("nothing", "1"), ("letterhead", "<b>Customs</b>"), ("letterhead", "x" * 81),
        ("letterhead", "Customs \u202egro.live"), ("letterhead", "|".join("abcdef")), ("signatures", "a\x07"),
    ],
)  # fmt: skip
def test_what_no_node_could_obey_is_refused(name: str, value: str) -> None:
    with pytest.raises(NoSetting):
        read_setting(name, value)


def test_lines_are_kept_apart_by_a_bar_and_spaces_are_single() -> None:
    assert read_setting("phone_forms", " 7#  ### ####\r\n\n# ### ####\n") == "7# ### ####|# ### ####"


def test_what_a_newer_centre_said_is_passed_over() -> None:
    held = with_defaults({"date_format": "of the next release", "number_format": ",.", "unknown": "1"})
    assert (held["date_format"], held["number_format"]) == ("words", ",.")
    assert set(held) == set(SETTINGS)


@pytest.mark.parametrize(
    "typed",
    ["+962 79 012 3456", "00962790123456", "+962 (0)79 012 3456", "+962079 012 3456", "079-012 3456", "0790123456",
     "79 012 3456", "٠٧٩ ٠١٢ ٣٤٥٦"],
)  # fmt: skip
def test_a_number_of_the_country_is_one_however_it_is_written(typed: str) -> None:
    assert national_number(typed, JORDAN) == "790123456"
    assert show_telephone(typed, JORDAN) == "+962 79 012 3456"


@pytest.mark.parametrize(
    "typed", ["+963 94 123 4567", "0044 20 7946 0000", "1234", "ask at the gate", "123456789012", "", "+", "ext. 079"]
)
def test_other_numbers_stay_as_they_were_typed(typed: str) -> None:
    assert show_telephone(typed, JORDAN) == typed
    assert national_number(typed, JORDAN) == ""


def test_a_country_without_a_prefix_keeps_the_zero_of_its_numbers() -> None:
    assert national_number("06 1234 5678", ITALY) == "0612345678"
    assert show_telephone("06 1234 5678", ITALY) == "+39 06 1234 5678"
    assert show_telephone("+39 06 1234 5678", ITALY) == "+39 06 1234 5678"


def test_without_a_code_nothing_is_recognised() -> None:
    assert national_number("0790123456", Plan()) == "" and show_telephone("0790123456", Plan()) == "0790123456"
    assert example_of(Plan()) == ""


def test_a_plan_comes_from_the_settings_and_gives_an_example() -> None:
    plan = plan_of(with_defaults({"phone_code": "962", "phone_forms": "7# ### ####|# ### ####"}))
    assert plan == Plan("962", "0", ("7# ### ####", "# ### ####"))
    assert example_of(plan) == "071 234 5678"


def test_an_address_stands_in_the_lines_of_the_country() -> None:
    address = {"text": "12 Rainbow Street", "city": "Amman", "postcode": "11118", "country": "Jordan"}
    assert address_lines("text / postcode city / country", address) == ["12 Rainbow Street", "11118 Amman", "Jordan"]
    assert address_lines("country / city / text", address) == ["Jordan", "Amman", "12 Rainbow Street", "11118"]
    assert address_lines("text / postcode city", {"city": "Amman"}) == ["Amman"]
    assert address_order("country city / text") == ["country", "city", "text", "postcode"]
