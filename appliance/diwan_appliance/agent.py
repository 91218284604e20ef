"""The post's agent: the process that exchanges with the centre, woken by a save, a message or a timer."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from pathlib import Path
from typing import Final

from diwan_core import crash, systemd, world
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers import Carrier
from diwan_core.exchange.carriers.chaos import disturb
from diwan_core.exchange.carriers.mqtt import MqttCarrier
from diwan_core.exchange.erasure import Tidier
from diwan_core.exchange.loop import Stop, WakeSocket, Wakings
from diwan_core.exchange.post.feed_pacing import FEED_BYTES, YIELD_S
from diwan_core.exchange.post.post_exchange import PostExchange
from diwan_core.exchange.post.post_stick import Mirror
from diwan_core.health.findings import Findings
from diwan_core.processes.part import Part
from diwan_core.register import Register
from diwan_core.register.code_loading import CodeLoading
from diwan_core.register.maintenance import Upkeep
from diwan_core.register.search.index_later import index_between
from diwan_core.register.storage.damage import was_marked
from diwan_core.salvage.pending import PART as SALVAGE
from diwan_core.salvage.pending import WAITS as SALVAGED_ROWS
from diwan_core.salvage.pending import Pending
from diwan_core.trust import ScopeKeyring
from diwan_core.trust.network.tls import client_context, reload_certificate

from diwan_appliance.clock import PostClock, set_system_clock
from diwan_appliance.mirroring import FAILED, MISSING, write_mirror
from diwan_appliance.renewal import Renewer
from diwan_appliance.silence import Silence

CONTESTED: Final = "session_taken_over"
"""The finding; `health.words` says it."""

log = logging.getLogger("diwan.agent")


def run(part: Part, *, set_clock: bool = False) -> None:
    """Exchange until asked to stop. With `set_clock` the machine's clock is put right by the centre's. Raises
    NotEnrolled and what opening the register raises."""
    folder, config = part.folder, part.config
    with ExitStack() as stack:
        if was_marked(folder):
            from diwan_core.salvage.recheck import recheck  # a sound post need not load all that it takes

            recheck(folder, part.findings)
        register = stack.enter_context(Register.open(folder, role="writer"))
        if register.keys is None:
            raise TypeError("a writer has keys")

        def take_ledger(entries: bytes) -> None:
            if ledger.take_entries(register, entries):
                renewer.look_now()

        # First, since it says of a post that was never enrolled that this is all that is missing.
        exchange = PostExchange(register, register.keys, ScopeKeyring(folder), take_ledger=take_ledger)
        context = client_context(folder)
        renewer = stack.enter_context(Renewer(folder, lambda: reload_certificate(context, folder)))
        ledger.begin(register)
        clock = PostClock(register, folder, set_system_clock if set_clock else None)
        clock.boot()

        def came_up() -> None:
            clock.line_up()
            exchange.came_up()

        session = MqttCarrier(
            config.id,
            config.broker_host,
            config.broker_port,
            lambda: clock.dates(context),
            exchange.subscriptions(),
            came_up,
        )
        carrier = disturb(session, "agent")
        stack.callback(carrier.close)
        stop, wake = Stop(), WakeSocket(folder, "agent")
        stack.callback(wake.close)
        stack.callback(exchange.flush, force=True)
        stack.enter_context(Upkeep(register.store.path))
        stack.enter_context(CodeLoading(folder, part.findings))
        mirror = Mirror(register, register.keys, config.mirror, world.monotonic_s) if config.mirror else None
        if mirror is None:
            part.findings.clear(MISSING, FAILED)
        tidier = Tidier(register, register.keys, world.monotonic_s)
        silence = Silence(register, part.findings)
        paced = exchange.paced
        exchange.feed.step = FEED_BYTES
        wakings = Wakings(wake, register.store)
        pending = Pending(register, world.monotonic_s)
        watchdog = systemd.Watchdog()
        systemd.ready()
        part.ready()
        while not stop.asked:
            wait = 0.0 if paced or exchange.feed.left else watchdog.within(exchange.timeout())
            messages = carrier.poll(wait, (wake.fileno(), stop.fileno()))
            watchdog.beat()
            if wakings.come():
                exchange.woken()
            note_contest(part, session.contested)
            if pending.left and not config.mirror:
                settle_salvaged(exchange, pending, folder)
            exchange.handle(paced.set_aside(messages))
            _send(exchange, carrier)
            if paced or exchange.feed.left:
                take_some(exchange)
                _send(exchange, carrier)
                if paced or exchange.feed.left:
                    world.sleep(YIELD_S)
            if exchange.outbox.told is not None:
                clock.told(*exchange.outbox.told)
            crash.point("before-flush")
            exchange.flush()
            tidier.turn()
            silence.turn()
            register.anchor()
            if mirror is not None:
                write_mirror(mirror, part.findings)


def take_some(exchange: PostExchange) -> None:
    """Take some of the rows of others that came, or make room for them in what is pending in the search index.

    Nothing while somebody saves here: whoever waited for that save to be committed would take others' rows next, and
    what was saved would be sent only after them."""
    store = exchange.register.store
    if not (store.is_being_written() or index_between(store)):
        exchange.handle([] if exchange.feed.left else exchange.paced.next())


def _send(exchange: PostExchange, carrier: Carrier) -> None:
    if carrier.up:
        for topic, payload in exchange.outgoing():
            carrier.publish(topic, payload)


def settle_salvaged(exchange: PostExchange, pending: Pending, folder: Path) -> None:
    """After the register was salvaged: what the centre does not have is written anew."""
    exchange.ask_about(pending.epochs_to_ask())
    done = pending.turn(exchange.outbox.receipted)
    if done is None:
        return
    log.warning("of the damaged register: %d rows came back, %d were written anew", done.known, done.anew)
    exchange.woken()
    if not done.left:
        Findings(folder, SALVAGE).clear(SALVAGED_ROWS)


def note_contest(part: Part, contested: bool) -> None:
    """Another machine or program that uses this node's name is a finding for as long as it does."""
    if contested:
        part.findings.note(CONTESTED)
    else:
        part.findings.clear(CONTESTED)
