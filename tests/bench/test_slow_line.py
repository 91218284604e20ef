"""The slow line passes on what comes, in order, and counts it; how late is worked out and not waited for."""

from __future__ import annotations

import socket
import threading

import pytest
from diwan_bench.slow_line import SlowLine, Way


def test_pieces_queue_behind_each_other_and_all_arrive_half_a_round_trip_later() -> None:
    way = Way(bytes_a_second=32_000, delay_s=0.15)
    assert way.arrival(3200, now=10.0) == pytest.approx(10.25)
    assert way.arrival(3200, now=10.0) == pytest.approx(10.35), "the line was busy"
    assert way.arrival(3200, now=20.0) == pytest.approx(20.25)
    assert way.counted == 9600


def test_what_is_sent_arrives_unchanged_and_is_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as far:

        def echo() -> None:
            peer, _address = far.accept()
            with peer:
                while piece := peer.recv(4096):
                    peer.sendall(piece)

        thread = threading.Thread(target=echo, daemon=True)
        thread.start()
        sent = bytes(range(256)) * 40
        with SlowLine(far.getsockname()[1], kbit_a_second=1e6, round_trip_ms=2) as line:
            with socket.create_connection(("127.0.0.1", line.port), 30) as near:
                near.sendall(sent)
                near.shutdown(socket.SHUT_WR)
                back = b"".join(iter(lambda: near.recv(4096), b""))
            assert back == sent and line.passed() == (len(sent), len(sent))
        thread.join(30)
