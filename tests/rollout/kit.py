"""Sites as the tests need them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from diwan_central.rollout.certificates import issue
from diwan_central.rollout.milestones import add
from diwan_central.rollout.questions import QUESTIONS
from diwan_central.rollout.sites import Site, all_sites, make, save
from diwan_central.rollout.standard_plan import plan_sites
from diwan_central.rollout.store import RolloutStore
from diwan_central.rollout.training import invite, mark, read_course, save_course, seats

NOW_MS = 1_790_000_000_000
"""In September 2026."""


def good_answers(**changes: str) -> dict[str, str]:
    """The answers of a site that lacks nothing, with some changed."""
    best: dict[str, str] = {}
    for question in QUESTIONS:
        match question.kind:
            case "choice":
                worth = question.worth or dict.fromkeys(question.choices, 1.0)
                best[question.key] = max(worth, key=lambda code: worth[code])
            case "number":
                best[question.key] = str(int(question.good) or question.most)
            case "position":
                best[question.key] = "29.5267,35.0078"
            case "text":
                best[question.key] = "Head of shift"
    return best | changes


def two_sites(folder: Path) -> None:
    """A site that is stopped, half filled, and one that is ready; nothing is planned."""
    with RolloutStore.open(folder) as store:
        half = {"power_hours": "3", "heat": "44", "dust": "some", "line": "none", "responsible": "ليلى Example"}
        first = {"code": "NR-04", "name": "بوابة ٣ Gate 3", "country": "JO", "region": "الشمال North"}
        made = make(store, first | half, "technician", NOW_MS)
        save(store, made.id, {"power_hours": "4"}, made.revision, "amal", NOW_MS)
        make(store, {"code": "SO-01", "name": "Harbour", "region": "South"} | good_answers(), "technician", NOW_MS)


def course_for_users(store: RolloutStore, names: Sequence[str], site: Site | None, **changes: str) -> int:
    """A course in which everybody attended and passed."""
    plain = {"module": "users", "title": "Users 1", "starts": "2026-09-01", "ends": "2026-09-02", "place": "Hall 2"}
    values, wrong = read_course(plain | {"trainer": "Nadia Example"} | changes)
    assert not wrong
    number = save_course(store, 0, values, 0, "amal", NOW_MS)
    invite(store, number, names, site, "amal", NOW_MS)
    mark(store, number, {seat.trainee: ("attended", "passed") for seat in seats(store, number)}, "amal", NOW_MS)
    return number


def staged_roll_out(folder: Path) -> str:
    """A roll-out with something on every page; the number of a certificate."""
    two_sites(folder)
    with RolloutStore.open(folder) as store:
        sites = all_sites(store)
        plan_sites(
            store, [one for one in sites if one.code == "SO-01"], date(2026, 8, 3), 0, "هدى Huda", "technician", NOW_MS
        )
        country = {"level": "country", "phase": "procurement", "due": "2026-12-01", "state": "under_way"}
        add(
            store,
            country | {"title": "Tender", "owner": "Amal", "starts": "2026-09-01", "cost": "120000"},
            "amal",
            NOW_MS,
        )
        add(store, country | {"level": "region", "place": sites[-1].region, "state": "planned"}, "amal", NOW_MS)
        course = course_for_users(store, ["ليلى Example", "Sami Example"], sites[0])
        invite(store, course, ["Late Example"], sites[1], "amal", NOW_MS)
        return issue(store, folder, course, date(2026, 9, 21), "amal")[0]
