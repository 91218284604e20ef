"""The centre's ingest: the process that admits what posts send and sends receipts for it."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import ExitStack, suppress
from typing import Final

from diwan_core import crash, systemd, world
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers.chaos import disturb
from diwan_core.exchange.carriers.mqtt import SERVICE_RETRY_S, MqttCarrier
from diwan_core.exchange.centre.inbox import Inbox
from diwan_core.exchange.erasure import Tidier
from diwan_core.exchange.loop import Stop, WakeSocket
from diwan_core.exchange.wire import topics
from diwan_core.processes.part import Part
from diwan_core.register import Register
from diwan_core.register.code_loading import CodeLoading
from diwan_core.register.maintenance import Upkeep
from diwan_core.register.search.index_later import index_between
from diwan_core.register.storage.damage import was_marked

from diwan_central.exchange.admission_queue import Turns
from diwan_central.exchange.listening import Listening, Nodes
from diwan_central.exchange.number_watch import NumberWatch
from diwan_central.network.console_certificates import Keeper
from diwan_central.network.members import Following
from diwan_central.network.own_certificates import ServiceCertificate
from diwan_central.network.revocation import NotANodeOfOurs, revoke
from diwan_central.privacy.eraser import Eraser
from diwan_central.privacy.handed_in_logs import KeptLogs
from diwan_central.setup import write_access

SERVICE: Final = "central-ingest"
SLEEP_S: Final = 5.0
"""What a lost knock costs at the most: a post that was enrolled a moment ago is not heard before."""
TRACE: Final = "DIWAN_TRACE"


def run(part: Part) -> None:
    """Admit until asked to stop."""
    folder, config = part.folder, part.config
    if was_marked(folder):
        from diwan_core.salvage.recheck import recheck  # a sound centre need not load all that it takes

        recheck(folder, part.findings)
    register = Register.open(folder, role="writer")
    if register.keys is None:
        raise TypeError("a writer has keys")
    ledger.begin(register)
    inbox = Inbox(register, register.keys, logs=KeptLogs(folder, register.keys))

    def came_up() -> None:
        carrier.publish(*inbox.voice.wake())  # whoever has something on its way says hello again

    certificate = ServiceCertificate(folder, SERVICE)
    session = MqttCarrier(
        SERVICE, config.broker_host, config.broker_port, certificate.context,
        [], came_up, last_retry_s=SERVICE_RETRY_S,
    )  # fmt: skip
    carrier = disturb(session, "ingest")
    listening = Listening(session, (topics.PARCEL, topics.PIECE, topics.HELLO, topics.LEDGER, topics.LOG))
    nodes = Nodes(register)
    stop, wake = Stop(), WakeSocket(folder, "ingest")
    with ExitStack() as stack:
        stack.callback(register.close)
        stack.callback(carrier.close)
        stack.callback(wake.close)
        stack.enter_context(Upkeep(register.store.path))
        stack.enter_context(CodeLoading(folder, part.findings))
        stack.enter_context(Keeper(folder))
        tidier = Tidier(register, register.keys, world.monotonic_s)
        eraser = Eraser(register, register.keys, world.monotonic_s)
        numbers = NumberWatch(register, part.findings, world.monotonic_s)
        following = Following(folder, register, register.keys)
        turns = Turns()
        note = trace_commits(stack, os.environ.get(TRACE, ""))
        watchdog = systemd.Watchdog()
        systemd.ready()
        part.ready()
        while not stop.asked:
            if (known := nodes.new()) is not None:
                listening.follow(known)
            busy = inbox.release() or bool(turns)
            wait = 0.0 if busy else watchdog.within(min(SLEEP_S, inbox.due_in()))
            turns.add(carrier.poll(wait, (wake.fileno(), stop.fileno())))
            watchdog.beat()
            wake.drain()
            wake.keep()
            for node in turns.flooding():
                listening.leave(node)
            listening.turn()
            # What came in bulk is indexed while nobody waits who reports a case or a few.
            if turns and (turns.is_small_waiting or not index_between(register.store)):
                turn = turns.next()
                handled = inbox.handle_some(turn.messages, turn.seconds)
                turns.put_back(turn.messages[handled.dealt_with :])
                turns.charge(handled.spent)
                note(inbox.committed)
                crash.point("before-receipt")
                for topic, payload in handled.replies:
                    carrier.publish(topic, payload)
            for topic, payload in inbox.receipts():
                carrier.publish(topic, payload)
            eraser.turn()
            tidier.turn()
            register.anchor()
            numbers.turn()
            following.turn()
            certificate.turn()
            if inbox.ledger_grew:
                inbox.ledger_grew = False
                write_access(folder)
                carrier.publish(*inbox.voice.wake())
            while inbox.clones:
                with suppress(NotANodeOfOurs):  # somebody was faster
                    revoke(folder, inbox.clones.pop(), "two machines wrote as this node: a cloned card")


def trace_commits(stack: ExitStack, path: str) -> Callable[[list[tuple[str, int]]], None]:
    """For the benchmark: a function that writes, for each epoch that a transaction touched, `epoch seq ns` right
    after its commit.

    Nothing without a `path`. ns is since 1970 UTC; the epoch's rows up to seq are committed here by then."""
    if not path:
        return lambda _: None
    descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    stack.callback(os.close, descriptor)

    def note(committed: list[tuple[str, int]]) -> None:
        moment = int(world.wall_s() * 1e9)
        for epoch, seq in committed:
            os.write(descriptor, f"{epoch} {seq} {moment}\n".encode())

    return note
