"""The state of a site on its page, and the steps that lead on from it, as for any record (`web.steps.taking`)."""

from __future__ import annotations

from typing import Any

from diwan_core.dictionary.state_machine import NONE
from diwan_core.register import Record, Refused
from diwan_core.register.records.steps import may_step
from diwan_core.web.kit.access import keeps_typing, may
from diwan_core.web.kit.console import console, register
from diwan_core.web.kit.errors import Refusal
from diwan_core.web.kit.gate import signed_in_person
from diwan_core.web.kit.permissions import Action
from diwan_core.web.language.i18n import _, said
from diwan_core.web.records.changes import authors_of, contested_of
from diwan_core.web.records.steps import Offer, Place, elsewhere_of, offers_of, taker_here
from diwan_core.web.steps.taking import Stand, ask_again, ask_step, take_step
from flask import Blueprint, redirect, url_for
from werkzeug.wrappers import Response

from diwan_central.rollout.kit import open_store, the_site
from diwan_central.rollout.site_record import DECLARED, begin, first_step, machine, phase_field, record_of
from diwan_central.rollout.sites import Site
from diwan_central.rollout.store import RolloutStore


def add_phase_pages(blueprint: Blueprint) -> None:
    """The routes of the steps of one site."""

    def again(number: int, state: str) -> str | Response:
        site, record = _looked_up(number)
        if record is None:
            return redirect(_way(site, ""), 303)
        return ask_again(record, machine().field, state, _stand(site))

    @blueprint.get("/rollout/sites/<int:number>/steps/<state>")
    @may(Action.MANAGE_ROLL_OUT, shows="record.step")
    def ask_for_step(number: int, state: str) -> str:
        """Ask for what a step of a site needs."""
        site, record = _looked_up(number)
        if record is None:
            raise Refusal(404, _("There is no such step."))
        return ask_step(record, machine().field, state, _stand(site))

    @blueprint.post("/rollout/sites/<int:number>/steps/<state>")
    @may(Action.MANAGE_ROLL_OUT, shows="record.step")
    @keeps_typing(again)
    def do_take_step(number: int, state: str) -> Response | tuple[str, int]:
        """Take a step of a site; the first one makes its record."""
        site, record = _looked_up(number)
        if record is not None:
            return take_step(record, machine().field, state, _stand(site))
        if first_step(state) is None:
            raise Refusal(404, _("There is no such step."))
        person = signed_in_person()
        try:
            with open_store() as store, console().writing() as writer:
                made = begin(store, writer, site, state, author=person.name, role=person.role)
        except Refused as refused:
            raise Refusal(409, " ".join(said(one.sentence) for one in refused.problems)) from refused
        return redirect(_way(site, "stepped" if made else "unchanged"), 303)


def facts_of_phase(store: RolloutStore, site: Site) -> dict[str, Any]:
    """What the page of a site shows of its state: `record` is None before the first step."""
    record = record_of(store, register(), site)
    values = {} if record is None else record.values
    now = str(values.get(machine().field) or NONE)
    taker, first = taker_here(), machine().steps_from(NONE) if record is None else ()

    def step_url(offer: Offer) -> str:
        return url_for("rollout.do_take_step", number=site.id, state=offer.step.state)

    return {
        "record": record,
        "phase": Place(machine().field, machine(), phase_field(), now).shown(now),
        "reason": values.get(machine().reason, ""),
        "first_steps": [step for step in first if may_step(DECLARED, step, taker)],
        "steps": offers_of(record) if record else (),
        "steps_elsewhere": elsewhere_of(record) if record else (),
        "step_url": step_url,
        "contested": contested_of(record) if record else (),
        "alone": record is not None and len(authors_of(record)) == 1,
    }


def _looked_up(number: int) -> tuple[Site, Record | None]:
    with open_store() as store:
        site = the_site(store, number)
        return site, record_of(store, register(), site)


def _stand(site: Site) -> Stand:
    return Stand(site.name, lambda done: _way(site, done))


def _way(site: Site, done: str) -> str:
    done = "site-stepped" if done == "stepped" else done  # the page of a site has no history of steps
    return url_for("rollout.one_site", number=site.id, done=done or None)
