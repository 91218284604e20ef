"""Training: courses, attendance, certificates that can be checked and cannot be made up."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from diwan_central.rollout.answers import BadAnswer
from diwan_central.rollout.certificate_paper import certificate_page
from diwan_central.rollout.certificates import find, is_genuine, issue, plain_number, withdraw
from diwan_central.rollout.overview import look
from diwan_central.rollout.sites import Site, make
from diwan_central.rollout.store import RolloutStore
from diwan_central.rollout.training import (
    CourseChanged,
    figures,
    invite,
    mark,
    one_course,
    read_course,
    read_names,
    save_course,
    seats,
)
from diwan_core.trust import NodeKeys

from tests.web.conftest import Browser, make_site, text_of
from tests.web.conftest import Site as Console
from tests.web.forms import form_of

from .kit import NOW_MS, course_for_users, two_sites

DAY = date(2026, 9, 21)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RolloutStore]:
    NodeKeys.create(tmp_path)
    with RolloutStore.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def site(store: RolloutStore) -> Site:
    return make(store, {"code": "NR-04", "name": "Gate 3"}, "amal", NOW_MS)


def test_certificates_go_to_those_who_attended_and_passed_and_each_gets_one(store: RolloutStore, site: Site) -> None:
    course = course_for_users(store, ["Amal", "Huda", "Karim", "Sami"], site)
    by_name = {seat.name: seat.trainee for seat in seats(store, course)}
    mark(store, course, {by_name["Karim"]: ("absent", "passed"), by_name["Sami"]: ("attended", "not_yet")}, "a", NOW_MS)
    numbers = issue(store, store.path.parent, course, DAY, "amal")
    assert len(numbers) == 2 and issue(store, store.path.parent, course, DAY, "amal") == []
    assert {seat.name for seat in seats(store, course) if seat.certificate} == {"Amal", "Huda"}
    assert look(store, store.path.parent, DAY).lines[0].facts.trained == 2
    assert figures(store)["users"] == {"courses": 1, "invited": 4, "attended": 3, "certificates": 2}
    assert figures(store)["trainers"] == {"courses": 0, "invited": 0, "attended": 0, "certificates": 0}


def test_a_certificate_is_known_by_its_number_however_it_is_typed(store: RolloutStore, site: Site) -> None:
    number = issue(store, store.path.parent, course_for_users(store, ["Amal"], site), DAY, "amal")[0]
    public = NodeKeys.load(store.path.parent).identity_public
    for typed in (number, number.lower(), number.replace("-", ""), f"  {number} "):
        found = find(store, typed)
        assert found is not None and found.name == "Amal" and is_genuine(found, public)
    assert find(store, number[:-1] + ("A" if number[-1] != "A" else "B")) is None
    assert plain_number("T-00017") == plain_number("") == plain_number("T-00017-ABCD-EFGH-JKL1") == ""


@pytest.mark.parametrize(("field", "value"), [("name", "Mallory"), ("module", "trainers"), ("issued_on", "2020-01-01")])
def test_what_is_changed_in_the_file_is_not_genuine(store: RolloutStore, site: Site, field: str, value: str) -> None:
    number = issue(store, store.path.parent, course_for_users(store, ["Amal"], site), DAY, "amal")[0]
    store.write(f"update certificate set {field} = ?", (value,))
    found = find(store, number)
    assert found is not None and not is_genuine(found, NodeKeys.load(store.path.parent).identity_public)


def test_a_withdrawn_certificate_stays_known_counts_no_more_and_can_be_given_anew(
    store: RolloutStore, site: Site
) -> None:
    course = course_for_users(store, ["Amal"], site)
    first = issue(store, store.path.parent, course, DAY, "amal")[0]
    assert withdraw(store, first, DAY, "huda") and not withdraw(store, first, DAY, "huda")
    assert look(store, store.path.parent, DAY).lines[0].facts.trained == 0
    second = issue(store, store.path.parent, course, DAY, "amal")[0]
    known = find(store, first)
    assert second != first and known is not None and known.withdrawn_on == "2026-09-21"


def test_the_same_name_at_the_same_site_is_one_person_and_elsewhere_another(store: RolloutStore, site: Site) -> None:
    first = course_for_users(store, ["Amal"], site)
    second = course_for_users(store, ["Amal"], site)
    third = course_for_users(store, ["Amal"], None)
    people = [seats(store, number)[0].trainee for number in (first, second, third)]
    assert people[0] == people[1] != people[2]
    for number in (first, second):
        issue(store, store.path.parent, number, DAY, "amal")
    assert look(store, store.path.parent, DAY).lines[0].facts.trained == 1
    assert invite(store, first, ["Amal", "Huda"], site, "a", NOW_MS) == 1


def test_impossible_courses_and_names_are_refused() -> None:
    for typed, field in (
        ({"module": "dancing", "starts": "2026-09-01"}, "module"),
        ({"module": "users", "starts": ""}, "starts"),
        ({"module": "users", "starts": "2026-09-02", "ends": "2026-09-01"}, "ends"),
        ({"module": "users", "starts": "31 February"}, "starts"),
    ):
        assert set(read_course(typed)[1]) == {field}
    assert read_names(" Amal \n\nHuda\nAmal") == ["Amal", "Huda"]
    for wrong in ("", " \n ", "x" * 100, "\n".join(map(str, range(300)))):
        with pytest.raises(BadAnswer):
            read_names(wrong)


def test_two_people_who_change_one_course(store: RolloutStore) -> None:
    course = course_for_users(store, ["Amal"], None)
    values, _wrong = read_course({"module": "users", "starts": "2026-09-05"})
    save_course(store, course, values, 1, "huda", NOW_MS)
    with pytest.raises(CourseChanged, match="huda"):
        save_course(store, course, values | {"title": "Mine"}, 1, "amal", NOW_MS)
    save_course(store, course, values | {"title": "Mine"}, 2, "amal", NOW_MS)
    assert one_course(store, course).title == "Mine"


def test_the_paper_names_the_person_the_module_and_the_number(store: RolloutStore, site: Site) -> None:
    course = course_for_users(store, ["Amal <b>"], site)
    found = find(store, issue(store, store.path.parent, course, DAY, "amal")[0])
    assert found is not None
    html = certificate_page(found, one_course(store, course), "Centre")
    assert "Amal &lt;b&gt;" in html and found.number in html and "<svg" in html and "Hall 2" in html


@pytest.fixture
def console(tmp_path: Path) -> Iterator[Console]:
    made = make_site(tmp_path / "centre", "central", "Centre", "")
    two_sites(made.folder)
    yield made
    made.console.close()


def certified(browser: Browser) -> str:
    """A course on the pages, from its plan to a certificate; the certificate's number."""
    answer = browser.post("/rollout/courses/new", {"module": "users", "starts": "2026-09-01", "seen": "0"})
    way = answer.location
    assert browser.post(f"{way}/people", {"names": "Amal Example\nHuda Example", "site": "2"}).status_code == 303
    form = form_of(browser.get(way).text, "state-")
    assert "0 people can get one now" in text_of(browser.get(way))
    marks = {f"state-{n}": "attended" for n in (1, 2)} | {"tasks-1": "passed", "tasks-2": "not_yet"}
    assert browser.post(f"{way}/marks", {**form, **marks}).status_code == 303
    assert "1 person can get one now" in text_of(browser.get(way))
    assert browser.post(f"{way}/certificates").status_code == 303
    return browser.get(way).text.partition("/rollout/certificates/")[2].partition(".pdf")[0]


