"""The short form asks each kind of case what it needs; a month or a range is a date too; no day is still to come."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from diwan_core.dictionary.selection import BASIS_OF
from diwan_core.dictionary.units import PACKAGES
from diwan_core.register import Edit, Refused
from diwan_core.register.journal import clock, trusted_time

from .conftest import SHORT, Browser, Site, text_of
from .forms import form_of, place, press
from .test_cases import asked_in

ALWAYS = {"type", "date", "office", "country", "direction", "selection_basis"}
ROUTE = {"leg.1.country", "leg.2.country", "leg.1.mode"}
FOUND = ("detection_method", "selection_basis")
GOODS = {"goods.1.product_group", "goods.1.quantity", "goods.1.unit"}


def sent(officer: Browser, **typed: str) -> dict[str, str]:
    """The short form of somebody who has typed only this."""
    bare = dict.fromkeys(SHORT, "") | {"date": "2026-11-20", "office": "JOAQJ", "direction": "import"}
    return {**bare, **{name.replace("__", "."): text for name, text in typed.items()}}


def values(post: Site, shown: str) -> dict[str, Any]:
    with post.console.writing() as register:
        record = register.get(shown.rpartition("/")[2])
    assert record is not None
    return dict(record.values)


@pytest.mark.parametrize(
    ("typed", "asked"),
    [
        ({"type": "control"}, {"search_type", "means.1.kind", "leg.1.mode"}),
        (
            {"direction": "internal"},
            {"location_type", "detection_method", "concealment_method"} | GOODS,
        ),
        ({"type": "offence"}, {"offence_type", "detection_method"} | GOODS | ROUTE),
        (
            {"type": "detention"},
            {"goods.1.uncounted", "detection_method", "concealment_method"} | GOODS | ROUTE,
        ),
        (
            {"goods__1__product_group": "tobacco", "goods__1__unit": "Carton (CT)"},
            {"goods.1.per_package", "goods.1.per_package_unit", "detection_method", "concealment_method"}
            | GOODS
            | ROUTE,
        ),
        (
            {"goods__1__unit": "ZZ"},
            {"goods.1.national_unit", "detection_method", "concealment_method"} | GOODS | ROUTE,
        ),
        (
            {"goods__1__product_group": "currency"},
            {"goods.1.value", "goods.1.currency", "detection_method", "concealment_method"} | GOODS | ROUTE,
        ),
    ],
    ids=["control", "inland", "offence", "detention", "packages", "a national unit", "cash"],
)
def test_a_page_sent_without_scripts_comes_back_asking_what_this_case_needs(
    officer: Browser, typed: dict[str, str], asked: set[str]
) -> None:
    page = officer.post("/cases/new", sent(officer, **typed))
    assert page.status_code == 422
    assert asked_in(page.text) == ALWAYS | asked


@pytest.mark.parametrize("word", ["carton", "CARTON", "ct", " carton "])
def test_packages_named_in_words_are_asked_about_as_well(officer: Browser, word: str) -> None:
    page = officer.post("/cases/new", sent(officer, goods__1__product_group="tobacco", goods__1__unit=word))
    assert {"goods.1.per_package", "goods.1.per_package_unit"} <= asked_in(page.text)
    assert 'value="carton (CT)"' in page.text


def test_a_form_asks_for_what_it_shows(officer: Browser) -> None:
    page = text_of(officer.post("/cases/new", sent(officer)))
    assert "Choose the detection method." in page and "at least one of these" not in page
    page = text_of(officer.post("/cases/new", sent(officer, type="control")))
    assert "at least one of these" in page and "Choose the grounds for selection." in page


def test_why_a_seizure_was_selected_is_asked_apart_from_what_found_it(post: Site, officer: Browser) -> None:
    page = officer.get("/cases/new").text
    offered = {name: set(re.findall('value="([a-z_]+)"', control_of(page, name))) for name in FOUND}
    assert offered["detection_method"].isdisjoint(BASIS_OF) and "xray_cargo" in offered["detection_method"]
    assert set(BASIS_OF.values()) <= offered["selection_basis"]
    held = values(post, place(officer.post("/cases/new", {**SHORT, "selection_basis": "profile"})))
    assert (held["detection_method"], held["selection_basis"]) == ("xray_cargo", "profile")
    alone = text_of(officer.post("/cases/new", {**SHORT, "selection_basis": "profile", "detection_method": ""}))
    assert "Choose the detection method." in alone


def control_of(page: str, name: str) -> str:
    found = re.search(f'<select[^>]* name="{name}".*?</select>', page, re.DOTALL)
    assert found is not None, name
    return found[0]


def test_a_control_without_result_is_reported(post: Site, officer: Browser) -> None:
    typed = {"selection_basis": "random", "search_type": "scan", "means__1__kind": "lorry", "leg__1__mode": "3"}
    shown = place(officer.post("/cases/new", sent(officer, type="control", **typed)))
    held = values(post, shown)
    assert held["means"] == {"1": {"kind": "lorry"}} and "goods" not in held and "concealment_method" not in held
    page = text_of(officer.get(shown))
    assert "Control without result" in page and "Random selection" in page


def test_a_seizure_inland_is_reported_without_a_route(post: Site, officer: Browser) -> None:
    bare = {name: value for name, value in SHORT.items() if not name.startswith("leg.")}
    shown = place(officer.post("/cases/new", {**bare, "direction": "internal", "location_type": "market"}))
    held = values(post, shown)
    assert held["location_type"] == "market" and not (held.get("leg") or {})
    assert officer.post("/cases/new", {**bare, "direction": "internal"}).status_code == 422


def test_money_is_reported_by_its_currency_and_what_nobody_counted_as_such(post: Site, officer: Browser) -> None:
    typed = {"goods.1.product_group": "currency", "goods.1.quantity": "", "goods.1.unit": ""}
    cash = {**SHORT, **typed, "goods.1.value": "50000", "goods.1.currency": "USD"}
    held = values(post, place(officer.post("/cases/new", cash)))
    assert held["goods"] == {"1": {"product_group": "currency", "value": "50000", "currency": "USD"}}
    typed = {"goods.1.product_group": "ipr", "goods.1.quantity": "", "goods.1.unit": "", "goods.1.uncounted": "yes"}
    shown = place(officer.post("/cases/new", {**SHORT, "type": "detention", **typed}))
    assert values(post, shown)["goods"]["1"]["uncounted"] is True
    assert "Not yet counted" in text_of(officer.get(shown))


@pytest.mark.parametrize(
    ("unit", "offered"),
    [("PA", ["20"]), ("Carton (CT)", ["200", "10000"]), ("BX", []), ("", ["20", "200", "10000"])],
)
def test_how_many_are_in_a_package_is_offered_and_never_filled_in(
    officer: Browser, unit: str, offered: list[str]
) -> None:
    tobacco = {"goods.1.product_group": "tobacco", "goods.1.unit": unit}
    page = officer.post("/cases/new", {**SHORT, **tobacco, "office": ""})
    assert page.status_code == 422
    held = page.text.partition('<datalist id="goods.1.per_package-offers">')[2].partition("</datalist>")[0]
    assert re.findall(r'value="([0-9]+)"', held) == offered
    assert re.search(r'<input id="goods.1.per_package" name="goods.1.per_package" value=""', page.text)
    units = re.findall(r'value="fill:goods.1.per_package_unit=(\w+)"', page.text)
    assert "STK" in units and PACKAGES.isdisjoint(units), "what is in a package is no package"


def test_packages_that_nobody_opened_are_asked_about_and_come_to_what_is_in_them(post: Site, officer: Browser) -> None:
    cartons = {**SHORT, "goods.1.product_group": "tobacco", "goods.1.quantity": "50", "goods.1.unit": "CT"}
    shown = place(officer.post("/cases/new", cartons))
    assert "per_package" not in values(post, shown)["goods"]["1"]
    assert "50 × carton: it is not known how much is in each" in text_of(officer.get(shown))
    opened = {**cartons, "goods.1.per_package": "200", "goods.1.per_package_unit": "STK"}
    shown = place(officer.post("/cases/new", opened))
    assert "it is not known how much" not in text_of(officer.get(shown))
    with post.console.writing() as register:
        assert register.amounts(shown.rpartition("/")[2])["1"].pieces == "10000"


def test_only_a_month_is_known(post: Site, officer: Browser) -> None:
    held = values(post, place(officer.post("/cases/new", {**SHORT, "date": "2026-03"})))
    assert (held["date"], held["date_precision"]) == ("2026-03-01", "month")
    wrong = officer.post("/cases/new", {**SHORT, "date": "2026-03", "direction": ""})
    assert re.search(r'<input id="date" name="date" value="2026-03"[^>]*dir="auto"', wrong.text), "no calendar"


def test_a_day_beside_the_word_month_is_kept_as_its_first_and_a_range_has_two_ends(
    post: Site, officer: Browser
) -> None:
    shown = place(press(officer, "/cases/new", "wide", **{name.replace(".", "__"): SHORT[name] for name in SHORT}))
    form = form_of(officer.get(shown).text)
    assert not {"date_to", "time_precision"} & asked_in(officer.get(shown).text)
    month = {**form, "date": "2026-03-17", "date_precision": "month", "do": "report"}
    held = values(post, place(officer.post(shown, month)))
    assert (held["date"], held["date_precision"]) == ("2026-03-01", "month")

    shown = place(press(officer, "/cases/new", "wide", **{name.replace(".", "__"): SHORT[name] for name in SHORT}))
    form = form_of(officer.get(shown).text)
    span = {**form, "date": "2026-03-17", "date_precision": "range", "date_to": "2026-03-19", "do": "report"}
    case = place(officer.post(shown, span))
    assert values(post, case)["date_to"] == "2026-03-19"
    assert "19 Mar 2026" in text_of(officer.get(case))
    begun = place(officer.post(f"/drafts/change/{case.rpartition('/')[2]}"))
    assert "date_to" in asked_in(officer.get(begun).text)


def test_a_page_made_before_the_update_reports_a_seizure_in_this_country(post: Site, officer: Browser) -> None:
    held = values(post, place(officer.post("/cases/new", SHORT)))
    assert (held["type"], held["country"]) == ("seizure", "JO")


def test_a_day_still_to_come_is_refused_where_the_clock_is_sure(post: Site, officer: Browser) -> None:
    now = datetime.now(UTC)
    far = (now + timedelta(days=3)).date().isoformat()
    with post.console.writing() as register, register.store.write() as connection:
        assert trusted_time.last_day(connection, clock.boot_identity(), "post") == ""
        trusted_time.note(connection, clock.boot_identity(), int(now.timestamp() * 1000) - clock.monotonic_ms())
        assert trusted_time.last_day(connection, clock.boot_identity(), "post") >= now.date().isoformat()
    try:
        page = officer.post("/cases/new", {**SHORT, "date": far})
        assert page.status_code == 422 and "is still to come" in text_of(page) and 'id="date-message"' in page.text
        case = place(officer.post("/cases/new", SHORT))
        with post.console.writing() as register, pytest.raises(Refused) as refused:
            register.save([Edit("case", {"date": far}, record=case.rpartition("/")[2])], author="officer")
        assert [problem.code for problem in refused.value.problems] == ["to_come"]
    finally:
        with post.console.writing() as register, register.store.write() as connection:
            connection.execute("DELETE FROM state WHERE key LIKE 'trusted_time%'")


def test_the_centre_is_sure_of_its_day_and_imports_ask_it_too(centre: Site) -> None:
    document = {"source_key": "ahead", "source_system": "x", "date": "2131-01-01"}
    with centre.console.writing() as register:
        saved = register.save_many(
            [[Edit("case", document)], [Edit("case", {**document, "date": "2025-01-01"})]], author="x"
        )
    assert saved.saved == 1
    assert [problem.path for problem in saved.refused[0]] == ["date"]


def test_a_retired_code_is_shown_and_kept_but_offered_to_nobody_else(post: Site, officer: Browser) -> None:
    offered = officer.get("/cases/new").text.partition('<select id="concealment_method"')[2].partition("</select>")[0]
    assert 'value="documents"' not in offered and 'value="reefer_unit"' in offered
    shown = place(officer.post("/cases/new", SHORT))
    record = shown.rpartition("/")[2]
    with post.console.writing() as register:
        register.save([Edit("case", {"concealment_method": "documents"}, record=record)], author="officer")
    assert "Hidden behind false documents" in text_of(officer.get(shown))
    begun = place(officer.post(f"/drafts/change/{record}"))
    page = officer.get(begun).text
    assert re.search(r'<option value="documents" selected>Hidden behind false documents', page)
    saved = place(officer.post(begun, {**form_of(page), "place": "Shed 4", "do": "report"}))
    assert values(post, saved)["concealment_method"] == "documents"


def test_the_full_form_asks_of_goods_what_their_product_group_needs(officer: Browser) -> None:
    shown = place(press(officer, "/cases/new", "wide", **{name.replace(".", "__"): SHORT[name] for name in SHORT}))
    asked = asked_in(officer.get(shown).text)
    assert {"goods.1.substance", "goods.1.lab_state", "goods.1.purity"} <= asked
    assert not {"goods.1.isotope", "goods.1.tax_stamp", "goods.1.object_maker", "goods.1.hs_declared"} & asked
