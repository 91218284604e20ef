"""The jobs of the handbook's tables, each done by a person who counts touches; and the tables themselves.

python -m tests.web.jobs        write the tables of the handbook's chapters anew"""

from __future__ import annotations

import io
import re
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core.register import Edit

from .conftest import SHORT, Site, make_site, png
from .test_bulk import ended
from .test_to_check import case as submitted
from .touching import Effort, Person

HANDBOOK: Final = Path(__file__).parents[2] / "docs/handbook"
HEADING: Final = "\n## How many touches a job takes\n"
HEAD: Final = "| job | begins at | touches | characters | pages | seconds |\n|---|---|---|---|---|---|\n"


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
    return _saved(supervisor)


def search(centre: Site, case: str) -> Person:
    number = str(values_of(centre, case)["case_number"])
    analyst = Person(centre.browser("analyst"))
    analyst.fill("q", "tobacco", beside="Search")
    analyst.press("Search")
    analyst.follow(case)
    assert number in analyst.shown
    return analyst


def look_for_late_posts(centre: Site, _case: str) -> Person:
    analyst = Person(centre.browser("analyst"))
    analyst.follow("Open the posts")
    assert "Last receipt" in analyst.shown or "No post is enrolled yet" in analyst.shown
    return analyst


def export_what_was_found(centre: Site, _case: str) -> Person:
    analyst = Person(centre.browser("analyst"))
    analyst.follow("Cases")
    analyst.fill("product_group", "tobacco")
    analyst.press("Show")
    analyst.follow("Export")
    analyst.press("Export")
    return _saved(analyst)


def add_somebody(centre: Site, _case: str) -> Person:
    administrator = Person(centre.browser("administrator"))
    administrator.follow("Add a person")
    administrator.fill("name", f"tala{len(centre.accounts.all()):03}")
    administrator.fill("display_name", "Tala Example")
    administrator.fill("role", "technician")
    administrator.press("Add")
    assert "Give this password to the person." in administrator.shown
    return administrator


def reset_a_password(centre: Site, _case: str) -> Person:
    administrator = Person(centre.browser("administrator"))
    administrator.follow("People")
    administrator.follow("Investigator Example")
    administrator.press("New one-time password")
    assert "This is your own request." in administrator.shown
    centre.accounts.refuse(centre.accounts.requests()[-1].number, centre.accounts.actor("administrator"))
    return administrator


def make_a_code(centre: Site, _case: str) -> Person:
    administrator = Person(centre.browser("administrator"))
    administrator.follow("Enrol a post")
    administrator.fill("label", "Gate 9")
    administrator.fill("office", "JOAMM")
    administrator.press("Make a code")
    assert "Type this code at the new post" in administrator.shown
    return administrator


def check_the_log(centre: Site, _case: str) -> Person:
    auditor = Person(centre.browser("auditor"))
    auditor.follow("Log")
    auditor.follow("Check that the log is whole")
    assert "unbroken" in auditor.shown
    return auditor


def look_at_the_machine(centre: Site, _case: str) -> Person:
    technician = Person(centre.browser("technician"))
    technician.follow("What was checked")
    assert "Disk" in technician.shown
    return technician


def _saved(somebody: Person) -> Person:
    def seen() -> str:
        somebody.come_back()
        return somebody.shown

    ended(seen, "Save the file")
    somebody.follow("Save the file")
    return somebody


@dataclass(frozen=True)
class Job:
    """One line of a chapter's table."""

    chapter: str
    name: str
    begins: str
    do: Callable[[Site, str], Person]

    def line(self, effort: Effort) -> str:
        """Of the table."""
        return (
            f"| {self.name} | {self.begins} | {effort.touches} | {effort.characters} | {effort.pages} "
            f"| {effort.seconds:.0f} |"
        )


FIRST, CASE = "first page", "the case"
JOBS: Final = (
    Job("officer", "Report a case in the short form", FIRST, report),
    Job("officer", "Look up a plate", FIRST, look_up),
    Job("officer", "Find a case by its number", FIRST, find),
    Job("officer", "Add a picture to a case, with both questions answered", CASE, add_picture),
    Job("officer", "Validate a case", FIRST, validate),
    Job("officer", "Send a case back", FIRST, send_back),
    Job("officer", "Withdraw a case", CASE, withdraw),
    Job("officer", "Export two selected cases", FIRST, export),
    Job("analyst", "Search for a product and open a case", FIRST, search),
    Job("analyst", "Export the cases of one product", FIRST, export_what_was_found),
    Job("analyst", "See which posts are late, and why", FIRST, look_for_late_posts),
    Job("administrator", "Add a technician", FIRST, add_somebody),
    Job("administrator", "Ask for a new one-time password of somebody who sees cases", FIRST, reset_a_password),
    Job("administrator", "Make a code for a new post", FIRST, make_a_code),
    Job("administrator", "Check that the log is whole, as the auditor", FIRST, check_the_log),
    Job("technician", "See what was checked at a machine", FIRST, look_at_the_machine),
)


def table_of(chapter: str) -> tuple[str, str, str]:
    """A chapter before its table, the table, and what follows."""
    text = (HANDBOOK / f"{chapter}.md").read_text("utf-8")
    before, heading, rest = text.partition(HEADING)
    words, head, lines = rest.partition(HEAD)
    table, gap, after = lines.partition("\n\n")
    assert heading and head, f"{chapter}.md has no table of touches"
    return before + heading + words + head, table.rstrip("\n"), gap + after


def told(job: Job) -> str:
    """The line of the handbook for a job."""
    lines = table_of(job.chapter)[1].splitlines()
    return next((line for line in lines if line.startswith(f"| {job.name} |")), "")


def main() -> None:
    """Write the tables."""
    with tempfile.TemporaryDirectory() as folder, _sites(Path(folder)) as sites:
        for chapter in dict.fromkeys(job.chapter for job in JOBS):
            site, case = sites[chapter == "officer"]
            lines = [job.line(job.do(site, case()).effort) for job in JOBS if job.chapter == chapter]
            before, _, after = table_of(chapter)
            (HANDBOOK / f"{chapter}.md").write_text(before + "\n".join(lines) + (after or "\n"), encoding="utf-8")


@contextmanager
def _sites(folder: Path) -> Iterator[dict[bool, tuple[Site, Callable[[], str]]]]:
    post = make_site(folder / "post", "post", "Aqaba port", "JOAQJ")
    centre = make_site(folder / "centre", "central", "Centre", "")
    officer = post.browser("officer")
    yield {
        True: (post, lambda: officer.post("/cases/new", SHORT).location.partition("?")[0]),
        False: (centre, lambda: case_of_tobacco(centre)),
    }
    post.console.close()
    centre.console.close()


def case_of_tobacco(centre: Site) -> str:
    """The address of a case that came to the centre."""
    goods = {"1": {"product_group": "tobacco", "quantity": "4", "unit": "KGM"}}
    with centre.console.writing() as register:
        return "/cases/" + register.save([Edit("case", submitted(1, goods=goods))], author="amal").records[0]


if __name__ == "__main__":
    main()
