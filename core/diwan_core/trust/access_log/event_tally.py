"""Counts events that come in large numbers and writes one row for many, so that guessing passwords cannot fill the
card.

Per hour and kind of happening (same person, code and parameters) a row is written for the 1st, 4th, 16th, 64th …
occurrence and for the rest when the hour ends; each row says how many occurred since the one before. Beyond KEYS
different happenings an hour the parameters are dropped, except whom the event is about, and beyond MOST_KEYS that too.
So an hour of flood costs some hundred kilobytes at most, whatever is sent.

Rows are written by a separate thread a moment later, because the time that a refusal takes must not show whether a name
is known. A process that is killed loses the counts it has not written; the throttle keeps its own, on the disk.
"""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from diwan_core import world
from diwan_core.trust.access_log.events import EVENTS, Value, event
from diwan_core.trust.access_log.log import AuditUnusable, ReadLog

INTERVAL_MS: Final = 3_600_000
KEYS: Final = 32
MOST_KEYS: Final = 256
GROWTH: Final = 4
SOON_S: Final = 1.0
LEFT_OUT: Final = "*"
"""Stands for parameters that were dropped: many different ones."""

log = logging.getLogger("diwan.trust")

_Key = tuple[str, str, str, tuple[tuple[str, Value], ...]]


@dataclass
class _Run:
    """How often one event happened in this interval."""

    since: int
    total: int = 0
    pending: int = 0
    next: int = 1

    @property
    def due(self) -> bool:
        return self.pending > 0 and self.total >= self.next


class EventTally:
    """The counts of one process. `log_of` gives the log when there is something to write; `clock`: UTC seconds."""

    def __init__(self, log_of: Callable[[], ReadLog], clock: Callable[[], float] = world.wall_s) -> None:
        self._log_of = log_of
        self._clock = clock
        self._lock = threading.Lock()
        self._writing = threading.Lock()
        self._runs: dict[_Key, _Run] = {}
        self._began = 0
        self._timer: threading.Timer | None = None
        self._appointment = 0.0

    def count(self, person: str, role: str, code: str, /, **parameters: Value) -> None:
        """Count one more. Never waits for the disk; a failure to write is reported in the process's log. Raises
        UnknownEvent."""
        event(code, **parameters)  # a mistake in the program shows here, not in a thread
        now = int(self._clock() * 1000)
        with self._lock:
            if not self._runs:
                self._began = now
            over = not self._began <= now < self._began + INTERVAL_MS
        if over:
            self.flush()
        with self._lock:
            if not self._runs:
                self._began = now
            run = self._runs.setdefault(self._key(person, role, code, parameters), _Run(now))
            if run.pending == 0:
                run.since = now
            run.total += 1
            run.pending += 1
            self._schedule(SOON_S if run.due else INTERVAL_MS / 1000)

    def flush(self) -> None:
        """Write all that was counted, and begin a new interval: at its end, when the process ends, and before somebody
        reads the log."""
        self._write(everything=True)

    def close(self) -> None:
        """Write what is left and end the thread."""
        self.flush()
        with self._lock:
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None

    def _key(self, person: str, role: str, code: str, parameters: dict[str, Value]) -> _Key:
        """The key under which this event is counted: the exact one while there is room, else a wider one."""
        exact = (person, role, code, tuple(parameters.items()))
        if exact in self._runs or len(self._runs) < KEYS:
            return exact
        about = EVENTS[code].about
        kept = {name: value if name == about else LEFT_OUT for name, value in parameters.items()}
        wider = (person, role, code, tuple(kept.items()))
        if wider in self._runs or len(self._runs) < MOST_KEYS:
            return wider
        return "", "", code, tuple((name, LEFT_OUT) for name in parameters)

    def _schedule(self, seconds: float) -> None:
        """Have the thread write within so many seconds; an earlier appointment stays."""
        at = world.monotonic_s() + seconds
        if self._timer is not None:
            if self._appointment <= at:
                return
            self._timer.cancel()
        self._appointment = at
        self._timer = threading.Timer(seconds, self._timed, [seconds > SOON_S])
        self._timer.daemon = True
        self._timer.start()

    def _timed(self, everything: bool) -> None:
        with self._lock:
            self._timer = None
        self._write(everything=everything)
        with self._lock:
            if any(run.pending for run in self._runs.values()):
                self._schedule(INTERVAL_MS / 1000)

    def _write(self, *, everything: bool) -> None:
        with self._writing:
            with self._lock:
                taken = [(key, run.pending, run.since) for key, run in self._runs.items() if everything or run.due]
                taken = [(key, count, since) for key, count, since in taken if count]
                for key, _, _ in taken:
                    run = self._runs[key]
                    run.pending = 0
                    while run.next <= run.total:
                        run.next *= GROWTH
                if everything:
                    self._runs.clear()
            try:
                for (person, role, code, parameters), count, since in taken:
                    look = event(code, **{**dict(parameters), "count": count, "since": since})
                    self._log_of().note(person, role, [look])
            except AuditUnusable as error:
                log.error("%d refusals could not be written into the log of reads: %s", len(taken), error)
