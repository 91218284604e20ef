"""The pages of retention: rules, what is due, what is held back, and the two people of a run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import Edit
from diwan_core.register.journal import clock
from diwan_core.register.journal.trusted_time import wall_clock
from diwan_core.register.retention.rules import retention_rules

from .conftest import PASSWORD, Browser, Site, make_site, text_of
from .test_release import VALUES

RULE = {"type": "case", "basis": "", "months": "36", "after": "date", "erases": "both", "law": "Act 20"}


@pytest.fixture(scope="module")
def country(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = make_site(tmp_path_factory.mktemp("retention") / "centre", "central", "Centre", "")
    yield site
    site.console.close()


def old_case(site: Site, **values: Any) -> str:
    with site.console.writing() as register:
        return register.save([Edit("case", {**VALUES, "date": "2001-02-03", **values})], author="amal").records[0]


def due_page(browser: Browser) -> str:
    return browser.get("/retention/due").text


def proposed(browser: Browser, *records: str) -> str:
    answer = browser.post("/retention/due", {"record": list(records), "basis": "Act 20, section 3"})
    assert answer.status_code == 303, text_of(answer)
    return answer.location.partition("?")[0]


def test_a_run_needs_two_people_and_the_password_of_the_second(country: Site) -> None:
    record, beside = old_case(country), old_case(country)
    analyst, supervisor = country.browser("analyst"), country.browser("supervisor")
    assert record in due_page(analyst)
    run = proposed(analyst, record)
    assert analyst.post(f"{run}/approve", {"password": PASSWORD}).status_code == 403
    own = proposed(supervisor, beside)
    assert supervisor.post(f"{own}/approve", {"password": PASSWORD}).status_code == 409
    wrong = supervisor.post(f"{run}/approve", {"password": "not this one"})
    assert (wrong.status_code, "password is wrong" in wrong.text) == (422, True)
    assert supervisor.post(f"{run}/approve", {"password": PASSWORD}).status_code == 303
    assert supervisor.post(f"{run}/approve", {"password": PASSWORD}).status_code == 409
    assert "approved, being carried out" in text_of(supervisor.get(run))
    assert f'value="{record}"' in due_page(analyst)  # until the ingest has carried it out
    assert supervisor.post(f"{own}/refuse", {"reason": ""}).status_code == 422
    assert supervisor.post(f"{own}/refuse", {"reason": "a mistake"}).status_code == 303
    assert "withdrawn" in text_of(supervisor.get(own))
    log = text_of(country.browser("auditor").get("/log"))
    assert "was approved by a second person" in log
    assert "a mistake" in log


@pytest.mark.parametrize(
    ("role", "opens"),
    [
        ("officer", {}), ("technician", {}),
        ("administrator", {"/retention": True}),
        ("analyst", {"/retention": False, "/retention/due": True, "/retention/holds": True}),
        ("supervisor", {"/retention": False, "/retention/due": True, "/retention/holds": True}),
        ("auditor", {"/retention": False, "/retention/due": False, "/retention/holds": False}),
    ],
)  # fmt: skip
def test_each_role_sees_and_does_what_the_table_says(country: Site, role: str, opens: dict[str, bool]) -> None:
    browser = country.browser(role)
    for path in ("/retention", "/retention/due", "/retention/holds"):
        assert (browser.get(path).status_code == 200) == (path in opens or path == "/retention"), path
        may_write = browser.post(path, {}).status_code != 403
        assert may_write == opens.get(path, False), path


def test_a_rule_is_set_changed_and_withdrawn_and_nonsense_is_refused(country: Site) -> None:
    administrator = country.browser("administrator")
    nonsense = (("months", "many"), ("months", "1201"), ("months", "-1"), ("months", "9" * 40), ("after", "narrative"),
                ("months", "0" * 9 + "9" * 5000), ("type", "ship"), ("erases", "nothing"))  # fmt: skip
    for wrong in ({name: value} for name, value in nonsense):
        assert administrator.post("/retention", RULE | wrong).status_code == 422, wrong
    for months in ("36", "48"):
        assert administrator.post("/retention", RULE | {"months": months}).status_code == 303
    with country.console.writing() as register:
        (rule,) = retention_rules(register.store)
        assert rule.months == 48
        assert [entry.author for entry in register.history(rule.record)] == ["administrator"] * 2
    assert "Case all others 48 Date everything rule of the country" in text_of(administrator.get("/retention"))
    assert administrator.post("/retention/withdraw", {"record": rule.record}).status_code == 303
    assert administrator.post("/retention/withdraw", {"record": rule.record}).status_code == 409
    assert "Case all others 120 Date everything default" in text_of(administrator.get("/retention"))


def test_what_is_held_back_says_so_and_cannot_be_proposed(country: Site) -> None:
    record, supervisor = old_case(country), country.browser("supervisor")
    form = {"record": record, "reason": "Court 12/2026", "review": "2027-03-31"}
    reviews = ({"review": said} for said in ("3/4/2027", "soon", ""))  # the first may be of March or of April
    for wrong in ({"record": "x"}, {"record": "0" * 36}, {"reason": " "}, *reviews):
        assert supervisor.post("/retention/holds", form | wrong).status_code == 422, wrong
    assert supervisor.post("/retention/holds", form).status_code == 303
    assert f'value="{record}"' not in due_page(supervisor)
    assert supervisor.post("/retention/due", {"record": record, "basis": "Act 20"}).status_code == 422
    shown = supervisor.get("/retention/holds").text
    number = re.search(r"/retention/holds/(\d+)", shown)
    assert number
    assert supervisor.post(number[0], {"reason": ""}).status_code == 422
    assert supervisor.post(number[0], {"reason": "acquitted"}).status_code == 303
    assert f'value="{record}"' in due_page(supervisor)


def test_what_is_held_back_is_to_be_looked_at_again_by_the_clock_of_the_register(
    country: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    supervisor = country.browser("supervisor")
    form = {"record": old_case(country), "reason": "Court 13/2026", "review": "2087-03-31"}
    assert supervisor.post("/retention/holds", form).status_code == 303
    assert "31 Mar 2087 now" not in text_of(supervisor.get("/retention/holds"))
    in_2088 = datetime(2088, 1, 1, tzinfo=UTC).timestamp()
    monkeypatch.setattr(wall_clock, "__defaults__", (lambda: in_2088, clock.monotonic_ms))
    assert "31 Mar 2087 now" in text_of(supervisor.get("/retention/holds"))


def test_bad_places_and_numbers_are_answered_like_any_other(country: Site) -> None:
    supervisor = country.browser("supervisor")
    for place in ("x", "case.", "case.x", "case.99999999999999999999", "ship.1", ".", "case.1"):
        assert supervisor.get("/retention/due", after=place).status_code == 200, place
    for number, refused in (("0", 422), ("99", 422), ("9" * 18, 422), ("9" * 23, 404)):
        assert supervisor.get(f"/retention/runs/{number}").status_code == 404
        assert supervisor.post(f"/retention/holds/{number}", {"reason": "x"}).status_code == refused


def test_a_record_says_until_when_it_is_kept(country: Site, tmp_path: Path) -> None:
    record = old_case(country, date="2021-02-03")
    assert "kept until 3 Feb 2031" in text_of(country.browser("supervisor").get(f"/cases/{record}"))
