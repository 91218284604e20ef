"""The Object ID card: nothing is on it but released texts, and photographs that a second person judged."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
from diwan_core.leaving.pictures import why_picture_stays
from diwan_core.leaving.released import digest_of
from diwan_core.register import Edit
from diwan_core.web.record_pages import object_card

from .conftest import Browser, Site, picture, png
from .test_release import VALUES
from .test_report import ARABIC, pages_of

OBJECT = {
    "product_group": "culture", "quantity": "1", "unit": "C62", "description": "Statue of a goddess",
    "object_materials": "limestone, carved", "object_maker": "Karim the carver", "object_title": "تمثال",
}  # fmt: skip
RELEASED = ("description", "object_materials", "object_title")
PHOTO: dict[str, Any] = {"kind": "photo", "person_shown": "no", "text_shown": "no", "release": "regional"}
needs_poppler = pytest.mark.skipif(not shutil.which("pdftotext"), reason="poppler is not installed: poppler-utils")


def saved(post: Site, goods: dict[str, Any], **more: Any) -> str:
    releases = {
        f"r{number}": {"path": f"goods.{line}.{name}", "digest": digest_of(str(held[name])), "by": "supervisor"}
        for line, held in goods.items()
        for number, name in enumerate(RELEASED)
        if name in held
    }
    with post.console.writing() as register:
        values = {**VALUES, "goods": goods, "text_release": releases, **more}
        return register.save([Edit("case", values)], author="officer").records[0]


def photographed(post: Site, officer: Browser, record: str, *, judge: str = "supervisor", **more: Any) -> str:
    """Add a picture as the officer, and judge it as somebody else."""
    officer.post(f"/records/{record}/pictures/new", picture(png(120, 90), caption="Karim holds it"))
    with post.console.writing() as register:
        [found] = [row.id for row in register.find("attachment", {"subject": record}, limit=1)]
        register.save([Edit("attachment", PHOTO | more, record=found)], author=judge)
    return found


def card(browser: Browser, record: str) -> Any:
    return browser.get(f"/cases/{record}/object-id.pdf")


@needs_poppler
@pytest.mark.slow
def test_a_card_holds_the_released_categories_in_both_languages(post: Site, officer: Browser, tmp_path: Path) -> None:
    record = saved(post, {"1": OBJECT})
    assert "Object ID card (PDF)" in officer.get(f"/cases/{record}").text
    photographed(post, officer, record)
    answer = card(officer, record)
    assert answer.status_code == 200, answer.text
    text = pages_of(answer.data, tmp_path)
    assert "Statue of a goddess" in text and "limestone, carved" in text and "Type of object" in text
    for held in ("Karim", "Maker", "JOAQJ", "20 Nov 2026", record[:8], "Officer"):
        assert held not in text, held
    arabic = pages_of(officer.client.get(f"/cases/{record}/object-id.pdf", headers=ARABIC).data, tmp_path)
    assert "limestone" in arabic and "Type of object" not in arabic


@pytest.mark.parametrize(
    ("more", "judge", "shown"),
    [
        ({}, "supervisor", True), ({}, "officer", False), ({"person_shown": "not_judged"}, "supervisor", False),
        ({"text_shown": "yes"}, "supervisor", False), ({"release": "national"}, "supervisor", False),
        ({"kind": "xray"}, "supervisor", False), ({"handling": "red"}, "supervisor", False),
        ({"status": "withdrawn"}, "supervisor", False), ({"part": "goods.9"}, "supervisor", False),
    ],
)  # fmt: skip
def test_only_photographs_that_a_second_person_judged_and_released_are_on_it(
    post: Site, officer: Browser, monkeypatch: pytest.MonkeyPatch, more: dict[str, Any], judge: str, shown: bool
) -> None:
    record = saved(post, {"1": OBJECT})
    photographed(post, officer, record, judge=judge, **more)
    handed: list[tuple[str, dict[str, Path]]] = []

    def take(html: str, files: dict[str, Path], _name: str) -> str:
        handed.append((html, files))
        return ""

    monkeypatch.setattr(object_card, "send_paper", take)
    card(officer, record)
    [(html, files)] = handed
    assert bool(files) == shown == ("<img" in html) and "Karim" not in html


def test_what_is_not_released_or_held_back_has_no_card(post: Site, officer: Browser) -> None:
    unreleased = saved(post, {"1": OBJECT}, text_release={})
    assert card(officer, unreleased).status_code == 409
    red = saved(post, {"1": OBJECT}, handling="red")
    answer = card(officer, red)
    assert answer.status_code == 409 and "TLP:RED" in answer.text
    plain = saved(post, {"1": {"product_group": "drugs", "quantity": "2", "unit": "KGM"}})
    assert card(officer, plain).status_code == 404
    assert "Object ID card" not in officer.get(f"/cases/{plain}").text
    for role in ("technician", "administrator"):
        assert card(post.browser(role), red).status_code == 403


def test_a_picture_with_two_versions_stays() -> None:
    clean: dict[str, Any] = {"contested": False, "judged_by": "a", "added_by": "b"}
    assert why_picture_stays(PHOTO, **clean) == ""
    assert why_picture_stays(PHOTO, **{**clean, "contested": True})
    assert why_picture_stays(PHOTO | {"shows_person": True}, **clean)
    assert why_picture_stays(PHOTO | {"exercise": True}, **clean)
