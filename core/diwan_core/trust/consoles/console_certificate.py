"""The certificate of a node's own console: its files, the request to the centre, and the installation of the answer.

    post                                                    centre
    ask(folder, names)          ── request, signed with     read_ask       who asks, with which key, for which names
                                   the identity key ──▶
    accept(pending, answer)     ◀── certificate and root,   answer_ask
                                   signed by the centre ──

`DIR/console/console.pem` holds key and certificate in one file, so that they can never be of two renewals, and above
them one line of JSON with what the console wants to know of them without a library for certificates.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, TypeVar

import msgspec
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from diwan_core.trust.consoles.console_authority import (
    LIFE,
    ConsoleAuthority,
    Granted,
    key_bytes,
    read_console_certificate,
    read_root,
    self_signed,
)
from diwan_core.trust.consoles.console_limits import general_name
from diwan_core.trust.consoles.console_names import MOST_NAMES
from diwan_core.trust.consoles.console_state import (
    FILE,
    FOLDER,
    PREFIX,
    ROOT,
    ConsoleState,
    console_state,
    fingerprint,
)
from diwan_core.trust.errors import BadCertificate, UnknownNode
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.names import check_id, is_id
from diwan_core.trust.network.keys import NodeKeys, verify

VERSION: Final = 1
MAX_REQUEST: Final = 16 * 1024
MAX_ANSWER: Final = 64 * 1024
RENEWED_BEFORE: Final = LIFE / 2
"""A certificate with less than this before it is asked for anew: a post may be without a line for half a year."""

_REQUEST: Final = b"diwan/1/console-certificate-request"
_ANSWER: Final = b"diwan/1/console-certificate"


class _Request(msgspec.Struct, frozen=True):
    version: int
    node: str
    signing_request: str
    """PKCS #10 in PEM: the console's key, and the names it asks for."""


class _Signed(msgspec.Struct, frozen=True):
    body: bytes
    signature: bytes


class _Answer(msgspec.Struct, frozen=True):
    version: int
    request: bytes
    """SHA-256 of the request's body."""
    certificate: str
    root: str
    refused: dict[str, str]


@dataclass(frozen=True)
class Pending:
    """A request under way; its key is nowhere else."""

    request: bytes
    node: str
    names: tuple[str, ...]
    key: ec.EllipticCurvePrivateKey
    digest: bytes

    def __repr__(self) -> str:
        return f"Pending({len(self.request)} bytes)"


@dataclass(frozen=True)
class Asked:
    """A request that the centre has found to be right."""

    node: str
    key: ec.EllipticCurvePublicKey
    names: tuple[str, ...]
    digest: bytes


def is_due(folder: Path, names: Iterable[str], now: datetime) -> bool:
    """Whether the console needs another certificate: it has none of the authority, less than half of its life is left,
    or it has other names now than it asked for."""
    state = console_state(folder)
    if state is None or not state.certified or set(state.asked) != set(names):
        return True
    return state.not_after_ms / 1000 - now.timestamp() < RENEWED_BEFORE.total_seconds()


def make_self_signed(folder: Path, node_id: str, names: list[str], now: datetime) -> bool:
    """Give a console a certificate that vouches for itself, unless it has one that will do for now: one of the
    authority, or its own with most of its life before it. Whether one was made. Raises OSError."""
    state = console_state(folder)
    if state is not None and (
        state.certified or state.not_after_ms / 1000 - now.timestamp() > LIFE.total_seconds() / 2
    ):
        return False
    key = ec.generate_private_key(ec.SECP256R1())
    _write(folder, key, self_signed(node_id, key, names, now), tuple(names), certified=False)
    return True


def certify_own(
    folder: Path, authority: ConsoleAuthority, node_id: str, names: list[str], others: Iterable[str], now: datetime
) -> Granted:
    """Make a certificate for the centre's own console. Raises BadCertificate, OSError."""
    key = ec.generate_private_key(ec.SECP256R1())
    granted = authority.issue(node_id, key.public_key(), names, now, others=others)
    _keep(folder, key, granted.certificate, tuple(names), authority.certificate)
    return granted


