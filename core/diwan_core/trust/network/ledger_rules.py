"""The rules that decide whether a fact may follow the facts before it in the ledger."""

from collections.abc import Mapping, Sequence
from typing import Final, NamedTuple

import msgspec

from diwan_core.trust.errors import BadCertificate, BadKey, BadName, LedgerRefused
from diwan_core.trust.network.certificates import read_certificate
from diwan_core.trust.network.custodian_acts import ActRefused, Custodian, about_change, check_act, check_set
from diwan_core.trust.network.labels import holder_of
from diwan_core.trust.network.ledger_facts import (
    CentralFact,
    ConfirmedFact,
    CustodiansFact,
    NodeFact,
    RevokedFact,
    UnknownFact,
)

OF_ONE_POST: Final = "post-"
"""How the name of a scope begins that has one member, the post with the id that follows."""


class HostileEntry(NamedTuple):
    """A node entry that claims to be the centre. It is counted, so that the chain goes on, and its key is believed by
    nobody: the centre's keys are those of the founding entry, for ever."""

    fact: NodeFact
    serial: int
    """Serial number of the certificate it brought, which the revocation list names."""
    why: str


class _Named(msgspec.Struct):
    node: str = ""


def claims_to_be_the_centre(fact: NodeFact, central: CentralFact | None) -> str:
    """Why a node entry is hostile, in words; empty where it is not hostile."""
    if central is None:
        return ""
    if fact.node == central.node:
        return f"it gives a key to {fact.node}, which is the centre's own id"
    if fact.identity == central.identity:
        return f"it gives the centre's own identity key to node {fact.node}"
    return ""


def check_confirmed(
    fact: ConfirmedFact,
    nodes: Mapping[str, NodeFact],
    revoked: Mapping[bytes, RevokedFact],
    confirmed: Mapping[bytes, int],
) -> None:
    """Whether a confirmation may follow. Raises LedgerRefused."""
    node = nodes.get(fact.node)
    if node is None or node.identity != fact.identity or fact.identity in revoked:
        raise LedgerRefused(f"Node {fact.node} is not enrolled with the keys that are to be confirmed.")
    if fact.identity in confirmed:
        raise LedgerRefused(f"The keys of node {fact.node} are confirmed already.")


def check_scopes(fact: NodeFact, nodes: Mapping[str, NodeFact], confirmed: Mapping[bytes, int]) -> None:
    """Check, at the centre and before a node entry is written, that a node is a member of a scope only with keys that
    a person has confirmed, both of them, or that were a member's before there were confirmations. Raises
    LedgerRefused."""
    if any(scope.startswith(OF_ONE_POST) and scope != OF_ONE_POST + fact.node for scope in fact.scopes):
        raise LedgerRefused(f"Node {fact.node} cannot be a member of the scope of another post.")
    before = nodes.get(fact.node)
    if before is not None and before.identity == fact.identity and before.sealing_key != fact.sealing_key:
        raise LedgerRefused(f"Node {fact.node} has another sealing key than before: make both keys anew.")
    was_member = before is not None and before.identity == fact.identity and bool(before.scopes)
    if fact.scopes and fact.identity not in confirmed and not was_member:
        raise LedgerRefused(f"The keys of node {fact.node} are not confirmed: it can be a member of no scope yet.")


def home_after(fact: NodeFact, nodes: Mapping[str, NodeFact], homes: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    """The scopes to which the records of a node belong after this entry of it. One that comes back with new keys, which
    nobody has confirmed yet, is at home where it was."""
    before = nodes.get(fact.node)
    comes_back = not fact.scopes and before is not None and before.identity != fact.identity
    return homes.get(fact.node, ()) if comes_back else fact.scopes


def check_label_free(fact: NodeFact, central: CentralFact | None, nodes: Mapping[str, NodeFact]) -> None:
    """Check, at the centre and before a node entry is written, that no other node has its label. Raises
    LedgerRefused."""
    holder = holder_of(fact.label, nodes, central, fact.node)
    if holder is not None:
        raise LedgerRefused(f"Node {holder} has the label {fact.label!r}, or one that looks like it. Choose another.")


def custodians_doubted(
    fact: CustodiansFact,
    at: int,
    present: Sequence[Custodian],
    since: int,
    central: CentralFact | None,
    nodes: Mapping[str, NodeFact],
) -> str:
    """Why nobody believes in new custodians, in words; empty where those before agreed, or there were none."""
    centre = central.identity if central else b""
    try:
        check_set(fact.custodians, [centre, *(node.identity for node in nodes.values())])
        if present and fact.act is None:
            return "those before did not agree: there is no act of theirs"
        if present and fact.act is not None:
            check_act(fact.act, present, since, centre, "custodians.change", about_change(fact.custodians), at)
    except (ActRefused, BadName, BadKey) as error:
        return str(error)
    return ""


def named_node(fact: UnknownFact) -> str:
    """The node id that a fact of a newer release names in a member `node`; empty where it names none."""
    try:
        return msgspec.json.decode(fact.raw, type=_Named).node
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return ""


def check_node(
    fact: NodeFact,
    central: CentralFact | None,
    nodes: Mapping[str, NodeFact],
    revoked: Mapping[bytes, RevokedFact],
) -> int:
    """Whether a node entry may follow; the serial number of the node's certificate. Raises LedgerRefused."""
    try:
        facts = read_certificate(fact.certificate.encode(), central.authority.encode() if central else b"")
    except (BadCertificate, UnicodeError) as error:
        raise LedgerRefused(f"The certificate of node {fact.node} is not right: {error}") from error
    if (facts.name, facts.kind, facts.identity) != (fact.node, "node", fact.identity):
        raise LedgerRefused(f"The certificate of node {fact.node} is for another name or key. Enrol it again.")
    before = nodes.get(fact.node)
    if fact.identity in revoked:
        raise LedgerRefused(f"The keys of node {fact.node} are revoked for ever. Enrol it again with new keys.")
    if before is not None and before.identity != fact.identity and before.identity not in revoked:
        raise LedgerRefused(f"Node {fact.node} is enrolled with other keys. Revoke those first.")
    if any(node.identity == fact.identity for name, node in nodes.items() if name != fact.node):
        raise LedgerRefused(f"The keys of node {fact.node} belong to another node. Enrol it with keys of its own.")
    return facts.serial


def check_revoked(
    fact: RevokedFact,
    nodes: Mapping[str, NodeFact],
    revoked: Mapping[bytes, RevokedFact],
    hostile: Mapping[int, HostileEntry],
) -> None:
    """Whether a revocation may follow. Raises LedgerRefused."""
    node = nodes.get(fact.node)
    known = node is not None and node.identity == fact.identity
    if not known and not any((fact.node, fact.identity) == (h.fact.node, h.fact.identity) for h in hostile.values()):
        raise LedgerRefused(f"Node {fact.node} is not enrolled with the keys that are to be revoked.")
    if fact.identity in revoked:
        raise LedgerRefused(f"The keys of node {fact.node} are revoked already.")
