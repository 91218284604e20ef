"""Revocation of a node: its keys are invalid from one transaction on, and its live session is ended at once."""

from __future__ import annotations

import logging
from pathlib import Path

from diwan_core import node
from diwan_core.exchange import ledger
from diwan_core.exchange.carriers.mqtt import take_over
from diwan_core.processes.spool import passing_folder
from diwan_core.register import Register
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.trust import NodeKeys, ScopeKey, ScopeKeyring
from diwan_core.trust.files import write_private
from diwan_core.trust.network.ca import AUTHORITY_CERTIFICATE, CertificateAuthority
from diwan_core.trust.network.certificates import signing_request
from diwan_core.trust.network.keys import keys_folder
from diwan_core.trust.network.ledger_facts import NodeFact, RevokedFact, ScopeKeyFact
from diwan_core.trust.network.tls import NODE_CERTIFICATE, client_context

from diwan_central.setup import READ_S, lists_are_read, now, write_access

log = logging.getLogger("diwan.revocation")


class NotANodeOfOurs(node.NodeError):
    """The node is not enrolled here, or its keys are revoked already."""


def revoke(folder: Path, node_id: str, reason: str) -> NodeFact:
    """Revoke a node's keys for ever: admission refuses them, the scope's key changes, the broker's lists deny them and
    the live session ends. The node may be enrolled again with new keys. What it was. Raises NotANodeOfOurs."""
    config, authority = node.load(folder, role="central"), CertificateAuthority.load(folder)
    fact = enter_revocation(folder, node_id, reason)
    write_access(folder)
    if not lists_are_read(folder):
        log.warning(
            "the broker has not read its lists within %.0f s: `systemctl restart diwan-broker` at the centre ends "
            "every session, that of %s too", READ_S, node_id,
        )  # fmt: skip
    _end_session(folder, config, node_id, authority)
    return fact


def enter_revocation(folder: Path, node_id: str, reason: str) -> NodeFact:
    """Write into the ledger that a node's keys are revoked, and new keys of its scopes with it: the broker's lists and
    sessions are for the caller. What the node was. Raises NotANodeOfOurs."""
    keys = NodeKeys.load(folder)
    with Register.open(folder, role="writer") as register:
        fact = ledger.load(register).trusted(node_id)
        if fact is None:
            raise NotANodeOfOurs(f"{node_id} is not an enrolled node with valid keys; see `diwan central status`")
        new_keys = [new_scope_key(folder, scope) for scope in dict.fromkeys((NATIONAL, *fact.scopes))]
        revoked = RevokedFact(node=node_id, identity=fact.identity, reason=reason)
        ledger.record(register, keys, [revoked, *new_keys])
    return fact


def new_scope_key(folder: Path, scope: str) -> ScopeKeyFact:
    """Make a key for a scope and keep it; the fact that has it used once the ledger holds it."""
    key = ScopeKey.create(scope)
    ScopeKeyring(folder).add(key)
    return ScopeKeyFact(scope=scope, key_id=key.id, public=key.public)


def _end_session(folder: Path, config: node.NodeConfig, node_id: str, authority: CertificateAuthority) -> None:
    """A broker reads its lists again for new connections only; a live session ends when its name connects anew. So the
    centre does that, with keys made for this moment."""
    with passing_folder(folder) as place:
        successor = NodeKeys.create(place)
        write_private(keys_folder(place) / AUTHORITY_CERTIFICATE, authority.certificate)
        certificate = authority.issue(signing_request(successor, node_id), node_id, now())
        write_private(keys_folder(place) / NODE_CERTIFICATE, certificate)
        if not take_over(node_id, config.broker_host, config.broker_port, client_context(place)):
            log.warning("a session of %s was not ended: the broker does not answer, or lets it in again", node_id)
