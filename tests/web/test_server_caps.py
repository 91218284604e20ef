"""One address cannot take all of a console: caps for each address and in all, turns for threads, proxies."""

from contextlib import ExitStack, suppress
from pathlib import Path

import psutil
import pytest

from .server_kit import HOUR, Client, Served, serving
from .test_slow_clients import PATIENT, answers

pytestmark = pytest.mark.slow

HALF = "GET / HTTP/1.1\r\nHost: te"
CAPS = PATIENT | {"per_address": 4, "connections": 10}


def peers(served: Served) -> list[str]:
    """The addresses of the server's open connections."""
    held = psutil.Process(served.process.pid).net_connections("tcp")
    return sorted(connection.raddr.ip for connection in held if connection.raddr)


def half_open(served: Served, stack: ExitStack, source: str, count: int) -> list[Client]:
    clients = [stack.enter_context(served.client(source)) for _ in range(count)]
    for client in clients:
        client.send(HALF)
    return clients


def test_an_address_that_opens_more_than_its_share_loses_its_oldest(tmp_path: Path) -> None:
    with serving(tmp_path / "post", CAPS) as served, ExitStack() as stack:
        clients = half_open(served, stack, "127.0.0.3", 6)
        assert all(client.is_closed_by_server() for client in clients[:2])
        clients[-1].send("st\r\n\r\n")
        assert clients[-1].answer().endswith("hello \n")
        assert answers(served)


def test_an_address_whose_share_is_taken_by_bodies_under_way_opens_no_more(tmp_path: Path) -> None:
    with serving(tmp_path / "post", CAPS) as served, ExitStack() as stack:
        for client in half_open(served, stack, "127.0.0.3", 4):
            client.send("st\r\nContent-Length: 10\r\n\r\nhalf")
        assert answers(served)  # what came before is read by now
        assert peers(served).count("127.0.0.3") == 4
        assert stack.enter_context(served.client("127.0.0.3")).is_closed_by_server()
        assert answers(served)


@pytest.mark.parametrize("more", ["", "st\r\nContent-Length: 10\r\n\r\nhalf"], ids=["heads", "bodies"])
def test_many_addresses_together_do_not_keep_others_out(tmp_path: Path, more: str) -> None:
    with serving(tmp_path / "post", CAPS) as served, ExitStack() as stack:
        for number in range(3, 9):
            for client in half_open(served, stack, f"127.0.0.{number}", 3):
                with suppress(OSError):  # one that is over the cap may be cut before it has sent this
                    client.send(more)
        for _ in range(3):
            assert answers(served)
        assert len(peers(served)) <= CAPS["connections"]


def test_a_flood_of_requests_of_one_address_leaves_turns_to_others(tmp_path: Path) -> None:
    """One thread only: what waits for it is taken in turns."""
    with serving(tmp_path / "post", PATIENT | {"threads": 1, "large_at_once": 1}) as served, ExitStack() as stack:
        upload = stack.enter_context(served.client("127.0.0.4"))
        upload.send("POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: 3000000\r\n\r\n")
        flood = [stack.enter_context(served.client("127.0.0.3")) for _ in range(10)]
        for number, client in enumerate(flood):
            client.send(f"GET /?n={number} HTTP/1.1\r\nHost: test\r\n\r\n")
        other = stack.enter_context(served.client("127.0.0.5"))
        other.send("GET /?n=other HTTP/1.1\r\nHost: test\r\n\r\n")
        upload.send(b"y" * 3_000_000)
        assert other.answer().endswith("hello other\n")
        assert all(client.answer().endswith(f"hello {number}\n") for number, client in enumerate(flood))


def test_a_trusted_proxy_is_not_capped_but_each_of_its_clients_is(tmp_path: Path) -> None:
    limits = PATIENT | {"per_address": 4, "connections": 50}
    with serving(tmp_path / "post", limits, trusted_proxies="127.0.0.9") as served, ExitStack() as stack:
        clients = [stack.enter_context(served.client("127.0.0.9")) for _ in range(12)]
        for number, client in enumerate(clients):
            whose = "203.0.113.1" if number < 6 else f"203.0.113.{number}"
            client.send(f"POST /take HTTP/1.1\r\nHost: t\r\nX-Forwarded-For: {whose}\r\nContent-Length: 10\r\n\r\nhalf")
        refused = [client.answer() for client in clients[4:6]]
        assert [answer.split()[1] for answer in refused] == ["429", "429"]
        for client in (*clients[:4], *clients[6:]):
            client.send("y" * 6)
            assert client.answer().endswith("took 10\n")


def test_who_is_no_proxy_cannot_name_other_addresses(tmp_path: Path) -> None:
    with serving(tmp_path / "post", CAPS, trusted_proxies="127.0.0.9") as served, ExitStack() as stack:
        for number in range(4):
            client = stack.enter_context(served.client("127.0.0.3"))
            client.send(f"POST /take HTTP/1.1\r\nX-Forwarded-For: 203.0.113.{number}\r\nContent-Length: 10\r\n\r\nhalf")
        assert answers(served)  # what came before is read by now
        assert stack.enter_context(served.client("127.0.0.3")).is_closed_by_server()
        assert answers(served)


def test_a_large_body_waits_for_its_turn_only_so_long(tmp_path: Path) -> None:
    limits = PATIENT | {"large_at_once": 1, "queued_s": 0.1, "tick_s": 0.02}
    head = "POST /take HTTP/1.1\r\nHost: test\r\nContent-Length: 9000000\r\n\r\n"
    with serving(tmp_path / "post", limits) as served, served.client() as first, served.client() as second:
        first.send(head)
        assert answers(served)  # what came before is read by now
        second.send(head)
        assert second.answer().startswith("HTTP/1.1 503 ")
        assert answers(served)


def test_the_deadlines_of_a_console_are_finite() -> None:
    from diwan_core.web.server.limits import Limits

    limits = Limits()
    spans = (limits.handshake_s, limits.head_s, limits.idle_s, limits.window_s, limits.queued_s, limits.linger_s)
    assert all(0 < seconds < HOUR for seconds in spans)
