"""The pages of a site: its questionnaire in steps, its readiness, and who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from diwan_core.web.kit.access import may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened
from diwan_core.web.language.i18n import _, _n, said
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_central.days import day_of, now_ms
from diwan_central.rollout.answers import BadAnswer
from diwan_central.rollout.kit import open_store, overview, the_site, whole
from diwan_central.rollout.merging import Collision
from diwan_central.rollout.milestones import STATE_WORDS
from diwan_central.rollout.phase_pages import facts_of_phase
from diwan_central.rollout.plan_words import name_of
from diwan_central.rollout.questions import STEPS, of_step
from diwan_central.rollout.readiness import readiness
from diwan_central.rollout.site_record import record_of, withdraw
from diwan_central.rollout.sites import (
    IDENTITY,
    Site,
    SiteExists,
    SiteInUse,
    TooMany,
    changes,
    make,
    read_field,
    remove,
    save,
)
from diwan_central.rollout.words import bounds_words, field_words, standing_words, value_words, why_words

_STEP_NAMES: Final = tuple(STEPS)
Problems = Mapping[str, str]


def add_site_pages(blueprint: Blueprint) -> None:
    """The routes of one site."""

    @blueprint.get("/rollout/sites/new")
    @may(Action.MANAGE_ROLL_OUT)
    def new_site() -> str:
        """Ask for a new site."""
        return _form(None, "place", {}, {})

    @blueprint.post("/rollout/sites/new")
    @may(Action.MANAGE_ROLL_OUT)
    def do_make_site() -> Response | tuple[str, int]:
        """Add a site."""
        typed = dict.fromkeys(_fields("place"), "") | _typed("place")
        values, problems = _read(typed)
        if problems:
            return _form(None, "place", typed, problems), 422
        try:
            with open_store() as store:
                site = make(store, values, signed_in_person().name, now_ms())
        except SiteExists as error:
            return _form(None, "place", typed, {"code": _exists(error)}), 422
        except TooMany as error:
            return _form(None, "place", typed, {"code": said(error.reason)}), 422
        happened("rollout.site_added", site=site.code, name=site.name)
        return redirect(url_for("rollout.site_step", number=site.id, step=_STEP_NAMES[1]), 303)

    @blueprint.get("/rollout/sites/<int:number>")
    @may(Action.SEE_ROLL_OUT, shows="record.page")
    def one_site(number: int) -> str:
        """One site: its state with the steps from there, its readiness with reasons, and its questionnaire."""
        with open_store() as store:
            site = the_site(store, number)
            phase = facts_of_phase(store, site)
            changed = changes(store, site.id)
            board = overview(store)
        questionnaire = [
            (step, words, sum(1 for one in of_step(step) if site.answers.get(one.key)), len(of_step(step)))
            for step, words in STEPS.items()
        ]
        return render_template(
            "rollout/site.html", site=site, ready=readiness(site.answers), changes=changed,
            field_words=field_words, value_words=value_words, why_words=why_words, standing_words=standing_words,
            day=day_of, look=board, line=next(line for line in board.lines if line.site.id == site.id), said=said,
            states=STATE_WORDS, name_of=name_of, questionnaire=questionnaire, **phase,
        )  # fmt: skip

    @blueprint.post("/rollout/sites/<int:number>/remove")
    @may(Action.MANAGE_ROLL_OUT)
    def do_remove_site(number: int) -> Response:
        """Remove a site that was added by mistake."""
        with open_store() as store:
            try:
                record = record_of(store, register(), the_site(store, number))
                gone = remove(store, number)
            except SiteInUse as error:
                told = _n(
                    "{count} person of this site is or was in a course: the site stays.",
                    "{count} people of this site are or were in courses: the site stays.", error.people,
                )  # fmt: skip
                raise Refusal(409, told) from error
        if record is not None:
            with console().writing() as writer:
                withdraw(writer, record, author=signed_in_person().name)
        happened("rollout.site_removed", site=gone.code, name=gone.name)
        return redirect(url_for("rollout.index"), 303)

    _add_questionnaire_pages(blueprint)


def _add_questionnaire_pages(blueprint: Blueprint) -> None:
    """The routes of the questionnaire."""

    @blueprint.get("/rollout/sites/<int:number>/<step>")
    @may(Action.MANAGE_ROLL_OUT)
    def site_step(number: int, step: str) -> str:
        """One step of a site's questionnaire."""
        with open_store() as store:
            return _form(the_site(store, number), _known(step), {}, {})

    @blueprint.post("/rollout/sites/<int:number>/<step>")
    @may(Action.MANAGE_ROLL_OUT)
    def do_answer(number: int, step: str) -> Response | tuple[str, int]:
        """Save a step, also half filled."""
        typed = _typed(_known(step))
        values, problems = _read(typed)
        seen = whole(request.form.get("seen", ""))
        with open_store() as store:
            site = the_site(store, number)
            if problems:
                return _form(site, step, typed, problems, seen=seen), 422
            try:
                changed = save(store, site.id, values, seen, signed_in_person().name, now_ms())
            except SiteExists as error:
                return _form(site, step, typed, {"code": _exists(error)}, seen=seen), 422
            except Collision as error:
                return _form(site, step, typed, _told(error), seen=error.revision, collided=True), 409
        if changed:
            happened("rollout.site_changed", site=site.code, fields=changed)
        following = _STEP_NAMES.index(step) + 1
        if request.form.get("do") == "next" and following < len(_STEP_NAMES):
            return redirect(url_for("rollout.site_step", number=number, step=_STEP_NAMES[following]), 303)
        return redirect(url_for("rollout.one_site", number=number), 303)


def _known(step: str) -> str:
    if step not in STEPS:
        raise Refusal(404, _("The questionnaire has no such step."))
    return step


def _fields(step: str) -> tuple[str, ...]:
    questions = tuple(question.key for question in of_step(step))
    return (*IDENTITY, *questions) if step == "place" else questions


def _typed(step: str) -> dict[str, str]:
    return {field: request.form.get(field, "").strip()[:500] for field in _fields(step) if field in request.form}


def _read(typed: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """The values as they are kept, and what is wrong with the others."""
    values, problems = {}, {}
    for field, text in typed.items():
        try:
            values[field] = read_field(field, text)
        except BadAnswer as error:
            problems[field] = said(error.reason)
    for field in ("code", "name"):
        if "code" in typed and field not in values and field not in problems:
            problems[field] = _("Write a name.") if field == "name" else _("Write the number of the site.")
    return values, problems


def _exists(error: SiteExists) -> str:
    return _(
        "The number {code} already belongs to {name}: open that site, or give this one another number.",
        code=error.site.code, name=error.site.name,
    )  # fmt: skip


def _told(error: Collision) -> dict[str, str]:
    return {
        field: _(
            "{person} wrote “{value}” here while this page was open. Save again to put yours in its place, or copy it.",
            person=other.person, value=value_words(field, other.value) or "–",
        )
        for field, other in error.others.items()
    }  # fmt: skip


def _form(
    site: Site | None, step: str, typed: Mapping[str, str], problems: Problems, *, seen: int = 0, collided: bool = False
) -> str:
    questions = of_step(step)
    values = {field: typed.get(field, site.value(field) if site else "") for field in _fields(step)}
    place = _STEP_NAMES.index(step)
    return render_template(
        "rollout/step.html", site=site, step=step, steps=STEPS, place=place, questions=questions, values=values,
        problems=problems, seen=seen or (site.revision if site else 0), collided=collided, field_words=field_words,
        bounds_words=bounds_words, identity=IDENTITY if step == "place" else (), last=place == len(STEPS) - 1,
    )  # fmt: skip
