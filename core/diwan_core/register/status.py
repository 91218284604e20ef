"""A node's counters: what was written, received, refused, and what waits. They never hold case data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from diwan_core.node import NodeConfig
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.database import Store
from diwan_core.trust.network.fingerprint_words import fingerprint_words

SENT_TO_THE_CENTRE: Final = frozenset({"stored", "safe", "unsent"})
"""What only a post can count: what of its changes and pictures the centre has."""


def status(store: Store, config: NodeConfig) -> dict[str, Any]:
    """The counters at one moment. Times are milliseconds since 1970 UTC, or None."""
    with store.read():
        tables = {name: plan.table for name, plan in PLANS.items()}
        records = {name: store.one(f"SELECT count(*) FROM [{table}]") for name, table in tables.items()}
        own = store.rows(
            "SELECT coalesce(sum(seq),0), coalesce(sum(stored),0), coalesce(sum(safe),0) FROM epoch WHERE own=1"
        )[0]
        return {
            "node": config.id,
            "label": config.label,
            "role": config.role,
            "records": {name: count for name, count in records.items() if count},
            "journal": {"written": own[0], "stored": own[1], "safe": own[2], "unsent": own[0] - own[1]},
            "received": _received(store),
            "conflicts": sum(store.one(f"SELECT count(*) FROM [{t}] WHERE conflicts>0") for t in tables.values()),
            "refused": dict(store.rows("SELECT name, value FROM counter ORDER BY name")),
            "quarantine": store.one("SELECT count(*) FROM quarantine"),
            "blobs": {
                "complete": store.one("SELECT count(*) FROM blob WHERE have=size"),
                "arriving": store.one("SELECT count(*) FROM blob WHERE have<size"),
                "unsent": store.one("SELECT count(*) FROM blob WHERE own=1 AND stored=0"),
            },
            "feed": dict(store.rows("SELECT scope, cursor FROM feed")),
            "last_receipt_ms": store.one("SELECT max(heard) FROM epoch WHERE own=1"),
            "ledger": store.one("SELECT count(*) FROM ledger"),
            "stick_ms": {
                key.removeprefix("stick_") + "_ms": moment
                for key, moment in store.rows("SELECT key, value FROM state WHERE key GLOB 'stick_*' ORDER BY key")
            },
            "unsigned": _unsigned(store, config.id),
            "nodes": nodes(store),
        }


def counters_to_show(found: Mapping[str, Any]) -> dict[str, Any]:
    """The counters of `status` that mean something to a person. A centre sends what it writes to the posts and itself
    nowhere, so that at a centre nothing is unsent."""
    if found["role"] != "central":
        return dict(found)
    return {name: _without_sending(held) for name, held in found.items() if name != "last_receipt_ms"}


def _without_sending(held: object) -> object:
    return (
        {key: value for key, value in held.items() if key not in SENT_TO_THE_CENTRE} if isinstance(held, dict) else held
    )


def unsent_rows(store: Store) -> tuple[int, int | None]:
    """How many rows of this node the centre has not receipted, and when its last receipt came (ms since 1970 UTC)."""
    with store.read():
        count, heard = store.rows("SELECT coalesce(sum(seq - stored), 0), max(heard) FROM epoch WHERE own=1")[0]
    return count, heard


def rows_of_nodes(store: Store) -> dict[str, dict[str, int]]:
    """At the centre, for each post: its rows by what became of them, and its messages that were refused."""
    outcomes = ("applied", "duplicates", "waiting", "quarantined")
    sums = ", ".join(f"sum({name})" for name in outcomes)
    with store.read():
        found = {
            origin: dict(zip(outcomes, counts, strict=True))
            for origin, *counts in store.rows(f"SELECT origin, {sums} FROM epoch WHERE own=0 GROUP BY origin")
        }
        for sender, count in store.rows("SELECT sender, count(*) FROM quarantine GROUP BY sender"):
            found.setdefault(sender, dict.fromkeys(outcomes, 0))["refused"] = count
    return found


def _unsigned(store: Store, own: str) -> list[str]:
    """Nodes that are heard and were never heard to sign what they say (`exchange.wire.peers`): whose messages
    somebody in the middle could forge."""
    heard = "heard IS NOT NULL OR (role='central' AND EXISTS (SELECT 1 FROM epoch WHERE own=1 AND receipt IS NOT NULL))"
    found = store.rows(
        f"SELECT id, label FROM node WHERE signs=0 AND revoked=0 AND id<>? AND ({heard}) ORDER BY label", (own,)
    )
    return [f"{node} {label}" for node, label in found]


def _received(store: Store) -> dict[str, int]:
    names = ("applied", "duplicates", "waiting", "quarantined")
    counts = store.rows(f"SELECT {', '.join(f'coalesce(sum({name}),0)' for name in names)} FROM epoch")[0]
    return dict(zip(names, counts, strict=True))


def nodes(store: Store) -> list[dict[str, Any]]:
    """The nodes that this one knows, by their labels, and how many rows of each are here. No table of records is
    counted for it. Times are milliseconds since 1970 UTC, or None."""
    names = ("id", "label", "office", "role", "revoked", "confirmed", "heard_ms", "receipted_ms", "signs", "stored")
    rows = store.rows(
        "SELECT n.id, n.label, n.office, n.role, n.revoked, n.confirmed, n.heard, n.receipted, n.signs, "
        "(SELECT coalesce(sum(e.seq),0) FROM epoch e WHERE e.origin=n.id) FROM node n ORDER BY n.label"
    )
    return [dict(zip(names, row, strict=True)) for row in rows]


def post_status(store: Store, node: str) -> dict[str, Any] | None:
    """What the centre knows of one post: its facts, its fingerprint words, and what became of everything it sent. None
    for a stranger. Times are milliseconds since 1970 UTC, or None; `release` is what the post says it runs."""
    with store.read():
        known = store.rows(
            "SELECT id, label, office, role, revoked, confirmed, heard, receipted, report, signs, signing_key, "
            "sealing_key FROM node WHERE id=?",
            (node,),
        )
        if not known:
            return None
        names = (
            "id",
            "label",
            "office",
            "role",
            "revoked",
            "confirmed",
            "heard_ms",
            "receipted_ms",
            "release",
            "signs",
        )
        sums = ("seq", "applied", "duplicates", "waiting", "quarantined", "stored", "safe")
        columns = ", ".join(f"coalesce(sum({name}), 0)" for name in sums)
        counts = store.rows(f"SELECT count(*), {columns} FROM epoch WHERE origin=?", (node,))[0]
        return {
            **dict(zip(names, known[0][:-2], strict=True)),
            "words": fingerprint_words(node, *known[0][-2:]),
            **dict(zip(("epochs", "received", *sums[1:]), counts, strict=True)),
            "refused": store.one("SELECT count(*) FROM quarantine WHERE sender=?", (node,)),
            "reasons": [
                {"code": code, "count": count, "last_ms": last}
                for code, count, last in store.rows(
                    "SELECT code, count(*), max(received) FROM quarantine WHERE sender=? GROUP BY code ORDER BY 2 DESC",
                    (node,),
                )
            ],
        }
