"""The pages of the plan: milestones with owners and days, what each needs, and what blocks it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Final

from diwan_core.dictionary import Sentence, sentence
from diwan_core.web.forms.values import day_typed
from diwan_core.web.kit.access import may
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.kit.request_events import happened
from diwan_core.web.language.i18n import N_, _, said
from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response

from diwan_central.days import day_of, now_ms, today
from diwan_central.rollout.answers import BadAnswer, read_day, read_name
from diwan_central.rollout.kit import open_store, overview, whole
from diwan_central.rollout.merging import Collision
from diwan_central.rollout.milestone_form import WORDS, read_milestone
from diwan_central.rollout.milestones import (
    FIELDS,
    PHASES,
    STATE_WORDS,
    STATES,
    Cycle,
    Milestone,
    NoMilestone,
    add,
    changes,
    numbers,
    one_milestone,
    remove,
    save,
)
from diwan_central.rollout.overview import Overview
from diwan_central.rollout.plan_words import milestone_value, title_of, where_options, where_words
from diwan_central.rollout.sites import regions
from diwan_central.rollout.standard_plan import plan_sites
from diwan_central.rollout.store import RolloutStore

SHOWN: Final = 1000
_TYPED: Final = ("where", "phase", "title", "owner", "starts", "due", "state", "done_on", "cost", "spent", "note")
_APART_MOST: Final = 365


def add_plan_pages(blueprint: Blueprint) -> None:
    """The routes of the plan."""

    @blueprint.get("/rollout/plan")
    @may(Action.SEE_ROLL_OUT)
    def plan() -> str:
        """The phases and what blocks each."""
        return _plan({}, {})

    @blueprint.post("/rollout/plan")
    @may(Action.MANAGE_ROLL_OUT)
    def do_plan() -> Response | tuple[str, int]:
        """Change the phases."""
        typed = {field: request.form.get(field, "").strip()[:200] for field in ("starts", "apart", "owner", "of")}
        typed["starts"] = day_typed(typed["starts"])
        wrong: dict[str, Sentence] = {}
        starts, owner = _read_start(typed, wrong)
        if wrong:
            return _plan(typed, wrong), 422
        with open_store() as store:
            lines = overview(store).lines
            sites = [line.site for line in lines if not typed["of"] or line.site.region == typed["of"]]
            apart = int(typed["apart"] or 0)
            planned = plan_sites(
                store, sites, date.fromisoformat(starts), apart, owner, signed_in_person().name, now_ms()
            )
        if planned:
            happened("rollout.planned", sites=planned)
        return redirect(url_for("rollout.plan", region=typed["of"]), 303)

    @blueprint.post("/rollout/currency")
    @may(Action.MANAGE_ROLL_OUT)
    def do_set_currency() -> Response | tuple[str, int]:
        """Set the currency of the costs."""
        code = request.form.get("currency", "").strip().upper()[:10]
        if code and not re.fullmatch("[A-Z]{3}", code):
            told = sentence(N_("{code} is not a currency. Write three letters (ISO 4217), such as USD."), code=code)
            return _plan({"currency": code}, {"currency": told}), 422
        with open_store() as store, store.writing():
            store.write("insert or replace into setting (name, value) values ('currency', ?)", (code,))
        return redirect(url_for("rollout.plan"), 303)

    _add_milestone_pages(blueprint)


def _add_milestone_pages(blueprint: Blueprint) -> None:
    """The routes of milestones."""

    @blueprint.get("/rollout/milestones/new")
    @may(Action.MANAGE_ROLL_OUT)
    def new_milestone() -> str:
        """Ask for a new milestone."""
        return _form(None, {"where": request.args.get("for", "country")[:100], "state": "planned"}, {})

    @blueprint.post("/rollout/milestones/new")
    @may(Action.MANAGE_ROLL_OUT)
    def do_add_milestone() -> Response | tuple[str, int]:
        """Add a milestone."""
        typed = _typed()
        with open_store() as store:
            look = overview(store)
            values, wrong = _read(typed, look, None)
            if wrong:
                return _form(None, typed, wrong), 422
            number = add(store, values, signed_in_person().name, now_ms())
        happened("rollout.milestone_added", milestone=number, phase=values["phase"])
        return redirect(url_for("rollout.milestone", number=number), 303)

    @blueprint.get("/rollout/milestones/<int:number>")
    @may(Action.SEE_ROLL_OUT)
    def milestone(number: int) -> str:
        """One milestone."""
        with open_store() as store:
            return _form(_the_milestone(store, number), {}, {})

    @blueprint.post("/rollout/milestones/<int:number>")
    @may(Action.MANAGE_ROLL_OUT)
    def do_change_milestone(number: int) -> Response | tuple[str, int]:
        """Change a milestone; who was slower than somebody else is told."""
        typed = _typed()
        seen = whole(request.form.get("seen", ""))
        with open_store() as store:
            known = _the_milestone(store, number)
            look = overview(store)
            values, wrong = _read(typed, look, known)
            if wrong:
                return _form(known, typed, wrong, seen=seen), 422
            try:
                changed = save(store, known.id, values, seen, signed_in_person().name, now_ms())
            except Cycle as error:
                return _form(known, typed, {"needs": _chain(error, look)}, seen=seen), 422
            except Collision as error:
                return _form(known, typed, _told(error), seen=error.revision, collided=True), 409
        if changed:
            happened("rollout.milestone_changed", milestone=number, state=values.get("state", ""))
        return redirect(url_for("rollout.milestone", number=number), 303)

    @blueprint.post("/rollout/milestones/<int:number>/remove")
    @may(Action.MANAGE_ROLL_OUT)
    def do_remove_milestone(number: int) -> Response:
        """Remove a milestone."""
        with open_store() as store:
            gone = remove(store, _the_milestone(store, number).id, signed_in_person().name, now_ms())
        happened("rollout.milestone_removed", milestone=number, phase=gone.phase)
        return redirect(url_for("rollout.plan"), 303)


def _typed() -> dict[str, str]:
    typed = {field: request.form.get(field, "").strip()[:600] for field in _TYPED if field in request.form}
    typed |= {field: day_typed(typed[field]) for field in ("starts", "due", "done_on") if field in typed}
    return {**typed, "needs": " ".join(request.form.getlist("needs"))[:4000]}


def _read(
    typed: Mapping[str, str], look: Overview, known: Milestone | None
) -> tuple[dict[str, str], dict[str, Sentence]]:
    """The values of a form, and what is wrong: also that it cannot be done yet."""
    values, wrong = read_milestone(typed, [line.site for line in look.lines], look.today)
    for field in ("where", "phase", "state", "due"):
        if field not in typed:
            wrong[field] = sentence(N_("Choose one from the list."))
    if not wrong and values["state"] == "done" and (known is None or known.state != "done"):
        plain = {field: values.get(field, "") for field in FIELDS if field not in ("needs", "state")}
        trial = Milestone(id=0, revision=0, needs=numbers(values.get("needs", "")), state="under_way", **plain)
        if blocks := look.plan.blocks(trial):
            told = " ".join(said(block) for block in blocks)
            wrong["state"] = Sentence.plain(_("It cannot be done yet. {why}", why=told))
    return values, wrong


def _the_milestone(store: RolloutStore, number: int) -> Milestone:
    try:
        return one_milestone(store, number)
    except NoMilestone as error:
        raise Refusal(404, _("There is no milestone of this number.")) from error


def _read_start(typed: Mapping[str, str], wrong: dict[str, Sentence]) -> tuple[str, str]:
    starts = owner = ""
    try:
        starts = read_day(typed["starts"])
        if not starts:
            wrong["starts"] = sentence(N_("Enter the day on which the first site begins."))
    except BadAnswer as error:
        wrong["starts"] = error.reason
    try:
        owner = read_name(typed["owner"]) if typed["owner"] else ""
    except BadAnswer as error:
        wrong["owner"] = error.reason
    apart = typed["apart"]
    if apart and not (apart.isascii() and apart.isdigit() and int(apart) <= _APART_MOST):
        wrong["apart"] = sentence(N_("Write a whole number from {least} to {most}."), least=0, most=_APART_MOST)
    return starts, owner


def _chain(error: Cycle, look: Overview) -> Sentence:
    names = " → ".join(title_of(look.plan.milestones[number], look) for number in error.chain)
    return Sentence.plain(_("They would wait for each other for ever: {chain}. Remove one of them.", chain=names))


def _told(error: Collision) -> dict[str, Sentence]:
    return {
        "where" if field in ("level", "place") else field: sentence(
            N_(
                "{person} wrote “{value}” here while this page was open. Save again to put yours in its place, or copy "
                "it."
            ),
            person=other.person, value=milestone_value(field, other.value) or "–",
        )
        for field, other in error.others.items()
    }  # fmt: skip


def _plan(typed: Mapping[str, str], wrong: Mapping[str, Sentence]) -> str:
    region, phase, state = (request.args.get(name, "")[:80] for name in ("region", "phase", "state"))
    with open_store() as store:
        look = overview(store)
    found = [one for one in look.milestones(region, phase) if not state or one.shown_state(look.today) == state]
    unplanned = sum(1 for line in look.lines if not line.milestones)
    return render_template(
        "rollout/plan.html", look=look, found=found[:SHOWN], total=len(found), region=region, phase=phase, state=state,
        regions=list(regions([line.site for line in look.lines])), phases=PHASES, states=STATE_WORDS, said=said,
        title_of=title_of, where_words=where_words, typed=typed, unplanned=unplanned, words=WORDS,
        problems={field: said(told) for field, told in wrong.items()},
    )  # fmt: skip


def _form(
    known: Milestone | None, typed: Mapping[str, str], wrong: Mapping[str, Sentence], *, seen: int = 0,
    collided: bool = False,
) -> str:  # fmt: skip
    with open_store() as store:
        look = overview(store)
        changed = changes(store, known.id) if known else []
    values = {field: known.value(field) if known else "" for field in (*_TYPED, "needs") if field != "where"}
    values["where"] = f"{known.level}:{known.place}".removesuffix(":") if known else "country"
    values |= typed
    chosen = set(values["needs"].split()) if values.get("needs") else set()
    level, _colon, place = values["where"].partition(":")
    near = [
        one for one in look.plan.milestones.values()
        if str(one.id) in chosen
        or ((known is None or one.id != known.id) and (one.level != "site" or (level, place) == ("site", one.place)))
    ]  # fmt: skip
    return render_template(
        "rollout/milestone.html", milestone=known, look=look, values=values, words=WORDS, phases=PHASES, states=STATES,
        state_words=STATE_WORDS, where=where_options(look), near=near, chosen=chosen, changes=changed, day=day_of,
        blocks=[said(one) for one in look.plan.blocks(known)] if known else [],
        early=[said(one) for one in look.plan.begins_too_early(known)] if known else [],
        title_of=title_of, where_words=where_words, milestone_value=milestone_value, collided=collided,
        seen=seen or (known.revision if known else 0), today=today(),
        problems={field: said(told) for field, told in wrong.items()},
    )  # fmt: skip
