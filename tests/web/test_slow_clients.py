"""No client, however slow, holds a thread of a console or keeps others out."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import psutil
import pytest
from diwan_core.web.server.limits import Limits
from diwan_core.web.server.progress import Progress

from .server_kit import BIG, HOUR, Client, Served, serving

pytestmark = pytest.mark.slow

MANY = 3 * Limits.threads - 1
"""Slow clients at once: more than threads, fewer than one address may have."""
PATIENT = {"handshake_s": HOUR, "head_s": HOUR, "idle_s": HOUR, "window_s": HOUR}
ROOM = {"connections": 500, "per_address": 500}


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """A server whose deadlines never come: what answers here does not depend on them."""
    with serving(tmp_path_factory.mktemp("patient") / "post", PATIENT | ROOM) as served:
        yield served


def answers(served: Served, source: str = "127.0.0.2") -> bool:
    """Whether somebody else is answered, and with a body too."""
    with served.client(source) as client:
        return client.ask("/?n=1").endswith("hello 1\n") and client.ask(
            "/take", method="POST", body=b"y" * 1000
        ).endswith("took 1000\n")


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"G",
        b"GET / HTTP/1.1\r\nHost: te",
        b"POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nhalf",
        b"POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: 9000000\r\n\r\nhalf",
    ],
    ids=["nothing", "a letter", "half a head", "half a body", "half a large body"],
)
def test_half_open_requests_hold_no_thread(patient: Served, sent: bytes) -> None:
    with ExitStack() as stack:
        for _ in range(MANY):
            stack.enter_context(patient.client()).send(sent)
        assert answers(patient)


@pytest.mark.parametrize("path", ["/file", "/stream"])
def test_clients_that_do_not_read_their_answer_hold_no_thread(patient: Served, path: str) -> None:
    with ExitStack() as stack:
        clients = [stack.enter_context(patient.client(receive=4096)) for _ in range(MANY)]
        for client in clients:
            client.send(f"GET {path} HTTP/1.1\r\nHost: test\r\n\r\n")
        first = [client.sock.recv(1) for client in clients]
        assert first == [b"H"] * MANY
        assert answers(patient)


@pytest.mark.parametrize("path", ["/file", "/stream"])
def test_an_answer_that_was_interrupted_by_a_slow_client_goes_on_where_it_stopped(patient: Served, path: str) -> None:
    with patient.client(receive=4096) as client:
        client.send(f"GET {path} HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        data = client.sock.recv(100)
        assert answers(patient)
        while piece := client.sock.recv(1_000_000):
            data += piece
    _, _, body = data.partition(b"\r\n\r\n")
    if path == "/file":
        assert body == b"x" * BIG
    else:
        assert body.count(b"/stream") == BIG // 10_000
        assert body.endswith(b"0\r\n\r\n")


def test_a_file_that_arrives_slowly_arrives_whole(patient: Served) -> None:
    with patient.client() as client:
        client.send(f"POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: {BIG}\r\n\r\n")
        for _ in range(BIG // 100_000):
            client.send(b"y" * 100_000)
        assert client.answer().endswith(f"took {BIG}\n")


SHORT = {"tick_s": 0.02, "window_bytes": 1000}


@pytest.mark.parametrize(
    ("limits", "sent"),
    [
        ({"head_s": 0.1}, b""),
        ({"head_s": 0.1}, b"GET / HTTP/1.1\r\n"),
        ({"idle_s": 0.1}, b"GET / HTTP/1.1\r\nHost: test\r\n\r\n"),
        ({"head_s": 0.1}, b"GET / HTTP/1.1\r\nHost: test\r\n\r\nGET"),
        ({"window_s": 0.1}, b"POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: 1000\r\n\r\nhalf"),
        ({"window_s": 0.1}, b"POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: 9000000\r\n\r\nhalf"),
    ],
    ids=["nothing", "head", "idle", "next head", "body", "large body"],
)
def test_who_stops_sending_is_closed_at_the_deadline(tmp_path: Path, limits: dict[str, float], sent: bytes) -> None:
    with serving(tmp_path / "post", PATIENT | SHORT | limits) as served, served.client() as client:
        client.send(sent)
        assert client.is_closed_by_server()
        assert answers(served)


def test_who_stops_reading_is_closed_at_the_deadline(tmp_path: Path) -> None:
    with serving(tmp_path / "post", PATIENT | SHORT | {"window_s": 0.2}) as served:
        with served.client(receive=4096) as client:
            client.send("GET /file HTTP/1.1\r\nHost: test\r\n\r\n")
            waiting_for_close(served, client)
        assert answers(served)


def waiting_for_close(served: Served, client: Client) -> None:
    """The client reads nothing; the server's end of its connection goes away all the same."""
    name = client.sock.getsockname()
    process = psutil.Process(served.process.pid)
    for _ in range(3000):
        if not any(held.raddr and tuple(held.raddr) == name for held in process.net_connections("tcp")):
            return
        served.client().__exit__()
    raise AssertionError("the connection is still open")


def test_progress_is_asked_for_in_every_window_and_never_as_a_whole() -> None:
    limits = Limits(window_s=30, window_bytes=1000)
    transfer = Progress(limits, 0.0)
    for minute in range(1, 1000):
        transfer.note(1000)
        assert not transfer.too_slow(minute * 30.0)
    transfer.note(999)
    assert not transfer.too_slow(1000 * 30.0 - 0.1)
    assert transfer.too_slow(1000 * 30.0)


def test_told_to_stop_it_ends_although_clients_are_slow(tmp_path: Path) -> None:
    with serving(tmp_path / "post", PATIENT | {"grace_s": 0.2, "tick_s": 0.05}) as served, ExitStack() as stack:
        for sent in (b"", b"GET", b"POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: 9000000\r\n\r\nhalf"):
            stack.enter_context(served.client()).send(sent)
        served.process.terminate()
        assert served.process.wait(30) == 0
