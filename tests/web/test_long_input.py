"""What is too long or no HTTP is answered by a page of ours, in the reader's language, before and after sign-in."""

import html
import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

import pytest
from diwan_lab.ports import free_port

from .conftest import Site, make_site
from .server_kit import PATIENCE_S, Client
from .test_serve import answer

pytestmark = pytest.mark.slow

SCRIPT = """
import sys; from pathlib import Path
from diwan_appliance.web import create_post_app
from diwan_central.console.web import create_central_app
from diwan_core.web.serve import serve
make_app = create_post_app if sys.argv[1] == "post" else create_central_app
serve(make_app, "127.0.0.1", int(sys.argv[2]), Path(sys.argv[3]))
"""
WORD = "تهريب"
ARABIC = "Accept-Language: ar"
ENGLISH = "Accept-Language: en"


@dataclass(frozen=True)
class Running:
    """A console as it really runs, and somebody's cookie."""

    site: Site
    port: int
    cookie: str

    def ask(self, raw: bytes) -> str:
        sock = socket.create_connection(("127.0.0.1", self.port), PATIENCE_S)
        with Client(sock) as client:
            client.send(raw)
            return client.answer()


@pytest.fixture(scope="module", params=["post", "central"])
def console(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    role = "post" if request.param == "post" else "central"
    site = make_site(tmp_path_factory.mktemp("long") / role, role, "Somewhere", "JOAQJ")  # type: ignore[arg-type]
    port = free_port()
    process = subprocess.Popen([sys.executable, "-c", SCRIPT, role, str(port), str(site.folder)])
    try:
        answer(port, "/healthz")
        signed = site.browser("analyst")
        yield Running(site, port, f"Cookie: {signed.cookie}={signed.token}")
    finally:
        process.kill()
        process.wait()


def test_a_search_of_a_thousand_arabic_letters_is_a_search(console: Running) -> None:
    words = quote(" ".join([WORD] * 180))
    found = console.ask(get(f"/cases?q={words}", console.cookie))
    assert found.startswith("HTTP/1.1 200 ")


def get(path: str, *fields: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: test", "Connection: close", *fields, "", ""]).encode()


LONG = get("/cases?q=" + quote(WORD * 900), "Accept-Encoding: gzip")
VERY_LONG = get("/cases?q=" + "y" * 1_500_000)
FULL = get("/cases", *(f"X-Filler-{number}: {'z' * 4000}" for number in range(12)))
MANY = get("/cases", *(f"X-Field-{number}: z" for number in range(80)))
LARGE_FORM = b"POST /sign-in HTTP/1.1\r\nHost: test\r\nContent-Length: 9000000\r\n\r\n" + b"y" * 9_000_000
NO_HTTP = [
    b"GET /cases\r\n\r\n",
    b"GET /cases HTTP/9.9\r\n\r\n",
    b"GET /ca ses HTTP/1.1\r\n\r\n",
    "GET /قضايا HTTP/1.1\r\n\r\n".encode(),
    b"GET /cases HTTP/1.1\nHost: test\n\n",
    b"GET /cases HTTP/1.1\r\nHost test\r\n\r\n",
    b"GET /cases HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    b"GET /cases HTTP/1.1\r\nX: \x00\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nContent-Length: x\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
    b"POST /sign-in HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
    b"CONNECT example.org:443 HTTP/1.1\r\n\r\n",
    b"OPTIONS * HTTP/1.1\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n",
]


@pytest.mark.parametrize(
    ("sent", "status", "english", "arabic"),
    [
        (LONG, 414, "with fewer words", "بكلمات أقل"),
        (VERY_LONG, 414, "with fewer words", "بكلمات أقل"),
        (FULL, 431, "Delete the cookies", "احذف ملفات تعريف الارتباط"),
        (MANY, 431, "Delete the cookies", "احذف ملفات تعريف الارتباط"),
        (LARGE_FORM, 413, "Send less and try again", "قلّل ما ترسله"),
    ],
    ids=["long", "very long", "full", "many", "form"],
)
def test_what_is_too_long_is_answered_in_the_readers_language(
    console: Running, sent: bytes, status: int, english: str, arabic: str
) -> None:
    line, _, rest = sent.partition(b"\r\n")
    for fields in ([], [console.cookie]):
        for language, text in ((ENGLISH, english), (ARABIC, arabic)):
            more = "".join(f"{field}\r\n" for field in (language, *fields)).encode()
            found = console.ask(line + b"\r\n" + more + rest)
            assert found.startswith(f"HTTP/1.1 {status} ")
            assert text in words_of(found)
            assert 'dir="rtl"' in found or language == ENGLISH
            assert ("Sign out" in words_of(found) or "الخروج" in words_of(found)) == bool(fields)


@pytest.mark.parametrize("sent", NO_HTTP)
def test_what_is_no_request_is_answered_by_a_page_of_ours(console: Running, sent: bytes) -> None:
    found = console.ask(sent)
    assert re.match(r"HTTP/1\.1 (400|411|417|431|505) ", found)
    assert "Diwan" in words_of(found) and "Content-Security-Policy" in found
    assert "gunicorn" not in found.lower()


def words_of(answer: str) -> str:
    body = answer.partition("\r\n\r\n")[2].encode("latin-1").decode()
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]*>", " ", body)))
