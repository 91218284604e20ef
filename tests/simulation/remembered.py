"""What the simulation works out once: whether a signature is the one of a key over these bytes, and the key that a PEM
file holds.

In a country every node verifies what the others have verified, and the checker all of it again for each node. The
answer depends on the bytes alone, so the first one stands for all. The product and the checker each have a memory of
their own, since they share no code. Of the product only "it is" is remembered, also of what a key has just signed, and
what it refuses is looked at each time. Only the checker works out each signature once at least."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Final

import pytest
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from diwan_core.trust import NodeKeys
from diwan_core.trust.network import keys
from diwan_lab import signatures


class _Key:
    """An identity key as `keys.verify` uses it."""

    def __init__(self, public: bytes, found: set[bytes]) -> None:
        self._real: Final = _identity_public(public)
        self._public, self._found = public, found

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises InvalidSignature."""
        asked = _mark(self._public, signature, message)
        if asked not in self._found:
            self._real.verify(signature, message)
            self._found.add(asked)


def _mark(public: bytes, signature: bytes, message: bytes) -> bytes:
    return hashlib.sha256(public + signature + message).digest()  # the first two have a fixed length


_identity_public = keys.identity_public
_sign = NodeKeys.sign
_verifies = signatures._verifies


@contextmanager
def remembered() -> Iterator[None]:
    """As long as this lasts."""
    by_nodes: set[bytes] = set()
    known: dict[bytes, _Key] = {}

    def key(public: bytes) -> _Key:
        if public not in known:
            known[public] = _Key(public, by_nodes)
        return known[public]

    def sign(own: NodeKeys, domain: bytes, message: bytes) -> bytes:
        signature = _sign(own, domain, message)
        by_nodes.add(_mark(own.identity_public, signature, keys.signed_bytes(domain, message)))
        return signature

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "identity_public", key)
        patch.setattr(NodeKeys, "sign", sign)
        patch.setattr(keys, "raw_public", cache(keys.raw_public))
        patch.setattr(keys, "serialization", SimpleNamespace(load_pem_private_key=cache(load_pem_private_key)))
        patch.setattr(signatures, "_verifies", cache(_verifies))
        yield
