"""The two commitments of a row, from its values or from what an erasure left of them."""

from __future__ import annotations

import hashlib

from diwan_core.register.journal.row import NO_COMMITMENT, commitments


def commitment(
    salt: bytes | None, rest: bytes | None, nominal: bytes | None, kept: bytes | None
) -> tuple[bytes, bytes] | None:
    """C_rest and C_nominal; None where the values, and what an erasure kept of them, do not fit together."""
    if kept is None:
        return None if salt is None or len(salt) != 16 or rest is None else commitments(salt, rest, nominal)
    if len(kept) != 64:
        return None
    one, other = kept[:32], kept[32:]
    if rest is not None and hashlib.sha256((salt or b"") + rest).digest() != one:
        return None
    if nominal is not None and (other == NO_COMMITMENT or hashlib.sha256((salt or b"") + nominal).digest() != other):
        return None
    return one, other
