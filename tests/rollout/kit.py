"""Sites as the tests need them."""

from __future__ import annotations

from pathlib import Path

from diwan_central.rollout.questions import QUESTIONS
from diwan_central.rollout.sites import make, save
from diwan_central.rollout.store import RolloutStore

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


def staged_roll_out(folder: Path) -> None:
    """A roll-out with something on every page: a site that is ready and one that is stopped."""
    with RolloutStore.open(folder) as store:
        half = {"power_hours": "3", "heat": "44", "dust": "some", "line": "none", "responsible": "ليلى Example"}
        first = {"code": "NR-04", "name": "بوابة ٣ Gate 3", "country": "JO", "region": "الشمال North"}
        made = make(store, first | half, "technician", NOW_MS)
        save(store, made.id, {"power_hours": "4"}, made.revision, "amal", NOW_MS)
        make(store, {"code": "SO-01", "name": "Harbour", "region": "South"} | good_answers(), "technician", NOW_MS)
