"""Decides who may open one more connection: a limit for each address and one for all, so that nobody can keep others
out."""

from collections import Counter
from collections.abc import Iterable
from typing import Final

from diwan_core.web.server.connection import Connection, State
from diwan_core.web.server.limits import Limits

#: Which connections are closed for a new one: where nothing is lost, where no request has come yet, then the rest. A
#: request that waits for a thread or has one is never given up.
_CLOSED_FIRST: Final = (
    (State.IDLE, State.LINGERING),
    (State.OPENED, State.HANDSHAKE, State.HEAD),
    (State.BODY, State.ANSWERING),
)


class Admission:
    """Counts the open connections of each address. Those of a trusted proxy count for nobody; the requests that it
    brings count for the clients it names."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._opened: Counter[str] = Counter()
        self._asking: Counter[str] = Counter()

    def opened(self, connection: Connection) -> None:
        if not connection.proxied:
            self._opened[connection.group] += 1

    def closed(self, connection: Connection) -> None:
        if not connection.proxied:
            self._opened -= Counter({connection.group: 1})

    def to_close(self, group: str, held: Iterable[Connection], *, proxied: bool) -> tuple[bool, Connection | None]:
        """Whether one more connection of this address may be opened, and which other is closed for it, if any."""
        everyone = list(held)
        if not proxied and self._opened[group] >= self._limits.per_address:
            own = [other for other in everyone if other.group == group]
            victim = _oldest(own, _CLOSED_FIRST[0]) or _oldest(own, _CLOSED_FIRST[1])
        elif len(everyone) < self._limits.connections:
            return True, None
        else:
            victim = next(filter(None, (self._of_the_most(everyone, states) for states in _CLOSED_FIRST)), None)
        return victim is not None, victim

    def _of_the_most(self, everyone: list[Connection], states: tuple[State, ...]) -> Connection | None:
        """The oldest connection in one of these states, of the address that holds most."""
        candidates = [other for other in everyone if other.state in states]
        most = max((self._opened[other.group] for other in candidates), default=0)
        return _oldest([other for other in candidates if self._opened[other.group] == most], states)

    def asks(self, connection: Connection) -> bool:
        """A request that came through a proxy; False where its client has too many under way."""
        if self._asking[connection.client_group] >= self._limits.per_address:
            return False
        self._asking[connection.client_group] += 1
        return True

    def answered(self, connection: Connection) -> None:
        self._asking -= Counter({connection.client_group: 1})


def _oldest(held: list[Connection], states: tuple[State, ...]) -> Connection | None:
    return min((other for other in held if other.state in states), key=lambda other: other.since, default=None)
