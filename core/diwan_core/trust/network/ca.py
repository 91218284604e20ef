"""The country's certificate authority, run by the centre: certificates of nodes, services and the broker, and the
revocation list."""

import ipaddress
import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from diwan_core import world
from diwan_core.trust.errors import BadCertificate, BadName, KeysExist, KeysUnreadable
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.names import SERVICES, check_id
from diwan_core.trust.network.certificates import BROKER, LIFE, read_authority, read_request, urn
from diwan_core.trust.network.keys import keys_folder, read_file, read_key, write_key

AUTHORITY_KEY = "ca.pem"
AUTHORITY_CERTIFICATE = "ca.crt"

AUTHORITY_YEARS = 30
_YEAR = timedelta(days=365.25)
_HOST = re.compile(r"(?!-)[A-Za-z0-9-]{1,63}(\.(?!-)[A-Za-z0-9-]{1,63})*")  # RFC 1123 §2.1
_CLOCK_DOUBT = timedelta(days=1)  # between machines of one installation party, time zones set wrong included


class CertificateAuthority:
    """The authority whose key is in central's `DIR/keys/`."""

    def __init__(self, certificate: bytes, key: Ed25519PrivateKey) -> None:
        self.certificate = certificate
        """PEM, public."""
        self._key = key
        self._own = read_authority(certificate)

    @classmethod
    def create(cls, folder: Path, central_id: str, now: datetime) -> "CertificateAuthority":
        """Make the authority of the centre `central_id` in its data folder. Raises KeysExist rather than replace it."""
        key = Ed25519PrivateKey.from_private_bytes(world.random_bytes(32))
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"Diwan authority {check_id(central_id)}")])
        begin = now.replace(microsecond=0) - _CLOCK_DOUBT
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        certificate = (
            x509.CertificateBuilder(issuer_name=name, subject_name=name)
            .public_key(key.public_key())
            .serial_number(world.random_bits(159))
            .not_valid_before(begin)
            .not_valid_after(begin + AUTHORITY_YEARS * _YEAR)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(usage, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, None)
            .public_bytes(Encoding.PEM)
        )
        place = keys_folder(folder)
        make_private_folder(place)
        if (place / AUTHORITY_KEY).exists():
            raise KeysExist(f"{place} holds an authority already. It is never replaced: choose another folder.")
        write_private(place / AUTHORITY_CERTIFICATE, certificate)
        write_key(place / AUTHORITY_KEY, key)  # last: its presence says that the pair is complete
        return cls(certificate, key)

    @classmethod
    def load(cls, folder: Path) -> "CertificateAuthority":
        """The authority in central's data folder. Raises KeysMissing, KeysUnreadable, BadCertificate."""
        place = keys_folder(folder)
        key = read_key(place / AUTHORITY_KEY)
        authority = read_file(place / AUTHORITY_CERTIFICATE)
        if not isinstance(key, Ed25519PrivateKey) or key.public_key() != read_authority(authority).public_key():
            raise KeysUnreadable(f"{AUTHORITY_KEY} and {AUTHORITY_CERTIFICATE} in {place} do not belong together.")
        return cls(authority, key)

    def issue(self, request: bytes, node_id: str, now: datetime) -> bytes:
        """A node's certificate (PEM) for its signing request (PEM). Raises BadCertificate."""
        name, key = read_request(request)
        if name != check_id(node_id):
            raise BadCertificate(f"The signing request names node {name}, not {node_id}. Start the enrolment again.")
        return self._sign(name, key, ExtendedKeyUsageOID.CLIENT_AUTH, [], now)

    def create_service(self, folder: Path, name: str, now: datetime) -> None:
        """Key and certificate of one of the centre's own MQTT users, into its `DIR/keys/`.

        A key that is there is kept and its certificate renewed. Raises BadName, KeysUnreadable.
        """
        if name not in SERVICES:
            raise BadName(f"{name!r} is not a service of the centre: use {' or '.join(SERVICES)}.")
        place = keys_folder(folder)
        make_private_folder(place)
        key = _kept_or_new(place / f"{name}.pem")
        certificate = self._sign(name, key.public_key(), ExtendedKeyUsageOID.CLIENT_AUTH, [], now)
        write_private(place / f"{name}.crt", certificate)

    def create_broker(self, place: Path, hosts: Sequence[str], now: datetime) -> None:
        """`server.key`, `server.crt` and `ca.crt` for the broker reached as `hosts` (names or addresses), in `place`.

        A key that is there is kept and its certificate renewed. Raises BadName, KeysUnreadable.
        """
        make_private_folder(place)
        key = _kept_or_new(place / "server.key")
        names = [_host_name(host) for host in hosts]
        certificate = self._sign(BROKER, key.public_key(), ExtendedKeyUsageOID.SERVER_AUTH, names, now)
        write_private(place / "server.crt", certificate)
        write_private(place / "ca.crt", self.certificate)

    def revocation_list(self, serials: Iterable[int], number: int) -> bytes:
        """A certificate revocation list (PEM, RFC 5280 §5) of every revoked serial; `number` grows by each one.

        Only our broker reads it, from its own disk. It is dated like the authority: OpenSSL refuses every client when
        a list is "not yet valid" or out of date, and a centre whose clock is wrong must not lose all its posts.
        """
        begin, end = self._own.not_valid_before_utc, self._own.not_valid_after_utc
        builder = (
            x509.CertificateRevocationListBuilder(issuer_name=self._own.subject, last_update=begin, next_update=end)
            .add_extension(x509.CRLNumber(number), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
        )
        for serial in sorted(set(serials)):
            builder = builder.add_revoked_certificate(x509.RevokedCertificateBuilder(serial, begin).build())
        return builder.sign(self._key, None).public_bytes(Encoding.PEM)

    def _sign(
        self,
        name: str,
        key: Ed25519PublicKey,
        usage: x509.ObjectIdentifier,
        hosts: list[x509.GeneralName],
        now: datetime,
    ) -> bytes:
        begin, end = self._own.not_valid_before_utc, self._own.not_valid_after_utc
        if not begin <= now < end:
            raise BadCertificate(
                f"This machine's clock says {now:%Y-%m-%d}, outside the authority's life "
                f"({begin:%Y-%m-%d} to {end:%Y-%m-%d}). Set the clock, then try again."
            )
        signing_only = x509.KeyUsage(True, False, False, False, False, False, False, False, False)
        return (
            x509.CertificateBuilder(
                issuer_name=self._own.subject,
                subject_name=x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]),
            )
            .public_key(key)
            .serial_number(world.random_bits(159))
            # From the authority's first day, so that a post whose clock stands at its lower bound accepts it too.
            .not_valid_before(begin)
            .not_valid_after(min(now + LIFE, end))
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(signing_only, critical=True)
            .add_extension(x509.ExtendedKeyUsage([usage]), critical=False)
            .add_extension(
                x509.SubjectAlternativeName([x509.UniformResourceIdentifier(urn(name)), *hosts]), critical=False
            )
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(self._key.public_key()), critical=False)
            .sign(self._key, None)
            .public_bytes(Encoding.PEM)
        )


def _kept_or_new(path: Path) -> Ed25519PrivateKey:
    if not path.exists():
        key = Ed25519PrivateKey.from_private_bytes(world.random_bytes(32))
        write_key(path, key)
        return key
    found = read_key(path)
    if not isinstance(found, Ed25519PrivateKey):
        raise KeysUnreadable(f"{path} is a key of another kind. Move it away, then try again.")
    return found


def _host_name(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        pass
    try:
        name = host.encode("idna").decode("ascii")
    except UnicodeError:
        name = ""
    if _HOST.fullmatch(name) is None:
        raise BadName(f"{host[:60]!r} is not a host name or address. Give one that the posts can reach.")
    return x509.DNSName(name)
