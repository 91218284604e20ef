"""What a post believes of the address it was given: only what the one-time code proves, over HTTP and TLS alike."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from diwan_appliance import renewal
from diwan_appliance import setup as post_setup
from diwan_appliance.centre_request import CentreNotReached, ask_centre
from diwan_central.network.central_enrolment import enrol, make_code
from diwan_core.trust.errors import BadAnswer, EnrolmentRefused
from diwan_core.trust.network.enrolled_keys import is_enrolled
from diwan_core.trust.network.enrolment_codes import CodeFor

from tests.enrolment.thief import Thief
from tests.exchange.network import Network, network

pytestmark = pytest.mark.slow

Answer = Callable[[bytes], tuple[int, dict[str, str], bytes]]
GATE = CodeFor("Gate 9", "JOAMM", made_by="technician")
TEXT = {"Content-Type": "text/plain"}


@pytest.fixture
def net(tmp_path: Path) -> Iterator[Network]:
    with network(tmp_path / "network", posts=0) as made:
        yield made


@pytest.fixture
def place(tmp_path: Path) -> Path:
    post_setup.create(tmp_path / "post", "Gate 9", "JOAMM", "127.0.0.1", 0)
    return tmp_path / "post"


@contextmanager
def serving(answer: Answer, context: ssl.SSLContext | None = None) -> Iterator[str]:
    """A web server that answers every POST as told; its address."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            content = self.rfile.read(int(self.headers["Content-Length"]))
            status, headers, body = answer(content)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if context else ''}://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


def strangers_certificate(place: Path) -> ssl.SSLContext:
    """TLS with a certificate that nobody has heard of, for another name."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "elsewhere.test")]), datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=2))
        .not_valid_after(now - timedelta(days=1))
        .sign(key, SHA256())
    )
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()) + certificate.public_bytes(Encoding.PEM)
    (place / "tls.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(place / "tls.pem")
    return context


@pytest.mark.parametrize("over_tls", [False, True], ids=["http", "https with a stranger's certificate"])
def test_a_post_is_enrolled_whatever_the_line_is_since_it_believes_the_code_alone(
    net: Network, place: Path, tmp_path: Path, over_tls: bool
) -> None:
    def answer(content: bytes) -> tuple[int, dict[str, str], bytes]:
        return 200, {}, enrol(net.register.folder, content)

    with serving(answer, strangers_certificate(tmp_path) if over_tls else None) as url:
        done = post_setup.enrol(place, url, make_code(net.register.folder, GATE))
    assert done.centre == net.register.config.id
    assert is_enrolled(place)


@pytest.mark.parametrize("over_tls", [False, True], ids=["http", "https"])
def test_a_centre_that_did_not_make_the_code_is_not_believed(
    net: Network, place: Path, tmp_path: Path, over_tls: bool
) -> None:
    with network(tmp_path / "another", posts=0) as another:
        folder = another.register.folder
        own = Thief(tmp_path / "thief").asks(make_code(folder, GATE))
        context = strangers_certificate(tmp_path) if over_tls else None
        with (
            serving(lambda _: (200, {}, enrol(folder, own.request)), context) as url,
            pytest.raises(BadAnswer, match="not from the centre"),
        ):
            post_setup.enrol(place, url, make_code(net.register.folder, GATE))
    assert not is_enrolled(place)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_post_follows_no_redirect(net: Network, place: Path, status: int) -> None:
    asked: list[bytes] = []

    def elsewhere(content: bytes) -> tuple[int, dict[str, str], bytes]:
        asked.append(content)
        return 200, {}, b""

    with (
        serving(elsewhere) as other,
        serving(lambda _: (status, {"Location": f"{other}/enrol"}, b"")) as url,
        pytest.raises(CentreNotReached, match="sends on to another address"),
    ):
        post_setup.enrol(place, url, make_code(net.register.folder, GATE))
    with (
        serving(elsewhere) as other,
        serving(lambda _: (status, {"Location": f"{other}/renew"}, b"")) as url,
        pytest.raises(CentreNotReached),
    ):
        renewal._ask(url, b"a request")
    assert asked == []


def test_the_centres_refusal_is_shown_in_its_own_plain_words(net: Network, place: Path) -> None:
    said = "The code ABCD-… is out of date.\x1b[2J Ask the centre for a new code.\n".encode()
    with serving(lambda _: (403, TEXT, said)) as url, pytest.raises(EnrolmentRefused) as refused:
        post_setup.enrol(place, url, make_code(net.register.folder, GATE))
    assert str(refused.value) == "The code ABCD-… is out of date. [2J Ask the centre for a new code."
    with serving(lambda _: (403, TEXT, b"")) as url, pytest.raises(EnrolmentRefused, match="without a reason"):
        ask_centre(url, "/enrol", b"", "application/json", 100)


@pytest.mark.parametrize(
    ("status", "headers", "words"),
    [
        (404, {"Content-Type": "text/html"}, "is not a centre"),
        (403, {"Content-Type": "text/html"}, "is not a centre"),
        (500, TEXT, "is in trouble"),
        (429, {**TEXT, "Retry-After": "7"}, "in 7 seconds"),
        (429, {**TEXT, "Retry-After": "soon"}, "in a minute"),
    ],
)
def test_what_answers_and_is_no_centre_or_has_no_time_is_said_in_words(
    status: int, headers: dict[str, str], words: str
) -> None:
    with serving(lambda _: (status, headers, b"<html>")) as url, pytest.raises(CentreNotReached, match=words):
        ask_centre(url, "/enrol", b"", "application/json", 100)


def test_a_page_of_something_else_is_no_answer_and_an_endless_one_is_not_read(net: Network, place: Path) -> None:
    code = make_code(net.register.folder, GATE)
    for body in (b"<html>Sign in to the hotel's network</html>", b" " * 3_000_000):
        with serving(lambda _, body=body: (200, {}, body)) as url:  # type: ignore[misc]
            with pytest.raises(BadAnswer) as refused:
                post_setup.enrol(place, url, code)
            assert "Compare the address" in str(refused.value)
            assert "msgspec" not in str(refused.value)
            assert "JSON" not in str(refused.value)
            assert len(ask_centre(url, "/enrol", b"", "application/json", 100)) <= 101


@pytest.mark.parametrize("address", ["", "10.0.0.1", "file:///etc/passwd", "ftp://10.0.0.1", "http://[", "http://"])
def test_what_is_no_address_is_named(address: str) -> None:
    with pytest.raises(CentreNotReached):
        ask_centre(address, "/enrol", b"", "application/json", 100)
