"""Makes certificates with the authority's key, which lies in a temporary centre's folder, and names the key of one."""

import base64
import datetime as dt
import hashlib
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key


def key_hash(certificate: str) -> str:
    """The hash of a certificate's key, by which a browser can be told to trust it (RFC 7469, section 2.4)."""
    key = x509.load_pem_x509_certificate(certificate.encode()).public_key()
    encoded = key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(hashlib.sha256(encoded).digest()).decode()


def expired(central: Path, post: Path) -> None:
    """Put in the place of a post's certificate one that is the same but ended yesterday. Raises OSError."""
    path = post / "keys/node.crt"
    held = x509.load_pem_x509_certificate(path.read_bytes())
    authority = load_pem_private_key((central / "keys/ca.pem").read_bytes(), None)
    if not isinstance(authority, Ed25519PrivateKey):
        raise ValueError("the authority's key is of another kind")
    now = dt.datetime.now(dt.UTC).replace(microsecond=0)
    made = (
        x509.CertificateBuilder(issuer_name=held.issuer, subject_name=held.subject)
        .public_key(held.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=400))
        .not_valid_after(now - dt.timedelta(days=1))
    )
    for extension in held.extensions:
        made = made.add_extension(extension.value, extension.critical)
    scratch = path.with_suffix(".new")
    scratch.write_bytes(made.sign(authority, None).public_bytes(Encoding.PEM))
    scratch.chmod(0o600)
    scratch.replace(path)


def has_ended(post: Path) -> bool:
    """Whether a post's certificate is not valid any more."""
    held = x509.load_pem_x509_certificate((post / "keys/node.crt").read_bytes())
    return held.not_valid_after_utc < dt.datetime.now(dt.UTC)