def ask(keys: NodeKeys, node_id: str, names: Iterable[str]) -> Pending:
    """Make the post's request for a certificate with a new key."""
    key = ec.generate_private_key(ec.SECP256R1())
    wanted = tuple(names)[:MOST_NAMES]
    signing_request = (
        x509.CertificateSigningRequestBuilder(x509.Name([]))
        .add_extension(x509.SubjectAlternativeName([general_name(name) for name in wanted]), critical=False)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.PEM)
    )
    body = msgspec.json.encode(_Request(VERSION, check_id(node_id), signing_request.decode("ascii")))
    request = msgspec.json.encode(_Signed(body, keys.sign(_REQUEST, body)))
    return Pending(request, node_id, wanted, key, hashlib.sha256(body).digest())


def read_ask(raw: bytes, identity_of: Callable[[str], bytes | None]) -> Asked:
    """Check a request, at the centre. `identity_of` gives the identity key of a node that may ask; a stranger costs
    no signature check. Raises BadCertificate, UnknownNode."""
    signed = _decode(raw, MAX_REQUEST, _Signed)
    request = _decode(signed.body, MAX_REQUEST, _Request)
    identity = identity_of(request.node) if is_id(request.node) else None
    if identity is None or not verify(identity, _REQUEST, signed.body, signed.signature):
        raise UnknownNode(
            f"Node {request.node[:20]} is not enrolled with this key, was revoked, or is not confirmed yet."
        )
    if request.version != VERSION:
        raise BadCertificate(
            f"The post asks in version {request.version}, this centre knows {VERSION}. Update the older."
        )
    try:
        asked = x509.load_pem_x509_csr(request.signing_request.encode())
        held = asked.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(name.value) for name in held if isinstance(name, x509.DNSName | x509.IPAddress))
        key, valid = asked.public_key(), asked.is_signature_valid
    except (ValueError, TypeError, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise BadCertificate("The request for the console's certificate cannot be read. Ask again.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1) or not valid:
        raise BadCertificate("The request for the console's certificate is not signed by its own P-256 key. Ask again.")
    return Asked(request.node, key, names, hashlib.sha256(signed.body).digest())


def answer_ask(keys: NodeKeys, asked: Asked, granted: Granted, root: bytes) -> bytes:
    """The bytes of the centre's answer."""
    answer = _Answer(VERSION, asked.digest, granted.certificate.decode(), root.decode(), granted.refused)
    body = msgspec.json.encode(answer)
    return msgspec.json.encode(_Signed(body, keys.sign(_ANSWER, body)))


def accept(folder: Path, pending: Pending, raw: bytes, centre_identity: bytes) -> dict[str, str]:
    """Install, at the post, what the centre answered, all of it checked; returns the refused names, each with the
    reason. Raises BadCertificate, OSError."""
    signed = _decode(raw, MAX_ANSWER, _Signed)
    if not verify(centre_identity, _ANSWER, signed.body, signed.signature):
        raise BadCertificate("The certificate for the console does not come from this post's centre.")
    answer = _decode(signed.body, MAX_ANSWER, _Answer)
    certificate, root = answer.certificate.encode(), answer.root.encode()
    facts = read_console_certificate(certificate, root)
    if answer.request != pending.digest or facts.key != pending.key.public_key():
        raise BadCertificate("The certificate for the console answers another request. Ask again.")
    _keep(folder, pending.key, certificate, pending.names, root)
    return answer.refused


def _keep(
    folder: Path, key: ec.EllipticCurvePrivateKey, certificate: bytes, asked: tuple[str, ...], root: bytes
) -> None:
    read_root(root)
    make_private_folder(folder / FOLDER)
    write_private(folder / FOLDER / ROOT, root)
    _write(folder, key, certificate, asked, certified=True)


def _write(
    folder: Path, key: ec.EllipticCurvePrivateKey, certificate: bytes, asked: tuple[str, ...], *, certified: bool
) -> None:
    facts = read_console_certificate(certificate)
    state = ConsoleState(
        certified=certified,
        names=facts.names,
        asked=asked,
        not_after_ms=int(facts.not_after.timestamp() * 1000),
        fingerprint=fingerprint(certificate),
    )
    make_private_folder(folder / FOLDER)
    write_private(folder / FOLDER / FILE, PREFIX + msgspec.json.encode(state) + b"\n" + key_bytes(key) + certificate)


_T = TypeVar("_T", _Signed, _Request, _Answer)


def _decode(raw: bytes, limit: int, form: type[_T]) -> _T:
    if len(raw) > limit:
        raise BadCertificate(f"This is {len(raw)} bytes long, more than the {limit} allowed.")
    try:
        return msgspec.json.decode(raw, type=form)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadCertificate("This is not a message about a console's certificate. Update the older side.") from error
