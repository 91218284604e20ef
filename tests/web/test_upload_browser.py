"""Pictures sent from a real browser: several at once, over a line that breaks, and with scripts off."""

import os
from pathlib import Path

import pytest

from ..media.made import GOOD, turned, xray
from .chromium import PROGRAM, Page
from .conftest import SHORT, Browser, Site, png
from .forms import place, press
from .test_pictures import add, shown

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]
SCREENS = os.environ.get("DIWAN_SCREENS", "")


@pytest.fixture
def case(post: Site, page: Page, address: str) -> str:
    """The path of a new case; the browser is signed in and on the page where its pictures are added."""
    officer = post.browser("officer")
    path = officer.post("/cases/new", SHORT).location.partition("?")[0]
    page.scripts(True)
    page.call("Network.enable")
    line(page, up=True)
    page.size(360, 740, phone=True)
    page.cookie(address, f"diwan_session_{post.console.node.id}", officer.token)
    page.open(f"{address}/records/{path.rpartition('/')[2]}/pictures/new")
    return path


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    contents = {"phone.jpg": turned(6), "xray.tif": xray(), "iphone.heic": GOOD["heic"](), "large.png": png(300, 200)}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content + (bytes(1_500_000) if name == "large.png" else b""))
    return [tmp_path / name for name in contents]


def line(page: Page, *, up: bool) -> None:
    page.call("Network.emulateNetworkConditions", offline=not up, latency=0, downloadThroughput=-1, uploadThroughput=-1)


def keep(page: Page, name: str) -> None:
    if SCREENS:
        Path(SCREENS).mkdir(parents=True, exist_ok=True)
        (Path(SCREENS) / f"{name}.png").write_bytes(page.picture())


def save(page: Page) -> None:
    page.value("void document.querySelector('#pictures-form .actions button').click()")


def test_several_pictures_are_sent_one_after_the_other(post: Site, page: Page, case: str, files: list[Path]) -> None:
    page.upload("#picture", *files[:3])
    page.upload("#camera", files[3])
    page.wait_for("document.querySelectorAll('#uploads li').length == 4")
    page.fill(caption="خلف المقعد")
    keep(page, "uploads-chosen")
    save(page)
    page.wait_for(f"location.pathname == '{case}'")
    assert "خلف المقعد" in page.text()
    assert len(shown(post.browser("officer"), case)) == 4
    width = "(async image => { image.loading = 'eager'; await image.decode(); return image.naturalWidth })"
    assert page.value(width + "(document.querySelector('.pictures img'))") == 64
    keep(page, "case-with-pictures")


def test_a_line_that_breaks_is_waited_for(post: Site, page: Page, case: str, files: list[Path]) -> None:
    page.upload("#picture", files[3])
    page.wait_for("document.querySelectorAll('#uploads li').length == 1")
    line(page, up=False)
    save(page)
    page.wait_for("document.querySelector('#uploads').innerText.includes('trying again')")
    keep(page, "uploads-waiting")
    line(page, up=True)
    page.wait_for(f"location.pathname == '{case}'")
    assert len(shown(post.browser("officer"), case)) == 1


def test_a_bad_picture_is_named_and_the_others_are_saved(
    post: Site, page: Page, case: str, files: list[Path], tmp_path: Path
) -> None:
    bad = tmp_path / "zip.jpg"
    bad.write_bytes(b"PK\x03\x04" + bytes(200))
    page.upload("#picture", bad, files[0])
    page.wait_for("document.querySelectorAll('#uploads li').length == 2")
    save(page)
    page.wait_for("document.querySelectorAll('#uploads li img').length == 1")
    page.wait_for("!document.querySelector('#pictures-form .actions button').disabled")
    assert "not a picture we can keep" in page.text() and "pictures/new" in page.path()
    assert len(shown(post.browser("officer"), case)) == 1
    assert page.value("document.querySelector('#pictures-form .actions a').textContent") == "Back to the record"
    keep(page, "uploads-refused")
    page.press("#pictures-form .actions button")
    assert page.path() == case and "1 picture is saved" in page.text(), "nothing is left to send"