def test_from_the_plan_of_a_course_to_a_certificate_that_is_checked(console: Console) -> None:
    browser = console.browser("technician")
    number = certified(browser)
    assert browser.get(f"/rollout/certificates/{number}.pdf").data.startswith(b"%PDF-")
    auditor = console.browser("auditor")
    assert "Genuine: Amal Example, module for users" in text_of(auditor.get("/rollout/training", number=number))
    assert "1 trained user" in text_of(auditor.get("/rollout/sites/2"))
    assert "a forgery" in text_of(auditor.get("/rollout/training", number="T-00001-AAAA-AAAA-AAAA"))
    assert "not a certificate number" in text_of(auditor.get("/rollout/training", number="abc"))
    assert browser.post(f"/rollout/certificates/{number}/withdraw").status_code == 303
    assert "was withdrawn on" in text_of(auditor.get("/rollout/training", number=number))
    assert f"certificate of training {number} was withdrawn" in text_of(auditor.get("/log"))
    for path in ("/rollout/courses/1", "/rollout/courses/1/people", f"/rollout/certificates/{number}/withdraw"):
        assert auditor.post(path, {"names": "x"}).status_code == 403


def test_what_is_wrong_in_a_course_is_said_and_nothing_typed_is_lost(console: Console) -> None:
    browser = console.browser("technician")
    wrong = browser.post("/rollout/courses/new", {"module": "", "title": "Spring", "starts": "2026-09-01"})
    assert wrong.status_code == 422 and 'value="Spring"' in wrong.text
    certified(browser)
    wrong = browser.post("/rollout/courses/1/people", {"names": "x" * 100 + "\nKarim", "site": "1"})
    assert wrong.status_code == 422 and "Karim" in wrong.text
    for path in ("/rollout/courses/9", "/rollout/certificates/T-1.pdf", f"/rollout/courses/{2**70}"):
        assert browser.get(path).status_code == 404
    seen = {"module": "users", "starts": "2026-09-01", "seen": "1"}
    assert browser.post("/rollout/courses/1", {**seen, "title": "Mine"}).status_code == 303
    told = browser.post("/rollout/courses/1", {**seen, "title": "Yours"})
    assert told.status_code == 409 and "changed this course while the page was open" in text_of(told)
    assert 'value="Yours"' in told.text and form_of(told.text, 'name="seen"')["seen"] == "2"


