"""X.509 certificates of this network: the form each kind must have, and strict reading of them.

| kind    | common name              | URI name (subjectAltName)         | extended key usage |
|---------|--------------------------|-----------------------------------|--------------------|
| node    | node id                  | urn:diwan:node:<id>               | client             |
| service | central-ingest, …-relay  | urn:diwan:service:<name>          | client             |
| broker  | broker                   | urn:diwan:service:broker, + hosts | server             |

Keys are Ed25519 throughout (RFC 8410). The usage keeps the kinds apart: no node can pass itself off as the broker.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from diwan_core.trust.errors import BadCertificate, UnknownNode
from diwan_core.trust.names import SERVICES, check_id, is_id
from diwan_core.trust.network.keys import NodeKeys

MAX_PEM = 8 * 1024
"""Longest certificate or request read, in bytes; ours are under 1 kB."""

LIFE = timedelta(days=5 * 365.25)
"""How long a certificate holds from the day it is made, though not beyond the authority's own end."""
WORTH = timedelta(days=30)
"""A new certificate that would not last this much longer than the one held is not made."""

BROKER = "broker"
Kind = Literal["node", "service", "broker"]

# All that the parser is documented or was seen to raise on damaged input; anything else would be a fault of ours.
_PARSE_ERRORS = (
    ValueError,
    TypeError,
    UnsupportedAlgorithm,
    x509.InvalidVersion,
    x509.DuplicateExtension,
    x509.ExtensionNotFound,
    x509.UnsupportedGeneralNameType,
)


@dataclass(frozen=True)
class CertificateFacts:
    """The content of a certificate, once it has been checked against its authority."""

    name: str
    """Node id, or the name of a service."""
    kind: Kind
    identity: bytes
    """Ed25519 public key, 32 bytes."""
    serial: int
    not_before: datetime
    not_after: datetime


def end_of_new(authority_pem: bytes, at: datetime) -> datetime:
    """The time at which a certificate made now would end. Raises BadCertificate."""
    return min(at + LIFE, read_authority(authority_pem).not_valid_after_utc)


def is_worth_renewing(facts: CertificateFacts, authority_pem: bytes, at: datetime, left: timedelta) -> bool:
    """Whether a certificate has less than `left` before it, and a new one would last longer. By its end alone: every
    certificate begins on the authority's first day."""
    return facts.not_after - at < left and end_of_new(authority_pem, at) - facts.not_after >= WORTH


def urn(name: str) -> str:
    """The URI name of a node or service."""
    return f"urn:diwan:node:{name}" if is_id(name) else f"urn:diwan:service:{name}"


def signing_request(keys: NodeKeys, node_id: str) -> bytes:
    """A PEM certificate signing request (PKCS #10) for this node's identity key."""
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, check_id(node_id))])
    return (
        x509.CertificateSigningRequestBuilder()
        .subject_name(name)
        .sign(keys.identity_key, None)
        .public_bytes(Encoding.PEM)
    )


def read_request(
    pem: bytes, is_known: Callable[[str, bytes], bool] = lambda _name, _key: True
) -> tuple[str, Ed25519PublicKey]:
    """Node id and key of a signing request whose own signature holds. All else it asks for is ignored. `is_known` is
    asked of node id and key first: a stranger costs no signature check.

    Raises BadCertificate, UnknownNode where `is_known` says no.
    """
    _check_size(pem, "signing request")
    try:
        request = x509.load_pem_x509_csr(pem)
        name, key = _common_name(request.subject), request.public_key()
        ours = isinstance(key, Ed25519PublicKey) and is_id(name)
        if isinstance(key, Ed25519PublicKey) and ours and not is_known(name, key.public_bytes_raw()):
            raise UnknownNode(f"Node {name} is not enrolled with this key, or was revoked. Enrol it with a new code.")
        valid = ours and request.is_signature_valid
    except _PARSE_ERRORS as error:
        raise BadCertificate("The signing request cannot be read. Start the enrolment again at the post.") from error
    if not isinstance(key, Ed25519PublicKey) or not valid:
        raise BadCertificate(
            "The signing request is not signed by its own Ed25519 key, or names no node. Start the enrolment again."
        )
    return name, key


