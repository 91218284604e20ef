"""The MQTT carrier: MQTT 3.1.1 over TLS 1.3 with client certificates, in the caller's own thread.

QoS 0 throughout: the protocol has receipts of its own, which say that rows are in the receiver's database; a broker's
acknowledgement would cost two packets and say less (docs/adr/0007-exchange.md)."""

from __future__ import annotations

import logging
import random
import socket
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from paho.mqtt.client import Client, MQTTv311
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode

from diwan_core.exchange.carriers import Message
from diwan_core.exchange.carriers.packets import MOST_SENT, BrokenStream, Packets
from diwan_core.ready import ready

KEEPALIVE_S: Final = 240
FIRST_RETRY_S: Final = 0.25
LAST_RETRY_S: Final = 45.0
"""The longest pause between two attempts: after an outage of the centre every post is back within a minute."""
SERVICE_RETRY_S: Final = 2.0
"""The same for the centre's own services, beside the broker: they are there before the posts."""
CONNECT_TIMEOUT_S: Final = 30.0
CHUNK: Final = 65_536
READ_S: Final = 0.05
READ_BYTES: Final = 16 * 1024 * 1024
"""What is read at once at the most."""
SHORT_S: Final = 5.0
SHORT_SESSIONS: Final = 4
"""So many sessions in a row that the broker ended within `SHORT_S`: another client of the same name takes them. (MQTT
has a reason code for it, 0x8E of version 5; Mosquitto 2.0.11 does not send it.)"""
FIRST_CONTEST_S: Final = 30.0
LAST_CONTEST_S: Final = 600.0
"""Pauses of a node whose sessions are taken, instead of taking them back at once."""

log = logging.getLogger("diwan.mqtt")


class _Client(Client):
    """The library's client, which is given the packets that are not messages for us, and no socket to read from."""

    others = b""
    ended = False

    def _sock_recv(self, bufsize: int) -> bytes:
        data, self.others = self.others[:bufsize], self.others[bufsize:]
        if not data and not self.ended:
            raise BlockingIOError
        return data


class MqttCarrier:
    """One session with the broker. It connects again by itself, at jittered intervals; `on_up` is called each time."""

    def __init__(
        self,
        name: str,
        host: str,
        port: int,
        context: Callable[[], ssl.SSLContext],
        subscriptions: Sequence[str],
        on_up: Callable[[], None],
        on_down: Callable[[], None] = lambda: None,
        last_retry_s: float = LAST_RETRY_S,
    ) -> None:
        self._where = (host, port)
        self._context = context
        self._subscriptions = dict.fromkeys(subscriptions)
        self._on_up, self._on_down = on_up, on_down
        self._inbox: list[Message] = []
        self._up = False
        self._pending_up = False
        self._retry_s = FIRST_RETRY_S
        self._last_retry_s = last_retry_s
        self._retry_at = 0.0
        self._misc_at = 0.0
        self._packets = Packets()
        self._client = _Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv311, clean_session=True)
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.connect_timeout = CONNECT_TIMEOUT_S
        self._tls = False
        self._since = 0.0
        self._contest = Contest()

    @property
    def up(self) -> bool:
        """Whether the session stands."""
        return self._up

    @property
    def contested(self) -> bool:
        """Whether another client of the same name takes this one's sessions."""
        return self._contest.wait_s > 0

    @property
    def queued(self) -> bool:
        """Whether bytes wait for the line."""
        return bool(self._client.want_write())

    def subscribe(self, more: Sequence[str]) -> None:
        """Hear these topics too, now and in every session to come."""
        self._subscriptions.update(dict.fromkeys(more))
        if self._up:
            self._client.subscribe([(topic, 0) for topic in more])

    def unsubscribe(self, less: Sequence[str]) -> None:
        """Hear these topics no more."""
        for topic in less:
            self._subscriptions.pop(topic, None)
        if self._up:
            self._client.unsubscribe(list(less))

    def publish(self, topic: str, payload: bytes) -> None:
        """Hand a message to the broker; without a session it is lost, and the journal still has it."""
        if len(payload) > MOST_SENT:
            log.error("a message of %d bytes is not sent: the broker would end the session", len(payload))
        elif self._up:
            self._client.publish(topic, payload, qos=0)

    def poll(self, timeout: float, wake: Sequence[int] = ()) -> list[Message]:
        """See `Carrier.poll`."""
        now = time.monotonic()
        if self._client.socket() is None:
            if self._up:
                self._down()
            if now >= self._retry_at:
                self._connect()
            if self._client.socket() is None:
                ready(wake, timeout_s=max(0.0, min(timeout, self._retry_at - time.monotonic())))
                return []
        self._wait(timeout, wake)
        if now >= self._misc_at:
            self._misc_at = now + 1.0
            self._client.loop_misc()
            if self._up:
                self._contest.stands(now - self._since)
        if self._pending_up:
            self._pending_up = False
            self._on_up()
        messages, self._inbox = self._inbox, []
        return messages

    def _wait(self, timeout: float, wake: Sequence[int]) -> None:
        sock: Any = self._client.socket()
        if self._readable(sock):
            timeout = 0.0
        writing = [sock.fileno()] if timeout and self._client.want_write() else []
        try:
            readable = sock.fileno() in ready([sock.fileno(), *wake], writing, timeout)
        except (OSError, ValueError):
            if sock.fileno() >= 0:
                raise  # it is one of those that wake
            readable = True  # reading says that the session has ended
        if self._client.want_write():
            self._client.loop_write()
        if readable or self._readable(sock):
            self._read(sock)

    def _read(self, sock: Any) -> None:
        """All that came, for a moment: what is left unread makes the broker drop what others send."""
        end, size, others = time.monotonic() + READ_S, 0, bytearray()
        try:
            while size < READ_BYTES and time.monotonic() < end:
                data = sock.recv(CHUNK)
                if not data:
                    self._client.ended = True
                    break
                size += len(data)
                self._packets.feed(data, self._inbox, others)
        except (ssl.SSLWantReadError, ssl.SSLWantWriteError, BlockingIOError):
            pass  # nothing more is there
        except OSError as error:
            log.info("the line to the broker ended: %s", error)
            self._client.ended = True
        except BrokenStream as error:
            log.warning("the broker sends what is not MQTT: %s", error)
            self._client.ended = True
        self._client.others += bytes(others)
        while self._client.others or self._client.ended:
            if self._client.loop_read() != MQTTErrorCode.MQTT_ERR_SUCCESS or self._client.socket() is None:
                break

    @staticmethod
    def _readable(sock: Any) -> bool:
        """Whether TLS holds decrypted bytes that select cannot see."""
        try:
            return bool(sock.pending())
        except (AttributeError, ValueError):
            return False

    def _connect(self) -> None:
        try:
            if not self._tls:
                self._client.tls_set_context(self._context())
                self._tls = True
            self._packets, self._client.others, self._client.ended = Packets(), b"", False
            self._client.connect(*self._where, keepalive=KEEPALIVE_S)
            sock: Any = self._client.socket()
            if sock is None:
                raise ConnectionAbortedError("the line ended in the greeting")
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            # A dead line shows itself by unacknowledged bytes, long before the keep-alive.
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 120_000)
        except (OSError, ValueError) as error:
            log.info("no line to the broker at %s:%s yet: %s", *self._where, error)
            self._later()

    def _later(self) -> None:
        # Jittered, so that a country's posts do not come back in the same second (full jitter over the last half).
        pause = max(self._retry_s, self._contest.pause_s)
        self._retry_at = time.monotonic() + pause * random.uniform(0.5, 1.0)
        self._retry_s = min(self._retry_s * 2, self._last_retry_s)

    def _connected(self, client: Client, _userdata: object, _flags: object, reason: Any, _properties: object) -> None:
        if reason.is_failure:
            log.warning("the broker refused this node: %s", reason)
            self._later()
            return
        if self._subscriptions:
            client.subscribe([(topic, 0) for topic in self._subscriptions])
        self._up = True
        self._pending_up = True
        self._since = time.monotonic()
        self._retry_s = FIRST_RETRY_S

    def _disconnected(self, _client: Client, _userdata: object, _flags: object, _reason: object, _more: object) -> None:
        if self._up and self._contest.ended(time.monotonic() - self._since):
            log.warning("another client of this node's name takes the line; this one waits before it tries again")

    def _down(self) -> None:
        if self._up:
            self._up = False
            log.info("the line to the broker is down")
            self._on_down()
        self._later()

    def close(self) -> None:
        """End the session."""
        if self._up:
            self._client.disconnect()
        self._up = False


