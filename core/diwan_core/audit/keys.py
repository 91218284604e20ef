"""The keys that the ledger ever gave to each node, and which entry vouches for each."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from diwan_core.trust.network.ledger import Ledger, read_entry
from diwan_core.trust.network.ledger_facts import CentralFact, ErasureFact, NodeFact, RevokedFact


class Voucher(NamedTuple):
    """The ledger entry that first gave a key to a node: its number, its kind, and when it was written (the centre's
    clock, ms since 1970 UTC). `confirmed`: a person compared the key's fingerprint words, or it was enrolled before
    there were confirmations."""

    entry: int
    kind: str
    at: int
    confirmed: bool


@dataclass(slots=True)
class Identities:
    """The identities of all nodes in a verified ledger, as an audit needs them. Keys are Ed25519 public keys; times
    are the centre's, ms since 1970."""

    ledger: Ledger
    keys: dict[str, list[bytes]] = field(default_factory=dict)
    revoked: dict[bytes, tuple[int, str]] = field(default_factory=dict)
    erased: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    """Record -> (halves, legal basis, when)."""
    labels: dict[str, str] = field(default_factory=dict)
    vouchers: dict[tuple[str, bytes], Voucher] = field(default_factory=dict)
    """(node, key) -> the entry that vouches for it."""

    @classmethod
    def of(cls, identity: bytes, entries: Iterable[bytes]) -> Identities:
        """Read a ledger of the centre `identity` from its first entry. Raises LedgerRefused."""
        entries = list(entries)
        made = cls(Ledger(identity).accept(entries))
        for raw in entries:
            entry = read_entry(raw, identity)
            fact = entry.fact
            if entry.number in made.ledger.hostile:
                continue
            if isinstance(fact, CentralFact | NodeFact):
                held = made.keys.setdefault(fact.node, [])
                if fact.identity not in held:
                    held.append(fact.identity)
                    # A release that knew no confirmations made every node a member of a scope at once.
                    sure = isinstance(fact, CentralFact) or bool(fact.scopes) or fact.identity in made.ledger.confirmed
                    made.vouchers[fact.node, fact.identity] = Voucher(entry.number, entry.kind, entry.at, sure)
                made.labels[fact.node] = fact.label
            elif isinstance(fact, RevokedFact):
                made.revoked[fact.identity] = (entry.at, fact.reason)
            elif isinstance(fact, ErasureFact):
                halves = made.erased.get(fact.record, (0, "", 0))[0] | fact.halves
                made.erased[fact.record] = (halves, fact.basis, entry.at)
        return made
