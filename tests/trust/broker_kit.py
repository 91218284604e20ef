"""A real Mosquitto, and clients that remember what they heard."""

import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from diwan_core import broker
from diwan_core.broker import BrokerSettings, Member
from paho.mqtt.enums import CallbackAPIVersion

from .country import Node

needs_mosquitto = pytest.mark.skipif(
    shutil.which("mosquitto", path="/usr/bin:/usr/sbin:/usr/local/sbin") is None,
    reason="Mosquitto is not installed here: apt install mosquitto",
)

SECONDS = 60.0


@dataclass
class Broker:
    """A running Mosquitto with its folder."""

    place: Path
    port: int
    process: subprocess.Popen[bytes]
    nodes: dict[str, Node] = field(default_factory=dict)

    def reload(self, somebody: "Client") -> None:
        """Reload, and wait until it is done: Mosquitto looks at the signal once per turn of its only loop."""
        broker.reload(self.process.pid)
        for _ in range(3):
            somebody.say("diwan/1/all/turn", b"")


@dataclass
class Client:
    """A connected client that remembers what it heard, in order."""

    paho: mqtt.Client
    heard: list[tuple[str, bytes]]
    ended: list[bool]

    def hear(self, topic: str) -> None:
        done: list[bool] = []
        self.paho.on_subscribe = lambda *_: done.append(True)
        self.paho.subscribe(topic, qos=1)
        wait_for(lambda: bool(done), "the subscription is acknowledged")

    def say(self, topic: str, payload: bytes) -> None:
        self.paho.publish(topic, payload, qos=1).wait_for_publish(SECONDS)

    def heard_until(self, payload: bytes) -> list[tuple[str, bytes]]:
        """All that was heard before a marker that this client may certainly hear."""
        wait_for(lambda: any(body == payload for _, body in self.heard), f"{payload!r} arrives")
        return [message for message in self.heard if message[1] != payload]


def wait_for(condition: Callable[[], bool], what: str) -> None:
    end = time.monotonic() + SECONDS
    while not condition():
        assert time.monotonic() < end, f"waited {SECONDS} s in vain: {what}"
        time.sleep(0.01)


@contextmanager
def client(context: ssl.SSLContext | None, port: int, name: str = "any") -> Iterator[Client]:
    paho = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=name, reconnect_on_failure=False)
    if context is not None:
        paho.tls_set_context(context)
    found = Client(paho, [], [])
    connected: list[bool] = []
    paho.on_connect = lambda _c, _u, _f, reason, _p: connected.append(not reason.is_failure)
    paho.on_disconnect = lambda *_: found.ended.append(True)
    paho.on_message = lambda _c, _u, message: found.heard.append((message.topic, bytes(message.payload)))
    paho.connect("127.0.0.1", port)
    paho.loop_start()
    try:
        wait_for(lambda: bool(connected or found.ended), "an answer to the connection")
        if not (connected and connected[0]):
            raise ConnectionRefusedError
        yield found
    finally:
        paho.disconnect()
        paho.loop_stop()


def refused(context: ssl.SSLContext | None, port: int) -> bool:
    try:
        with client(context, port):
            return False
    except OSError:
        return True


@contextmanager
def running(place: Path, settings: BrokerSettings) -> Iterator[Broker]:
    process = subprocess.Popen(broker.command(broker.write_configuration(place, settings)), stderr=subprocess.PIPE)
    try:
        wait_for(lambda: process.poll() is not None or _listens(settings.port), "Mosquitto listens")
        assert process.poll() is None, process.stderr and process.stderr.read().decode()
        yield Broker(place, settings.port, process)
    finally:
        process.terminate()
        process.wait(SECONDS)
        if process.stderr:
            process.stderr.close()


def _listens(port: int) -> bool:
    with closing(socket.socket()) as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def members(*nodes: Node) -> list[Member]:
    return [Member(node.id, ("national",)) for node in nodes]
