"""A text that may name somebody is released by a person, for exactly its content."""

from __future__ import annotations

import html
import re

import pytest
from diwan_core.leaving.released import is_released
from diwan_core.register import Edit, Record, Refused

from .conftest import Browser, Site, text_of

TEXT = "pellets, swallowed by Karim, in the car 34-56789"
VALUES = {
    "type": "seizure", "country": "JO", "date": "2026-11-20", "office": "JOAQJ", "direction": "import",
    "detection_method": "xray_cargo", "concealment_method": "vehicle_cabin",
    "goods": {"1": {"product_group": "drugs", "quantity": "12.5", "unit": "KGM"}},
    "leg": {"1": {"role": "departure", "country": "SY", "mode": "3"}, "2": {"role": "destination", "country": "JO"}},
}  # fmt: skip


@pytest.fixture
def case(post: Site) -> str:
    return _reported(post, TEXT)


def _reported(post: Site, text: str) -> str:
    values = {
        **VALUES,
        "concealment_text": text,
        "goods": {"1": {"product_group": "drugs", "quantity": "12.5", "unit": "KGM", "description": "dried fish"}},
        "party": {"1": {"role": "courier", "name": "Karim Testman"}},
    }
    with post.console.writing() as register:
        return register.save([Edit("case", values)], author="officer").records[0]


def now(post: Site, record_id: str) -> Record:
    with post.console.writing() as register:
        record = register.get(record_id)
    assert record is not None
    return record


def released(post: Site, record_id: str, path: str) -> bool:
    values = now(post, record_id).values
    part, _, rest = path.partition(".")
    value = values[part] if not rest else values[part][rest.split(".")[0]][rest.split(".")[1]]
    return is_released(values, path, value)


def form_of(page: str, path: str) -> dict[str, str]:
    """What the form of one text sends."""
    found = re.search(rf'name="path" value="{re.escape(path)}"><input type="hidden" name="digest" value="(\w+)"', page)
    assert found, page
    return {"path": path, "digest": found[1]}


def test_a_text_is_shown_with_marks_and_released_as_it_stands(post: Site, case: str) -> None:
    supervisor = post.browser("supervisor")
    address = f"/records/{case}/release"
    page = supervisor.get(address)
    told = text_of(page)
    assert "not released" in told and "name of a party" in html.unescape(page.text)
    assert re.search(r"<mark[^>]*>Karim</mark>", page.text) and re.search(r"<mark[^>]*>34-56789</mark>", page.text)
    assert "Release texts" in text_of(supervisor.get(f"/cases/{case}"))
    supervisor.post(address, form_of(page.text, "concealment_text"))
    assert released(post, case, "concealment_text") and not released(post, case, "goods.1.description")
    assert "Released by supervisor" in text_of(supervisor.get(address))


def test_a_change_voids_the_release_and_the_old_text_is_released_again_by_its_return(post: Site, case: str) -> None:
    supervisor = post.browser("supervisor")
    address = f"/records/{case}/release"
    supervisor.post(address, form_of(supervisor.get(address).text, "concealment_text"))
    with post.console.writing() as register:
        register.save([Edit("case", {"concealment_text": TEXT + "."}, record=case)], author="officer")
    assert not released(post, case, "concealment_text")
    assert "changed since it was released" in text_of(supervisor.get(address))
    with post.console.writing() as register:
        register.save([Edit("case", {"concealment_text": TEXT}, record=case)], author="officer")
    assert released(post, case, "concealment_text"), "exactly this content was read by somebody"


def test_what_was_not_shown_is_not_released(post: Site, case: str) -> None:
    supervisor = post.browser("supervisor")
    address = f"/records/{case}/release"
    seen = form_of(supervisor.get(address).text, "concealment_text")
    with post.console.writing() as register:
        register.save([Edit("case", {"concealment_text": "of Lina Testwoman"}, record=case)], author="officer")
    answer = supervisor.post(address, seen)
    assert answer.status_code == 409 and "changed in the meantime" in text_of(answer)
    for wrong in ({**seen, "path": "narrative"}, {**seen, "path": "goods.9.description"}, {"path": "", "digest": ""}):
        assert supervisor.post(address, wrong).status_code == 409
    assert not (now(post, case).values.get("text_release") or {})


def test_a_release_is_taken_back(post: Site, case: str) -> None:
    supervisor = post.browser("supervisor")
    address = f"/records/{case}/release"
    form = form_of(supervisor.get(address).text, "goods.1.description")
    supervisor.post(address, form)
    assert released(post, case, "goods.1.description")
    supervisor.post(address, {**form, "withdraw": "1"})
    assert not released(post, case, "goods.1.description")


