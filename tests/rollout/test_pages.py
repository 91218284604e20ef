"""The roll-out in the centre's console: the questionnaire in steps, the board, who may do what."""

from __future__ import annotations

import pytest

from tests.web.conftest import Browser, Site, text_of
from tests.web.forms import form_of

pytestmark = pytest.mark.slow


def add(browser: Browser, code: str = "NR-04", name: str = "Gate 3", **more: str) -> str:
    answer = browser.post(
        "/rollout/sites/new", {"code": code, "name": name, "country": "JO", "region": "North", **more}
    )
    assert answer.status_code == 303, text_of(answer)
    return answer.location.removesuffix("/building")


def test_a_site_is_added_and_answered_in_steps_as_far_as_it_is_known(site: Site, technician: Browser) -> None:
    assert "There are no sites yet" in text_of(technician.get("/rollout"))
    way = add(technician)
    step = technician.get(f"{way}/building")
    assert "Step 2 of 6" in text_of(step)
    answer = technician.post(f"{way}/building", {**form_of(step.text, "seen"), "power_hours": "9", "do": "next"})
    assert answer.location == f"{way}/line"
    page = text_of(technician.get(way))
    assert "1 of 6 answered" in page and "9 h" in page and "stops the site" in page
    assert "hours of the generator" in page
    board = text_of(technician.get("/rollout"))
    assert "Gate 3" in board and "stopped by" in board
    told = text_of(site.browser("auditor").get("/log"))
    assert "site NR-04 (Gate 3) was added to the roll-out" in told and "1 answers of site NR-04" in told


def test_what_is_wrong_is_said_beside_the_field_and_nothing_typed_is_lost(technician: Browser) -> None:
    way = add(technician)
    answer = technician.post(f"{way}/building", {"seen": "1", "power_hours": "30", "heat": "44"})
    page = text_of(answer)
    assert answer.status_code == 422 and "write a whole number from" in page
    assert 'value="30"' in answer.text and 'value="44"' in answer.text
    assert "Nothing was answered yet" in text_of(technician.get(way))


def test_a_number_that_another_site_has_is_refused_with_its_name(technician: Browser) -> None:
    add(technician)
    again = technician.post("/rollout/sites/new", {"code": "nr-04", "name": "Gate 4"})
    assert again.status_code == 422 and "already belongs to Gate 3" in text_of(again)
    for wrong in ({"code": "", "name": "x"}, {"code": "A-1", "name": ""}, {"code": "A 1", "name": "x"}, {"name": "x"}):
        assert technician.post("/rollout/sites/new", wrong).status_code == 422, wrong


def test_the_second_of_two_people_sees_what_the_first_wrote_and_keeps_what_they_typed(site: Site) -> None:
    first, second = site.browser("technician"), site.browser("administrator")
    way = add(first)
    pages = [form_of(browser.get(f"{way}/building").text, "seen") for browser in (first, second)]
    assert first.post(f"{way}/building", {**pages[0], "power_hours": "12"}).status_code == 303
    answer = second.post(f"{way}/building", {**pages[1], "power_hours": "6", "heat": "44"})
    page = text_of(answer)
    assert answer.status_code == 409 and "Somebody else changed the same" in page
    assert "technician wrote “12 h” here" in page
    typed = form_of(answer.text, "seen")
    assert (typed["power_hours"], typed["heat"]) == ("6", "44")
    assert second.post(f"{way}/building", typed).status_code == 303
    shown = text_of(second.get(way))
    assert "9 h" not in shown and "12 h → 6 h" in shown and "44 °C" in shown


def test_the_board_is_narrowed_by_region_and_state(technician: Browser) -> None:
    add(technician)
    add(technician, "SO-01", "Harbour", region="South")
    assert "Harbour" not in text_of(technician.get("/rollout", region="North"))
    assert "No site matches" in text_of(technician.get("/rollout", standing="ready"))
    assert "2 sites" in text_of(technician.get("/rollout", standing="stopped"))


def test_names_are_text_and_no_markup(technician: Browser) -> None:
    way = add(technician, name="<script>alert(1)</script>")
    for path in ("/rollout", way, f"{way}/place"):
        assert "<script>alert" not in technician.get(path).text


def test_what_is_not_there_is_said(technician: Browser) -> None:
    way = add(technician)
    for path in ("/rollout/sites/99", f"/rollout/sites/{2**70}", f"{way}/garden", "/rollout/sites/99/line"):
        assert technician.get(path).status_code == 404, path
    assert technician.post("/rollout/sites/99/line", {"line": "none"}).status_code == 404


def test_a_file_that_cannot_be_read_is_said_to_be(site: Site) -> None:
    (site.folder / "rollout.db").write_bytes(b"no database" * 1000)
    answer = site.browser("technician").get("/rollout")
    assert answer.status_code == 503 and "cannot be read" in text_of(answer)


@pytest.mark.parametrize("role", ["officer", "supervisor", "analyst"])
def test_who_works_on_cases_has_no_business_here(site: Site, role: str) -> None:
    browser = site.browser(role)
    assert browser.get("/rollout").status_code == 403
    assert browser.post("/rollout/sites/new", {"code": "A-1", "name": "x"}).status_code == 403


def test_an_auditor_sees_and_changes_nothing(site: Site, technician: Browser) -> None:
    way = add(technician)
    auditor = site.browser("auditor")
    assert "Gate 3" in text_of(auditor.get("/rollout")) and "Add a site" not in text_of(auditor.get("/rollout"))
    assert auditor.get(way).status_code == 200
    for path in ("/rollout/sites/new", f"{way}/line"):
        assert auditor.get(path).status_code == 403
        assert auditor.post(path, {"line": "none"}).status_code == 403


def test_a_site_added_by_mistake_is_removed_and_one_with_trained_people_stays(site: Site, technician: Browser) -> None:
    way = add(technician)
    other = add(technician, "SO-01", "Harbour")
    course = technician.post("/rollout/courses/new", {"module": "users", "starts": "2026-09-01"}).location
    technician.post(f"{course}/people", {"names": "Amal Example", "site": other.rpartition("/")[2]})
    technician.post("/rollout/plan", {"starts": "2026-09-01", "apart": "", "owner": "", "of": ""})
    assert technician.post(f"{way}/remove").status_code == 303
    assert technician.get(way).status_code == 404
    assert "7 milestones" in text_of(technician.get("/rollout/plan"))
    told = technician.post(f"{other}/remove")
    assert told.status_code == 409 and "1 person of this site is or was in a course" in text_of(told)
    assert "site NR-04 (Gate 3) was removed" in text_of(site.browser("auditor").get("/log"))
    assert add(technician) != way, "its number is free again"
