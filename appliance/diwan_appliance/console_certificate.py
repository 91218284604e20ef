"""The certificate of the post's console: made here at first, then the centre's, renewed beside the node's own."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from diwan_core import node
from diwan_core.console_names import own_names
from diwan_core.trust import NodeKeys, TrustError
from diwan_core.trust.console_certificate import MAX_ANSWER, accept, ask, is_due, make_self_signed
from diwan_core.trust.installed import load_central

from diwan_appliance.centre_request import CentreNotReached, ask_centre

PATH = "/console-certificate"

log = logging.getLogger("diwan.console")


def prepare(folder: Path, moment: datetime | None = None) -> None:
    """Before the console starts: a certificate of its own making, unless it has a better one. Raises OSError."""
    config = node.load(folder, role="post")
    if config.speaks_tls:
        make_self_signed(folder, config.id, own_names(config) or [f"{config.id}.local"], moment or datetime.now(UTC))


def obtain(folder: Path, ask_at: Callable[[str, bytes], bytes] | None = None, moment: datetime | None = None) -> bool:
    """Ask the centre for a certificate where one is due; whether the console has what it needs now.

    Raises TrustError where the centre refuses or answers something else, NodeError, OSError."""
    config = node.load(folder, role="post")
    names = own_names(config)
    if not config.speaks_tls or not config.central_url or not names:
        return True
    if not is_due(folder, names, moment or datetime.now(UTC)):
        return True
    keys, centre = NodeKeys.load(folder), load_central(folder)
    pending = ask(keys, config.id, names)
    try:
        answer = (ask_at or _ask)(config.central_url, pending.request)
    except (OSError, CentreNotReached) as error:
        log.info("the console has no certificate of the centre yet: %s", error)
        return False
    for name, reason in accept(folder, pending, answer, centre.identity).items():
        log.warning("the console's certificate does not hold %s: %s", name, reason)
    log.info("the console has a certificate of the centre")
    return True


def obtain_now(folder: Path) -> None:
    """Ask right after the enrolment; where that comes to nothing, the agent asks again."""
    try:
        obtain(folder)
    except (TrustError, OSError, node.NodeError) as error:
        log.info("the console has no certificate of the centre yet: %s", error)


def _ask(url: str, request: bytes) -> bytes:
    return ask_centre(url, PATH, request, "application/json", MAX_ANSWER)
