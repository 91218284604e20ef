"""Agreements on a page of the centre: recorded, listed, ended, by the national administrator alone."""

from diwan_core.intake.run.agreements import agreements

from .conftest import Site, text_of
from .forms import place

WHOLE = {
    "title": "Cash with Examplia", "partner": "Customs of Examplia", "valid_from": "2026-01-01",
    "valid_until": "2036-12-31", "limit": "amber", "template": "eu-cash-declaration",
}  # fmt: skip


def test_an_agreement_is_recorded_and_ended_on_its_page(centre: Site) -> None:
    browser = centre.browser("administrator")
    assert "There are no agreements yet." in text_of(browser.get("/agreements"))
    for missing in ("title", "partner", "valid_until", "limit", "template"):
        refused = browser.post("/agreements", {**WHOLE, missing: ""})
        assert refused.status_code == 422 and f'id="{missing}-message"' in refused.text, missing
    assert place(browser.post("/agreements", WHOLE)) == "/agreements"
    page = text_of(browser.get("/agreements"))
    assert "Customs of Examplia" in page and "in force" in page and "Person: Addresses: Town" in page
    again = browser.post("/agreements", WHOLE)
    assert again.status_code == 422 and "End it first" in text_of(again)
    with centre.console.writing() as register:
        (held,) = agreements(register)
    assert "case.party.name" in held.fields and held.limit == "amber"
    assert centre.browser("analyst").get("/agreements").status_code == 403
    assert centre.browser("analyst").post(f"/agreements/{held.id}/end").status_code == 403
    assert browser.post("/agreements/0198f0a0-0000-7000-8000-000000000000/end").status_code == 404
    place(browser.post(f"/agreements/{held.id}/end"))
    assert "not in force" in text_of(browser.get("/agreements"))
    with centre.console.writing() as register:
        assert [one.status for one in agreements(register)] == ["withdrawn"]
