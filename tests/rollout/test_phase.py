"""The state of a site on its page of the roll-out: steps as the dictionary declares them, changes of a record."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest
from diwan_central.rollout.store import RolloutStore
from diwan_core.register import Edit, Record, Register
from diwan_core.roles import ROLES, Action
from diwan_core.web.kit.access import May, decisions

from tests.rollout.test_pages import add
from tests.web.conftest import Browser, Site, text_of
from tests.web.forms import form_of

pytestmark = pytest.mark.slow


def record_of(site: Site) -> Record:
    """The one record of a site in the register."""
    with Register.open(site.folder) as register:
        (id,) = register.newest_ids("site", 10)
        found = register.get(id)
    assert found is not None
    return found


def begun(technician: Browser) -> str:
    way = add(technician)
    assert "none yet" in text_of(technician.get(way))
    answer = technician.post(f"{way}/steps/questionnaire", {})
    assert (answer.status_code, answer.location) == (303, f"{way}?done=site-stepped")
    return way


def test_the_first_step_makes_the_record_once_and_the_page_offers_what_leads_on(
    site: Site, technician: Browser
) -> None:
    way = begun(technician)
    assert technician.post(f"{way}/steps/questionnaire", {}).location == f"{way}?done=unchanged"  # pressed twice
    found = record_of(site)
    assert (found.values["name"], found.values["country"], found.values["phase"]) == ("Gate 3", "JO", "questionnaire")
    assert (found.author, found.origin) == ("technician", site.console.node.id)
    page = text_of(technician.get(way))
    assert "To the next phase: Assessment" in page and "Close the site" in page and "Begin with" not in page
    form = form_of(technician.get(way).text, "seen")
    assert technician.post(f"{way}/steps/assessment", form).location == f"{way}?done=site-stepped"
    assert record_of(site).values["phase"] == "assessment"


def test_a_step_asks_for_its_reason_and_is_not_taken_without(site: Site, technician: Browser) -> None:
    way = begun(technician)
    ask = technician.get(f"{way}/steps/closed")
    assert "This step ends it" in text_of(ask) and "Reason of the last step" in text_of(ask)
    seen = form_of(ask.text, "seen")
    refused = technician.post(f"{way}/steps/closed", {**seen, "state_reason": ""})
    assert refused.status_code == 422 and "needed for the step" in text_of(refused)
    assert record_of(site).values["phase"] == "questionnaire"
    assert technician.post(f"{way}/steps/closed", {**seen, "state_reason": "The bridge is gone."}).status_code == 303
    assert record_of(site).values["phase"] == "closed"
    assert "The bridge is gone." in text_of(technician.get(way))
    told = text_of(site.browser("auditor").get("/log"))  # a reason is in the half that may name somebody
    assert record_of(site).id[:8] in told and "its page" in told


def test_a_step_that_does_not_lead_on_or_is_from_an_older_page_is_refused(site: Site, technician: Browser) -> None:
    way = begun(technician)
    old = form_of(technician.get(way).text, "seen")
    assert technician.post(f"{way}/steps/operation", old).status_code == 409  # five phases on
    assert technician.post(f"{way}/steps/nowhere", old).status_code == 409
    other = site.browser("administrator")
    assert other.post(f"{way}/steps/assessment", form_of(other.get(way).text, "seen")).status_code == 303
    late = technician.post(f"{way}/steps/closed", {**old, "state_reason": "Late"})
    assert late.status_code == 409 and "Somebody changed the record" in text_of(late)
    assert record_of(site).values["phase"] == "assessment"
    assert technician.get("/rollout/sites/99/steps/closed").status_code == 404
    fresh = add(technician, "NR-05", "Gate 5")
    assert technician.post(f"{fresh}/steps/closed", {}).status_code == 404  # nothing begins so
    assert technician.get(f"{fresh}/steps/questionnaire").status_code == 404


def test_who_only_looks_sees_the_state_and_who_takes_the_steps(site: Site, technician: Browser) -> None:
    way = begun(technician)
    auditor = site.browser("auditor")
    page = auditor.get(way)
    assert "Steps that others take" in text_of(page) and "Technician" in text_of(page)
    assert f'action="{way}/steps' not in page.text and f'href="{way}/steps' not in page.text
    assert auditor.post(f"{way}/steps/assessment", {}).status_code == 403
    assert site.browser("analyst").get(way).status_code == 403
    assert technician.get(f"/records/{record_of(site).id}").status_code == 403  # it is no way to records


def test_only_whoever_plans_the_roll_out_has_a_route_to_a_step(site: Site) -> None:
    routes = {path: decision for path, _, decision in decisions(site.console.app) if path.startswith("/rollout/sites/")}
    steps = [decision for path, decision in routes.items() if "/steps/" in path]
    assert steps and all(isinstance(one, May) and one.action is Action.MANAGE_ROLL_OUT for one in steps)
    assert {name for name, role in ROLES.items() if Action.MANAGE_ROLL_OUT in role.grants} == {
        "administrator", "technician"
    }  # fmt: skip


def test_of_two_states_the_earlier_counts_and_both_are_shown_until_one_is_chosen(
    site: Site, technician: Browser
) -> None:
    way = begun(technician)
    begin = record_of(site)
    with Register.open(site.folder, role="writer") as register:
        for phase, author in (("assessment", "amal"), ("closed", "huda")):
            edit = {"phase": phase, "state_reason": "Seen at one moment."}
            register.save([Edit("site", edit, record=begin.id, seen=begin.heads)], author=author)
    assert record_of(site).values["phase"] == "closed"  # what the centre has ended counts before all others
    page = text_of(technician.get(way))
    assert "Two people wrote different things" in page and "amal" in page and "huda" in page
    assert "Choose: Assessment" in page and "Choose: Closed" in page
    ask = technician.get(f"{way}/steps/assessment")
    chosen = technician.post(f"{way}/steps/assessment", {**form_of(ask.text, "seen"), "state_reason": "Open"})
    assert chosen.status_code == 303, text_of(chosen)
    assert record_of(site).values["phase"] == "assessment" and "phase" not in record_of(site).conflicts


def test_a_site_removed_from_the_roll_out_has_its_record_withdrawn(site: Site, technician: Browser) -> None:
    way = begun(technician)
    assert technician.post(f"{way}/remove", {}).status_code == 303
    assert record_of(site).values["status"] == "withdrawn"
    with RolloutStore.open(site.folder) as store:
        assert not store.rows("select * from site_record")


def test_a_centre_with_an_older_dictionary_starts_although_its_sites_have_no_phases() -> None:
    environment = {**os.environ, "DIWAN_DICTIONARY_VERSION": "3"}
    started = [sys.executable, "-c", "import diwan_central.rollout.phase_pages"]
    subprocess.run(started, env=environment, check=True)
