"""The handbook's table of touches says what each job takes on the pages as they are."""

import io
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from diwan_core.register import Edit

from .conftest import SHORT, Site, png
from .test_bulk import ended
from .touching import Person

CHAPTER = Path(__file__).parents[2] / "docs/handbook/officer.md"


def told() -> dict[str, int]:
    """The handbook's table: touches by job."""
    table = CHAPTER.read_text("utf-8").partition("\n## How many touches a job takes\n")[2].partition("\n## ")[0]
    return {job: int(touches) for job, touches in re.findall(r"^\| ([^|]+) \| [^|]+ \| (\d+) \|$", table, re.MULTILINE)}


def values_of(post: Site, case: str) -> dict[str, object]:
    with post.console.writing() as register:
        record = register.get(case.rpartition("/")[2])
    assert record is not None
    return dict(record.values)


def report(post: Site, _case: str) -> Person:
    officer = Person(post.browser("officer"))
    officer.follow("Report a case")
    for name, value in SHORT.items():
        if name not in ("date", "office"):  # they are filled in
            officer.fill(name, value)
    officer.press("Report")
    assert values_of(post, officer.address.partition("?")[0])["status"] == "submitted"
    return officer


def look_up(post: Site, case: str) -> Person:
    with post.console.writing() as register:
        means = {"1": {"kind": "car", "plate": f"34-{case[-6:]}"}}
        register.save([Edit("case", {"means": means}, record=case.rpartition("/")[2])], author="officer")
    officer = Person(post.browser("officer"))
    officer.fill("q", f"34 {case[-6:]}", beside="Search")
    officer.press("Search")
    officer.follow(case)
    return officer


def find(post: Site, case: str) -> Person:
    officer = Person(post.browser("officer"))
    officer.fill("q", str(values_of(post, case)["case_number"]).lower(), beside="Search")
    officer.press("Search")
    officer.follow(case)
    assert officer.address.partition("?")[0] == case
    return officer


def add_picture(post: Site, case: str) -> Person:
    officer = Person(post.browser("officer"), case)
    officer.follow("Add pictures")
    officer.fill("picture", (io.BytesIO(png(31, 17)), "p.png"))
    officer.fill("person_shown", "no")
    officer.fill("text_shown", "no")
    officer.press("Save the pictures")
    assert "<img" in officer.shown
    return officer


def validate(post: Site, case: str) -> Person:
    supervisor = Person(post.browser("supervisor"))
    supervisor.follow("To check")
    supervisor.leaf_to(case)
    supervisor.follow(case)
    supervisor.press("Validate")
    assert values_of(post, case)["status"] == "validated"
    return supervisor


def send_back(post: Site, case: str) -> Person:
    supervisor = Person(post.browser("supervisor"))
    supervisor.follow("To check")
    supervisor.leaf_to(case)
    supervisor.follow(case)
    supervisor.fill("comment", "Weigh again.", beside="Send back")
    supervisor.press("Send back")
    assert "Sent back" in supervisor.shown
    return supervisor


def withdraw(post: Site, case: str) -> Person:
    supervisor = Person(post.browser("supervisor"), case)
    supervisor.fill("comment", "Reported twice.", beside="Withdraw")
    supervisor.press("Withdraw")
    assert values_of(post, case)["status"] == "withdrawn"
    return supervisor


def export(post: Site, _case: str) -> Person:
    supervisor = Person(post.browser("supervisor"))
    supervisor.follow("Cases")
    for case in re.findall(r'type="checkbox" name="id" value="([^"]+)"', supervisor.shown)[:2]:
        supervisor.fill("id", case)
    supervisor.press("Export")
    supervisor.press("Export")

    def seen() -> str:
        supervisor.come_back()
        return supervisor.shown

    ended(seen, "Save the file")
    supervisor.follow("Save the file")
    return supervisor


JOBS: dict[str, Callable[[Site, str], Person]] = {
    "Report a case in the short form": report,
    "Look up a plate": look_up,
    "Find a case by its number": find,
    "Add a picture to a case, with both questions answered": add_picture,
    "Validate a case": validate,
    "Send a case back": send_back,
    "Withdraw a case": withdraw,
    "Export two selected cases": export,
}


@pytest.mark.parametrize("job", JOBS)
def test_a_job_takes_the_touches_that_the_handbook_says(post: Site, reported: str, job: str) -> None:
    assert JOBS[job](post, reported).touches == told()[job]


def test_the_handbook_tells_each_of_these_jobs() -> None:
    assert list(told()) == list(JOBS)
