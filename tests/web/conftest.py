"""A post and a centre with real registers and real accounts, and a browser that fills in form tokens like one."""

import html
import io
import json
import re
import threading
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from diwan_appliance.web import create_post_app
from diwan_central.console.web import create_central_app
from diwan_core import node
from diwan_core.node import NodeConfig
from diwan_core.trust import NodeKeys, mint_id
from diwan_core.trust.people.accounts import ROLES, Accounts
from diwan_core.trust.people.passwords import Cost
from diwan_core.web.kit import csrf
from diwan_core.web.kit.console import KEY, Console
from diwan_core.web.kit.rate_limit import Pace
from diwan_core.web.kit.sign_in_budget import SignInBudget
from diwan_core.web.transfer import import_reading
from flask import Flask
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from .chromium import Page, chromium

PASSWORD = "seven grey herons at dawn"
CHEAP = Cost(memory_kib=64, iterations=1)


def png(width: int, height: int) -> bytes:
    """A picture of a slope from dark to light: small, valid, and large enough to look at."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return len(content).to_bytes(4, "big") + kind + content + zlib.crc32(kind + content).to_bytes(4, "big")

    rows = b"".join(b"\0" + bytes((x + y) * 255 // (width + height) for x in range(width)) for y in range(height))
    head = width.to_bytes(4, "big") + height.to_bytes(4, "big") + bytes([8, 0, 0, 0, 0])
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


PNG = png(64, 48)


@pytest.fixture(autouse=True)
def _uploads_are_read_to_the_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an upload is shown at work after a moment; a test that wants to see that says so itself."""
    monkeypatch.setattr(import_reading, "WAITED_S", 60.0)


class Browser:
    """The test client with a session of one role: it remembers cookies and sends each form's token."""

    def __init__(self, app: Flask, cookie: str, token: str) -> None:
        self.client = app.test_client()
        self.client.environ_base["HTTP_ORIGIN"] = "http://localhost"  # as every browser says with its forms
        self.cookie = cookie
        self.token = token
        if token:
            self.client.set_cookie(cookie, token)

    def get(self, path: str, **query: str) -> TestResponse:
        return self.client.get(path, query_string=query)

    def json(self, path: str, **query: str) -> Any:
        return json.loads(self.get(path, **query).data)

    def post(self, path: str, data: dict[str, Any] | None = None, **more: Any) -> TestResponse:
        """Send a form. Where the page asks whether a report is right, this person says that it is."""
        sent = {csrf.FIELD: csrf.token(self.token), **(data or {})}
        answer = self.client.post(path, data=sent, **more)
        asked = (
            re.search(r'name="_confirmed" value="([0-9a-f]{16})"', answer.text) if answer.status_code == 422 else None
        )
        if asked is None:
            return answer
        return self.client.post(path, data={**sent, "_confirmed": asked[1]}, **more)

    def follow(self, response: TestResponse) -> TestResponse:
        assert response.status_code == 303, response.text
        return self.client.get(response.location)


@dataclass(frozen=True)
class Site:
    """A node with its console. `accounts` has one account of each role, named after it, all with PASSWORD."""

    folder: Path
    app: Flask
    accounts: Accounts

    @property
    def console(self) -> Console:
        found: Console = self.app.extensions[KEY]
        return found

    def let_in(self, name: str, role: str, display_name: str = "") -> str:
        """A new account: the administrator asks, the supervisor approves; its one-time password."""
        return let_in(self.accounts, name, role, display_name)

    def browser(self, role: str = "officer") -> Browser:
        signed = self.accounts.sign_in(role, PASSWORD)
        return Browser(self.app, f"diwan_session_{self.console.node.id}", signed.token)

    def stranger(self) -> Browser:
        return Browser(self.app, "", "")