@dataclass
class Contest:
    """Two clients of one name, a copied card say: a broker keeps the one that came last. Whoever loses one session
    after another waits, longer each time, so that they do not take the line from each other for ever."""

    wait_s: float = 0.0
    """0 once a session has stood for long after the last time."""
    pause_s: float = 0.0
    """What the next attempt waits at the least."""
    _short: int = 0

    def ended(self, seconds: float) -> bool:
        """A session was ended by the other side after so many seconds; whether that was one too many."""
        self._short = self._short + 1 if seconds < SHORT_S else 0
        self.pause_s = 0.0
        if self._short < SHORT_SESSIONS:
            return False
        self.wait_s = self.pause_s = min(max(FIRST_CONTEST_S, 2 * self.wait_s), LAST_CONTEST_S)
        return True

    def stands(self, seconds: float) -> None:
        """The session stands for so long."""
        self.pause_s = 0.0
        if self.wait_s and seconds > 2 * self.wait_s:
            self.wait_s, self._short = 0.0, 0


def take_over(name: str, host: str, port: int, context: ssl.SSLContext, hold_s: float = 1.0, tries: int = 20) -> bool:
    """Connect under a client's name, which ends the session it has, and hold the name for a moment. A client that the
    broker still lets in comes back at once and takes it again; then this is done again. Whether the broker was there
    and the name was held to the end."""
    held = None
    for _try in range(tries):
        held = _held(name, host, port, context, hold_s)
        if held is not False:
            break
    return bool(held)


def _held(
    name: str, host: str, port: int, context: ssl.SSLContext, hold_s: float, timeout: float = 10.0
) -> bool | None:
    """Whether a session of this name lasted `hold_s` seconds; None where no broker answered."""
    client = Client(CallbackAPIVersion.VERSION2, client_id=name, protocol=MQTTv311, clean_session=True)
    client.tls_set_context(context)
    client.connect_timeout = timeout
    answered: list[float] = []
    client.on_connect = lambda *_: answered.append(time.monotonic())
    end = time.monotonic() + timeout
    try:
        client.connect(host, port, keepalive=60)
        while not answered and time.monotonic() < end and client.socket() is not None:
            client.loop(0.2)
        if not answered:
            return None
        while client.socket() is not None and time.monotonic() < answered[0] + hold_s:
            client.loop(0.1)
        lasted = client.socket() is not None
    except (OSError, ValueError):
        return False if answered else None
    client.disconnect()
    return lasted
