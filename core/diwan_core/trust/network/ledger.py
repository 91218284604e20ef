"""The ledger: facts that cannot be undone, numbered, chained and signed by the centre, and held whole by every node.

An entry is canonical JSON of `{"entry": {...}, "signature": "<base64>"}`, where the signature is the centre's over the
canonical bytes of the inner object: `{"at", "facts", "kind", "number", "previous", "version"}`. `previous` is the
SHA-256 of the whole entry before it. Canonical means UTF-8, no white space, keys in order, no fractions, so that an
entry has one spelling and its hash is well defined.

Everything here is pure: the register keeps the entries as a list of bytes and hands them in. Kinds that a newer centre
adds are verified and counted like others, and kept; this release just cannot act on them.

The centre's keys are those of the first entry and no other. A node entry under the centre's id cannot be written; where
an older centre has written one, it is counted so that the chain goes on, listed in `Ledger.hostile`, and believed by
nobody.
"""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

import msgspec
from msgspec.structs import replace as replace_fact

from diwan_core.trust.canonical import canonical, is_canonical
from diwan_core.trust.errors import LedgerRefused, TrustError
from diwan_core.trust.names import short_id
from diwan_core.trust.network.custodian_acts import Custodian
from diwan_core.trust.network.keys import NodeKeys, verify
from diwan_core.trust.network.ledger_facts import (
    KINDS,
    CentralFact,
    ConfirmedFact,
    CustodiansFact,
    ErasureFact,
    Fact,
    NodeFact,
    ReachFact,
    RevokedFact,
    ScopeKeyFact,
    UnknownFact,
    check_fact,
)
from diwan_core.trust.network.ledger_rules import (
    HostileEntry,
    check_confirmed,
    check_label_free,
    check_node,
    check_revoked,
    check_scopes,
    claims_to_be_the_centre,
    custodians_doubted,
    home_after,
    named_node,
)

VERSION = 1
MAX_ENTRY = 64 * 1024
"""Bytes of one entry; ours are under 2 kB."""
DOMAIN = b"diwan/1/ledger"
START = bytes(32)
"""`previous` of the first entry."""


class _Entry(msgspec.Struct, frozen=True):
    at: int
    facts: msgspec.Raw
    kind: str
    number: int
    previous: str
    version: int


