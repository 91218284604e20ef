"""The console authority: a second certificate authority of the centre, used only for the consoles that browsers open.

Browsers take no Ed25519 certificates, and an authority without limits in every browser of an administration could forge
any site of the internet. So this one is ECDSA P-256, its certificate states critically which names it may vouch for,
and it has no part in the trust between nodes; the node authority never enters a browser. It is kept in the centre's
`DIR/console-authority`: the key, its certificate, and the last certificate of each node, by which a name is given to
one node only.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from diwan_core import world
from diwan_core.trust.consoles.console_limits import Limits, general_name
from diwan_core.trust.consoles.console_names import MOST_NAMES, address_of, read_name
from diwan_core.trust.errors import BadCertificate, BadName, KeysExist, KeysUnreadable
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.names import check_id, is_id
from diwan_core.trust.network.keys import read_file, read_key

FOLDER: Final = "console-authority"
KEY: Final = "key.pem"
CERTIFICATE: Final = "root.crt"
ISSUED: Final = "issued"

AUTHORITY_LIFE: Final = timedelta(days=30 * 365.25)
LIFE: Final = timedelta(days=395)
"""Of a console's certificate. Safari refuses more than 825 days of authorities that a person installed, and 398 of
others: with the doubt below, ours stays under both."""
CLOCK_DOUBT: Final = timedelta(days=2)
"""A certificate begins so long before it is made, for laptops whose clock is behind."""


@dataclass(frozen=True)
class Granted:
    """A certificate made for a console, and the names asked for that it does not hold, each with the reason."""

    certificate: bytes
    refused: dict[str, str]


class ConsoleAuthority:
    """The authority whose key is in the centre's `DIR/console-authority`."""

    def __init__(self, place: Path, certificate: bytes, key: ec.EllipticCurvePrivateKey) -> None:
        self.certificate = certificate
        """PEM, public: what browsers get."""
        self._place = place
        self._key = key
        self._own = read_root(certificate)
        self.limits = limits_of(certificate)

    @classmethod
    def create(cls, folder: Path, central_id: str, limits: Limits, now: datetime) -> ConsoleAuthority:
        """Make the authority of the centre `central_id` in its data folder. Raises KeysExist rather than replace it."""
        place = folder / FOLDER
        make_private_folder(place)
        if (place / KEY).exists():
            raise KeysExist(f"{place} holds an authority already. It is never replaced: browsers know it.")
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Diwan consoles of {check_id(central_id)}")])
        begin = now.replace(microsecond=0) - CLOCK_DOUBT
        certificate = (
            x509.CertificateBuilder(issuer_name=name, subject_name=name)
            .public_key(key.public_key())
            .serial_number(world.random_bits(159))
            .not_valid_before(begin)
            .not_valid_after(begin + AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_usage(signs_certificates=True), critical=True)
            .add_extension(limits.extension(), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
            .public_bytes(Encoding.PEM)
        )
        make_private_folder(place / ISSUED)
        write_private(place / CERTIFICATE, certificate)
        write_private(place / KEY, key_bytes(key), replace=False)  # last: its presence says that all of it is there
        return cls(place, certificate, key)

    @classmethod
    def load(cls, folder: Path) -> ConsoleAuthority:
        """The authority in the centre's data folder. Raises KeysMissing, KeysUnreadable, BadCertificate."""
        place = folder / FOLDER
        key = read_key(place / KEY)
        certificate = read_file(place / CERTIFICATE)
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != read_root(certificate).public_key():
            raise KeysUnreadable(f"{KEY} and {CERTIFICATE} in {place} do not belong together.")
        return cls(place, certificate, key)

    def issue(
        self, node_id: str, key: ec.EllipticCurvePublicKey, names: Iterable[str], now: datetime,
        *, others: Iterable[str] = (), reserved: Iterable[str] = (),
    ) -> Granted:  # fmt: skip
        """A certificate for the console of a node, with those of `names` that it may have: within the limits, not one
        of the `reserved`, and no host name that the console of one of the nodes `others` has. Raises BadCertificate,
        with the reasons, where none is left.
        """
        with self._alone():
            wanted, refused = self._sorted_out(node_id, names, set(others), set(reserved), now)
            if not wanted:
                reasons = "; ".join(f"{name}: {reason}" for name, reason in refused.items()) or "no name was asked for"
                raise BadCertificate(f"No certificate can be made for the console of {node_id}: {reasons}.")
            certificate = self._sign(node_id, key, wanted, now)
            write_private(self._place / ISSUED / f"{check_id(node_id)}.crt", certificate)
        return Granted(certificate, refused)

    def _sorted_out(
        self, node_id: str, names: Iterable[str], others: set[str], reserved: set[str], now: datetime
    ) -> tuple[list[str], dict[str, str]]:
        taken = self._taken(others - {node_id}, now)
        wanted: list[str] = []
        refused: dict[str, str] = {}
        for text in list(names)[:MOST_NAMES]:
            try:
                name = read_name(text)
            except BadName:
                refused[text[:60]] = "it is not a host name or address"
                continue
            if not self.limits.allows(name):
                refused[name] = f"it is outside of what this authority may vouch for ({self.limits})"
            elif name in reserved:
                refused[name] = "it is the centre's own"
            elif name in taken:
                refused[name] = f"node {taken[name]} has it"
            elif name not in wanted:
                wanted.append(name)
        return wanted, refused

    def _taken(self, others: set[str], now: datetime) -> dict[str, str]:
        """Host name -> the other node whose living certificate holds it. Addresses are not taken: each of two local
        networks may have the same."""
        taken: dict[str, str] = {}
        for path in sorted((self._place / ISSUED).glob("*.crt")):
            if not is_id(path.stem) or path.stem not in others:
                continue
            try:
                facts = read_console_certificate(path.read_bytes())
            except BadCertificate:
                continue
            if facts.not_after > now:
                taken |= {name: path.stem for name in facts.names if address_of(name) is None}
        return taken

    def _sign(self, node_id: str, key: ec.EllipticCurvePublicKey, names: list[str], now: datetime) -> bytes:
        begin, end = self._own.not_valid_before_utc, self._own.not_valid_after_utc
        if not begin <= now < end:
            raise BadCertificate(
                f"This machine's clock says {now:%Y-%m-%d}, outside the console authority's life "
                f"({begin:%Y-%m-%d} to {end:%Y-%m-%d}). Set the clock, then try again."
            )
        builder = _leaf(node_id, key, names, max(begin, now - CLOCK_DOUBT), min(now + LIFE, end))
        return (
            builder.issuer_name(self._own.subject)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, hashes.SHA256())
            .public_bytes(Encoding.PEM)
        )

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """Lets one process work at a time: two nodes that ask for the same name must not both find it free."""
        make_private_folder(self._place / ISSUED)
        handle = os.open(self._place, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)


