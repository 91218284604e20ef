"""What a node believes because of what it was told: all that a forged message must not change."""

from __future__ import annotations

from typing import Any

from diwan_core.register import Register

from tests.exchange.network import Network, Post

_OF_A_POST = (
    "SELECT id, own, seq, stored, safe FROM epoch ORDER BY id",
    "SELECT sha256, size, have, stored, wanted FROM blob ORDER BY sha256",
    "SELECT scope, cursor, hash FROM feed",
    "SELECT count(*) FROM ledger",
    "SELECT id, role, revoked, signs FROM node ORDER BY id",
    "SELECT no, sender, code FROM quarantine",
    "SELECT key, value FROM state WHERE key IN ('closing', 'answers_by_stick_from') ORDER BY key",
)
_OF_A_CENTRE = (
    "SELECT id, origin, seq, applied, waiting, quarantined FROM epoch ORDER BY id",
    "SELECT sha256, size, have FROM blob ORDER BY sha256",
    "SELECT count(*) FROM ledger",
    "SELECT id, revoked, heard, receipted, report, signs, said, nonce FROM node ORDER BY id",
    "SELECT no, sender, code FROM quarantine",
    "SELECT key, value FROM state WHERE key LIKE 'restored%' OR key LIKE 'lacking%' ORDER BY key",
    "SELECT * FROM held",
)


def of_post(post: Post) -> dict[str, Any]:
    """A post's, in its database, its process and its folder of keys."""
    post.exchange.flush(force=True)
    found: dict[str, Any] = _asked(post.register, _OF_A_POST)
    outbox = post.exchange.outbox
    found["sent"] = sorted((epoch.id, epoch.stored, epoch.sent) for epoch in outbox._epochs.values())
    found["pictures"] = sorted(post.exchange.blobs._sizes)
    found["keys"] = sorted(path.name for path in (post.register.folder / "keys/scopes").iterdir())
    return found


def of_centre(net: Network) -> dict[str, Any]:
    """The centre's."""
    return _asked(net.register, _OF_A_CENTRE)


def _asked(register: Register, questions: tuple[str, ...]) -> dict[str, Any]:
    return {sql: register.store.rows(sql) for sql in questions}
