"""The queue for threads: clients take turns, so that nobody who sends many requests delays the others."""

from collections import Counter, deque

from diwan_core.web.server.connection import Connection
from diwan_core.web.server.limits import Limits


class ThreadQueue:
    """The requests that wait for a thread, and how many have one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._waiting: dict[str, deque[Connection]] = {}
        self._running: Counter[str] = Counter()
        self._large = 0

    @property
    def running(self) -> int:
        """How many threads are at work."""
        return self._running.total()

    def add(self, connection: Connection) -> None:
        """A request is complete, or an answer is to be continued."""
        self._waiting.setdefault(connection.client_group, deque()).append(connection)

    def take(self) -> Connection | None:
        """The connection that gets a thread now: of the client that holds the fewest, and of those the one who has
        waited longest. None while all threads are at work or nobody waits."""
        if self.running >= self._limits.threads:
            return None
        large_too = self._large < self._limits.large_at_once
        for group in sorted(self._waiting, key=self._running.__getitem__):
            waiting = self._waiting[group]
            found = next((held for held in waiting if large_too or not held.has_large_body), None)
            if found is None:
                continue
            waiting.remove(found)
            del self._waiting[group]  # and to the end of the line, where more wait
            if waiting:
                self._waiting[group] = waiting
            self._running[group] += 1
            found.reads_large = found.has_large_body
            self._large += found.reads_large
            return found
        return None

    def done(self, connection: Connection) -> None:
        """Note that its thread is free again."""
        self._running[connection.client_group] -= 1
        if self._running[connection.client_group] <= 0:
            del self._running[connection.client_group]
        self._large -= connection.reads_large
        connection.reads_large = False

    def drop(self, connection: Connection) -> None:
        """Remove it from the queue."""
        waiting = self._waiting.get(connection.client_group)
        if waiting and connection in waiting:
            waiting.remove(connection)
            if not waiting:
                del self._waiting[connection.client_group]
