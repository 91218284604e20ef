"""The pages in a real browser: nothing runs out of the window, in both directions, on phone and desk, day and night."""

import hashlib
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from diwan_core.register import Edit
from flask import Flask
from werkzeug.serving import make_server

from .chromium import PROGRAM, Page
from .conftest import SHORT, Browser, Site, picture, png
from .forms import form_of, place, press
from .test_editing import fields_of

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
]

PHONE, DESK = (360, 740), (1280, 900)
TOO_WIDE = """[...document.querySelectorAll("main *")]
    .filter(element => element.getBoundingClientRect().width > document.documentElement.clientWidth)
    .map(element => element.tagName + "." + element.className).join(" ")"""
#: Where to leave the pictures for a person to look at; nowhere unless told.
SCREENS = os.environ.get("DIWAN_SCREENS", "")


@pytest.fixture(scope="module")
def served(post: Site) -> Iterator[tuple[str, str, str]]:
    """(address of the console, address of a rich case, session) of a post with some cases."""
    browser = post.browser("officer")
    for number in range(30):
        groups = ("drugs", "tobacco", "counterfeit", "other", "weapons")
        browser.post(
            "/cases/new", {**SHORT, "date": f"2026-10-{number + 1:02}", "goods.1.product_group": groups[number % 5]}
        )
    case = rich_case(post, browser)
    with running(post.app) as site:
        yield site, case, browser.token


