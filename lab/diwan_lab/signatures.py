"""Checks checkpoints: whether each origin really signed the heads in a node's journal (docs/protocol.md)."""

import base64
import json
from collections.abc import Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from diwan_lab.checker import reading

DOMAIN = b"diwan/1/checkpoint"


def identities(central: Path) -> dict[str, list[bytes]]:
    """Every identity key the centre's ledger ever gave a node, its own included: 32 bytes each by node id."""
    found: dict[str, list[bytes]] = {}
    for fact in facts(central):
        if fact["kind"] in ("central", "node"):
            keys = found.setdefault(fact["facts"]["node"], [])
            key = base64.b64decode(fact["facts"]["identity"])
            keys += [] if key in keys else [key]
    return found


def facts(central: Path) -> list[dict[str, Any]]:
    """The entries of the centre's ledger, in order."""
    with reading(central) as centre:
        return [json.loads(entry)["entry"] for (entry,) in centre.execute("SELECT entry FROM ledger ORDER BY number")]


def bad_checkpoints(node: Path, keys: Mapping[str, Collection[bytes]]) -> list[str]:
    """Signatures in a node's journal that their origin's key did not make, and own epochs whose head has none."""
    bad = []
    signer: dict[tuple[str, str], bytes] = {}  # of each epoch, which one key signs as a rule
    with reading(node) as reader:
        for origin, epoch, seq, head, signature in reader.execute(
            "SELECT e.origin, e.id, j.seq, j.hash, j.signature FROM journal j JOIN epoch e ON e.no=j.epoch"
            " WHERE j.signature IS NOT NULL"
        ):
            message = f"{origin} {epoch} {seq} ".encode() + head
            if origin not in keys:
                bad.append(f"{epoch}:{seq} is signed by {origin}, which the centre does not know")
                continue
            by = signer.get((origin, epoch), b"")
            tried = [by, *(key for key in keys[origin] if key != by)] if by else keys[origin]
            found = next((key for key in tried if _verifies(key, message, signature)), None)
            if found is None:
                bad.append(f"{epoch}:{seq} has a checkpoint that {origin} did not sign")
            else:
                signer[origin, epoch] = found
        bad += [
            f"{epoch}:{seq} is the head of this node's own epoch and has no checkpoint"
            for epoch, seq in reader.execute(
                "SELECT e.id, e.seq FROM epoch e JOIN journal j ON j.epoch=e.no AND j.seq=e.seq"
                " WHERE e.own=1 AND j.signature IS NULL"
            )
        ]
    return bad


def signed_rows(node: Path, origin: str, key: bytes) -> Iterator[tuple[str, int]]:
    """(epoch id, seq) of the checkpoints of an origin that this key made, in a node's journal."""
    with reading(node) as reader:
        for epoch, seq, head, signature in reader.execute(
            "SELECT e.id, j.seq, j.hash, j.signature FROM journal j JOIN epoch e ON e.no=j.epoch"
            " WHERE e.origin=? AND j.signature IS NOT NULL",
            (origin,),
        ):
            if _verifies(key, f"{origin} {epoch} {seq} ".encode() + head, signature):
                yield epoch, seq


def _verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, DOMAIN + b"\0" + message)
    except (InvalidSignature, ValueError):
        return False
    return True
