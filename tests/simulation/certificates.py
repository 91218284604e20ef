"""Certificates of a simulated country: by which date who is let in, and who renews what.

There is no TLS in it. As in TLS, dates are looked at when a line comes up and never again: who is in stays in."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

from cryptography import x509
from diwan_appliance import renewal
from diwan_appliance.centre_request import CentreNotReached
from diwan_central.network import own_certificates
from diwan_central.network import renewal as central_renewal
from diwan_core import world
from diwan_core.node import NodeError
from diwan_core.register import RegisterError
from diwan_core.trust import TrustError
from diwan_core.trust.network.tls import NODE_CERTIFICATE

from tests.simulation.faults import Died
from tests.simulation.nodes import CentreNode, PostNode, disk_of
from tests.simulation.seeded import BEGAN_S, SeededWorld

SERVICES: Final = ("central-ingest", "central-relay")
LAST_S: Final = 22 * 365.25 * 86_400.0
"""How far the simulation goes into the life of the authority, which ends after 30 years."""


@cache
def _end_of(pem: bytes) -> float:
    return x509.load_pem_x509_certificate(pem).not_valid_after_utc.timestamp()


def end_s(folder: Path, name: str = f"keys/{NODE_CERTIFICATE}") -> float:
    """When a certificate in a node's folder ends, in seconds since 1970 UTC."""
    return _end_of((folder / name).read_bytes())


@dataclass
class _Standing:
    """A client of the broker: whether it is let in, and when it looks next whether its certificate is due."""

    up: bool = False
    next_s: float = 0.0
    waited_s: float = 0.0


class Certificates:
    """Of one country."""

    def __init__(self, seeded: SeededWorld, centre: CentreNode) -> None:
        self._world, self._centre = seeded, centre
        self._of: dict[str, _Standing] = {}

    @property
    def true_s(self) -> float:
        """The time, whatever clocks say."""
        return BEGAN_S + self._world.seconds

    def starts(self, one: PostNode | CentreNode) -> None:
        """Its processes have started: no line stands."""
        self._of[one.machine.name] = _Standing()

    def broker_ended(self) -> None:
        """Nobody's line stands any more."""
        for standing in self._of.values():
            standing.up = False

    def is_up(self, one: PostNode | CentreNode, came_up: Callable[[], None]) -> bool:
        """Whether its line stands; one that does not is tried again."""
        standing = self._of[one.machine.name]
        if not standing.up and self._may_connect(one):
            standing.up = True
            came_up()
        return standing.up

    def went_down(self, post: PostNode) -> None:
        """The line of a post is gone."""
        self._of[post.machine.name].up = False

    def shut_out(self, one: PostNode | CentreNode) -> bool:
        """Whether the dates of certificates keep it from the broker."""
        return not self._of[one.machine.name].up and not self._may_connect(one)

    def _may_connect(self, one: PostNode | CentreNode) -> bool:
        """Both sides show a certificate that has not ended. A post whose clock is wrong judges none."""
        centre = self._centre.machine.folder
        ends = [end_s(centre, "broker/server.crt")] if one.machine.clock_s == 0 else []
        if isinstance(one, CentreNode):
            ends += [end_s(centre, f"keys/{name}.crt") for name in SERVICES]
        else:
            ends.append(end_s(one.machine.folder))
        return all(end > self.true_s for end in ends)

    def look(self, post: PostNode) -> None:
        """What the thread beside a post's agent does: twice a day, and sooner where the centre was not reached."""
        standing = self._of[post.machine.name]
        if world.monotonic_s() < standing.next_s:
            return
        waited = standing.waited_s
        longer = max(renewal.AGAIN_S, 2 * waited if waited < renewal.EVERY_S else 0.0)
        standing.waited_s = renewal.EVERY_S if self._is_renewed(post) else min(renewal.EVERY_S, longer)
        standing.next_s = world.monotonic_s() + standing.waited_s

    def _is_renewed(self, post: PostNode) -> bool:
        folder = post.machine.folder
        try:
            return not renewal.is_due(folder) or renewal.renew(folder, lambda _, request: self._ask(post, request))
        except (TrustError, OSError, NodeError):
            return False

    def _ask(self, post: PostNode, request: bytes) -> bytes:
        centre = self._centre
        if not (post.line and centre.runs):
            raise CentreNotReached("no line")
        try:
            with self._world.at(centre.machine):
                return central_renewal.renew(centre.machine.folder, request)
        except (RegisterError, OSError, Died) as error:
            raise CentreNotReached("the centre cannot") from error

    def look_at_centre(self) -> None:
        """The centre renews its own: before its services connect, and twice a day."""
        standing = self._of[self._centre.machine.name]
        if world.monotonic_s() < standing.next_s:
            return
        standing.next_s = world.monotonic_s() + own_certificates.EVERY_S
        try:
            own_certificates.renew_own(self._centre.machine.folder)
        except (TrustError, NodeError, OSError):
            if disk_of(self._centre.machine).dead:
                raise
