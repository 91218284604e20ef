"""The files that enrolment leaves in `DIR/keys/`, and functions to read them."""

import hmac
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import msgspec

from diwan_core.trust.errors import KeysMissing, KeysUnreadable, TrustError
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.names import SERVICES
from diwan_core.trust.network.ca import AUTHORITY_CERTIFICATE, CertificateAuthority
from diwan_core.trust.network.certificates import read_certificate, signing_request
from diwan_core.trust.network.enrolment import Answer, Pending
from diwan_core.trust.network.enrolment_codes import read_code
from diwan_core.trust.network.keys import NodeKeys, keys_folder, read_file
from diwan_core.trust.network.scope_keys import ScopeKey, ScopeKeyring
from diwan_core.trust.network.tls import NODE_CERTIFICATE

FILE = "central.json"
PENDING = "enrolment.pending"


class _Stored(msgspec.Struct, frozen=True):
    central: str
    certificate: str
    sealing_key: bytes
    ledger_length: int
    ledger_head: bytes


@dataclass(frozen=True)
class Central:
    """The centre as this node knows it since its enrolment. All public."""

    id: str
    identity: bytes
    """Ed25519: verifies receipts, the ledger, and what is authored by the centre."""
    sealing: bytes
    """X25519: parcels upward are sealed to it."""
    certificate: bytes
    authority: bytes
    """The authority's certificate, PEM."""
    ledger_length: int
    ledger_head: bytes


class _Pending(msgspec.Struct, frozen=True):
    request: bytes
    answer_key: bytes
    digest: bytes


def keep_request(folder: Path, pending: Pending) -> None:
    """Keep a request before it is sent: its answer may be lost, come days later on a stick, or after a power cut.

    Raises OSError.
    """
    place = keys_folder(folder)
    make_private_folder(place)
    kept = _Pending(pending.request, pending.answer_key, pending.digest)
    write_private(place / PENDING, msgspec.json.encode(kept))


def kept_request(folder: Path, typed_code: str | None = None) -> Pending | None:
    """The request under way; with a code, only if it was made with this one. Send the same bytes again.

    None when there is none, or it was damaged: a request can always be made anew. Raises BadCode.
    """
    key = None if typed_code is None else read_code(typed_code)[1][32:]
    try:
        kept = msgspec.json.decode(read_file(keys_folder(folder) / PENDING), type=_Pending)
    except (KeysMissing, KeysUnreadable, msgspec.MsgspecError, UnicodeError, RecursionError):
        return None
    if key is not None and not hmac.compare_digest(key, kept.answer_key):
        return None
    return Pending(kept.request, kept.answer_key, kept.digest)


def install(folder: Path, answer: Answer, scope_keys: list[ScopeKey]) -> Central:
    """Put what a checked answer brings into the node's folder; on the disk when this returns. Safe to do again.

    Raises OSError when the disk is full.
    """
    stored = _Stored(
        answer.central,
        answer.central_certificate,
        answer.central_sealing_key,
        answer.ledger_length,
        answer.ledger_head,
    )
    ring = ScopeKeyring(folder)
    for key in scope_keys:
        ring.add(key)
    place = keys_folder(folder)
    make_private_folder(place)
    write_private(place / AUTHORITY_CERTIFICATE, answer.authority.encode())
    write_private(place / FILE, msgspec.json.format(msgspec.json.encode(stored)))
    write_private(place / NODE_CERTIFICATE, answer.certificate.encode())  # last: its presence means enrolled
    (place / PENDING).unlink(missing_ok=True)
    return load_central(folder)


def create_centre(folder: Path, central_id: str, now: datetime) -> CertificateAuthority:
    """Make a centre in a node's data folder: keys, authority, its own certificate, its services. All or an error.

    Raises KeysExist rather than replace anything, OSError.
    """
    keys = NodeKeys.create(folder)
    authority = CertificateAuthority.create(folder, central_id, now)
    certificate = authority.issue(signing_request(keys, central_id), central_id, now)
    for service in SERVICES:
        authority.create_service(folder, service, now)
    stored = _Stored(central_id, certificate.decode("ascii"), keys.sealing_public, 0, b"")
    place = keys_folder(folder)
    write_private(place / FILE, msgspec.json.format(msgspec.json.encode(stored)))
    write_private(place / NODE_CERTIFICATE, certificate)
    return authority


def is_enrolled(folder: Path) -> bool:
    """Whether this node holds a certificate; says nothing about revocation."""
    return (keys_folder(folder) / NODE_CERTIFICATE).exists()


def load_central(folder: Path) -> Central:
    """The centre of this node, checked against its authority. Raises KeysMissing (not enrolled), KeysUnreadable."""
    place = keys_folder(folder)
    authority = read_file(place / AUTHORITY_CERTIFICATE)
    raw = read_file(place / FILE)
    try:
        stored = msgspec.json.decode(raw, type=_Stored)
        certificate = stored.certificate.encode()
        facts = read_certificate(certificate, authority)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, TrustError) as error:
        raise KeysUnreadable(f"{place / FILE} is damaged ({error}). Enrol this node again.") from error
    if facts.name != stored.central or facts.kind != "node" or len(stored.sealing_key) != 32:
        raise KeysUnreadable(f"{place / FILE} is damaged. Enrol this node again.")
    return Central(
        id=stored.central,
        identity=facts.identity,
        sealing=stored.sealing_key,
        certificate=certificate,
        authority=authority,
        ledger_length=stored.ledger_length,
        ledger_head=stored.ledger_head,
    )
