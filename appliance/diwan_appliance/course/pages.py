"""The pages of a course at an exercise post: an officer's tasks, and for the trainer who has finished."""

from __future__ import annotations

from diwan_core.dictionary import DICTIONARY
from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import N_, _, language
from flask import Blueprint, current_app, render_template

from diwan_appliance.course import course as courses
from diwan_appliance.course.facts import did
from diwan_appliance.course.grading import Did, grade, is_through
from diwan_appliance.course.tasks import EXPECTED, TASKS, assignment

blueprint = Blueprint("course", __name__, template_folder="../templates")
_PASSED = {True: N_("passed"), False: N_("not yet")}


@blueprint.get("/course")
@may(Action.REPORT, shows="course")
def index() -> str:
    """The tasks of whoever is at the browser."""
    course = _course()
    name = signed_in_person().name
    given = assignment(course.id, name, course.word)
    grades = grade(did(register(), console().reads.rows(), course).get(name, Did()), given)
    return render_template(
        "course.html", course=course, given=given, grades=grades, tasks=TASKS, through=is_through(grades),
        label=field_label, country=DICTIONARY.codes("country").label(given.country, language()),
        expected={path: code_label(path, value) for path, value in EXPECTED.items()},
    )  # fmt: skip


@blueprint.get("/course/people")
@may(Action.REVIEW, shows="course")
def people() -> str:
    """The people of the course and who has finished, for the trainer."""
    course = _course()
    done = did(register(), console().reads.rows(), course)
    officers = [one for one in console().accounts.all() if one.role == "officer" and not one.disabled]
    rows = [
        (one, grade(done.get(one.name, Did()), assignment(course.id, one.name, course.word))) for one in officers
    ]  # fmt: skip
    through = sum(1 for _account, grades in rows if is_through(grades))
    return render_template(
        "course_people.html", course=course, rows=rows, tasks=TASKS, through=through, passed=_PASSED, label=field_label
    )


def _course() -> courses.Course:
    try:
        found = courses.of(console().folder)
    except courses.CourseRefused as error:
        current_app.logger.error("%s", error)
        raise Refusal(503, _("The file of the course cannot be read. Tell your technician.")) from error
    if found is None:
        raise Refusal(
            404,
            _("This is not an exercise post. A technician makes one in a folder of its own: diwan post course begin."),
        )
    return found


def field_label(path: str) -> str:
    """The name of a field of a case."""
    if path == "leg.country":
        return _("Country of departure")
    part, _dot, name = path.rpartition(".")
    case = DICTIONARY.type("case")
    return _((case.parts[part].fields if part else case.fields)[name].label)


def code_label(path: str, value: str) -> str:
    """A code of the expected case, in the reader's language."""
    part, _dot, name = path.rpartition(".")
    case = DICTIONARY.type("case")
    field = (case.parts[part].fields if part else case.fields)[name]
    return DICTIONARY.codes(field.codelist).label(value, language()) if field.codelist else value
