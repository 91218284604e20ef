"""The scopes beside the national one, as the centre's processes send them: their keys, their heads, and their feeds."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from diwan_core.exchange import ledger
from diwan_core.exchange.centre.feed_out import FeedOut
from diwan_core.register import Register, Transaction
from diwan_core.register.admission.reach import scopes_of
from diwan_core.register.admission.scope_log import NATIONAL, feed_head
from diwan_core.trust import NodeKeys, ScopeKey, ScopeKeyring

log = logging.getLogger("diwan.relay")


@dataclass(frozen=True, slots=True)
class ScopeOut:
    """One scope with the key that it is sealed to now."""

    name: str
    key: ScopeKey
    feed: FeedOut


class ScopesOut:
    """All scopes beside the national one that have a key."""

    def __init__(self, register: Register, keys: NodeKeys) -> None:
        self._register = register
        self._keys = keys
        self._scopes: dict[str, ScopeOut] = {}
        self.renew()

    def renew(self) -> None:
        """Seal to the keys that the ledger names now."""
        keyring, centre = ScopeKeyring(self._register.folder), self._register.config.id
        self._scopes = {}
        for name, fact in ledger.load(self._register).current.items():
            if name == NATIONAL:
                continue
            key = keyring.get(name, fact.key_id)
            if key is None:
                log.error("the key of scope %s is missing here: its members get nothing of it", name)
                continue
            self._scopes[name] = ScopeOut(name, key, FeedOut(name, centre, self._keys, key.id, key.public))

    def heads(self, transaction: Transaction) -> dict[str, int]:
        """Where each scope stands."""
        return {name: feed_head(transaction, name)[0] for name in self._scopes}

    def of_member(self, transaction: Transaction, node: str) -> list[ScopeOut]:
        """The scopes that a node is a member of."""
        return [self._scopes[name] for name in scopes_of(transaction, node) if name in self._scopes]
