"""The certificate of the post's console: self-signed at first, then issued by the centre and renewed by the agent."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from diwan_core import node, world
from diwan_core.console_names import own_names
from diwan_core.trust import NodeKeys, TrustError
from diwan_core.trust.consoles.console_certificate import MAX_ANSWER, accept, ask, is_due, make_self_signed
from diwan_core.trust.consoles.console_state import console_state
from diwan_core.trust.network.enrolled_keys import load_central

from diwan_appliance.centre_request import CentreNotReached, ask_centre

PATH = "/console-certificate"

log = logging.getLogger("diwan.console")


def prepare(folder: Path, moment: datetime | None = None) -> None:
    """Before the console starts: a certificate of its own making, unless it has a better one. Raises OSError."""
    config = node.load(folder, role="post")
    if config.speaks_tls:
        make_self_signed(folder, config.id, own_names(config) or [f"{config.id}.local"], moment or world.now())


@dataclass(frozen=True)
class Obtained:
    """The result: whether the console has what it needs now, and the names asked for that the centre refused, each
    with the reason; None where nothing was asked."""

    done: bool
    refused: dict[str, str] | None = None


def obtain(
    folder: Path, ask_at: Callable[[str, bytes], bytes] | None = None, moment: datetime | None = None
) -> Obtained:
    """Ask the centre for a certificate where one is due.

    Raises TrustError where the centre refuses or answers something else, NodeError, OSError."""
    config = node.load(folder, role="post")
    names = own_names(config)
    if not config.speaks_tls or not config.central_url or not names:
        return Obtained(done=True)
    if not is_due(folder, names, moment or world.now()):
        return Obtained(done=True)
    keys, centre = NodeKeys.load(folder), load_central(folder)
    pending = ask(keys, config.id, names)
    try:
        answer = (ask_at or _ask)(config.central_url, pending.request)
    except (OSError, CentreNotReached) as error:
        log.info("the console has no certificate of the centre yet: %s", error)
        return Obtained(done=False)
    refused = accept(folder, pending, answer, centre.identity)
    for name, reason in refused.items():
        log.warning("the console's certificate does not hold %s: %s", name, reason)
    log.info("the console has a certificate of the centre")
    return Obtained(True, refused)


def is_trusted(folder: Path) -> bool:
    """Whether browsers with the console authority take the console's certificate today."""
    state = console_state(folder)
    return state is not None and state.certified and state.not_after_ms / 1000 > world.now().timestamp()


def obtain_now(folder: Path) -> None:
    """Ask right after the enrolment; where that comes to nothing, the agent asks again."""
    try:
        obtain(folder)
    except (TrustError, OSError, node.NodeError) as error:
        log.info("the console has no certificate of the centre yet: %s", error)


def _ask(url: str, request: bytes) -> bytes:
    return ask_centre(url, PATH, request, "application/json", MAX_ANSWER)