class Hand:
    """A person at a real browser."""

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address

    def sign_in(self, site: Site, browser: Browser) -> None:
        self.page.cookie(self.address, f"diwan_session_{site.console.node.id}", browser.token)

    def go(self, path: str) -> None:
        self.page.open(self.address + path)

    def type(self, **texts: str) -> None:
        for name, text in texts.items():
            self.page.value(
                f"""(() => {{ const control = document.getElementById({name!r}); control.value = {text!r};
                control.dispatchEvent(new Event("input", {{bubbles: true}})); }})()"""
            )

    def press(self, selector: str) -> None:
        """Click a button and wait for the page that follows."""
        self.page.value("window.before = true")
        self.page.value(f"void document.querySelector({selector!r}).click()")
        self.page.wait_for("!window.before && document.readyState == 'complete'")

    def wait(self, condition: str) -> None:
        self.page.wait_for(condition)

    def sees(self, selector: str) -> bool:
        return bool(self.page.value(f"!!document.querySelector({selector!r})"))

    def reads(self) -> str:
        return str(self.page.value("document.querySelector('main').innerText"))


def let_in(accounts: Accounts, name: str, role: str, display_name: str = "") -> str:
    """The way two people add somebody; the one-time password."""
    asker, approver = accounts.actor("administrator"), accounts.actor("supervisor")
    return accounts.approve(accounts.ask("add", name, asker, role=role, display_name=display_name).number, approver)[1]


def make_site(folder: Path, role: node.Role, label: str, office: str) -> Site:
    node.create(folder, NodeConfig(role=role, id=mint_id(), label=label, office=office, web_tls="off"))
    NodeKeys.create(folder)
    accounts = Accounts.open(folder, cost=CHEAP)
    first = ("administrator", "supervisor")
    for name in (*first, *(role for role in ROLES if role not in first)):
        add = partial(let_in, accounts) if name not in first else accounts.add
        accounts.change_password(name, add(name, name, f"{name.capitalize()} Example"), PASSWORD)
        accounts.hints.close(name)  # what pages say to newcomers is tested by itself
    if role == "post":
        app = create_post_app(folder, open_accounts=lambda _: accounts)
    else:
        app = create_central_app(
            folder, enrol=lambda _, body: body, make_code=lambda *_: "abcd-efgh", open_accounts=lambda _: accounts
        )
    app.extensions["diwan_pace"] = Pace(burst=1_000_000)  # tests ask faster than people
    app.extensions[KEY].sign_ins = SignInBudget(1_000_000)
    app.testing = False  # a test must see what a person would see: a page, never an exception
    return Site(folder, app, accounts)


@pytest.fixture(scope="session")
def post(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = make_site(tmp_path_factory.mktemp("web") / "post", "post", "Aqaba port", "JOAQJ")
    yield site
    site.console.close()


@pytest.fixture(scope="session")
def centre(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    site = make_site(tmp_path_factory.mktemp("web") / "centre", "central", "Centre", "")
    yield site
    site.console.close()


@pytest.fixture(scope="session")
def officer(post: Site) -> Browser:
    return post.browser("officer")


SHORT = {
    "date": "2026-11-20",
    "office": "JOAQJ",
    "direction": "import",
    "detection_method": "xray_cargo",
    "concealment_method": "vehicle_cabin",
    "goods.1.product_group": "drugs",
    "goods.1.quantity": "12,5",
    "goods.1.unit": "KGM",
    "leg.1.country": "SY",
    "leg.2.country": "JO",
    "leg.1.mode": "3",
}


def picture(content: bytes = PNG, name: str = "p.png", **fields: str) -> dict[str, Any]:
    return {"picture": (io.BytesIO(content), name), **fields}


def text_of(response: TestResponse) -> str:
    """What a person reads on a page: no tags, single spaces."""
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", response.text)))


@pytest.fixture
def reported(officer: Browser) -> str:
    """The address of a freshly reported case."""
    response = officer.post("/cases/new", SHORT)
    assert response.status_code == 303, text_of(response)
    return response.location.partition("?")[0]


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """One browser a module; where there is none, the module is skipped."""
    with chromium(tmp_path_factory.mktemp("chromium")) as found:
        yield found


@pytest.fixture(scope="module")
def address(post: Site) -> Iterator[str]:
    """Where the post's console is served."""
    server = make_server("127.0.0.1", 0, post.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture
def hand(page: Page, address: str) -> Hand:
    """A thumb on a phone, in English and by day."""
    page.size(360, 740, phone=True)
    page.colours("light")
    page.cookie(address, "diwan_language", "en")
    return Hand(page, address)
