"""The clock of a post: at start it is set into the period in which certificates are valid, later by the centre's
time.

A receipt is signed with the centre's time and is at least as old as it says: true time is never before it. It came over
the line that stands, so it is not older than that line. Between these two bounds the system clock is believed. The
clock of the machine is set only where the agent was started with `--set-clock`, as on an appliance; elsewhere, on
somebody's laptop, an anchor is kept in the register (`register.journal.trusted_time`)."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable
from pathlib import Path

from diwan_core import world
from diwan_core.exchange.wire.messages import BadMessage, Receipt, decode
from diwan_core.register import Register
from diwan_core.register.exchange_state.epochs import kept_receipts
from diwan_core.register.journal import clock, trusted_time
from diwan_core.register.storage.wall_clock import system_time
from diwan_core.trust.network.certificates import clock_window
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.tls import check_dates

log = logging.getLogger("diwan.agent")


def set_system_clock(seconds: float) -> None:
    """Raises OSError where this process may not."""
    time.clock_settime(time.CLOCK_REALTIME, seconds)


class PostClock:
    """The agent's knowledge of the time. `set_clock` sets the machine's; None leaves it alone."""

    def __init__(
        self,
        register: Register,
        folder: Path,
        set_clock: Callable[[float], None] | None = None,
        system: Callable[[], float] = system_time,
        mono: Callable[[], float] = world.monotonic_s,
    ) -> None:
        self._register = register
        self._set_clock = set_clock
        self._system = system
        self._mono = mono
        begin, end = clock_window(load_central(folder).authority)
        self._begin, self._end = begin.timestamp(), end.timestamp()
        self._floor = max(self._begin, clock.BUILD_FLOOR_MS / 1000, _last_told(register))
        self._up = self._mono()
        self._first = False
        self._heard = 0
        self._context: ssl.SSLContext | None = None
        self._anchored: float | None = None
        """True time when the monotonic clock was 0, where it goes by that."""

    @property
    def plausible(self) -> bool:
        """Whether the system clock can be right at all: certificates are checked by it only then."""
        return self._begin <= self._system() <= self._end

    def boot(self) -> None:
        """Bring the clock to where it cannot be far wrong, if it is."""
        if not self._floor - trusted_time.TOLERATED_S <= self._system() <= self._end:
            log.warning("the system clock says %s, which cannot be", _text(self._system()))
            self._step(self._floor)

    def dates(self, context: ssl.SSLContext) -> ssl.SSLContext:
        """The context for all connections: by a clock that cannot be right, no certificate's dates are judged."""
        self._context = context
        check_dates(context, self.plausible)
        return context

    def line_up(self) -> None:
        """A line stands: what comes over it is not older."""
        self._up, self._first = self._mono(), True
        self._judge()

    def _judge(self) -> None:
        if self._context is not None:
            check_dates(self._context, self.plausible)

    def told(self, time_ms: int, arrived: float) -> bool:
        """A receipt of this line said this, at `arrived` of the monotonic clock; whether the clock was put right."""
        if time_ms <= self._heard or not self._floor <= time_ms / 1000 <= self._end:
            return False
        self._heard, self._floor = time_ms, time_ms / 1000
        passed = self._mono() - arrived
        earliest = time_ms / 1000 + passed
        # Only the first receipt after the line came up bounds its age well.
        latest = earliest + (arrived - self._up) if self._first else float("inf")
        self._first = False
        now = self._system() if self._anchored is None else self._anchored + self._mono()
        if earliest - trusted_time.TOLERATED_S <= now <= latest + trusted_time.TOLERATED_S:
            return False
        log.warning("the system clock says %s, the centre %s", _text(now), _text(earliest))
        if not self._step(earliest):
            self._anchored = earliest - self._mono()
            self._anchor(round(self._anchored * 1000))
        return True

    def _step(self, seconds: float) -> bool:
        if self._set_clock is None:
            return False
        try:
            self._set_clock(seconds)
        except OSError as error:
            log.warning("the system clock cannot be set: %s", error)
            return False
        log.warning("the system clock was set to %s", _text(seconds))
        self._judge()
        return True

    def _anchor(self, anchor_ms: int) -> None:
        identity = self._register.identity()
        with self._register.store.write() as connection:
            trusted_time.note(connection, identity, anchor_ms)


def _last_told(register: Register) -> float:
    """The centre's time on the latest receipt kept, in seconds: it has been so late already."""
    times = [0]
    for raw in kept_receipts(register.store):
        try:
            times.append(decode(raw, Receipt).time)
        except BadMessage:
            continue
    return max(times) / 1000


def _text(seconds: float) -> str:
    return time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(seconds))
