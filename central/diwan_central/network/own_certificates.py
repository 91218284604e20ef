"""Renews the certificates of the centre's own services and of its broker, which no post asks for.

Without it the broker would let in neither ingest nor relay five years after the centre was made. Both look: whichever
comes first renews all of them, and each takes its own anew into the context of its next connections."""

from __future__ import annotations

import logging
import ssl
from datetime import datetime
from pathlib import Path
from typing import Final

from diwan_core import node, world
from diwan_core.trust import TrustError
from diwan_core.trust.names import SERVICES
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.certificates import LIFE, is_worth_renewing, read_certificate
from diwan_core.trust.network.keys import keys_folder
from diwan_core.trust.network.tls import client_context, reload_certificate

from diwan_central.setup import broker_folder, certify_broker, now, write_access

EVERY_S: Final = 12 * 3600.0
SERVER_CERTIFICATE: Final = "server.crt"

log = logging.getLogger("diwan.renewal")


def renew_own(folder: Path, moment: datetime | None = None) -> list[str]:
    """Renew what has less than a third of its life before it; whose. A broker that runs reads its own again. Raises
    TrustError, NodeError, OSError."""
    at, authority = moment or now(), CertificateAuthority.load(folder)
    renewed = [name for name in SERVICES if _is_due(keys_folder(folder) / f"{name}.crt", authority, at)]
    for name in renewed:
        authority.create_service(folder, name, at)
    if _is_due(broker_folder(folder) / SERVER_CERTIFICATE, authority, at):
        certify_broker(folder, at)
        write_access(folder)  # what makes the broker read its files again
        renewed.append("broker")
    if renewed:
        log.info("certificates are renewed: %s", ", ".join(renewed))
    return renewed


def _is_due(path: Path, authority: CertificateAuthority, at: datetime) -> bool:
    """Whether a certificate that is there is to be renewed; the broker's is written when it starts first."""
    try:
        held = path.read_bytes()
    except FileNotFoundError:
        return False
    facts = read_certificate(held, authority.certificate)
    return is_worth_renewing(facts, authority.certificate, at, LIFE / 3)


class ServiceCertificate:
    """The certificate by which one of the centre's services is let in by the broker."""

    def __init__(self, folder: Path, service: str) -> None:
        self._folder, self._service = folder, service
        self._context: ssl.SSLContext | None = None
        self._next = 0.0

    def context(self) -> ssl.SSLContext:
        """The context of all its connections, with a certificate that lasts. Raises KeysMissing, KeysUnreadable."""
        self._renew()
        self._context = client_context(self._folder, self._service)
        return self._context

    def turn(self) -> None:
        """Look twice a day; a renewed certificate is that of the next connection."""
        if world.monotonic_s() >= self._next and self._context is not None:
            self._renew()
            reload_certificate(self._context, self._folder, self._service)

    def _renew(self) -> None:
        self._next = world.monotonic_s() + EVERY_S
        try:
            renew_own(self._folder)
        except (TrustError, node.NodeError, OSError) as error:
            log.warning("the centre's own certificates could not be renewed: %s", error)
