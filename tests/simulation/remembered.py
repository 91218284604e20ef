"""What the simulation works out once: whether a signature is the one of a key over these bytes.

In a country every node verifies what the others have verified, and the checker all of it again for each node. The
answer depends on the bytes alone, so the first one stands for all. The product and the checker each have a memory of
their own, since they share no code. Of the product only "it is" is remembered, and what it refuses
is looked at each time."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import pytest
from diwan_core.trust.network import keys
from diwan_lab import signatures


class _Key:
    """An identity key as `keys.verify` uses it."""

    def __init__(self, public: bytes, found: set[bytes]) -> None:
        self._real: Final = _identity_public(public)
        self._public, self._found = public, found

    def verify(self, signature: bytes, message: bytes) -> None:
        """Raises InvalidSignature."""
        asked = hashlib.sha256(self._public + signature + message).digest()  # both have a fixed length
        if asked not in self._found:
            self._real.verify(signature, message)
            self._found.add(asked)


_identity_public = keys.identity_public
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

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "identity_public", key)
        patch.setattr(signatures, "_verifies", cache(_verifies))
        yield