@lru_cache(maxsize=1024)
def read_certificate(pem: bytes, authority_pem: bytes) -> CertificateFacts:
    """The facts of a certificate issued by our authority. Raises BadCertificate.

    Looks at form and signature only: whether it has expired depends on a clock, whether it was revoked on the ledger.
    So the answer for the same bytes is remembered; a refusal is not.
    """
    authority = read_authority(authority_pem)
    certificate = _load(pem)
    try:
        certificate.verify_directly_issued_by(authority)
    except (*_PARSE_ERRORS, InvalidSignature) as error:
        raise BadCertificate(
            "The certificate was not issued by this network's authority. Enrol that node again."
        ) from error
    try:
        key = certificate.public_key()
        name = _common_name(certificate.subject)
        uris, usage, is_authority = _extensions(certificate)
        kind: Kind = "node" if is_id(name) else "broker" if name == BROKER else "service"
        wanted = ExtendedKeyUsageOID.SERVER_AUTH if kind == "broker" else ExtendedKeyUsageOID.CLIENT_AUTH
        fits = uris == [urn(name)] and usage == [wanted] and not is_authority
    except _PARSE_ERRORS as error:
        raise BadCertificate("The certificate cannot be read. Ask for it again.") from error
    if not isinstance(key, Ed25519PublicKey) or not fits or (kind == "service" and name not in SERVICES):
        raise BadCertificate("The certificate is not one of a Diwan node or service. Ask for it again.")
    return CertificateFacts(
        name=name,
        kind=kind,
        identity=key.public_bytes(Encoding.Raw, PublicFormat.Raw),
        serial=certificate.serial_number,
        not_before=certificate.not_valid_before_utc,
        not_after=certificate.not_valid_after_utc,
    )


@lru_cache(maxsize=8)
def read_authority(pem: bytes) -> x509.Certificate:
    """The authority's own certificate, checked for form and self-signature. Raises BadCertificate."""
    certificate = _load(pem)
    try:
        certificate.verify_directly_issued_by(certificate)
        constraints = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        fits = constraints.ca and constraints.path_length == 0
    except (*_PARSE_ERRORS, InvalidSignature) as error:
        raise BadCertificate("The authority's certificate cannot be read. Enrol this node again.") from error
    if not fits or not isinstance(certificate.public_key(), Ed25519PublicKey):
        raise BadCertificate("This is not the certificate of a Diwan authority. Enrol this node again.")
    return certificate


def clock_window(authority_pem: bytes) -> tuple[datetime, datetime]:
    """(not before, not after) of the authority, UTC: no true time of this network lies outside.

    A post without a clock battery steps its clock into this window before its first contact. Every certificate begins
    when the authority began, so TLS comes up at the lower bound too. Raises BadCertificate.
    """
    certificate = read_authority(authority_pem)
    return certificate.not_valid_before_utc, certificate.not_valid_after_utc


def _load(pem: bytes) -> x509.Certificate:
    _check_size(pem, "certificate")
    try:
        return x509.load_pem_x509_certificate(pem)
    except _PARSE_ERRORS as error:
        raise BadCertificate("The certificate cannot be read. Ask for it again.") from error


def _extensions(certificate: x509.Certificate) -> tuple[list[str], list[x509.ObjectIdentifier], bool]:
    extensions = certificate.extensions
    names = extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    return (
        names.get_values_for_type(x509.UniformResourceIdentifier),
        list(extensions.get_extension_for_class(x509.ExtendedKeyUsage).value),
        extensions.get_extension_for_class(x509.BasicConstraints).value.ca,
    )


def _common_name(subject: x509.Name) -> str:
    names = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    if len(subject.rdns) != 1 or len(names) != 1 or not isinstance(names[0].value, str):
        raise ValueError("the subject must be exactly one common name")
    return names[0].value


def _check_size(pem: bytes, what: str) -> None:
    # One block only: Mosquitto and Python would take a second one in the same file for part of the chain.
    if len(pem) > MAX_PEM or pem.count(b"-----BEGIN") != 1:
        raise BadCertificate(f"The {what} must be one PEM block of at most {MAX_PEM} bytes. Ask for it again.")