def test_a_reload_in_the_middle_loses_nothing(post: Site, page: Page, case: str, files: list[Path]) -> None:
    page.upload("#picture", files[3])
    page.wait_for("document.querySelectorAll('#uploads li').length == 1")
    # the line dies after the first piece has arrived
    page.value(
        "(() => { const go = window.fetch; let asked = 0;"
        " window.fetch = (...a) => ++asked > 2 ? Promise.reject(new Error('gone')) : go(...a); })()"
    )
    save(page)
    page.wait_for("document.querySelector('#uploads').innerText.includes('trying again')")
    page.open(str(page.value("location.href")))
    assert "arrived only in part" in page.text() and "large.png" in page.text()
    keep(page, "uploads-partly-here")
    page.upload("#picture", files[3])
    page.wait_for("document.querySelectorAll('#uploads li').length == 1")
    save(page)
    page.wait_for(f"location.pathname == '{case}'")
    (address,) = shown(post.browser("officer"), case)
    assert post.browser("officer").get(address + "/original").data == files[3].read_bytes()


def test_pictures_are_taken_in_the_report_before_it_is_sent(
    post: Site, page: Page, address: str, case: str, files: list[Path]
) -> None:
    officer = post.browser("officer")
    page.open(f"{address}/language/ar?back=/cases/new")
    page.fill(**{"goods.1.quantity": "12"})
    keep(page, "report-form")
    calendar = "document.querySelector('#date ~ input[type=date]')"
    page.value(f"{calendar}.value = '2026-11-04', {calendar}.dispatchEvent(new Event('input'))")
    assert page.value("document.getElementById('date').value") == "4 نوفمبر 2026", "a day of the calendar, in words"
    box, button = (f"document.querySelector('#date{more}').getBoundingClientRect()" for more in ("", " + button"))
    assert page.value(f"{box}.width > 120 && {button}.right <= {box}.left"), "beside the box, which keeps its width"
    page.press("button[value=pictures]")
    labels = "[...document.querySelectorAll('#pictures-form label.button')].map(one => one.innerText)"
    assert page.value(labels) == ["اختر صورًا", "التقط صورة"], "the words of the page, not of the browser"
    hidden = "getComputedStyle(document.getElementById('camera')).opacity == 0"
    assert page.value(hidden), "what the browser writes beside a file is not shown"
    page.upload("#camera", files[0])
    page.wait_for("document.querySelectorAll('#uploads li').length == 1")
    keep(page, "report-pictures")
    save(page)
    page.wait_for("location.pathname.startsWith('/drafts/') && document.querySelector('#pictures img')?.complete")
    assert page.value("document.querySelector('#pictures img').naturalWidth") > 0
    assert page.value("document.getElementById('goods.1.quantity').value") == "12"
    keep(page, "report-with-picture")
    draft = page.path()
    reported = place(press(officer, draft, "report", **SHORT))
    assert len(shown(officer, reported)) == 1
    page.open(f"{address}/language/en?back={reported}")


def test_it_works_with_scripts_off(post: Site, page: Page, case: str, files: list[Path]) -> None:
    page.scripts(False)
    page.open(str(page.value("location.href")))
    page.upload("#picture", *files[:2])
    page.send_form("#pictures-form .actions")
    assert page.path() == case
    assert len(shown(post.browser("officer"), case)) == 2
    page.scripts(True)


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("window", [(360, 740), (1280, 900)])
@pytest.mark.parametrize("name", ["picture", "change", "gallery", "add"])
def test_a_page_about_pictures_fits_its_window(
    post: Site, page: Page, address: str, case: str, name: str, window: tuple[int, int], language: str
) -> None:
    officer = post.browser("officer")
    (picture,) = shown(officer, case) or [add_one(officer, case)]
    path = {"picture": picture, "change": picture + "/edit", "gallery": "/gallery"}.get(
        name, f"/records/{case.rpartition('/')[2]}/pictures/new"
    )
    page.size(*window, phone=window[0] < 500)
    page.cookie(address, "diwan_language", language)
    page.open(address + path)
    page.cookie(address, "diwan_language", "en")
    assert page.value("document.dir") == ("rtl" if language == "ar" else "ltr")
    width, wide = page.value("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= wide
    assert page.value("document.querySelectorAll('h1').length") == 1
    keep(page, f"{name}-{'phone' if window[0] < 500 else 'desk'}-{language}")


def add_one(officer: Browser, case: str) -> str:
    add(officer, case, content=png(1200, 900), caption="خلف المقعد – behind the seat", kind="xray")
    return shown(officer, case)[0]
