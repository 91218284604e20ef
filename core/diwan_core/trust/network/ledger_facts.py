"""The kinds of facts in a ledger entry, and the form that each must have.

Facts are added to, never changed: a kind keeps its members for ever, and new ones have a default.
"""

import re
from dataclasses import dataclass

import msgspec

from diwan_core.trust.errors import BadCertificate, BadKey, BadName
from diwan_core.trust.names import check_id, check_label, check_scope
from diwan_core.trust.network.certificates import read_authority, read_certificate
from diwan_core.trust.network.custodian_acts import Custodian, SignedAct
from diwan_core.trust.network.scope_keys import scope_key_id
from diwan_core.trust.network.seal import seal

_TYPE = re.compile(r"[a-z][a-z_]{0,59}")
REACHES = ("all", "addressed", "unit", "centre")
"""How far what names people in records of a type travels, from far to near."""
_RECORD = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


class CentralFact(msgspec.Struct, frozen=True):
    """The first entry: the centre itself. Certificates are PEM."""

    node: str
    label: str
    identity: bytes
    sealing_key: bytes
    certificate: str
    authority: str


class NodeFact(msgspec.Struct, frozen=True):
    """A node is enrolled, renewed, relabelled, or its scopes changed: the latest entry of a node holds."""

    node: str
    label: str
    office: str
    identity: bytes
    """Ed25519, 32 bytes."""
    sealing_key: bytes
    """X25519, 32 bytes."""
    certificate: str
    """PEM."""
    scopes: tuple[str, ...]
    """What it is a member of. A node whose keys nobody has confirmed is a member of nothing."""


class ConfirmedFact(msgspec.Struct, frozen=True):
    """A person at the centre has compared the fingerprint words of a node's keys with the people at the node. Who it
    was is in the centre's log of reads. Nodes enrolled by the first release have no such entry, and scopes all the
    same: they count as confirmed."""

    node: str
    identity: bytes


class ScopeKeyFact(msgspec.Struct, frozen=True):
    """The key of a scope from this entry on."""

    scope: str
    key_id: bytes
    """8 bytes."""
    public: bytes
    """X25519, 32 bytes."""


class RevokedFact(msgspec.Struct, frozen=True):
    """The keys of a node, with every certificate they ever had, are worth nothing from here on."""

    node: str
    identity: bytes
    reason: str


class ErasureFact(msgspec.Struct, frozen=True):
    """The values of a record are to be deleted everywhere, for ever. `halves`: 1 the rest, 2 what names people, 3
    both. `basis` is the law and order it happens under. `blobs`: SHA-256 of the SHA-256 names of the pictures that go
    with it, so that the name of what was erased does not stay behind."""

    record: str
    halves: int
    basis: str
    blobs: tuple[bytes, ...] = ()


class ReachFact(msgspec.Struct, frozen=True):
    """How far the nominal halves of a type's records travel from this entry on: to all posts ("all"), to all but those
    of records that name one post, which alone reads them ("addressed"), to the posts of the record's unit ("unit"), or
    to the centre only ("centre"). The latest entry of a type holds; before the first one it is "all"."""

    type: str
    nominal: str


class CustodiansFact(msgspec.Struct, frozen=True):
    """The custodians from this entry on. The first are believed because the centre names them; each later entry holds
    the act by which those before agreed, and a node that finds it wanting believes in those before."""

    custodians: tuple[Custodian, ...]
    act: SignedAct | None = None


@dataclass(frozen=True)
class UnknownFact:
    """A kind of a newer release: verified, kept, not understood."""

    kind: str
    raw: bytes


Fact = (
    CentralFact
    | NodeFact
    | ConfirmedFact
    | ScopeKeyFact
    | RevokedFact
    | ErasureFact
    | ReachFact
    | CustodiansFact
    | UnknownFact
)

KINDS: dict[type, str] = {
    CentralFact: "central",
    NodeFact: "node",
    ConfirmedFact: "confirmed",
    ScopeKeyFact: "scope-key",
    RevokedFact: "revoked",
    ErasureFact: "erasure",
    ReachFact: "reach",
    CustodiansFact: "custodians",
}


def check_fact(fact: Fact) -> None:
    """Whether a fact is right in itself. Raises BadName, BadKey, BadCertificate, UnicodeError."""
    match fact:
        case CentralFact():
            _check_member(fact)
            read_authority(fact.authority.encode())
            facts = read_certificate(fact.certificate.encode(), fact.authority.encode())
            if (facts.name, facts.identity) != (fact.node, fact.identity):
                raise BadCertificate("The centre's certificate is for another name or key.")
        case NodeFact():
            _check_member(fact)
            if fact.office:
                check_label(fact.office, "office")
            for scope in fact.scopes:
                check_scope(scope)
        case ScopeKeyFact():
            check_scope(fact.scope)
            _check_sealing(fact.public)
            if fact.key_id != scope_key_id(fact.public):
                raise BadKey("The id of a scope key is not the one of its public half.")
        case ConfirmedFact():
            check_id(fact.node)
            _check_identity(fact.identity)
        case RevokedFact():
            check_id(fact.node)
            check_label(fact.reason, "reason")
            _check_identity(fact.identity)
        case ErasureFact():
            if not _RECORD.fullmatch(fact.record):
                raise BadName("An erasure must name a record by its id.")
            check_label(fact.basis, "basis", longest=500)
            if fact.halves not in (1, 2, 3) or any(len(name) != 32 for name in fact.blobs):
                raise BadName("An erasure must say which halves of a record, and name blobs by 32 bytes.")
        case ReachFact():
            _check_reach(fact)
        case CustodiansFact() | UnknownFact():
            pass  # custodians are judged where those before are known: `ledger_rules.custodians_doubted`


def _check_reach(fact: ReachFact) -> None:
    if not _TYPE.fullmatch(fact.type) or fact.nominal not in REACHES:
        raise BadName("How far what names people travels is said of a record type: all, addressed, unit or centre.")


def _check_member(fact: CentralFact | NodeFact) -> None:
    check_id(fact.node)
    check_label(fact.label)
    _check_identity(fact.identity)
    _check_sealing(fact.sealing_key)


def _check_identity(key: bytes) -> None:
    if len(key) != 32:
        raise BadKey("An identity key must be 32 bytes.")


def _check_sealing(key: bytes) -> None:
    seal(key, b"", b"")  # the primitive's own judgement, keys of small order included
