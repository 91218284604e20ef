"""A real Chromium that has the console authority installed trusts the consoles, and nothing else it could vouch for."""

import shutil
import ssl
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from ipaddress import ip_network
from pathlib import Path

import pytest
from diwan_core.trust import mint_id
from diwan_core.trust.consoles.console_certificate import certify_own
from diwan_core.trust.consoles.console_limits import Limits
from diwan_core.trust.consoles.console_tls import ConsoleTls

from .chromium import PROGRAM, BrowserError, Page, chromium
from .conftest import PASSWORD
from .tls_kit import NAME, Secured, secured

CERTUTIL = shutil.which("certutil")
pytestmark = [
    pytest.mark.skipif(PROGRAM is None, reason="chromium is not installed: apt install chromium"),
    pytest.mark.skipif(CERTUTIL is None, reason="certutil is not installed: apt install libnss3-tools"),
    pytest.mark.slow,
]


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured(tmp_path_factory.mktemp("browser")) as found:
        yield found


@pytest.fixture(scope="module")
def browser(console: Secured, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Page]:
    """A laptop on which a technician has installed the console authority, and nothing else."""
    home = tmp_path_factory.mktemp("home")
    store = home / ".pki" / "nssdb"
    store.mkdir(parents=True)
    (home / "root.crt").write_bytes(console.authority.certificate)
    install = ["-N", "--empty-password"], ["-A", "-n", "Diwan", "-t", "C,,", "-i", str(home / "root.crt")]
    for command in install:
        subprocess.run([str(CERTUTIL), "-d", f"sql:{store}", *command], check=True)
    with chromium(home / "profile", "--host-resolver-rules=MAP * 127.0.0.1", home=home) as found:
        yield found


def test_an_officer_signs_in_over_tls_without_any_warning(console: Secured, browser: Page) -> None:
    address = f"https://{NAME}:{console.port}"
    browser.open(f"{address}/sign-in")
    browser.fill(name="officer", password=PASSWORD)
    browser.press("main form button")
    browser.open(f"{address}/cases")
    assert browser.path() == "/cases"
    assert "Officer Example" in str(browser.value("document.body.textContent"))
    assert browser.value("window.isSecureContext") is True
    cookies = browser.call("Network.getCookies", urls=[address])["cookies"]
    session = next(cookie for cookie in cookies if "session" in cookie["name"])
    assert session["name"].startswith("__Host-") and session["secure"] and session["httpOnly"]


def test_plain_http_at_the_port_leads_to_the_page_over_tls(console: Secured, browser: Page) -> None:
    browser.open(f"http://127.0.0.1:{console.port}/sign-in")
    assert browser.value("location.protocol") == "https:"


@pytest.mark.parametrize("name", ["gate9.local", "127.0.0.1"])
def test_another_console_of_the_administration_is_trusted(
    console: Secured, browser: Page, tmp_path: Path, name: str
) -> None:
    with pretending(console, tmp_path, name) as port:
        browser.open(f"https://{name}:{port}/")
        assert browser.text() == "hello"


@pytest.mark.parametrize("name", ["www.example.org", "bank.example", "8.8.8.8"])
def test_a_foreign_name_signed_by_the_stolen_authority_is_refused(
    console: Secured, browser: Page, tmp_path: Path, name: str
) -> None:
    with pretending(console, tmp_path, name) as port, pytest.raises(BrowserError, match="ERR_CERT"):
        browser.open(f"https://{name}:{port}/")


@contextmanager
def pretending(console: Secured, folder: Path, name: str) -> Iterator[int]:
    """A server that shows a certificate for this name, made with the authority's key whatever its limits are."""
    authority, limits = console.authority, console.authority.limits
    authority.limits = Limits((name,), (ip_network("0.0.0.0/0"), ip_network("::/0")))
    try:
        certify_own(folder, authority, mint_id(), [name], [], datetime.now(UTC))
    finally:
        authority.limits = limits
    server = HTTPServer(("127.0.0.1", 0), _Hello)
    context: ssl.SSLContext = ConsoleTls(folder)()
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class _Hello(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/plain")
        self.end_headers()
        self.wfile.write(b"hello")

    def log_message(self, format: str, *args: object) -> None:
        pass