def test_an_officer_releases_nothing_neither_on_the_page_nor_in_a_form(post: Site, officer: Browser, case: str) -> None:
    assert officer.get(f"/records/{case}/release").status_code == 403
    assert "Release texts" not in text_of(officer.get(f"/cases/{case}"))
    release = {"1": {"path": "concealment_text", "digest": "0" * 64}}
    with post.console.writing() as register, pytest.raises(Refused) as refused:
        register.save([Edit("case", {"text_release": release}, record=case)], author="officer", role="officer")
    assert "may not release texts" in str(refused.value.problems[0])


def test_an_analyst_releases_and_changes_nothing_else(centre: Site) -> None:
    with centre.console.writing() as register:
        values = {"text_release": {"1": {"path": "concealment_text", "digest": "0" * 64}}}
        made = {**VALUES, "concealment_text": TEXT}
        (case,) = register.save([Edit("case", made)], author="officer").records
        register.save([Edit("case", values, record=case)], author="analyst", role="analyst")
        with pytest.raises(Refused):
            register.save(
                [Edit("case", {**values, "outcome": "seized"}, record=case)], author="analyst", role="analyst"
            )


AGREEMENT = {
    "title": "Cash with Partner", "partner": "Partner", "valid_from": "2020-01-01", "valid_until": "2099-12-31",
    "covers_nominal": True, "record_types": {"1": "case"}, "status": "submitted",
    "fields_allowed": {"1": "case.party.name", "2": "person.family_name"},
}  # fmt: skip


@pytest.fixture
def agreement(centre: Site) -> str:
    with centre.console.writing() as register:
        return register.save([Edit("agreement", AGREEMENT)], author="nadia").records[0]


def stands_under(site: Site, record_id: str, agreement: str) -> bool:
    return any(
        one.get("path") == f"agreement.{agreement}" for one in now(site, record_id).values["text_release"].values()
    )


def test_a_record_is_released_under_an_agreement_as_it_was_shown(centre: Site, agreement: str) -> None:
    case = _reported(centre, TEXT)
    with centre.console.writing() as register:
        person = register.save([Edit("person", {"family_name": "Testman", "status": "submitted"})], author="amal")
        party = {"1": {"role": "courier", "name": "Karim Testman", "subject": person.records[0]}}
        register.save([Edit("case", {"party": party}, record=case)], author="amal")
    analyst = centre.browser("analyst")
    page = analyst.get(f"/records/{case}/release")
    assert "Under an agreement" in page.text and "Cash with Partner" in page.text
    assert "Persons and companies 1: Family name Testman" in text_of(page)
    assert person.records[0] in {row.record for row in centre.console.reads.page()}, "whose file it shows is logged"
    sent = form_of(page.text, f"agreement.{agreement}")
    analyst.post(f"/records/{case}/release", sent)
    assert stands_under(centre, case, agreement)
    with centre.console.writing() as register:
        register.save([Edit("person", {"family_name": "Other"}, record=person.records[0])], author="amal")
    assert "changed since it was released" in analyst.get(f"/records/{case}/release").text
    assert analyst.post(f"/records/{case}/release", sent).status_code == 409, "what was read is no more"


def test_only_who_may_export_names_sees_and_releases_what_an_agreement_gives(
    centre: Site, agreement: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    case = _reported(centre, TEXT)
    for role in ("auditor", "technician", "administrator"):
        browser = centre.browser(role)
        assert browser.get(f"/records/{case}/release").status_code == 403
        forged = {"path": f"agreement.{agreement}", "digest": "0" * 64}
        assert browser.post(f"/records/{case}/release", forged).status_code == 403
    analyst = centre.browser("analyst")
    sent = form_of(analyst.get(f"/records/{case}/release").text, f"agreement.{agreement}")
    for path, digest in ((sent["path"], "0" * 64), ("agreement.no-such", sent["digest"]), ("agreement.", "")):
        assert analyst.post(f"/records/{case}/release", {"path": path, "digest": digest}).status_code == 409
    assert "text_release" not in now(centre, case).values


def test_a_case_marked_red_is_not_offered_for_release_under_an_agreement(centre: Site, agreement: str) -> None:
    case = _reported(centre, TEXT)
    analyst = centre.browser("analyst")
    sent = form_of(analyst.get(f"/records/{case}/release").text, f"agreement.{agreement}")
    with centre.console.writing() as register:
        register.save([Edit("case", {"handling": "red"}, record=case)], author="amal")
    page = analyst.get(f"/records/{case}/release").text
    assert "marked for fewer readers than the agreement allows" in page and "Release to Partner" not in page
    assert analyst.post(f"/records/{case}/release", sent).status_code == 409