class _Signed(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    entry: msgspec.Raw
    signature: bytes


@dataclass(frozen=True)
class Entry:
    """One verified entry. `at` is the centre's clock, UTC milliseconds; `hash` is what the next one names."""

    number: int
    at: int
    kind: str
    fact: Fact
    previous: bytes
    hash: bytes


@dataclass(frozen=True)
class Ledger:
    """The facts of the ledger up to `length`. Start with `Ledger(central_identity)` and `accept` entries in order."""

    identity: bytes
    """The centre's identity key, known from enrolment and from nowhere else."""
    length: int = 0
    head: bytes = START
    central: CentralFact | None = None
    nodes: Mapping[str, NodeFact] = field(default_factory=lambda: MappingProxyType({}))
    """Node id to the latest facts of every node ever enrolled, the revoked ones included."""
    homes: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Node id to the scopes its records belong to: those it is a member of, or was until its keys were revoked."""
    scope_keys: Mapping[tuple[str, bytes], ScopeKeyFact] = field(default_factory=lambda: MappingProxyType({}))
    """(scope, key id) to every key a scope ever had."""
    current: Mapping[str, ScopeKeyFact] = field(default_factory=lambda: MappingProxyType({}))
    """Scope to the key that is sealed to now."""
    revoked: Mapping[bytes, RevokedFact] = field(default_factory=lambda: MappingProxyType({}))
    """Identity key to its revocation. A key is revoked for ever; its node may come back with new keys."""
    serials: Mapping[bytes, tuple[int, ...]] = field(default_factory=lambda: MappingProxyType({}))
    """Identity key to the serial numbers of every certificate it ever had."""

    erasures: Mapping[str, tuple[ErasureFact, int]] = field(default_factory=lambda: MappingProxyType({}))
    """Record to what is to be erased of it, all orders together, and the number of the last one."""

    enrolments: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    """Node id to how often it was enrolled with new keys."""
    reach: Mapping[str, tuple[ReachFact, int]] = field(default_factory=lambda: MappingProxyType({}))
    """Record type to how far its nominal halves travel, and the number of the entry that says so."""

    confirmed: Mapping[bytes, int] = field(default_factory=lambda: MappingProxyType({}))
    """Identity key to the number of the entry by which a person confirmed it."""
    hostile: Mapping[int, HostileEntry] = field(default_factory=lambda: MappingProxyType({}))
    """Number to a node entry that claims to be the centre. Its key counts for nothing."""
    custodians: tuple[Custodian, ...] = ()
    """Who they are now; `custodians_since` is the number of the entry that named them."""
    custodians_since: int = 0
    doubted: Mapping[int, str] = field(default_factory=lambda: MappingProxyType({}))
    """Number to why an entry that names custodians counts for nothing."""
    strangers: frozenset[str] = frozenset()
    """Node ids that entries of kinds unknown to this release name."""

    def is_taken(self, node_id: str) -> bool:
        """Whether this id is, or ever was, the centre's or any node's: no new node may have it."""
        centre = self.central is not None and self.central.node == node_id
        return centre or node_id in self.nodes or node_id in self.strangers

    def begins_like(self, node_id: str) -> bool:
        """Whether another node's id is shown beside its label as this one would be."""
        ids = {*self.nodes, *self.strangers, *({self.central.node} if self.central else ())}
        return any(id != node_id and short_id(id) == short_id(node_id) for id in ids)

    def trusted(self, node_id: str) -> NodeFact | None:
        """The facts of a node that is enrolled and not revoked, else None."""
        node = self.nodes.get(node_id)
        return None if node is None or node.identity in self.revoked else node

    def is_confirmed(self, node_id: str) -> bool:
        """Whether a person confirmed a node's present keys, or they were enrolled before there were confirmations. Of
        a revoked node this says nothing about today."""
        node = self.nodes.get(node_id)
        return node is not None and (bool(node.scopes) or node.identity in self.confirmed)

    def members(self, scope: str) -> list[NodeFact]:
        """The trusted nodes of a scope, by id."""
        return [node for _, node in sorted(self.nodes.items()) if scope in node.scopes and self.trusted(node.node)]

    def revoked_serials(self) -> list[int]:
        """The serial numbers for `CertificateAuthority.revocation_list`."""
        found = {serial for identity in self.revoked for serial in self.serials.get(identity, ())}
        return sorted(found | {entry.serial for entry in self.hostile.values()})

    def _own_central(self, fact: CentralFact) -> CentralFact:
        if fact.identity != self.identity:
            raise LedgerRefused("This ledger belongs to another centre. Enrol this node again.")
        return fact

    def accept(self, entries: Iterable[bytes]) -> "Ledger":
        """The ledger after these raw entries, all verified. Raises LedgerRefused, and then nothing has changed."""
        nodes, homes, scope_keys = dict(self.nodes), dict(self.homes), dict(self.scope_keys)
        current, revoked, serials = dict(self.current), dict(self.revoked), dict(self.serials)
        central, length, head = self.central, self.length, self.head
        erasures, hostile, strangers = dict(self.erasures), dict(self.hostile), set(self.strangers)
        confirmed, doubted, reach = dict(self.confirmed), dict(self.doubted), dict(self.reach)
        enrolments = dict(self.enrolments)
        custodians, since = self.custodians, self.custodians_since
        for raw in entries:
            entry = read_entry(raw, self.identity)
            if entry.number != length + 1 or entry.previous != head:
                raise LedgerRefused(
                    f"Ledger entry {entry.number} does not follow entry {length}. Ask for what follows {length} again; "
                    "if that does not help, there are two ledgers: call the centre."
                )
            fact = entry.fact
            if (central is None) != isinstance(fact, CentralFact):
                raise LedgerRefused("A ledger begins with the centre's own entry and has no second one.")
            match fact:
                case CentralFact():
                    central = self._own_central(fact)
                case NodeFact():
                    serial = check_node(fact, central, nodes, revoked)
                    if why := claims_to_be_the_centre(fact, central):
                        hostile[entry.number] = HostileEntry(fact, serial, why)
                    else:
                        serials[fact.identity] = (*serials.get(fact.identity, ()), serial)
                        enrolments[fact.node] = enrolments.get(fact.node, 0) + _has_new_keys(fact, nodes)
                        homes[fact.node] = home_after(fact, nodes, homes)
                        nodes[fact.node] = fact
                case ConfirmedFact():
                    check_confirmed(fact, nodes, revoked, confirmed)
                    confirmed[fact.identity] = entry.number
                case ScopeKeyFact():
                    scope_keys[fact.scope, fact.key_id] = current[fact.scope] = fact
                case RevokedFact():
                    check_revoked(fact, nodes, revoked, hostile)
                    revoked[fact.identity] = fact
                case ErasureFact():
                    before = erasures[fact.record][0] if fact.record in erasures else fact
                    blobs = tuple(dict.fromkeys((*before.blobs, *fact.blobs)))
                    whole = replace_fact(fact, halves=before.halves | fact.halves, blobs=blobs)
                    erasures[fact.record] = (whole, entry.number)
                case ReachFact():
                    reach[fact.type] = (fact, entry.number)
                case CustodiansFact():
                    if why := custodians_doubted(fact, entry.at, custodians, since, central, nodes):
                        doubted[entry.number] = why
                    else:
                        custodians, since = fact.custodians, entry.number
                case UnknownFact():
                    strangers |= {named_node(fact)} - {""}
            length, head = entry.number, entry.hash
        return replace(
            self,
            length=length,
            head=head,
            central=central,
            nodes=MappingProxyType(nodes),
            homes=MappingProxyType(homes),
            scope_keys=MappingProxyType(scope_keys),
            current=MappingProxyType(current),
            revoked=MappingProxyType(revoked),
            serials=MappingProxyType(serials),
            erasures=MappingProxyType(erasures),
            enrolments=MappingProxyType(enrolments),
            reach=MappingProxyType(reach),
            confirmed=MappingProxyType(confirmed),
            hostile=MappingProxyType(hostile),
            custodians=custodians,
            custodians_since=since,
            doubted=MappingProxyType(doubted),
            strangers=frozenset(strangers),
        )


def _has_new_keys(fact: NodeFact, nodes: Mapping[str, NodeFact]) -> bool:
    """Whether an entry enrols a node with keys that it did not have before."""
    return fact.node not in nodes or nodes[fact.node].identity != fact.identity


def append(ledger: Ledger, fact: Fact, at: int, keys: NodeKeys) -> tuple[bytes, Ledger]:
    """Make the next entry for `fact`, at the centre, and the ledger with it. `at` is UTC milliseconds.

    Store the bytes before anything acts on the new ledger. Raises LedgerRefused when the fact cannot follow.
    """
    kind = KINDS.get(type(fact))
    if kind is None:
        raise LedgerRefused("Only a centre of the release that knows this kind of fact can write it.")
    if isinstance(fact, NodeFact):
        check_label_free(fact, ledger.central, ledger.nodes)
        check_scopes(fact, ledger.nodes, ledger.confirmed)
    inner = canonical(
        _Entry(
            at=at,
            facts=msgspec.Raw(canonical(fact)),
            kind=kind,
            number=ledger.length + 1,
            previous=ledger.head.hex(),
            version=VERSION,
        )
    )
    raw = canonical(_Signed(msgspec.Raw(inner), keys.sign(DOMAIN, inner)))
    after = ledger.accept([raw])
    if found := after.hostile.get(after.length):
        raise LedgerRefused(
            f"This node cannot be written into the ledger: {found.why}. Only an attacker asks for that: find out who "
            "had the code."
        )
    if why := after.doubted.get(after.length):
        raise LedgerRefused(f"The custodians cannot be named: {why}")
    return raw, after


def read_entry(raw: bytes, identity: bytes) -> Entry:
    """Read one entry on its own: form, signature, facts; not its place in the chain. Raises LedgerRefused."""
    if len(raw) > MAX_ENTRY:
        raise LedgerRefused(f"A ledger entry is {len(raw)} bytes long, more than {MAX_ENTRY}. Ask for it again.")
    try:
        signed = msgspec.json.decode(raw, type=_Signed)
        inner = bytes(signed.entry)
        entry = msgspec.json.decode(inner, type=_Entry)
        previous = bytes.fromhex(entry.previous)
        one_spelling = is_canonical(raw) and canonical(signed) == raw and previous.hex() == entry.previous
    except (msgspec.MsgspecError, ValueError, RecursionError) as error:
        raise LedgerRefused(f"A ledger entry cannot be read ({error}). Ask for it again.") from error
    if not one_spelling:
        raise LedgerRefused("A ledger entry is not written in its canonical form. Ask for it again.")
    if not verify(identity, DOMAIN, inner, signed.signature):
        raise LedgerRefused(f"Ledger entry {entry.number} is not signed by our centre. Ask for it again.")
    if entry.version != VERSION:
        raise LedgerRefused(f"Ledger entry {entry.number} is of version {entry.version}. Update Diwan at this node.")
    known = {kind: form for form, kind in KINDS.items()}.get(entry.kind)
    try:
        fact: Fact = UnknownFact(entry.kind, bytes(entry.facts))
        if known is not None:
            fact = msgspec.json.decode(entry.facts, type=known)
            check_fact(fact)
    except (msgspec.MsgspecError, TrustError, UnicodeError) as error:
        raise LedgerRefused(f"Ledger entry {entry.number} ({entry.kind[:40]}) is not right: {error}") from error
    return Entry(entry.number, entry.at, entry.kind, fact, previous, hashlib.sha256(raw).digest())
