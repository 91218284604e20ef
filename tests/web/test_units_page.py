"""The units of the country are declared, corrected and ended on a page of the centre, and obeyed by what is measured in
them."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from diwan_core.register import Edit
from diwan_core.register.national_units import declare_unit, national_units

from .conftest import SHORT, Browser, Site, text_of
from .forms import place

TOLA = {"code": "tola", "label": "Tola", "factor": "11.6638038", "base": "GRM", "valid_from": ""}
GOLD = {"product_group": "currency", "sub_group": "gold", "quantity": "10", "unit": "ZZ", "national_unit": "tola"}


def grams(centre: Site, case: str) -> str | None:
    with centre.console.writing() as register:
        return register.amounts(case)["1"].kilograms


def seized(centre: Site, day: str) -> str:
    values = {"source_key": f"tola {day}", "source_system": "x", "date": day, "goods": {"1": GOLD}}
    with centre.console.writing() as register:
        return register.save([Edit("case", values)], author="x").records[0]


def test_a_unit_is_declared_corrected_and_ended_and_cases_follow_it(centre: Site) -> None:
    administrator = centre.browser("administrator")
    assert "no national units yet" in text_of(administrator.get("/units"))
    assert administrator.post("/units", {**TOLA, "factor": "11"}).status_code == 303
    assert administrator.post("/units", TOLA).status_code == 303, "for the same day: what was said is corrected"
    page = administrator.get("/units")
    assert "11.6638038 GRM" in text_of(page) and page.text.count('data-label="Equals"') == 1
    old, new = seized(centre, "2025-05-01"), seized(centre, "2026-05-01")
    assert grams(centre, old) == grams(centre, new) == "0.116638038"
    (action,) = re.findall(r'action="(/units/[^"]+/end)"', page.text)
    assert administrator.post(action, {"valid_until": "2025-12-31"}).status_code == 303
    assert "31 Dec 2025" in text_of(administrator.get("/units"))
    again = seized(centre, "2026-05-02")
    with centre.console.writing() as register:
        assert [(unit.code, unit.valid_until) for unit in national_units(register.store)] == [("tola", "2025-12-31")]
        assert register.amounts(again)["1"].kilograms is None, "nothing was measured in it any more"
    record = action.split("/")[2]
    form = administrator.get("/units", record=record).text
    assert re.search(r'name="code"[^>]* value="tola"', form) and '<option value="GRM" selected>' in form
    assert centre.browser("analyst").get("/units").status_code == 200
    for role in ("technician", "auditor", "supervisor"):
        assert centre.browser(role).get("/units").status_code == 403, role


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"code": "2tola"}, "code"),
        ({"code": "kgm"}, "code"),
        ({"factor": "11,66"}, "factor"),
        ({"factor": "0"}, "factor"),
        ({"factor": "-1"}, "factor"),
        ({"base": "MTR"}, "base"),
        ({"base": ""}, "base"),
        ({"valid_from": "soon"}, "valid_from"),
        ({"valid_from": "2026-02-30"}, "valid_from"),
    ],
)
def test_what_makes_no_unit_is_said_beside_its_field_and_kept(centre: Site, wrong: dict[str, str], field: str) -> None:
    page = centre.browser("administrator").post("/units", {**TOLA, "code": "seer", **wrong})
    assert page.status_code == 422 and f'id="{field}-message"' in page.text
    assert 'value="Tola"' in page.text
    with centre.console.writing() as register:
        assert not [unit for unit in national_units(register.store) if unit.code in ("seer", "2tola")]


def test_the_units_of_the_country_are_offered_and_read_as_words_at_a_post(post: Site, officer: Browser) -> None:
    with post.console.writing() as register:
        register.config, kept = replace(register.config, role="central"), register.config
        try:
            declare_unit(register, "tola", "11.6638038", "GRM", author="x")
        finally:
            register.config = kept
    gold = {
        **SHORT,
        "goods.1.product_group": "other",
        "goods.1.quantity": "10",
        "goods.1.unit": "mutually defined (ZZ)",
    }
    page = officer.post("/cases/new", {**gold, "office": ""})
    assert 'value="fill:goods.1.national_unit=tola"' in page.text
    case = place(officer.post("/cases/new", {**gold, "goods.1.national_unit": "tola"}))
    shown = text_of(officer.get(case))
    assert "10 Tola" in shown and "ZZ" not in shown and "0.116638038 kg" in shown
    assert "10 Tola" in text_of(officer.get("/cases"))


def test_a_unit_that_is_not_there_cannot_end_and_a_day_is_needed(centre: Site) -> None:
    administrator = centre.browser("administrator")
    nothing = "/units/01890000-0000-7000-8000-000000000000/end"
    assert administrator.post(nothing, {"valid_until": "2026-01-01"}).status_code == 404
    assert administrator.post(nothing, {"valid_until": ""}).status_code == 422
