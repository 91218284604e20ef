"""The commands `diwan post course …`: begin a course at an exercise post, show who has finished, write the results
for the centre."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from diwan_core.console_line import folder_option, json_option, plain_errors, say


@click.group("course")
def course() -> None:
    """A course of graded tasks at an exercise post, which is never enrolled."""


@course.command("begin")
@folder_option
@click.option("--title", default="Course", show_default=True, help="What people call the course.")
@json_option
@plain_errors
def begin_course(folder: Path, title: str, as_json: bool) -> None:
    """Make the post in this folder an exercise post. Start its console again afterwards."""
    from diwan_appliance.course.course import begin

    made = begin(folder, title[:80], datetime.now(UTC).date().isoformat())
    text = f"the course {made.title} has begun: officers find their tasks on the page Course"
    say(as_json, text, id=made.id, title=made.title)


@course.command("results")
@folder_option
@click.option("--output", "-o", type=click.Path(path_type=Path), help="Write them for the centre (JSON).")
@json_option
@plain_errors
def show_results(folder: Path, output: Path | None, as_json: bool) -> None:
    """Show who has finished. The file is taken in on the course's page at the centre."""
    from diwan_core import node
    from diwan_core.register import Register
    from diwan_core.trust.access_log.log import FILE as AUDIT
    from diwan_core.trust.access_log.log import ReadLog
    from diwan_core.trust.files import write_private
    from diwan_core.trust.people.accounts import Accounts

    from diwan_appliance.course.course import CourseRefused, of
    from diwan_appliance.course.facts import did
    from diwan_appliance.course.grading import Did, grade, is_through
    from diwan_appliance.course.tasks import assignment

    node.load(folder, role="post")
    found = of(folder)
    if found is None:
        raise CourseRefused(f"the post in {folder} is not an exercise post: `diwan post course begin --dir {folder}`")
    accounts = Accounts.open(folder)
    try:
        officers = [one for one in accounts.all() if one.role == "officer" and not one.disabled]
    finally:
        accounts.close()
    with Register.open(folder) as register:
        if (folder / AUDIT).exists():
            reads = ReadLog.reading(folder)
            try:
                done = did(register, reads.rows(), found)
            finally:
                reads.close()
        else:  # nobody has looked at anything yet
            done = did(register, (), found)
    people = []
    for one in officers:
        grades = grade(done.get(one.name, Did()), assignment(found.id, one.name, found.word))
        tasks = {each.task: each.passed for each in grades}
        people.append({"name": one.display_name or one.name, "account": one.name, "tasks": tasks,
                       "through": is_through(grades)})  # fmt: skip
    result = {"format": 1, "course": found.title, "people": people}
    if output:
        write_private(output, json.dumps(result, ensure_ascii=False, indent=1).encode())
    lines = [
        f"{person['name']!s:30} {'through' if person['through'] else 'not yet'}: "
        + ", ".join(f"{task} {'passed' if passed else '-'}" for task, passed in person["tasks"].items())  # type: ignore[attr-defined]
        for person in people
    ]
    say(as_json, "\n".join(lines) or "no officer has an account here", **result)
