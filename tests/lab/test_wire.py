"""The counter of bytes on the wire counts what crosses, headers included."""

import os
import socket

from diwan_lab.wire import measure


def test_bytes_sent_over_an_open_connection_are_counted_with_their_headers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as near, server.accept()[0] as far:
            near.sendall(bytes(50_000))
            received = 0
            while received < 50_000:
                received += len(far.recv(65_536))
            wire = measure([os.getpid()], port)
    assert 50_000 < wire.sent < 60_000
    assert 0 < wire.received < 3_000


def test_a_process_without_connections_has_exchanged_nothing() -> None:
    wire = measure([os.getpid()], 9)
    assert (wire.sent, wire.received) == (0, 0)
