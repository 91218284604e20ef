"""An enrolled post in wrong hands, as a process of its own: sends one kind of message as fast as the line takes it.

    python -m diwan_bench.attacker --dir POST --kind KIND --seconds 20 [--ready FILE --go FILE] [--messages 9] [--small]

Makes some messages beforehand, writes FILE of `--ready`, and begins once there is that of `--go`. Prints how many
messages and bytes it sent as a JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import socket
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from pathlib import Path
from typing import Final

from diwan_core import node
from diwan_core.exchange.carriers.mqtt import MqttCarrier
from diwan_core.exchange.wire import topics
from diwan_core.trust.network.certificates import signing_request
from diwan_core.trust.network.tls import client_context

from diwan_bench.hostile_kinds import FLOODS, KINDS, PACE_BYTES, PACE_MESSAGES, Sent, Thief

PREPARE_S: Final = 6.0
PREPARE_BYTES: Final = 40_000_000
BURST: Final = 64
HTTP_KINDS: Final = ("renewals", "enrolments")
SESSIONS: Final = "sessions"
OTHERS: Final = (*HTTP_KINDS, SESSIONS)
"""Kinds that are not messages over the line."""
CONNECTING: Final = 4
CONNECT: Final = b"\x10\x0d\x00\x04MQTT\x04\x02\x00\x3c\x00\x01x"
"""MQTT 3.1.1: a clean session. The broker takes the name from the certificate."""
ANSWER_S: Final = 30.0
SMALL: Final = 0.03
"""What part of the rows a parcel holds with `--small`."""


@dataclass(frozen=True)
class Given:
    """What the command was given."""

    folder: Path
    kind: str
    seconds: float
    messages: int | None
    small: bool
    ready: Path | None
    go: Path | None

    def wait(self, meanwhile: Callable[[], object]) -> None:
        """Say that one is ready, and wait for the word, where it was asked for."""
        if self.ready is not None:
            self.ready.touch()
        while self.go is not None and not self.go.exists():
            meanwhile()


def prepared(messages: Iterator[Sent]) -> list[Sent]:
    """As many as a few seconds make: making them takes the processor from those who are attacked."""
    end, size, made = time.monotonic() + PREPARE_S, 0, list[Sent]()
    while time.monotonic() < end and size < PREPARE_BYTES:
        made += islice(messages, 1)
        size += len(made[-1][1])
    return made


def over_the_line(given: Given) -> dict[str, float]:
    """Send by MQTT."""
    config = node.load(given.folder, role="post")
    thief = Thief(given.folder, SMALL if given.small else 1.0)
    messages = islice(KINDS[given.kind](thief), given.messages)
    stock = [] if given.small else prepared(messages)
    up: list[bool] = []
    line = MqttCarrier(
        thief.node, config.broker_host, config.broker_port, lambda: client_context(given.folder), [],
        lambda: up.append(True),
    )  # fmt: skip
    while not up:
        line.poll(0.2)
    given.wait(lambda: line.poll(0.05))
    sent = size = 0
    began = time.monotonic()
    end = began + given.seconds
    for leaf, payload in chain(stock, messages):
        line.publish(topics.up(thief.node, leaf), payload)
        sent, size = sent + 1, size + len(payload)
        if sent % BURST == 0 or line.queued:
            line.poll(0.0)
        while time.monotonic() < end and (line.queued or is_ahead(given.kind, sent, size, time.monotonic() - began)):
            line.poll(0.01)
        if time.monotonic() >= end:
            break
    line.close()
    return {"sent": sent, "bytes": size}


def is_ahead(kind: str, sent: int, size: int, seconds: float) -> bool:
    """Whether more was sent than goes with the pace of a kind."""
    return kind not in FLOODS and (sent > PACE_MESSAGES * (1 + seconds) or size > PACE_BYTES * (1 + seconds))


def over_http(given: Given) -> dict[str, float]:
    """Send to the centre's console."""
    config = node.load(given.folder, role="post")
    thief = Thief(given.folder)
    body = signing_request(thief.keys, thief.node)
    if given.kind == "enrolments":
        body = json.dumps({"code": "aaaa", "body": "e30=", "mac": "A" * 43 + "="}).encode()
    url = f"{config.central_url}/{'renew' if given.kind == 'renewals' else 'enrol'}"
    given.wait(lambda: time.sleep(0.05))
    sent = 0
    end = time.monotonic() + given.seconds
    while time.monotonic() < end:
        try:
            request = urllib.request.Request(url, data=body, method="POST")
            urllib.request.urlopen(request, timeout=ANSWER_S).read()
        except (urllib.error.URLError, OSError):
            pass  # refused, which is an answer too
        sent += 1
    return {"sent": sent, "bytes": sent * len(body)}


def over_and_over(given: Given) -> dict[str, float]:
    """Connect, be let in, and connect again: the broker is one thread, and every time it signs and verifies."""
    config = node.load(given.folder, role="post")
    context = client_context(given.folder)
    given.wait(lambda: time.sleep(0.05))
    end = time.monotonic() + given.seconds
    counts = [0] * CONNECTING

    def connect(place: int) -> None:
        while time.monotonic() < end:
            with (
                contextlib.suppress(OSError),
                socket.create_connection((config.broker_host, config.broker_port), timeout=5) as plain,
                context.wrap_socket(plain, server_hostname=config.broker_host) as line,
            ):
                line.sendall(CONNECT)
                line.recv(4)
            counts[place] += 1

    threads = [threading.Thread(target=connect, args=(place,)) for place in range(CONNECTING)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return {"sent": sum(counts), "bytes": sum(counts) * len(CONNECT)}


def main() -> None:
    """The command above."""
    options = argparse.ArgumentParser()
    options.add_argument("--dir", type=Path, required=True)
    options.add_argument("--kind", choices=[*KINDS, *OTHERS], required=True)
    options.add_argument("--seconds", type=float, required=True)
    options.add_argument("--messages", type=int)
    options.add_argument("--small", action="store_true")
    options.add_argument("--ready", type=Path)
    options.add_argument("--go", type=Path)
    found = options.parse_args()
    given = Given(found.dir, found.kind, found.seconds, found.messages, found.small, found.ready, found.go)
    ways = {**dict.fromkeys(HTTP_KINDS, over_http), SESSIONS: over_and_over}
    print(json.dumps(ways.get(given.kind, over_the_line)(given)))


if __name__ == "__main__":
    main()
