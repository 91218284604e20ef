"""Pickers offer what people mean, and quantities read as people say them."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.lists.everyday import TITLES, UNITS_OF_GOODS, USUAL_UNITS, WORDS
from diwan_core.reading import Value, read_code
from diwan_core.register import Edit
from diwan_core.web.language.quantities import in_words
from flask import Flask

from .conftest import SHORT, Browser, Hand, Site, text_of

IN_ARABIC = {"Accept-Language": "ar"}


def offered(browser: Browser, name: str, text: str, beside: str = "") -> list[str]:
    return [found["code"] for found in json.loads(browser.get(f"/codes/{name}/find", q=text, beside=beside).text)]


@pytest.mark.parametrize("typed", ["k", "ki", "kil", "kg", "KG", "kilo", "كغ", "كيلو"])
def test_kilogram_comes_first_of_what_begins_so(officer: Browser, typed: str) -> None:
    assert offered(officer, "unit", typed)[0] == "KGM"


@pytest.mark.parametrize(
    ("name", "typed", "code"),
    [
        ("unit", "cig", "STK"), ("unit", "stick, cigarette", "STK"), ("unit", "pill", "U2"), ("unit", "animal", "HEA"),
        ("unit", "سيجارة", "STK"), ("unit", "حبوب", "U2"), ("country", "Turkey", "TR"), ("country", "turki", "TR"),
        ("country", "سوريا", "SY"), ("country", "امريكا", "US"), ("country", "أمريكا", "US"), ("country", "usa", "US"),
    ],
)  # fmt: skip
def test_everyday_words_find_a_code(officer: Browser, name: str, typed: str, code: str) -> None:
    assert offered(officer, name, typed)[0] == code


def test_a_list_that_is_opened_begins_with_what_goods_of_this_group_are_measured_in(officer: Browser) -> None:
    assert len(USUAL_UNITS) == 15 and UNITS_OF_GOODS.keys() == set(DICTIONARY.codes("product_group"))
    assert set(offered(officer, "unit", "")) >= {"KGM", "GRM", "H87", "STK"}
    assert offered(officer, "unit", "", "medicines")[:2] in (["U2", "AV"], ["KGM", "U2"])


def test_what_is_used_here_most_comes_first(post: Site) -> None:
    browser = post.browser("officer")
    goods = {"1": {"product_group": "culture", "quantity": "2", "unit": "CMK"}}
    case = {"status": "draft", "date": "2026-11-20", "office": "JOAQJ", "goods": goods,
            "leg": {"1": {"role": "departure", "country": "MH"}}}  # fmt: skip
    with post.console.writing() as register:
        register.save([Edit("case", case) for _ in range(120)], author="officer")
    post.app.extensions.pop("diwan code use", None)
    assert offered(browser, "unit", "", "culture")[0] == "CMK"
    assert offered(browser, "country", "ma")[0] == "MH", "Marshall Islands"


def test_everyday_words_say_no_code_that_there_is_not_and_make_no_word_mean_two_more() -> None:
    for name, words in WORDS.items():
        codes = DICTIONARY.codes(name)
        assert all(codes.has(code) for code in words)
        meant = {(one.strip().upper(), code) for code, more in words.items() for one in more.split(",")}
        others = {(one, code) for one, code in meant if codes.has(one) and one != code}
        assert others <= {("KG", "KGM"), ("KGS", "KGM"), ("CTN", "CT")}, "whoever writes a code means it"
    for word, code in (("pair", "PR"), ("tin", "TN"), ("pack", "PK"), ("stick", "STC"), ("sack", "SA"), ("pill", "U2")):
        assert read_code("unit", word) == Value(code), word
    for code, title in DICTIONARY.codes("unit").table.labels[TITLES].items():
        assert read_code("unit", title) == Value(code)


@pytest.fixture
def arabic(post: Site) -> Iterator[Flask]:
    with post.app.test_request_context("/", headers=IN_ARABIC):
        yield post.app


@pytest.mark.parametrize(
    ("quantity", "unit", "words"),
    [
        ("1200", "CT", "1\u202f200 cartons"), ("1", "CT", "1 carton"), ("34", "H87", "34 pieces"),
        ("48000", "STK", "48\u202f000 cigarettes"), ("12.5", "KGM", "12.5 kg"), ("1.5", "LTR", "1.5 litres"),
        ("3", "CMK", "3 square centimetre"), ("2", "HEA", "2 animals"), ("1", "C62", "1 piece"),
    ],
)  # fmt: skip
def test_a_quantity_reads_as_people_say_it(quantity: str, unit: str, words: str) -> None:
    assert in_words(quantity, unit) == words


@pytest.mark.parametrize(
    ("quantity", "words"),
    [
        ("1", "كرتون واحد"), ("2", "كرتونان"), ("3", "3 كراتين"), ("11", "11 كرتونًا"), ("100", "100 كرتون"),
        ("103", "103 كراتين"), ("2.5", "2.5 كرتون"),
    ],
)  # fmt: skip
def test_a_quantity_has_the_plural_of_its_number_in_arabic(arabic: Flask, quantity: str, words: str) -> None:
    assert in_words(quantity, "CT").replace("\u2068", "").replace("\u2069", "") == words


def test_units_are_words_on_pages_and_in_lists(officer: Browser) -> None:
    sent = {**SHORT, "goods.1.product_group": "tobacco", "goods.1.quantity": "1200", "goods.1.unit": "CT"}
    case = officer.post("/cases/new", sent).location.partition("?")[0]
    assert "1 200 cartons" in text_of(officer.get(case)) and "CT" not in text_of(officer.get(case)).split()
    assert "1 200 cartons" in text_of(officer.get("/cases"))


@pytest.mark.slow
def test_enter_takes_the_first_choice_and_other_goods_offer_other_units(hand: Hand, post: Site) -> None:
    hand.sign_in(post, post.browser("officer"))
    hand.page.call("Emulation.setFocusEmulationEnabled", enabled=True)  # a window in the background gets no focus event
    hand.go("/cases/new")
    unit = "document.getElementById('goods.1.unit')"
    hand.wait(f"{unit}.getAttribute('role') === 'combobox'")
    hand.page.value(f"{unit}.focus()")
    hand.wait("document.querySelectorAll('#choices [role=option]').length > 6")
    hand.page.type("kil")
    hand.page.key("Enter", 13)
    hand.wait(f"{unit}.value.endsWith('(KGM)')")
    assert hand.sees("form[data-keep]"), "Enter chose the unit and sent nothing"
    hand.page.value(
        "(box => { box.value = 'alcohol'; box.dispatchEvent(new Event('change', {bubbles: true})) })"
        "(document.getElementById('goods.1.product_group'))"
    )
    bottle = (
        "[...document.querySelectorAll('.chip[value^=\"fill:goods.1.unit\"]')].find(c => /bottle/.test(c.textContent))"
    )
    hand.wait(f"!!{bottle}")  # an element has no value of its own
    hand.page.value(f"{bottle}.click()")
    assert hand.page.value(f"{unit}.value").endswith("(BO)")
    assert hand.page.value(f"{bottle}.getAttribute('aria-pressed')") == "true"


@pytest.mark.slow
def test_a_name_that_is_typed_and_left_is_its_code_and_what_depends_on_it_is_asked(hand: Hand, post: Site) -> None:
    hand.sign_in(post, post.browser("officer"))
    hand.page.call("Emulation.setFocusEmulationEnabled", enabled=True)
    hand.go("/cases/new")
    unit, asked = "document.getElementById('goods.1.unit')", "document.getElementById('goods.1.per_package')"
    hand.wait(f"{unit}.getAttribute('role') === 'combobox'")
    assert hand.page.value(f"{asked}.offsetParent === null")
    hand.page.value(f"{unit}.focus()")
    hand.page.type("Carton")
    hand.page.key("Tab", 9)
    hand.wait(f"{unit}.value === 'carton (CT)' && {asked}.offsetParent !== null")
    hand.page.value(f"{unit}.focus()")
    hand.page.value(f"{unit}.select()")
    hand.page.type("carto")
    hand.page.key("Tab", 9)
    hand.wait(f"{asked}.offsetParent === null")
    assert hand.page.value(f"{unit}.value") == "carto", "a piece of a name is nobody's choice"
