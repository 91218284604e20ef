"""Renews the certificates of a post without a person, long before they end, and also after."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Final

from diwan_core import node, world
from diwan_core.health.findings import Findings
from diwan_core.trust import NodeKeys, TrustError
from diwan_core.trust.files import write_private
from diwan_core.trust.network.certificates import LIFE, is_worth_renewing, read_certificate, signing_request
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.keys import keys_folder
from diwan_core.trust.network.tls import NODE_CERTIFICATE

from diwan_appliance import console_certificate
from diwan_appliance.centre_request import CentreNotReached, ask_centre

EVERY_S: Final = 12 * 3600.0
AGAIN_S: Final = 60.0
"""How soon a centre that was not reached is asked again; then twice as long, up to EVERY_S. With an expired certificate
there is no line until it answers."""
CONSOLE_AGAIN_S: Final = 120.0
"""The longest wait while the console has no certificate of the centre: its browsers warn until then."""
UNCERTIFIED: Final = "console_not_certified"
NAMES_REFUSED: Final = "console_names_refused"
LARGEST: Final = 64 * 1024

log = logging.getLogger("diwan.renewal")


def is_due(folder: Path, moment: datetime | None = None) -> bool:
    """Whether less than a third of a certificate's life is left, and a new one would last longer."""
    authority = load_central(folder).authority
    held = read_certificate((keys_folder(folder) / NODE_CERTIFICATE).read_bytes(), authority)
    at = moment or world.now()
    return is_worth_renewing(held, authority, at, LIFE / 3)


def renew(folder: Path, ask: Callable[[str, bytes], bytes] | None = None) -> bool:
    """Ask the centre for a new certificate and install it; False where the centre was not reached.

    Raises TrustError where the answer is not a certificate of ours."""
    config, keys, centre = node.load(folder, role="post"), NodeKeys.load(folder), load_central(folder)
    try:
        answer = (ask or _ask)(config.central_url, signing_request(keys, config.id))
    except (OSError, CentreNotReached) as error:
        log.info("the certificate is not renewed yet: %s", error)
        return False
    facts = read_certificate(answer, centre.authority)
    if (facts.name, facts.identity) != (config.id, keys.identity_public):
        raise TrustError("The centre's answer is a certificate for another node. Enrol this post again.")
    write_private(keys_folder(folder) / NODE_CERTIFICATE, answer)
    log.info("the certificate is renewed until %s", facts.not_after.date())
    return True


def _ask(url: str, request: bytes) -> bytes:
    return ask_centre(url, "/renew", request, "application/pkcs10", LARGEST)


class Renewer:
    """Looks twice a day beside the agent's loop, so that a slow centre never holds up the exchange. `renewed` is called
    in its thread once a certificate is there."""

    def __init__(self, folder: Path, renewed: Callable[[], None]) -> None:
        self._folder = folder
        self._renewed = renewed
        self._findings = Findings(folder, "renewal")
        self._end = threading.Event()
        self._due = threading.Event()
        self._thread = world.background(self._run, "renewal")

    def __enter__(self) -> Renewer:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._end.set()
        self._due.set()

    def look_now(self) -> None:
        """Something is different (a fact of the ledger): what was refused may be granted now."""
        self._due.set()

    def _run(self) -> None:
        wait = 0.0
        while True:
            self._due.wait(wait)
            self._due.clear()
            if self._end.is_set():
                return
            wait = self._look(wait)

    def _look(self, waited: float) -> float:
        """Renew what is due, the node's certificate and its console's; how many seconds until the next look."""
        own, consoles = self._has_own(), self._has_consoles()
        if own and consoles:
            return EVERY_S
        longer = max(AGAIN_S, 2 * waited if waited < EVERY_S else 0.0)
        return min(EVERY_S if consoles else CONSOLE_AGAIN_S, longer)

    def _has_own(self) -> bool:
        try:
            if not is_due(self._folder):
                return True
            if renew(self._folder):
                self._renewed()
                return True
        except (TrustError, OSError, node.NodeError) as error:
            log.warning("the certificate could not be renewed: %s", error)
        return False

    def _has_consoles(self) -> bool:
        """Whether the console has the certificate it needs; what is wrong with it is a finding."""
        try:
            obtained = console_certificate.obtain(self._folder)
            reason = "" if obtained.done else "the centre does not answer"
        except (TrustError, OSError, node.NodeError) as error:
            log.warning("the console's certificate could not be renewed: %s", error)
            obtained, reason = console_certificate.Obtained(done=False), str(error)
        if obtained.done:
            self._findings.clear(UNCERTIFIED)
        elif not console_certificate.is_trusted(self._folder):
            self._findings.note(UNCERTIFIED, reason=reason)
        if obtained.refused:
            names = "; ".join(f"{name}: {why}" for name, why in obtained.refused.items())
            self._findings.note(NAMES_REFUSED, names=names)
        elif obtained.refused is not None:
            self._findings.clear(NAMES_REFUSED)
        return obtained.done
