"""Milestones: what may be planned, what blocks, what is late; two people, circles and impossible days."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from diwan_central.assets.store import AssetStore
from diwan_central.assets.taking import take
from diwan_central.rollout.blocking import name_of_milestone
from diwan_central.rollout.merging import Collision
from diwan_central.rollout.milestone_form import read_milestone
from diwan_central.rollout.milestones import (
    Cycle,
    Milestone,
    NoMilestone,
    add,
    all_milestones,
    chain_back,
    one_milestone,
    remove,
    save,
)
from diwan_central.rollout.overview import Overview, look
from diwan_central.rollout.sites import Site, all_sites, make
from diwan_central.rollout.standard_plan import STANDARD, plan_sites
from diwan_central.rollout.store import RolloutStore

from tests.assets.sheets_kit import accepted_sheet

from .kit import NOW_MS, good_answers

DAY = date(2026, 9, 21)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[RolloutStore]:
    with RolloutStore.open(tmp_path) as opened:
        yield opened


@pytest.fixture
def site(store: RolloutStore) -> Site:
    return make(store, {"code": "NR-04", "name": "Gate 3", "region": "North"} | good_answers(), "amal", NOW_MS)


def milestone(store: RolloutStore, **values: str) -> int:
    plain = {"level": "country", "phase": "procurement", "due": "2026-12-01", "state": "planned"}
    return add(store, plain | values, "amal", NOW_MS)


def seen(store: RolloutStore) -> Overview:
    return look(store, store.path.parent, DAY)


def told(store: RolloutStore, number: int) -> str:
    plan = seen(store).plan
    return " ".join(map(str, plan.blocks(plan.milestones[number])))


def of_phase(store: RolloutStore, phase: str) -> Milestone:
    return next(one for one in all_milestones(store) if one.phase == phase)


def test_a_milestone_is_late_when_its_day_is_over_and_it_is_not_done(store: RolloutStore) -> None:
    number = milestone(store, due="2026-09-20")
    assert one_milestone(store, number).shown_state(DAY) == "late"
    save(store, number, {"state": "done", "done_on": "2026-09-21"}, 1, "amal", NOW_MS)
    found = one_milestone(store, number)
    assert found.shown_state(DAY) == "done" and found.was_late()
    assert one_milestone(store, milestone(store, due=DAY.isoformat())).shown_state(DAY) == "planned"


def test_what_must_be_done_before_blocks(store: RolloutStore) -> None:
    order = milestone(store, title="Tender")
    bought = milestone(store, needs=str(order), starts="2026-10-01")
    assert told(store, bought) == "Not done yet: Tender."
    plan = seen(store).plan
    assert "needs “Tender”, which ends on 2026-12-01" in "".join(plan.begins_too_early(plan.milestones[bought]))
    save(store, order, {"state": "done", "done_on": "2026-09-01"}, 1, "amal", NOW_MS)
    assert told(store, bought) == ""


def test_milestones_that_would_wait_for_each_other_are_refused_with_the_circle(store: RolloutStore) -> None:
    first = milestone(store)
    second = milestone(store, needs=str(first))
    third = milestone(store, needs=str(second))
    with pytest.raises(Cycle) as circle:
        save(store, first, {"needs": str(third), "title": "must not be kept"}, 1, "amal", NOW_MS)
    assert circle.value.chain == (first, third, second, first)
    assert one_milestone(store, first).title == "" and one_milestone(store, first).needs == ()
    with pytest.raises(Cycle):
        save(store, first, {"needs": str(first)}, 1, "amal", NOW_MS)
    assert chain_back({1: (2, 3), 2: (4,), 3: (4,), 4: ()}, 1) == ()


def test_a_milestone_that_is_taken_out_holds_up_nothing_and_is_remembered(store: RolloutStore) -> None:
    first = milestone(store, title="Tender")
    second = milestone(store, needs=str(first))
    remove(store, first, "huda", NOW_MS)
    assert told(store, second) == "" and one_milestone(store, second).needs == ()
    gone = store.rows("select person, before from milestone_change where milestone = ? and field = 'title'", (first,))
    assert ("huda", "Tender") in [tuple(row) for row in gone]
    with pytest.raises(NoMilestone):
        one_milestone(store, first)
    assert save(store, second, {"needs": "99"}, 1, "amal", NOW_MS) == 1  # removed by somebody else meanwhile
    assert one_milestone(store, second).needs == ()


def test_two_people_who_change_one_milestone(store: RolloutStore) -> None:
    number = milestone(store)
    save(store, number, {"owner": "Huda", "due": "2027-01-01"}, 1, "huda", NOW_MS)
    with pytest.raises(Collision) as collision:
        save(store, number, {"owner": "Amal", "note": "x"}, 1, "amal", NOW_MS)
    assert collision.value.others["owner"].value == "Huda"
    assert save(store, number, {"due": "2026-12-01", "note": "x"}, 1, "amal", NOW_MS) == 1
    found = one_milestone(store, number)
    assert (found.owner, found.due, found.note) == ("Huda", "2027-01-01", "x")


def test_the_usual_plan_is_a_chain_without_gaps_or_circles(store: RolloutStore, site: Site) -> None:
    make(store, {"code": "SO-01", "name": "Harbour", "region": "South"}, "amal", NOW_MS)
    sites = all_sites(store)
    assert plan_sites(store, sites, DAY, 7, "Huda", "amal", NOW_MS) == 2
    assert plan_sites(store, sites, DAY, 7, "Huda", "amal", NOW_MS) == 0
    found = all_milestones(store)
    assert len(found) == 2 * len(STANDARD)
    plan = seen(store).plan
    assert not [early for one in found for early in plan.begins_too_early(one)]
    firsts = sorted(one.starts for one in found if one.phase == "questionnaire")
    assert firsts == ["2026-09-21", "2026-09-28"]
    assert all(one.starts <= one.due for one in found)


def test_a_post_is_accepted_only_with_a_machine_and_trained_people(store: RolloutStore, site: Site) -> None:
    number = milestone(store, level="site", place=str(site.id), phase="acceptance")
    assert "No machine was accepted here" in told(store, number) and "Trained users of this site: 0" in told(
        store, number
    )
    with AssetStore.open(store.path.parent) as assets:
        take(assets, accepted_sheet("amal", place="nr-04 Gate 3, first floor", outcome="fail"), "console", NOW_MS)
        take(assets, accepted_sheet("amal", place="elsewhere", serial="9", asset=""), "console", NOW_MS)
    assert "Machine XA-00012-M is not accepted" in told(store, number)
    with AssetStore.open(store.path.parent) as assets:
        take(assets, accepted_sheet("karim", place="Gate 3", ended=1_790_000_500), "console", NOW_MS)
    assert told(store, number) == ("Trained users of this site: 0. At least 2 are needed: give them certificates.")


def test_what_a_site_lacks_blocks_its_installation_with_the_remedy(store: RolloutStore) -> None:
    bad = make(store, {"code": "X-1", "name": "Gate"} | good_answers(legal="no", room=""), "amal", NOW_MS)
    number = milestone(store, level="site", place=str(bad.id), phase="installation")
    why = told(store, number)
    assert "The site lacks: Has the order been signed" in why and "sign the order" in why
    asked = milestone(store, level="site", place=str(bad.id), phase="questionnaire")
    assert told(store, asked) == "Questions without an answer: 1."
    assert str(name_of_milestone(one_milestone(store, asked))) == "questionnaire"


def test_the_phase_of_a_site_is_the_first_milestone_that_is_not_done(store: RolloutStore, site: Site) -> None:
    assert seen(store).lines[0].phase == ""
    plan_sites(store, [site], DAY, 0, "", "amal", NOW_MS)
    save(store, of_phase(store, "questionnaire").id, {"state": "done", "done_on": "2026-09-21"}, 1, "amal", NOW_MS)
    assert seen(store).lines[0].phase == "assessment"
    for one in all_milestones(store):
        save(store, one.id, {"state": "done", "done_on": "2026-09-21"}, one.revision, "amal", NOW_MS)
    assert seen(store).lines[0].phase == "finished"


@pytest.mark.parametrize(
    ("typed", "field", "told"),
    [
        ({"starts": "2026-12-02", "due": "2026-12-01"}, "due", "end on 2026-12-01, before it begins on 2026-12-02"),
        ({"due": ""}, "due", "Enter the day by which"),
        ({"due": "2026-02-30"}, "due", "2026-02-30"),
        ({"state": "done", "done_on": "2027-01-01"}, "done_on", "is in the future"),
        ({"cost": "12,000"}, "cost", "not an amount"),
        ({"cost": "-5"}, "cost", "not an amount"),
        ({"phase": "party"}, "phase", "Choose one"),
        ({"where": "site:99"}, "where", "Choose one"),
        ({"where": "region:West"}, "where", "Choose one"),
        ({"needs": "1 x"}, "needs", "Choose from"),
        ({"owner": "x" * 100}, "owner", "At most 80"),
    ],
)
def test_what_is_impossible_is_refused_at_its_field(typed: dict[str, str], field: str, told: str) -> None:
    plain = {"where": "country", "phase": "training", "due": "2026-12-01", "state": "planned"}
    _values, wrong = read_milestone(plain | typed, [], DAY)
    assert set(wrong) == {field} and told in str(wrong[field])


def test_what_is_possible_is_kept_in_one_form() -> None:
    typed = {"where": "country", "phase": "training", "due": "2026-12-01", "state": "done", "cost": "1200.50",
             "needs": "3 1 3"}  # fmt: skip
    values, wrong = read_milestone(typed, [], DAY)
    assert not wrong
    assert (values["cost"], values["needs"], values["done_on"]) == ("1200.5", "1 3", "2026-09-21")
    assert read_milestone({"cost": "1000"}, [], DAY)[0]["cost"] == "1000"
