"""Pictures of a report before it is sent: they wait beside the draft, and nothing that may happen loses one."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from diwan_core.register import RegisterBusy
from diwan_core.web.pictures import held_pictures, picture_intake
from diwan_core.web.pictures.resumable_upload import EACH_BYTES, KEPT, PIECE, Incoming, TooManyUploads

from .conftest import PNG, SHORT, Browser, Site, picture, png, text_of
from .forms import place, press
from .test_pictures import shown

KIND = {"kind": "photo", "caption": "النُّور"}


@pytest.fixture
def draft(officer: Browser) -> str:
    """The id of a draft, begun by pressing *Add pictures* in an empty form."""
    address = place(press(officer, "/cases/new", "pictures", **{"goods.1.quantity": "12"}))
    assert "/pictures/new" in address
    return address.split("/")[2]


def add(browser: Browser, draft: str, **upload: Any) -> int:
    return browser.post(f"/records/{draft}/pictures/new", picture(**upload)).status_code


def waiting(browser: Browser, draft: str) -> list[str]:
    """The pictures that the form of the draft shows."""
    return re.findall(r'<img src="([^"]+/waiting/[^"]+)"', browser.get(f"/drafts/{draft}").text)


def reported(browser: Browser, draft: str) -> str:
    return place(press(browser, f"/drafts/{draft}", "report", **SHORT)).partition("?")[0]


def test_pictures_are_added_before_the_report_is_sent_and_go_with_it(officer: Browser, draft: str) -> None:
    assert add(officer, draft, caption="under the seat") == 303
    assert add(officer, draft, content=png(40, 30)) == 303
    assert add(officer, draft) == 303, "the same bytes are kept once"
    first, second = waiting(officer, draft)
    assert officer.get(first).mimetype == "image/webp"
    assert 'value="12"' in officer.get(f"/drafts/{draft}").text, "what was typed is kept"
    assert officer.get(f"/records/{draft}").status_code == 404, "there is no record yet"
    refused = press(officer, f"/drafts/{draft}", "report")
    assert refused.status_code == 422 and refused.text.count("/waiting/") == 2, "a refused form shows them again"
    case = reported(officer, draft)
    assert case.endswith(draft) and "under the seat" in officer.get(case).text
    pictures = shown(officer, case)
    assert [address.rpartition("/")[2] for address in pictures] == [one.rpartition("/")[2] for one in (first, second)]
    assert officer.get(f"{pictures[0]}/original").data == PNG
    assert officer.get(first).status_code == 404


def test_a_picture_can_be_removed_again_and_a_draft_that_is_deleted_leaves_none(
    post: Site, officer: Browser, draft: str
) -> None:
    add(officer, draft)
    add(officer, draft, content=png(41, 30))
    one, other = waiting(officer, draft)
    officer.post(f"{one}/remove")
    assert waiting(officer, draft) == [other]
    assert other.rpartition("/")[2] in {path.stem for path in (post.folder / "incoming").glob("*.json")}
    officer.post(f"/drafts/{draft}/remove")
    assert not {path.stem for path in (post.folder / "incoming").iterdir()} & {other.rpartition("/")[2]}


def test_nobody_else_sees_or_adds_to_them(post: Site, officer: Browser, draft: str) -> None:
    add(officer, draft)
    (held,) = waiting(officer, draft)
    other = post.browser("supervisor")
    assert other.get(held).status_code == 404
    assert add(other, draft) == 404 and other.post(f"{held}/remove").status_code == 404
    assert waiting(officer, draft) == [held]


def test_a_bad_picture_is_refused_with_the_reason_and_leaves_nothing(post: Site, officer: Browser, draft: str) -> None:
    before = sorted(path.name for path in (post.folder / "incoming").iterdir())
    answer = officer.post(f"/records/{draft}/pictures/new", picture(content=b"%PDF-1.7\n" + bytes(500)))
    assert answer.status_code == 415 and "This is a PDF file" in text_of(answer)
    assert sorted(path.name for path in (post.folder / "incoming").iterdir()) == before


def test_a_description_that_no_record_can_hold_is_refused_before_the_report_is_sent(
    officer: Browser, draft: str
) -> None:
    for caption in ("pasted\x0bfrom a letter", "x" * 501):
        assert add(officer, draft, caption=caption) == 422
    assert waiting(officer, draft) == []
    assert add(officer, draft, caption="typed again") == 303
    assert len(shown(officer, reported(officer, draft))) == 1


def in_pieces(browser: Browser, draft: str, content: bytes) -> dict[str, str]:
    address = f"/records/{draft}/pictures/uploads"
    upload = browser.post(address, {"name": "p.png", "size": str(len(content)), "key": "k"}).get_json()["upload"]
    for offset in range(0, len(content), PIECE):
        piece = (io.BytesIO(content[offset : offset + PIECE]), "piece")
        browser.post(f"{address}/{upload}", {"offset": str(offset), "piece": piece})
    said = dict(browser.post(f"{address}/{upload}/finish", KIND).json or {})
    assert said == browser.post(f"{address}/{upload}/finish", KIND).json
    return said


def test_an_upload_in_pieces_waits_too_and_its_last_step_may_be_repeated(officer: Browser, draft: str) -> None:
    said = in_pieces(officer, draft, png(900, 700))
    assert waiting(officer, draft) == [said["thumb"]] and said["page"].startswith(f"/drafts/{draft}")
    assert "النُّور" in officer.get(reported(officer, draft)).text


def test_what_a_power_cut_left_between_the_report_and_its_pictures_is_attached_at_the_next_start(
    post: Site, officer: Browser, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    add(officer, draft)
    with monkeypatch.context() as cut:
        cut.setitem(post.app.extensions, "diwan_beside_drafts", post.app.extensions["diwan_beside_drafts"]._replace(
            sent=lambda _draft: None
        ))  # fmt: skip
        case = reported(officer, draft)
    assert shown(officer, case) == []
    post.app.extensions.pop("diwan_pictures_left")
    assert len(shown(officer, case)) == 1


@pytest.mark.parametrize("piecewise", [False, True])
def test_a_report_that_is_sent_while_its_picture_is_looked_at_takes_it_along(
    officer: Browser, draft: str, monkeypatch: pytest.MonkeyPatch, piecewise: bool
) -> None:
    sent = meanwhile(monkeypatch, lambda: reported(officer, draft))
    if piecewise:
        said = in_pieces(officer, draft, PNG)
        assert officer.get(said["thumb"]).mimetype == "image/webp"
    else:
        assert add(officer, draft) == 303
    assert len(shown(officer, *sent)) == 1


def test_a_draft_that_is_deleted_while_a_picture_is_looked_at_leaves_none(
    post: Site, officer: Browser, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = sorted((post.folder / "derived").rglob("*.*"))
    meanwhile(monkeypatch, lambda: officer.post(f"/drafts/{draft}/remove"))
    assert add(officer, draft, content=png(42, 31)) == 404
    assert not [one for one in (post.folder / "incoming").glob("*.json") if draft in one.read_text()]
    assert sorted((post.folder / "derived").rglob("*.*")) == copies


def test_an_upload_ends_with_its_draft_and_becomes_no_picture_of_nothing(
    post: Site, officer: Browser, draft: str
) -> None:
    address = f"/records/{draft}/pictures/uploads"
    uploads = [
        officer.post(address, {"name": "p.png", "size": str(len(PNG)), "key": key}).get_json()["upload"] for key in "ab"
    ]
    for upload in uploads:
        officer.post(f"{address}/{upload}", {"offset": "0", "piece": (io.BytesIO(PNG), "piece")})
    kept = (post.folder / "incoming" / f"{uploads[0]}.json").read_bytes()
    officer.post(f"/drafts/{draft}/remove")
    assert not [path for upload in uploads for path in (post.folder / "incoming").glob(f"{upload}.*")]
    (post.folder / "incoming" / f"{uploads[0]}.json").write_bytes(kept)  # as where the draft went in another way
    (post.folder / "incoming" / f"{uploads[0]}.part").write_bytes(PNG)
    assert officer.post(f"{address}/{uploads[0]}/finish", KIND).status_code == 404
    with post.console.writing() as register:
        assert register.find("attachment", {"subject": draft}) == []


def test_what_waits_keeps_no_page_from_being_shown_where_the_register_cannot_be_read(
    post: Site, officer: Browser, draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert add(officer, draft) == 303
    with monkeypatch.context() as broken:
        broken.setattr(held_pictures, "register", _unreadable)
        post.app.extensions.pop("diwan_pictures_left")
        assert officer.get("/help").status_code == 200


def _unreadable() -> None:
    raise RegisterBusy("busy")


def meanwhile(monkeypatch: pytest.MonkeyPatch, does: Callable[[], Any]) -> list[Any]:
    """Do this as soon as the next picture has been looked at; what came of it."""
    came: list[Any] = []

    @contextmanager
    def looked_at(*given: Any) -> Iterator[Any]:
        with picture_intake.looked_at(*given) as examined:
            yield examined
        if not came:
            came.append(does())

    monkeypatch.setattr(held_pictures, "looked_at", looked_at)
    return came


def test_nobody_takes_the_room_of_all_others_with_pictures_of_drafts(tmp_path: Path) -> None:
    incoming, size = Incoming(tmp_path / "incoming"), 1 << 24
    for number in range(EACH_BYTES // size):
        upload = incoming.begin(record="r", person="amal", key=f"k{number}", name="n", size=size)
        incoming.hold(upload, role="officer", sha256="0", media_type="image/png", described={})
    with pytest.raises(TooManyUploads):
        incoming.begin(record="r", person="amal", key="k", name="n", size=size)
    incoming.begin(record="r", person="bashir", key="k", name="n", size=size)


def test_pictures_wait_as_long_as_their_draft_and_no_longer(post: Site, officer: Browser, draft: str) -> None:
    add(officer, draft)
    (held,) = waiting(officer, draft)
    folder, id = post.folder / "incoming", held.rpartition("/")[2]
    for path in folder.glob(f"{id}.*"):
        os.utime(path, (path.stat().st_mtime - 2 * KEPT,) * 2)
    gone: list[str] = []
    for is_wanted, kept in ((_yes, {f"{id}.json", f"{id}.part"}), (_no, set[str]())):
        at = Incoming(folder, is_wanted, lambda upload: gone.append(upload.id))
        at.begin(record="r", person="p", key=is_wanted.__name__, name="n", size=1)
        assert {path.name for path in folder.glob(f"{id}.*")} == kept
        assert (id in gone) is (not kept), "its small copies go with it"


def _yes(_record: str) -> bool:
    return True


def _no(_record: str) -> bool:
    return False
