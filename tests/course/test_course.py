"""A course at a real exercise post: what an officer does on the console is what the machine grades."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from diwan_appliance.cli import post as post_commands
from diwan_appliance.course.course import FILE, Course, CourseRefused, begin, of, refuse_enrolment
from diwan_appliance.course.tasks import Assignment, assignment
from diwan_appliance.setup import enrol
from diwan_core import node
from diwan_core.node import NodeConfig
from diwan_core.trust import mint_id

from tests.web.conftest import SHORT, Browser, Site, make_site, picture, text_of
from tests.web.forms import form_of, place


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    made = make_site(tmp_path / "post", "post", "Exercise post", "JOAQJ")
    yield made
    made.console.close()


@pytest.fixture
def course(site: Site) -> Course:
    return begin(site.folder, "Users 1", "2026-09-21")


def report(browser: Browser, given: Assignment, **changes: str) -> str:
    """Report the case of the first task; its address."""
    told = {
        "concealment_method": "tyres", "goods.1.product_group": "tobacco", "goods.1.quantity": str(given.quantity),
        "leg.1.country": given.country,
    }  # fmt: skip
    return place(browser.post("/cases/new", {**SHORT, **told, **changes}))


def standing(browser: Browser) -> str:
    page = text_of(browser.get("/course"))
    return " ".join("passed" if part.startswith(" passed") else "-" for part in _parts(page))


def _parts(page: str) -> list[str]:
    found = []
    for title in ("1. Report a case", "2. Add a picture", "3. Correct it", "4. Search"):
        found.append(page.partition(title)[2][:10])
    return found


def test_an_officer_does_the_four_tasks_and_the_trainer_sees_it(site: Site, course: Course) -> None:
    officer, trainer = site.browser("officer"), site.browser("supervisor")
    given = assignment(course.id, "officer", course.word)
    assert standing(officer) == "- - - -"
    case = report(officer, given)
    assert standing(officer) == "passed - - -"
    record = case.rpartition("/")[2]
    answer = officer.post(f"/records/{record}/pictures/new", picture())
    assert answer.status_code == 303, text_of(answer)
    assert standing(officer) == "passed passed - -"
    edit = officer.get(f"/cases/{record}/edit/goods/1")
    form = {**form_of(edit.text, "seen"), "goods.1.quantity": str(given.corrected), "do": "report"}
    assert officer.post(f"/cases/{record}/edit/goods/1", form).status_code == 303
    assert standing(officer) == "passed passed passed -"
    officer.get("/cases", q=course.word)
    assert officer.get(f"/cases/{course.record}").status_code == 200
    assert standing(officer) == "passed passed passed passed"
    assert "You have finished" in text_of(officer.get("/course"))
    assert "1 of 1 officers have finished" in text_of(trainer.get("/course/people"))
    assert officer.get("/course/people").status_code == 403


def test_a_wrong_report_names_the_fields_to_look_at_again(site: Site, course: Course) -> None:
    officer = site.browser("officer")
    given = assignment(course.id, "officer", course.word)
    report(officer, given, direction="export", **{"goods.1.quantity": "1"})
    page = text_of(officer.get("/course"))
    assert "Look at this again: Direction, Quantity" in page
    assert standing(officer) == "- - - -"
    report(site.browser("supervisor"), given)
    assert standing(officer) == "- - - -", "what somebody else reported is theirs"


def test_an_exercise_post_is_never_enrolled(site: Site, course: Course) -> None:
    with pytest.raises(CourseRefused, match=r"practice data must not reach the centre.*new folder"):
        enrol(site.folder, "http://127.0.0.1:9", "aaaa-bbbb")
    with pytest.raises(CourseRefused, match="begun"):
        begin(site.folder, "again", "2026-09-21")
    assert of(site.folder) == course


def test_an_enrolled_post_becomes_no_exercise_post(tmp_path: Path) -> None:
    config = NodeConfig(
        role="post", id=mint_id(), label="Real", office="JOAQJ", central_id=mint_id(), broker_host="127.0.0.1",
        broker_port=8883,
    )  # fmt: skip
    node.create(tmp_path / "real", config)
    refuse_enrolment(tmp_path / "real")
    with pytest.raises(CourseRefused, match="practice would reach the centre"):
        begin(tmp_path / "real", "x", "2026-09-21")


def test_a_post_without_a_course_says_so_and_a_damaged_one_too(site: Site) -> None:
    officer = site.browser("officer")
    assert officer.get("/course").status_code == 404 and "not an exercise post" in text_of(officer.get("/course"))
    (site.folder / FILE).write_text("{")
    assert officer.get("/course").status_code == 503


def run(*words: object) -> Result:
    return CliRunner().invoke(post_commands, ["course", *map(str, words)])


def test_the_results_are_written_for_the_centre(site: Site, tmp_path: Path) -> None:
    assert run("results", "--dir", site.folder).exit_code == 1
    done = run("begin", "--dir", site.folder, "--title", "Users 1", "--json")
    assert done.exit_code == 0, done.output
    out = tmp_path / "results.json"
    assert run("results", "--dir", site.folder, "-o", out).exit_code == 0
    found = json.loads(out.read_text())
    assert found["course"] == "Users 1"
    assert found["people"] == [
        {"name": "Officer Example", "account": "officer", "through": False,
         "tasks": {"report": False, "picture": False, "correct": False, "search": False}}
    ]  # fmt: skip
    assert "Officer Example" in run("results", "--dir", site.folder).stdout
