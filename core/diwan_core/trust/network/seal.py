"""Encryption of bytes to one reader's public key: HPKE, base mode (RFC 9180 §5.1), one message per encapsulation.

Sealed bytes are `enc || ciphertext`. HPKE base mode hides and protects the content but does not say who sealed it;
that is what the signed checkpoint inside a parcel is for.
"""

from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from diwan_core.trust.errors import BadKey, NotForUs, SuiteNotBuilt

X25519 = 1
"""Suite 1: DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305. A Pi has no AES instructions."""

MLKEM768_X25519 = 2
"""Suite 2: hybrid with a post-quantum part; 1,120 bytes of `enc`, for backups and partners. Declared, not built."""

OVERHEAD = 32 + 16
"""Bytes that sealing with suite 1 adds: `enc` and the authentication tag."""

_SUITE = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)


def check_suite(suite: int) -> None:
    """Raises SuiteNotBuilt unless this release can seal and open with `suite`."""
    if suite != X25519:
        raise SuiteNotBuilt(f"Sealing suite {suite} is not in this release. Update Diwan at this node, or use suite 1.")


def seal(public: bytes, plaintext: bytes, info: bytes, *, suite: int = X25519) -> bytes:
    """Seal `plaintext` to the X25519 key `public` (32 bytes), bound to `info`: it opens only with the same `info`."""
    check_suite(suite)
    try:
        return _SUITE.encrypt(plaintext, sealing_public(public), info)
    except ValueError as error:  # a key of small order gives the all-zero secret, RFC 9180 §7.1.4
        raise BadKey("The reader's sealing key is not usable. Enrol that node again.") from error


def open_with(private: X25519PrivateKey, sealed: bytes, info: bytes, *, suite: int = X25519) -> bytes:
    """The plaintext, or NotForUs. Never says which of key, content or info was wrong."""
    check_suite(suite)
    try:
        return _SUITE.decrypt(sealed, private, info)
    except (InvalidTag, ValueError) as error:
        raise NotForUs(
            "This does not open with our key: it was sealed to another node, altered on the way, or belongs to another "
            "header. Ask the sender to send it again; if it stays, check both nodes with `diwan status`."
        ) from error


@lru_cache(maxsize=256)
def sealing_public(public: bytes) -> X25519PublicKey:
    """The X25519 key of 32 raw bytes. Raises BadKey."""
    if len(public) != 32:
        raise BadKey("A sealing key must be 32 bytes. The sender's enrolment is damaged: enrol that node again.")
    return X25519PublicKey.from_public_bytes(public)
