"""The centre's relay: the process that sends admitted rows on to the posts. It reads the register and never writes
it."""

from __future__ import annotations

from itertools import chain
from typing import Final

from diwan_core import crash, systemd, world
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers.chaos import disturb
from diwan_core.exchange.carriers.mqtt import SERVICE_RETRY_S, MqttCarrier
from diwan_core.exchange.centre.relay import RelayExchange
from diwan_core.exchange.loop import Stop, WakeSocket
from diwan_core.exchange.wire import topics
from diwan_core.processes.part import Part
from diwan_core.register import Register
from diwan_core.trust import NodeKeys

from diwan_central.exchange.answers import Answers
from diwan_central.exchange.listening import Listening, Nodes
from diwan_central.exchange.request_queue import Questions
from diwan_central.network.own_certificates import ServiceCertificate
from diwan_central.setup import scope_key, write_access

SERVICE: Final = "central-relay"
SLEEP_S: Final = 5.0
"""What a lost knock costs at the most."""
LIVE_S: Final = 0.25
SLICE_S: Final = 0.05
"""Seconds for what was committed, and for answers, before the other has its turn."""


def run(part: Part) -> None:
    """Relay until asked to stop."""
    folder, config = part.folder, part.config
    register = Register.open(folder, role="reader")
    exchange = RelayExchange(register, NodeKeys.load(folder), scope_key(folder, ledger.load(register)))

    def came_up() -> None:
        carrier.publish(*exchange.voice.wake())

    certificate = ServiceCertificate(folder, SERVICE)
    session = MqttCarrier(
        SERVICE, config.broker_host, config.broker_port, certificate.context,
        [], came_up, last_retry_s=SERVICE_RETRY_S,
    )  # fmt: skip
    carrier = disturb(session, "relay")
    listening, nodes = Listening(session, (topics.HELLO, topics.ASK)), Nodes(register)
    stop, wake = Stop(), WakeSocket(folder, "relay")
    questions = Questions()
    answers = Answers(exchange, questions)
    behind = False
    write_access(folder)
    watchdog = systemd.Watchdog()
    systemd.ready()
    part.ready()
    try:
        while not stop.asked:
            # A question is answered when the answers before are with the broker, so that they are not all held here.
            free = (bool(questions) or answers.busy) and carrier.up and not session.queued
            wait = 0.0 if free or behind else watchdog.within(min(SLEEP_S, exchange.timeout()))
            if (known := nodes.new()) is not None:
                listening.follow(known)
            messages = carrier.poll(wait, (wake.fileno(), stop.fileno()))
            listening.note(messages)
            listening.turn()
            questions.add(messages)
            watchdog.beat()
            wake.drain()
            wake.keep()
            certificate.turn()
            if not carrier.up:
                continue
            if exchange.ledger_grew():
                write_access(folder)  # whoever added the facts may have died before that
                for topic, payload in exchange.renew(scope_key(folder, ledger.load(register))):
                    carrier.publish(topic, payload)
            # What was committed goes first, then a slice of time for whoever asked something.
            behind, end = False, world.monotonic_s() + LIVE_S
            for topic, payload in chain(exchange.announcements(), exchange.live()):
                crash.point("before-publish")
                carrier.publish(topic, payload)
                if world.monotonic_s() > end:
                    behind = True
                    break
            if not session.queued:
                for topic, payload in answers.slice(SLICE_S):
                    carrier.publish(topic, payload)
            for topic, payload in exchange.work(SLICE_S):
                carrier.publish(topic, payload)
            for topic, payload in exchange.beacon():
                carrier.publish(topic, payload)
    finally:
        carrier.close()
        wake.close()
        register.close()
