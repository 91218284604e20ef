"""Renewal of a node's certificate without a person: the request's own signature proves the node's key."""

from __future__ import annotations

import threading
from datetime import datetime
from pathlib import Path

import msgspec
from diwan_core.exchange import ledger
from diwan_core.register import Register
from diwan_core.register.exchange_state.nodes import is_present_key
from diwan_core.trust import NodeKeys
from diwan_core.trust.errors import UnknownNode
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.certificates import LIFE, is_worth_renewing, read_certificate, read_request

from diwan_central.setup import now

_one_at_a_time = threading.Lock()


def renew(folder: Path, request: bytes, moment: datetime | None = None) -> bytes:
    """A certificate (PEM) for an enrolled, unrevoked node whose own key signed this request (PKCS #10, PEM), expired
    or not. One that has more than half its life before it is given out again: asking often costs nothing, and adds
    nothing to the ledger. A stranger is refused before any signature is checked and before he waits for anybody.

    Raises BadCertificate, RegisterError."""
    at = moment or now()
    with Register.open(folder) as reader:
        node, key = read_request(request, lambda node, key: is_present_key(reader.store, node, key))
    with _one_at_a_time, Register.open(folder, role="writer") as register:
        fact = ledger.load(register).trusted(node)
        if fact is None or fact.identity != key.public_bytes_raw():
            raise UnknownNode(f"Node {node} is not enrolled with this key, or was revoked. Enrol it with a new code.")
        authority = CertificateAuthority.load(folder)
        held = read_certificate(fact.certificate.encode(), authority.certificate)
        if not is_worth_renewing(held, authority.certificate, at, LIFE / 2):
            return fact.certificate.encode()
        certificate = authority.issue(request, node, at)
        renewed = msgspec.structs.replace(fact, certificate=certificate.decode())
        ledger.record(register, NodeKeys.load(folder), [renewed])
    return certificate
