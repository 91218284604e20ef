"""The centre's part in the TLS of consoles: its authority, its own console's certificate, and those of its posts."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Final

from diwan_core import node, world
from diwan_core.console_names import own_names
from diwan_core.register import Register
from diwan_core.register.exchange_state.nodes import confirmed_key, nodes_in_force
from diwan_core.trust import NodeKeys, TrustError
from diwan_core.trust.consoles.console_authority import FOLDER, KEY, ConsoleAuthority
from diwan_core.trust.consoles.console_certificate import answer_ask, certify_own, is_due, read_ask
from diwan_core.trust.consoles.console_limits import PRIVATE_RANGES, Limits
from diwan_core.trust.consoles.console_names import address_of

from diwan_central.setup import now

EVERY_S: Final = 12 * 3600.0

log = logging.getLogger("diwan.console")


def make(
    folder: Path, domains: Iterable[str] = (), ranges: Iterable[str] = PRIVATE_RANGES, moment: datetime | None = None
) -> ConsoleAuthority:
    """Make the console authority of the centre in `folder`, for these domains and ranges and the centre's own names.
    Raises KeysExist, BadName, NodeError."""
    config = node.load(folder, role="central")
    limits = Limits.make(domains, ranges, own_names(config))
    return ConsoleAuthority.create(folder, config.id, limits, moment or now())


def keep(folder: Path, moment: datetime | None = None) -> None:
    """See to it that the centre has a console authority (one made by an earlier release has none yet) and its console a
    certificate that lasts. Raises TrustError, NodeError, OSError."""
    config, at = node.load(folder, role="central"), moment or now()
    authority = ConsoleAuthority.load(folder) if (folder / FOLDER / KEY).exists() else make(folder, moment=at)
    names = own_names(config)
    if is_due(folder, names, at):
        granted = certify_own(folder, authority, config.id, names, _posts(folder), at)
        for name, reason in granted.refused.items():
            log.warning("the console's certificate does not hold %s: %s", name, reason)


def certify(folder: Path, raw: bytes) -> bytes:
    """The certificate that an enrolled post asks for. Raises BadCertificate, UnknownNode, RegisterError."""
    config = node.load(folder, role="central")
    with Register.open(folder) as register:
        asked = read_ask(raw, lambda post: _identity(register, post))
    authority = ConsoleAuthority.load(folder)
    own = [name for name in own_names(config) if (address := address_of(name)) is None or not address.is_loopback]
    granted = authority.issue(asked.node, asked.key, asked.names, now(), others=_posts(folder), reserved=own)
    return answer_ask(NodeKeys.load(folder), asked, granted, authority.certificate)


def _identity(register: Register, post: str) -> bytes | None:
    """The key of a post that may have a certificate: who is not confirmed yet could take another's name."""
    return confirmed_key(register.store, post)


def _posts(folder: Path) -> list[str]:
    """The nodes whose names are taken."""
    with Register.open(folder) as register:
        return nodes_in_force(register.store)


class Keeper:
    """Looks twice a day whether the centre's console needs another certificate."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._end = threading.Event()
        self._thread = world.background(self._run, "console-certificate")

    def __enter__(self) -> Keeper:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()

    def _run(self) -> None:
        wait = 0.0
        while not self._end.wait(wait):
            wait = EVERY_S
            try:
                keep(self._folder)
            except (TrustError, OSError, node.NodeError) as error:
                log.warning("the console's certificate could not be renewed: %s", error)
