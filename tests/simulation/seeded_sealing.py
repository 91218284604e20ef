"""Sealing with ephemeral keys from a seed: RFC 9180, base mode, DHKEM(X25519, HKDF-SHA256), HKDF-SHA256 and
ChaCha20-Poly1305. The library of the product takes no ephemeral key; opening stays its own.

Held to the vectors of RFC 9180, appendix A.2.1, by `test_seeded_sealing.py`.
"""

from __future__ import annotations

import functools
import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

_KEM: Final = b"KEM" + (0x0020).to_bytes(2, "big")
_HPKE: Final = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (0x0020, 0x0001, 0x0003))


def seal(public: bytes, plaintext: bytes, info: bytes, ephemeral: bytes) -> bytes:
    """`enc || ciphertext`, as `diwan_core.trust.seal` gives it, with this ephemeral private key of 32 bytes."""
    key, nonce, enc = context(public, info, ephemeral)
    return enc + ChaCha20Poly1305(key).encrypt(nonce, plaintext, b"")


def context(public: bytes, info: bytes, ephemeral: bytes) -> tuple[bytes, bytes, bytes]:
    """(key, base nonce, enc) of an encapsulation (RFC 9180 §5.1 and §4.1)."""
    private = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = private.public_key().public_bytes_raw()
    shared = private.exchange(X25519PublicKey.from_public_bytes(public))
    eae = _labeled_extract(_KEM, b"", b"eae_prk", shared)
    secret = _labeled_expand(_KEM, eae, b"shared_secret", enc + public, 32)
    schedule = _schedule(info)
    prk = _labeled_extract(_HPKE, secret, b"secret", b"")
    return (
        _labeled_expand(_HPKE, prk, b"key", schedule, 32),
        _labeled_expand(_HPKE, prk, b"base_nonce", schedule, 12),
        enc,
    )


@functools.lru_cache(maxsize=256)
def _schedule(info: bytes) -> bytes:
    return (
        b"\x00" + _labeled_extract(_HPKE, b"", b"psk_id_hash", b"") + _labeled_extract(_HPKE, b"", b"info_hash", info)
    )


def _labeled_extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, hashlib.sha256)


def _labeled_expand(suite: bytes, prk: bytes, label: bytes, info: bytes, length: int) -> bytes:
    info = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    block = out = b""
    for number in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([number]), hashlib.sha256)
        out += block
    return out[:length]
