"""A console that serves says so to systemd; one that hangs does not."""

import socket
import threading
from pathlib import Path

import pytest
from diwan_core.web.server import self_check


def answering(listening: socket.socket, answer: bytes) -> threading.Thread:
    def serve() -> None:
        connected, _ = listening.accept()
        with connected:
            connected.recv(1000)
            connected.sendall(answer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    return thread


@pytest.mark.parametrize(
    ("answer", "well"), [(b"HTTP/1.1 200 OK\r\n\r\nok\n", True), (b"HTTP/1.1 500 No\r\n\r\n", False)]
)
def test_only_an_answer_that_all_is_well_counts(answer: bytes, well: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = answering(listening, answer)
        assert self_check.answers(listening.getsockname()) is well
        thread.join()


def test_a_console_that_accepts_and_never_answers_hangs() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert not self_check.answers(listening.getsockname(), seconds=0.1)


def test_a_console_at_a_unix_socket_is_asked_too(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listening:
        listening.bind(str(tmp_path / "console"))
        listening.listen()
        thread = answering(listening, b"HTTP/1.1 200 OK\r\n\r\n")
        assert self_check.answers(str(tmp_path / "console"))
        thread.join()


def test_systemd_hears_that_the_console_is_ready_once_it_answers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as manager, socket.create_server(("0.0.0.0", 0)) as listening:  # noqa: S104  every address is meant
        manager.bind(str(tmp_path / "notify"))
        manager.settimeout(10)
        monkeypatch.setenv("NOTIFY_SOCKET", str(tmp_path / "notify"))
        monkeypatch.setenv("WATCHDOG_USEC", "30000000")
        answering(listening, b"HTTP/1.1 200 OK\r\n\r\n")
        assert self_check.start([listening]) is not None
        assert manager.recv(100) == b"READY=1"


def test_nothing_is_asked_where_no_service_manager_listens(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NOTIFY_SOCKET", raising=False)
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert self_check.start([listening]) is None