@contextmanager
def running(app: Flask) -> Iterator[str]:
    """The address of a console, served until the block ends."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def rich_case(post: Site, browser: Browser) -> str:
    """A case with several parts, a picture, a text in Arabic and a conflict."""
    address = browser.post("/cases/new", {**SHORT, "country": "JO"}).location.partition("?")[0]
    record = address.rpartition("/")[2]
    with post.console.writing() as register:
        values = {
            "type": "seizure",
            "place": "ميناء العقبة – Gate 3",
            "narrative": "Lorry stopped at the scanner; a false wall behind the seat.\nأخفيت البضاعة خلف جدار مزيف.",
            "goods": {
                "2": {"product_group": "tobacco", "quantity": "1234567.5", "unit": "STK", "description": "Cigarettes"},
            },
            "means": {
                "1": {"role": "departure", "mode": "3", "plate": "ع م ن 12-3456", "container_number": "MSKU1234565"}
            },
            "party": {"1": {"role": "driver", "name": "محمد العبد الله"}},
        }
        register.save([Edit("case", values, record=record)], author="supervisor")
    path = f"{address}/edit/goods/1"
    first, second = (fields_of(browser.get(path).text) for _ in range(2))
    browser.post(path, {**first, "goods.1.quantity": "100"})
    browser.post(path, {**second, "goods.1.quantity": "200"})
    for number, caption in enumerate(("خلف المقعد – behind the seat", "X-ray of the trailer")):
        content = png(320, 240 + number)
        browser.post(f"/records/{record}/pictures/new", picture(content, caption=caption))
    # the second one's bytes are at the centre only
    next((post.folder / "blobs").rglob(hashlib.sha256(content).hexdigest())).unlink()
    return address


def full_draft(post: Site, token: str) -> str:
    """The address of a full form with a person in it."""
    browser = Browser(post.app, f"diwan_session_{post.console.node.id}", token)
    shown = place(browser.post("/cases/new", {**form_of(browser.get("/cases/new").text), **SHORT, "do": "wide"}))
    return place(press(browser, shown, "add:party"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("window", [PHONE, DESK])
@pytest.mark.parametrize(
    "name",
    [
        *("sign-in", "list", "case", "report", "wrong", "full", "edit", "picture", "drafts", "link", "check"),
        *("settle", "on-file", "status"),
    ],
)
def test_a_page_fits_its_window(
    page: Page, post: Site, served: tuple[str, str, str], name: str, window: tuple[int, int], language: str, scheme: str
) -> None:
    site, case, token = served
    path = {
        "sign-in": "/sign-in",
        "list": "/cases?from=2026-01-01",
        "case": case,
        "report": "/cases/new",
        "wrong": "/cases/new",
        "edit": f"{case}/edit/goods/1",
        "picture": f"/records/{case.rpartition('/')[2]}/pictures/new",
        "full": "/drafts/full",
        "drafts": "/drafts",
        "link": "/drafts/full/link/party.1.subject?q=a",
        "check": "/check",
        "settle": f"/records/{case.rpartition('/')[2]}/conflicts",
        "on-file": "/conveyances",
        "status": "/status",
    }[name]
    if "/full" in path:
        path = path.replace("/drafts/full", full_draft(post, token))
    if name == "check":
        token = post.browser("supervisor").token
    if scheme == "dark" and not SCREENS and name not in ("list", "case"):
        pytest.skip("the colours of the other pages are the same: drawn only when pictures are asked for")
    page.size(*window, phone=window == PHONE)
    page.colours(scheme)
    page.cookie(site, f"diwan_session_{post.console.node.id}", "" if name == "sign-in" else token)
    page.cookie(site, "diwan_language", language)
    page.open(site + path)
    if name == "wrong":
        # what was used last stands in the form: a wrong one is first emptied
        typed = "document.querySelectorAll('main form :is(input:not([type=hidden]), select)')"
        page.value(f"{typed}.forEach(control => {{ control.value = '' }})")
        page.send_form("main form")
        assert page.value("document.querySelectorAll('.message').length") > 5
    assert page.path() == path.partition("?")[0]
    assert page.value("document.dir") == ("rtl" if language == "ar" else "ltr")
    width, wide = page.value("[document.documentElement.scrollWidth, document.documentElement.clientWidth]")
    assert width <= wide, f"{name} is {width} px wide in a window of {wide}: {page.value(TOO_WIDE)}"
    label = "document.querySelector('.brand span')"
    whole = page.value(f"{label}.scrollWidth <= {label}.clientWidth")
    box = page.value("document.querySelector('.top .wide > form')?.offsetWidth || 0")
    assert whole or box <= 88, "the search box gives way before the name of the post is cut"
    short = page.value(f"[{label}.textContent, {label}.textContent = 'Wadi '.repeat(40)][0]")
    assert page.value("document.documentElement.scrollWidth") <= wide, "a long name of a post is cut"
    page.value(f"{label}.textContent = {short!r}")
    assert page.value("document.querySelectorAll('h1').length") == 1
    unnamed = page.value(
        "[...document.querySelectorAll('input:not([type=hidden]),select,textarea')]"
        ".filter(control => !control.labels.length && !control.ariaLabel).map(control => control.name)"
    )
    assert unnamed == []
    if SCREENS:
        folder = Path(SCREENS)
        folder.mkdir(parents=True, exist_ok=True)
        where = "phone" if window == PHONE else "desk"
        (folder / f"{name}-{where}-{language}-{scheme}.png").write_bytes(page.picture())


def test_the_policy_lets_the_style_in_and_nothing_is_blocked(
    page: Page, served: tuple[str, str, str], post: Site
) -> None:
    site, case, token = served
    page.cookie(site, f"diwan_session_{post.console.node.id}", token)
    page.open(site + case)
    assert page.value("getComputedStyle(document.querySelector('.sheet')).borderTopStyle") == "solid"
    width = "(async image => { image.loading = 'eager'; await image.decode(); return image.naturalWidth })"
    assert page.value(width + "(document.images[0])") > 0


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("scripts", [True, False])
def test_the_menu_is_one_row_and_opens_without_a_script(page: Page, post: Site, language: str, scripts: bool) -> None:
    with running(post.app) as site:
        page.cookie(site, f"diwan_session_{post.console.node.id}", post.browser("supervisor").token)
        page.cookie(site, "diwan_language", language)
        page.scripts(scripts)
        for window in (PHONE, (768, 900), DESK, (1000, 800)):
            page.size(*window, phone=window == PHONE)
            page.open(site + "/check")
            assert page.value("document.querySelector('.top').getBoundingClientRect().height") < 64, window
        page.size(*PHONE, phone=True)
        page.open(site + "/check")
        shown = "[...document.querySelectorAll('.menu a')].filter(a => a.checkVisibility()).map(a => a.pathname)"
        assert page.value(shown) == []
        page.value("document.querySelector('.menu summary').focus()")
        page.key("Enter", 13)
        page.wait_for(f"{shown}.length > 0")
        links = page.value(shown)
        assert links[:2] == ["/cases", "/persons"] and {"/check", "/status", "/account", "/password"} <= {*links}
        box = "document.querySelector('.menu > div').getBoundingClientRect()"
        assert page.value(f"[{box}.left, {box}.right]") == [0, PHONE[0]]
        page.scripts(True)
