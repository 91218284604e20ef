"""The page of a locked machine: one field over its own TLS, slower after wrong keys, deaf to everything else."""

from __future__ import annotations

import http.client
import re
import socket
import ssl
import subprocess
import threading
import urllib.parse
from collections.abc import Iterator
from pathlib import Path

import pytest
from diwan_core.disks.unlock_page import FIRST_PAUSE_S, Gate, Server, page

RIGHT = "five words nobody connects here"


class Opener:
    """Stands where the process that opens the disk stands: it knows one key."""

    def __init__(self, path: Path) -> None:
        self.tried: list[str] = []
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen(4)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            try:
                line, _ = self._listener.accept()
            except OSError:
                return
            with line:
                key = line.recv(1024).decode().strip()
                self.tried.append(key)
                line.sendall(b"ok" if key == RIGHT else b"wrong")

    def close(self) -> None:
        self._listener.close()


@pytest.fixture
def opener(tmp_path: Path) -> Iterator[Opener]:
    made = Opener(tmp_path / "key.sock")
    yield made
    made.close()


@pytest.fixture
def passed() -> list[float]:
    """The seconds that have passed for the page, by the clock that it looks at."""
    return [1000.0]


@pytest.fixture
def port(tmp_path: Path, opener: Opener, passed: list[float]) -> Iterator[int]:
    made = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:P-256",
        "-nodes",
        "-subj",
        "/CN=x",
    ]
    subprocess.run([*made, "-keyout", tmp_path / "k", "-out", tmp_path / "c"], check=True, capture_output=True)
    server = Server(
        ("127.0.0.1", 0), "post-1 <b>", Gate(tmp_path / "key.sock", lambda: passed[0]), tmp_path / "c", tmp_path / "k"
    )
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


def ask(port: int, method: str = "GET", body: str = "", **headers: str) -> tuple[int, str]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context, timeout=20)
    connection.request(method, "/anything?x=1", body, headers)
    answer = connection.getresponse()
    assert answer.getheader("Cache-Control") == "no-store" or answer.status >= 400
    return answer.status, answer.read().decode()


def typed(port: int, key: str) -> tuple[int, str]:
    return ask(port, "POST", urllib.parse.urlencode({"key": key}))


def test_the_page_says_the_machines_name_and_asks_for_a_key(port: int) -> None:
    status, text = ask(port)
    assert status == 200 and "post-1 &lt;b&gt; is locked" in text and "<script" not in text
    assert re.findall(r"<input[^>]*>", text) and "الجهاز مقفل" in text


def test_a_right_key_is_passed_on_and_a_wrong_one_slows_everybody(
    port: int, opener: Opener, passed: list[float]
) -> None:
    status, text = typed(port, "wrong wrong wrong wrong")
    assert status == 403 and "not a key of this machine" in text
    status, text = typed(port, RIGHT)
    assert status == 403 and "Too fast" in text and opener.tried == ["wrong wrong wrong wrong"]
    passed[0] += FIRST_PAUSE_S
    status, text = typed(port, RIGHT)
    assert status == 200 and "The console starts" in text and opener.tried[-1] == RIGHT


@pytest.mark.parametrize("body", ["", "key=", "key=%00%ff", "x" * 5_000, "key=a\nb", "&" * 50])
def test_whatever_is_sent_the_page_answers_and_says_nothing_of_it(port: int, body: str, opener: Opener) -> None:
    status, text = ask(port, "POST", body)
    assert status in (403, 413) and "x" * 100 not in text
    assert all(len(key) <= 512 and "\n" not in key for key in opener.tried)


def test_a_length_that_is_none_is_refused(port: int) -> None:
    for length in ("-1", "none", "99999999"):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with socket.create_connection(("127.0.0.1", port), 10) as plain, context.wrap_socket(plain) as line:
            line.sendall(f"POST / HTTP/1.1\r\nContent-Length: {length}\r\n\r\n".encode())
            assert b" 413 " in line.recv(200)


def test_half_open_connections_do_not_keep_a_person_out(port: int) -> None:
    held = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(12)]
    try:
        assert ask(port)[0] == 200
    finally:
        for line in held:
            line.close()


def test_without_the_opener_the_page_says_what_to_look_at(tmp_path: Path) -> None:
    assert Gate(tmp_path / "none.sock").try_key("x") == "failed"
    assert "data disk is plugged in" in page("post-1", "failed").decode()
