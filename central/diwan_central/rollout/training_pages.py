"""The pages of training: courses, attendance, certificates."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from diwan_core.dictionary import Sentence, sentence
from diwan_core.trust import NodeKeys, TrustError
from diwan_core.web.forms.values import day_typed
from diwan_core.web.kit.access import accepts_up_to, may
from diwan_core.web.kit.console import console
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened
from diwan_core.web.language.i18n import N_, _, said
from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as AnyResponse

from diwan_central.days import now_ms, today
from diwan_central.rollout.answers import BadAnswer
from diwan_central.rollout.certificate_paper import certificate_page
from diwan_central.rollout.certificates import Certificate, find, is_genuine, issue, plain_number, withdraw
from diwan_central.rollout.kit import on_paper, open_store, whole
from diwan_central.rollout.results_in import LARGEST, take_results
from diwan_central.rollout.sites import all_sites
from diwan_central.rollout.store import RolloutStore
from diwan_central.rollout.training import (
    CONTENT,
    FIELDS,
    MODULES,
    STATES,
    TASKS,
    Course,
    CourseChanged,
    NoCourse,
    courses,
    figures,
    invite,
    mark,
    one_course,
    read_course,
    read_names,
    save_course,
    seats,
    take_out,
)

_WORDS: Final[Mapping[str, str]] = {
    "module": N_("Module"),
    "title": N_("Title"),
    "place": N_("Where it is held"),
    "trainer": N_("Trainer"),
    "starts": N_("Begins on"),
    "ends": N_("Ends on"),
    "note": N_("Note"),
    "names": N_("Names, one in each line"),
    "number": N_("Number of a certificate"),
    "results": N_("Results of the exercise post"),
}


def add_training_pages(blueprint: Blueprint) -> None:
    """The routes of training."""

    @blueprint.get("/rollout/training")
    @may(Action.SEE_ROLL_OUT)
    def training() -> str:
        """The courses of the three modules, and who is through."""
        number = request.args.get("number", "")[:60]
        with open_store() as store:
            held, found = courses(store), find(store, number) if number else None
            numbers = figures(store)
        return render_template(
            "rollout/training.html", courses=held, figures=numbers, modules=MODULES, content=CONTENT, number=number,
            certificate=found, genuine=bool(found and _is_genuine(found)), readable=bool(plain_number(number)),
        )  # fmt: skip

    @blueprint.get("/rollout/courses/new")
    @may(Action.MANAGE_ROLL_OUT)
    def new_course() -> str:
        """Ask for a new course."""
        return _course_page(None, {}, {})

    @blueprint.post("/rollout/courses/new")
    @may(Action.MANAGE_ROLL_OUT)
    def do_add_course() -> AnyResponse | tuple[str, int]:
        """Add a course."""
        return _save(None)

    @blueprint.get("/rollout/courses/<int:number>")
    @may(Action.SEE_ROLL_OUT)
    def course(number: int) -> str:
        """One course: people, attendance, tasks, certificates."""
        with open_store() as store:
            return _course_page(_the_course(store, number), {}, {})

    @blueprint.post("/rollout/courses/<int:number>")
    @may(Action.MANAGE_ROLL_OUT)
    def do_change_course(number: int) -> AnyResponse | tuple[str, int]:
        """Change a course."""
        with open_store() as store:
            known = _the_course(store, number)
        return _save(known)

    _add_people_pages(blueprint)
    _add_marking_pages(blueprint)
    _add_certificate_pages(blueprint)


def _add_people_pages(blueprint: Blueprint) -> None:
    """The routes of the people in a course."""

    @blueprint.post("/rollout/courses/<int:number>/people")
    @may(Action.MANAGE_ROLL_OUT)
    def do_invite(number: int) -> AnyResponse | tuple[str, int]:
        """Add people to a course."""
        typed = {"names": request.form.get("names", "")[:20_000], "site": request.form.get("site", "")}
        with open_store() as store:
            known = _the_course(store, number)
            site = next((one for one in all_sites(store) if str(one.id) == typed["site"]), None)
            try:
                new = invite(store, known.id, read_names(typed["names"]), site, signed_in_person().name, now_ms())
            except BadAnswer as error:
                return _course_page(known, typed, {"names": error.reason}), 422
        if new:
            happened("rollout.people_invited", course=number, people=new)
        return redirect(url_for("rollout.course", number=number) + "#people", 303)

    @blueprint.post("/rollout/courses/<int:number>/people/<int:trainee>/remove")
    @may(Action.MANAGE_ROLL_OUT)
    def do_take_out(number: int, trainee: int) -> AnyResponse:
        """Take a person off a course."""
        with open_store() as store:
            known = _the_course(store, number)
            gone = take_out(store, known.id, trainee)
        if not gone:
            raise Refusal(
                409,
                _(
                    "Nobody was removed: the person is not in the course, or holds its certificate. "
                    "Withdraw that first."
                ),
            )
        happened("rollout.attendance_marked", course=number, people=1)
        return redirect(url_for("rollout.course", number=number) + "#people", 303)


def _add_marking_pages(blueprint: Blueprint) -> None:
    """The routes by which attendance, tasks and results are noted."""

    @blueprint.post("/rollout/courses/<int:number>/marks")
    @may(Action.MANAGE_ROLL_OUT)
    def do_mark(number: int) -> AnyResponse:
        """Note attendance and graded tasks."""
        form = request.form
        with open_store() as store:
            known = _the_course(store, number)
            marks = {
                seat.trainee: (
                    form.get(f"state-{seat.trainee}", seat.state), form.get(f"tasks-{seat.trainee}", seat.tasks)
                )
                for seat in seats(store, known.id)
            }  # fmt: skip
            changed = mark(store, known.id, marks, signed_in_person().name, now_ms())
        if changed:
            happened("rollout.attendance_marked", course=number, people=changed)
        return redirect(url_for("rollout.course", number=number) + "#people", 303)

    @blueprint.post("/rollout/courses/<int:number>/results")
    @may(Action.MANAGE_ROLL_OUT)
    @accepts_up_to(LARGEST + 16 * 1024)
    def do_take_results(number: int) -> AnyResponse | tuple[str, int]:
        """Take the results of the exercise post, as its trainer wrote them."""
        uploaded = request.files.get("results")
        content = uploaded.read(LARGEST + 1) if uploaded else b""
        with open_store() as store:
            known = _the_course(store, number)
            try:
                taken = take_results(store, known.id, content, signed_in_person().name, now_ms())
            except BadAnswer as error:
                return _course_page(known, {}, {"results": error.reason}), 422
            if taken.marked:
                happened("rollout.attendance_marked", course=number, people=taken.marked)
            if taken.unknown:
                told = sentence(
                    N_(
                        "These names are not in this course, or are in it twice: {names}. Add them, and "
                        "read the file again."
                    ),
                    names=", ".join(taken.unknown)[:1000],
                )
                return _course_page(known, {}, {"results": told}), 422
        return redirect(url_for("rollout.course", number=number) + "#people", 303)


def _add_certificate_pages(blueprint: Blueprint) -> None:
    """The routes of certificates."""

    @blueprint.post("/rollout/courses/<int:number>/certificates")
    @may(Action.MANAGE_ROLL_OUT)
    def do_certify(number: int) -> AnyResponse:
        """Give certificates to those who are through."""
        with open_store() as store:
            known = _the_course(store, number)
            try:
                numbers = issue(store, console().folder, known.id, today(), signed_in_person().name)
            except TrustError as error:
                current_app.logger.error("%s", error)
                raise Refusal(503, _("The keys of the centre cannot be read. Tell your technician.")) from error
        for one in numbers:
            happened("rollout.certificate_made", number=one)
        return redirect(url_for("rollout.course", number=number) + "#people", 303)

    @blueprint.get("/rollout/certificates/<number>.pdf")
    @may(Action.SEE_ROLL_OUT)
    def certificate(number: str) -> Response:
        """A certificate as PDF."""
        with open_store() as store:
            found = _the_certificate(store, number)
            about = one_course(store, found.course)
        return on_paper(certificate_page(found, about, console().node.label), f"{found.number}.pdf")

    @blueprint.post("/rollout/certificates/<number>/withdraw")
    @may(Action.MANAGE_ROLL_OUT)
    def do_withdraw(number: str) -> AnyResponse:
        """Withdraw a certificate."""
        with open_store() as store:
            found = _the_certificate(store, number)
            gone = withdraw(store, found.number, today(), signed_in_person().name)
        if gone:
            happened("rollout.certificate_withdrawn", number=found.number)
        return redirect(url_for("rollout.training", number=found.number), 303)


def _save(known: Course | None) -> AnyResponse | tuple[str, int]:
    typed = {field: request.form.get(field, "").strip()[:500] for field in FIELDS}
    typed |= {field: day_typed(typed[field]) for field in ("starts", "ends")}
    seen = whole(request.form.get("seen", ""))
    values, wrong = read_course(typed)
    if wrong:
        return _course_page(known, typed, wrong, seen=seen), 422
    with open_store() as store:
        try:
            number = save_course(store, known.id if known else 0, values, seen, signed_in_person().name, now_ms())
        except CourseChanged as error:
            told = sentence(
                N_("{person} changed this course while the page was open. Save again to put yours in its place."),
                person=error.person,
            )
            return _course_page(known, typed, {"module": told}, seen=error.revision), 409
    happened("rollout.course_saved", course=number, module=values["module"])
    return redirect(url_for("rollout.course", number=number), 303)


def _the_course(store: RolloutStore, number: int) -> Course:
    try:
        return one_course(store, number)
    except NoCourse as error:
        raise Refusal(404, _("There is no course of this number.")) from error


def _the_certificate(store: RolloutStore, number: str) -> Certificate:
    found = find(store, number)
    if found is None:
        raise Refusal(404, _("There is no certificate of this number."))
    return found


def _is_genuine(certificate: Certificate) -> bool:
    try:
        return is_genuine(certificate, NodeKeys.load(console().folder).identity_public)
    except TrustError as error:
        current_app.logger.error("%s", error)
        raise Refusal(503, _("The keys of the centre cannot be read. Tell your technician.")) from error


def _course_page(
    known: Course | None, typed: Mapping[str, str], wrong: Mapping[str, Sentence], *, seen: int = 0
) -> str:  # fmt: skip
    with open_store() as store:
        people = seats(store, known.id) if known else []
        sites = all_sites(store)
    values = {field: str(getattr(known, field)) if known else "" for field in FIELDS} | dict(typed)
    ready = sum(1 for seat in people if known and seat.may_have(known.module))
    return render_template(
        "rollout/course.html", course=known, values=values, words=_WORDS, modules=MODULES, content=CONTENT,
        states=STATES, tasks=TASKS, people=people, sites={site.id: site for site in sites}, ready=ready,
        seen=seen or (known.revision if known else 0), problems={field: said(told) for field, told in wrong.items()},
    )  # fmt: skip
