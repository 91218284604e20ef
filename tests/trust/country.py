"""A small country: a centre with its authority, and nodes that hold its certificates."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from diwan_core.trust import NodeKeys, mint_id
from diwan_core.trust.files import write_private
from diwan_core.trust.network.ca import AUTHORITY_CERTIFICATE, CertificateAuthority
from diwan_core.trust.network.certificates import signing_request
from diwan_core.trust.network.enrolled_keys import create_centre
from diwan_core.trust.network.tls import NODE_CERTIFICATE

NOW = datetime(2026, 11, 22, 14, 5, tzinfo=UTC)


@dataclass(frozen=True)
class Node:
    id: str
    folder: Path
    keys: NodeKeys
    certificate: bytes


@dataclass(frozen=True)
class Country:
    id: str
    folder: Path
    keys: NodeKeys
    authority: CertificateAuthority
    certificate: bytes


def make_country(folder: Path, now: datetime = NOW) -> Country:
    central_id = mint_id()
    authority = create_centre(folder, central_id, now)
    certificate = (folder / "keys" / NODE_CERTIFICATE).read_bytes()
    return Country(central_id, folder, NodeKeys.load(folder), authority, certificate)


def make_node(folder: Path, authority: CertificateAuthority, node_id: str | None = None, now: datetime = NOW) -> Node:
    """A node enrolled by hand: keys of its own, certificate of this authority."""
    keys, name = NodeKeys.create(folder), node_id or mint_id()
    certificate = authority.issue(signing_request(keys, name), name, now)
    write_private(folder / "keys" / NODE_CERTIFICATE, certificate)
    write_private(folder / "keys" / AUTHORITY_CERTIFICATE, authority.certificate)
    return Node(name, folder, keys, certificate)
