"""What the checker must know about revoked keys and retired cards, and what it looks for.

Read from databases and folders only, like `checker`.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from diwan_lab.checker import holds_blob, reading
from diwan_lab.signatures import signed_rows


@dataclass(frozen=True)
class Revocation:
    """A node's identity key was revoked when the centre held its epochs up to these heads (epoch id -> seq)."""

    node: str
    identity: bytes
    heads: Mapping[str, int]


@dataclass
class Trust:
    """What happened to keys and cards in a scenario."""

    former: list[Path] = field(default_factory=list)
    """Folders with a node.toml and keys that a post had before."""
    retired: list[Path] = field(default_factory=list)
    """Data folders of copies of cards, which are used no more."""
    revocations: list[Revocation] = field(default_factory=list)
    hostile: set[str] = field(default_factory=set)
    """Nodes whose keys are in wrong hands: what they wrote may wait for ever."""


def is_revoked(central: Path, card: Path) -> bool:
    """Whether the centre has revoked the keys of this card's node."""
    with reading(central) as centre:
        row = centre.execute("SELECT revoked FROM node WHERE id=?", (node_id(card),)).fetchone()
    return row is not None and bool(row[0])


def revocation(central: Path, card: Path) -> Revocation:
    """How far the centre holds what a node wrote; to be asked right after its keys are revoked."""
    node = node_id(card)
    with reading(central) as centre:
        (identity,) = centre.execute("SELECT signing_key FROM node WHERE id=?", (node,)).fetchone()
        heads = dict(centre.execute("SELECT id, seq FROM epoch WHERE origin=?", (node,)).fetchall())
    return Revocation(node, identity, heads)


def admitted_after(central: Path, revocations: Sequence[Revocation]) -> list[str]:
    """Rows that the centre took under keys that were revoked by then; in words."""
    return [
        f"{epoch}:{seq} of {gone.node} came under keys that were revoked by then"
        for gone in revocations
        for epoch, seq in signed_rows(central, gone.node, gone.identity)
        if seq > gone.heads.get(epoch, 0)
    ]


def missing(central: Path, retired: Sequence[Path]) -> list[str]:
    """Rows and pictures of cards used no more that the centre does not hold applied, bit for bit; in words. Pictures of
    what has been erased since may be gone."""
    found = []
    with reading(central) as centre:
        held = set(
            centre.execute("SELECT e.id, j.seq, j.hash FROM journal j JOIN epoch e ON e.no=j.epoch WHERE j.verdict=0")
        )
        erased = {hash_ for (hash_,) in centre.execute("SELECT hash FROM erased_blob")}
    for card in retired:
        with reading(card) as reader:
            rows = reader.execute(
                "SELECT e.id, j.seq, j.hash FROM journal j JOIN epoch e ON e.no=j.epoch WHERE e.own=1"
            ).fetchall()
            pictures = [name for (name,) in reader.execute("SELECT sha256 FROM blob WHERE own=1 AND have=size")]
        found += [f"{card.name}: row {row[0]}:{row[1]} is not at the centre" for row in rows if row not in held]
        found += [
            f"{card.name}: picture {name[:12]} is not at the centre"
            for name in pictures
            if hashlib.sha256(bytes.fromhex(name)).digest() not in erased and not holds_blob(central, name)
        ]
    return found


def node_id(card: Path) -> str:
    """A post's identity, from its node.toml."""
    found = re.search(r'(?m)^id *= *"(\w+)"', (card / "node.toml").read_text(encoding="utf-8"))
    if found is None:
        raise ValueError(f"{card} has no id")
    return found[1]
