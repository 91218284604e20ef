"""Consoles over TLS: versions, ciphers, resumption, cookies, HSTS, plain HTTP at their port."""

import ssl
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from diwan_core.trust.consoles.console_state import fingerprint
from diwan_core.web.kit.transport import HSTS_SECONDS

from .conftest import PASSWORD
from .server_kit import Client
from .tls_kit import NAME, Secured, secured

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Secured]:
    with secured(tmp_path_factory.mktemp("tls")) as found:
        yield found


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_speaks_the_versions_of_today_to_a_client_that_checks_everything(
    console: Secured, version: ssl.TLSVersion
) -> None:
    with console.connected(console.context(minimum_version=version, maximum_version=version)) as connected:
        assert connected.version() == version.name.replace("_", ".")
        cipher = connected.cipher()
        assert cipher is not None and ("GCM" in cipher[0] or "CHACHA20" in cipher[0])


@pytest.mark.filterwarnings("ignore:ssl.TLSVersion:DeprecationWarning")
def test_it_speaks_no_older_version_and_no_weak_cipher(console: Secured) -> None:
    old = console.context()
    old.minimum_version, old.maximum_version = ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1
    old.set_ciphers("ALL:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        console.connected(old)
    weak = console.context(maximum_version=ssl.TLSVersion.TLSv1_2)
    weak.set_ciphers("ECDHE-ECDSA-AES128-SHA:ECDHE-ECDSA-AES256-SHA384:AES128-GCM-SHA256:@SECLEVEL=0")
    with pytest.raises(ssl.SSLError):
        console.connected(weak)


@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_a_client_that_comes_again_resumes_its_session(console: Secured, version: ssl.TLSVersion) -> None:
    context = console.context(minimum_version=version, maximum_version=version)
    with console.connected(context) as first:
        first.sendall(b"GET /healthz HTTP/1.1\r\nHost: aqaba.local\r\n\r\n")
        assert first.recv(1000).startswith(b"HTTP/1.1 200 ")
        session = first.session
        assert session is not None and not first.session_reused
    with console.connected(context, session=session) as second:
        assert second.session_reused


def test_half_a_handshake_holds_nothing(console: Secured) -> None:
    hello = b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"
    with ExitStack() as stack:
        for number in range(20):
            stack.enter_context(console.plain()).sendall(hello[: number % 12])
        assert console.ask("/healthz").status == 200


def test_what_looks_like_a_handshake_and_is_none_is_closed(console: Secured) -> None:
    with Client(console.plain()) as client:
        client.send(b"\x16\x03\x01\x00\x05hello there")
        assert client.is_closed_by_server()
    assert console.ask("/healthz").status == 200


@pytest.mark.parametrize("path", ["/", "/cases?q=a%20b", "/sign-in", "/no/such/page", "/static/x/diwan.css"])
def test_plain_http_at_its_port_is_sent_on_to_https(console: Secured, path: str) -> None:
    with Client(console.plain()) as client:
        client.send(f"GET {path} HTTP/1.1\r\nHost: {NAME}:{console.port}\r\n\r\n")
        answer = client.answer()
    assert answer.startswith("HTTP/1.1 308 ")
    assert f"Location: https://{NAME}:{console.port}{path}\r\n" in answer
    assert "Set-Cookie" not in answer and "Strict-Transport" not in answer


@pytest.mark.parametrize(
    "head", ["POST /sign-in HTTP/1.1\r\nHost: x", "GET / HTTP/1.1", "GET http://y/ HTTP/1.1\r\nHost: x"]
)
def test_plain_http_that_cannot_be_sent_on_is_told_what_to_do(console: Secured, head: str) -> None:
    with Client(console.plain()) as client:
        client.send(f"{head}\r\nContent-Length: 0\r\n\r\n")
        answer = client.answer()
    assert answer.startswith("HTTP/1.1 400 ") and "begins with https://" in answer


def test_its_cookies_belong_to_this_host_and_to_tls(console: Secured) -> None:
    answer = console.ask("/sign-in")
    cookies = answer.headers.get_all("Set-Cookie") or []
    assert len(cookies) == 1
    assert cookies[0].startswith(f"__Host-diwan_visit_{console.site.console.node.id}=")
    attributes = {part.strip().lower() for part in cookies[0].split(";")[1:]}
    assert {"secure", "httponly", "samesite=lax", "path=/"} <= attributes
    assert not any(part.startswith("domain") for part in attributes)


def test_the_language_is_kept_in_such_a_cookie_too(console: Secured) -> None:
    (line,) = console.ask("/language/ar").headers.get_all("Set-Cookie") or []
    assert line.startswith("__Host-diwan_language=ar;") and "Secure" in line
    assert console.ask("/sign-in", Cookie="__Host-diwan_language=ar").read().decode().count('lang="ar" dir="rtl"') == 1


def test_a_session_that_was_made_without_tls_does_not_count(console: Secured) -> None:
    signed = console.site.accounts.sign_in("officer", PASSWORD)
    node = console.site.console.node.id
    for name, status in ((f"diwan_session_{node}", 303), (f"__Host-diwan_session_{node}", 200)):
        assert console.ask("/cases", Cookie=f"{name}={signed.token}").status == status


def test_browsers_are_told_to_use_https_only_for_a_name_and_never_for_an_address(console: Secured) -> None:
    assert console.ask("/sign-in").headers["Strict-Transport-Security"] == f"max-age={HSTS_SECONDS}"
    assert "Strict-Transport-Security" not in console.ask("/sign-in", "127.0.0.1").headers


def test_a_console_that_vouches_for_itself_is_not_made_inaccessible(tmp_path: Path) -> None:
    with secured(tmp_path, certified=False) as console:
        context = console.context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with console.connected(context) as connected:
            connected.sendall(f"GET /sign-in HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
            answer = b""
            while piece := connected.recv(65536):
                answer += piece
    assert answer.startswith(b"HTTP/1.1 200 ") and b"Strict-Transport-Security" not in answer
    assert b"Does your browser warn" not in answer  # there is no certificate to install yet


def test_the_page_of_the_authority_shows_the_fingerprint_and_gives_the_certificate(console: Secured) -> None:
    page = console.ask("/console-authority").read().decode()
    pairs = fingerprint(console.authority.certificate).split(":")
    assert " ".join(pairs[:8]) in page and " ".join(pairs[24:]) in page
    answer = console.ask("/console-authority.crt")
    assert answer.headers["Content-Type"] == "application/x-x509-ca-cert"
    assert answer.read() == console.authority.certificate
    assert "/console-authority" in console.ask("/sign-in").read().decode()
