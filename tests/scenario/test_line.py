"""A line that can be cut, stalled, thinned and broken off, between real sockets."""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from diwan_lab.line import Lines


@pytest.fixture
def echo() -> Iterator[tuple[str, int]]:
    server = socket.create_server(("127.0.0.1", 0))

    def serve(one: socket.socket) -> None:
        with one, contextlib.suppress(OSError):  # the line was cut
            while data := one.recv(4096):
                one.sendall(data)

    def accept() -> None:
        while True:
            try:
                one, _ = server.accept()
            except OSError:
                return
            threading.Thread(target=serve, args=(one,), daemon=True).start()

    threading.Thread(target=accept, daemon=True).start()
    yield server.getsockname()
    server.close()


@pytest.fixture
def lines(echo: tuple[str, int]) -> Iterator[Lines]:
    with Lines(["post1"], echo) as lines:
        yield lines


def connect(lines: Lines) -> socket.socket:
    return socket.create_connection(("127.0.0.1", lines.of["post1"].port), timeout=10)


def read(sock: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (data := sock.recv(size - len(got))):
        got += data
    return got


def test_in_fair_weather_all_bytes_come_through_both_ways(lines: Lines) -> None:
    with connect(lines) as sock:
        sent = bytes(range(256)) * 500
        sock.sendall(sent)
        assert read(sock, len(sent)) == sent


def test_a_cut_ends_the_connection_and_lets_the_next_one_through(lines: Lines) -> None:
    with connect(lines) as sock:
        sock.sendall(b"one")
        assert read(sock, 3) == b"one"
        lines.cut("post1")
        assert sock.recv(1) == b""
    with connect(lines) as sock:
        sock.sendall(b"two")
        assert read(sock, 3) == b"two"


def test_a_partition_refuses_until_it_heals(lines: Lines) -> None:
    lines.of["post1"].weather = "cut"
    with connect(lines) as sock:
        assert sock.recv(1) == b""
    lines.of["post1"].weather = "fair"
    with connect(lines) as sock:
        sock.sendall(b"back")
        assert read(sock, 4) == b"back"


def test_a_stalled_line_carries_nothing_and_loses_nothing(lines: Lines) -> None:
    with connect(lines) as sock:
        lines.of["post1"].weather = "stalled"
        sock.sendall(b"late")
        sock.settimeout(0.3)
        with pytest.raises(TimeoutError):
            sock.recv(1)
        sock.settimeout(10)
        lines.of["post1"].weather = "fair"
        assert read(sock, 4) == b"late"


def test_a_line_breaks_off_in_the_middle_of_a_message(lines: Lines) -> None:
    with connect(lines) as sock:
        lines.of["post1"].break_after = 5
        sock.sendall(b"0123456789")
        assert read(sock, 10) in (b"", b"01234")


def test_a_thin_line_takes_its_time(lines: Lines) -> None:
    lines.of["post1"].weather = "thin"
    with connect(lines) as sock:
        began = time.monotonic()
        sock.sendall(b"slow")
        assert read(sock, 4) == b"slow"
        assert time.monotonic() - began > 0.5
