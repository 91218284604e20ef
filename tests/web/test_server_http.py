"""The console's server as HTTP/1.1: kept connections, requests in a row, refusals that are heard."""

import json
import socket
from collections.abc import Iterator

import pytest

from .server_kit import BIG, Served, serving
from .test_slow_clients import PATIENT


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with serving(tmp_path_factory.mktemp("http") / "post", PATIENT) as found:
        yield found


def test_a_connection_serves_one_request_after_the_other(served: Served) -> None:
    with served.client() as client:
        for number in range(3):
            assert client.ask(f"/?n={number}").endswith(f"hello {number}\n")
            assert client.ask("/take", method="POST", body=b"z" * number).endswith(f"took {number}\n")


def test_requests_sent_in_a_row_are_answered_in_order(served: Served) -> None:
    one = "POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: 3\r\n\r\nabc"
    with served.client() as client:
        client.send(one + one + "GET /?n=last HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        data = b""
        while piece := client.sock.recv(65536):
            data += piece
    assert data.count(b"took 3\n") == 2
    assert data.endswith(b"hello last\n")


def test_a_body_is_asked_for_where_the_client_waits_for_that(served: Served) -> None:
    for size in (1000, BIG):
        with served.client() as client:
            head = f"POST /take HTTP/1.1\r\nHost: t\r\nExpect: 100-continue\r\nContent-Length: {size}\r\n\r\n"
            client.send(head)
            assert client.answer().startswith("HTTP/1.1 100 ")
            client.send(b"y" * size)
            assert client.answer().endswith(f"took {size}\n")


def test_a_client_that_is_refused_in_the_middle_of_its_body_hears_why(served: Served) -> None:
    with served.client() as client:
        client.send(f"POST /refuse HTTP/1.1\r\nHost: test\r\nContent-Length: {BIG}\r\n\r\n")
        client.send(b"y" * BIG)
        client.sock.shutdown(socket.SHUT_WR)
        assert client.answer().endswith("not wanted\n")


def test_the_answer_to_head_has_no_body(served: Served) -> None:
    with served.client() as client:
        client.send("HEAD /file HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n")
        data = b""
        while piece := client.sock.recv(65536):
            data += piece
    assert f"Content-Length: {BIG}".encode() in data
    assert data.endswith(b"\r\n\r\n")


@pytest.mark.parametrize(
    ("fields", "seen"),
    [
        (["SCRIPT_NAME: /evil"], {"script": "", "path": "/seen"}),
        (["Script_Name: /seen"], {"script": "", "path": "/seen"}),
        (["SCRIPT-NAME: /evil"], {"script": "", "path": "/seen"}),
        (["PATH_INFO: /file"], {"script": "", "path": "/seen"}),
        (["X-Forwarded-Proto: https"], {"scheme": "http"}),
        (["X-Forwarded-Proto: https", "X-Forwarded-Ssl: off"], {"scheme": "http"}),
        (["X-Forwarded-For: 203.0.113.9"], {"peer": "127.0.0.1"}),
    ],
)
def test_no_header_of_a_client_changes_where_a_request_belongs(
    served: Served, fields: list[str], seen: dict[str, str]
) -> None:
    with served.client() as client:
        found = json.loads(client.ask("/seen", *fields).partition("\r\n\r\n")[2])
    assert found | seen == found


def test_a_trusted_proxy_says_whether_its_client_came_over_tls(tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("proxied") / "post"
    with serving(folder, PATIENT, trusted_proxies="127.0.0.9") as found, found.client("127.0.0.9") as client:
        for sent, scheme in (("https", "https"), ("HTTPS", "https"), ("gopher", "http")):
            answer = client.ask("/seen", f"X-Forwarded-Proto: {sent}")
            assert json.loads(answer.partition("\r\n\r\n")[2])["scheme"] == scheme