@dataclass(frozen=True)
class ConsoleCertificateFacts:
    """The content of a console's certificate."""

    names: tuple[str, ...]
    not_before: datetime
    not_after: datetime
    key: ec.EllipticCurvePublicKey


def read_root(pem: bytes) -> x509.Certificate:
    """A console authority's own certificate, checked for form and self-signature. Raises BadCertificate."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        certificate.verify_directly_issued_by(certificate)
        basic = certificate.extensions.get_extension_for_class(x509.BasicConstraints).value
        limited = certificate.extensions.get_extension_for_class(x509.NameConstraints)
        fits = basic.ca and basic.path_length == 0 and limited.critical and bool(limited.value.permitted_subtrees)
        key = certificate.public_key()
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise BadCertificate(
            "The console authority's certificate cannot be read. Ask the centre for it again."
        ) from error
    if not fits or not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise BadCertificate("This is not the certificate of a console authority. Ask the centre for it again.")
    return certificate


def limits_of(root_pem: bytes) -> Limits:
    """The names that the authority with this certificate may vouch for. Raises BadCertificate."""
    constraints = read_root(root_pem).extensions.get_extension_for_class(x509.NameConstraints).value
    return Limits.read(constraints)


def read_console_certificate(pem: bytes, root_pem: bytes | None = None) -> ConsoleCertificateFacts:
    """The facts of a console's certificate; with `root_pem` it must be one of that authority, within its limits.

    Raises BadCertificate."""
    try:
        certificate = x509.load_pem_x509_certificate(pem)
        if root_pem is not None:
            certificate.verify_directly_issued_by(read_root(root_pem))
        held = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
        names = tuple(str(name.value) for name in held if isinstance(name, x509.DNSName | x509.IPAddress))
        key = certificate.public_key()
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound, x509.DuplicateExtension) as error:
        raise BadCertificate("The console's certificate cannot be read, or is not of this authority.") from error
    if not isinstance(key, ec.EllipticCurvePublicKey) or not names:
        raise BadCertificate("This is not the certificate of a console.")
    if root_pem is not None and not all(map(limits_of(root_pem).allows, names)):
        raise BadCertificate("The console's certificate holds names that its authority may not vouch for.")
    return ConsoleCertificateFacts(names, certificate.not_valid_before_utc, certificate.not_valid_after_utc, key)


def self_signed(node_id: str, key: ec.EllipticCurvePrivateKey, names: list[str], now: datetime) -> bytes:
    """The certificate (PEM) of a console that no authority vouches for yet: browsers warn, and still encrypt."""
    builder = _leaf(node_id, key.public_key(), names, now - CLOCK_DOUBT, now + LIFE)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Diwan {node_id}")])
    return builder.issuer_name(name).sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def key_bytes(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A console's private key as files hold it (PKCS #8, PEM)."""
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def _leaf(
    node_id: str, key: ec.EllipticCurvePublicKey, names: list[str], begin: datetime, end: datetime
) -> x509.CertificateBuilder:
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Diwan {check_id(node_id)}")])
    return (
        x509.CertificateBuilder(subject_name=subject)
        .public_key(key)
        .serial_number(world.random_bits(159))
        .not_valid_before(begin.replace(microsecond=0))
        .not_valid_after(end.replace(microsecond=0))
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName([general_name(name) for name in names]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates, content_commitment=False, key_encipherment=False,
        data_encipherment=False, key_agreement=False, key_cert_sign=signs_certificates, crl_sign=signs_certificates,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