def test_results_of_an_exercise_post_are_taken_by_name(console: Console) -> None:
    browser = console.browser("technician")
    certified(browser)

    def upload(people: object) -> tuple[int, str]:
        content = json.dumps({"format": 1, "course": "Users 1", "people": people}).encode()
        form = {"results": (io.BytesIO(content), "results.json")}
        answer = browser.post("/rollout/courses/1/results", form, content_type="multipart/form-data")
        return answer.status_code, text_of(answer)

    assert upload([{"name": " huda  EXAMPLE", "through": True}])[0] == 303
    assert "1 person can get one now" in text_of(browser.get("/rollout/courses/1"))
    status, page = upload([{"name": "Nobody", "through": True}, {"name": "Huda Example", "through": False}])
    assert status == 422 and "These names are not in this course, or are in it twice: Nobody" in page
    assert "0 people can get one now" in text_of(browser.get("/rollout/courses/1"))
    for wrong in ("nothing", [{"name": 1}]):
        assert upload(wrong)[0] == 422
    assert browser.post("/rollout/courses/1/results").status_code == 422
    much = {"results": (io.BytesIO(b" " * 300_000), "results.json")}
    refused = browser.post("/rollout/courses/1/results", much, content_type="multipart/form-data")
    assert refused.status_code == 413 and "At most 272 kB can be sent" in text_of(refused)


def test_a_mistyped_name_is_taken_out_and_a_certified_one_stays(console: Console) -> None:
    browser = console.browser("technician")
    certified(browser)
    assert browser.post("/rollout/courses/1/people/2/remove").status_code == 303
    assert "Huda Example" not in text_of(browser.get("/rollout/courses/1"))
    told = browser.post("/rollout/courses/1/people/1/remove")
    assert told.status_code == 409 and "Withdraw that first" in text_of(told)
    assert browser.post("/rollout/courses/1/people/99/remove").status_code == 409, "nobody of this number"
    assert browser.post(f"/rollout/courses/1/people/{2**70}/remove").status_code == 404, "no number is that large"
    with RolloutStore.open(console.folder) as store:
        assert [row["name"] for row in store.rows("select name from trainee")] == ["Amal Example"]
