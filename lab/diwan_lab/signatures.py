"""Checkpoints: whether each origin really signed the heads that are in a node's journal (docs/protocol.md)."""

from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from diwan_lab.checker import reading

DOMAIN = b"diwan/1/checkpoint"


def public_keys(central: Path) -> dict[str, bytes]:
    """Every node's signing key as the centre knows it: 32 bytes by node id."""
    with reading(central) as centre:
        return dict(centre.execute("SELECT id, signing_key FROM node"))


def bad_checkpoints(node: Path, keys: Mapping[str, bytes]) -> list[str]:
    """Signatures in a node's journal that their origin's key did not make, and own epochs whose head has none."""
    bad = []
    with reading(node) as reader:
        for origin, epoch, seq, head, signature in reader.execute(
            "SELECT e.origin, e.id, j.seq, j.hash, j.signature FROM journal j JOIN epoch e ON e.no=j.epoch"
            " WHERE j.signature IS NOT NULL"
        ):
            message = f"{origin} {epoch} {seq} ".encode() + head
            if origin not in keys:
                bad.append(f"{epoch}:{seq} is signed by {origin}, which the centre does not know")
            elif not _verifies(keys[origin], message, signature):
                bad.append(f"{epoch}:{seq} has a checkpoint that {origin} did not sign")
        bad += [
            f"{epoch}:{seq} is the head of this node's own epoch and has no checkpoint"
            for epoch, seq in reader.execute(
                "SELECT e.id, e.seq FROM epoch e JOIN journal j ON j.epoch=e.no AND j.seq=e.seq"
                " WHERE e.own=1 AND j.signature IS NULL"
            )
        ]
    return bad


def _verifies(key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, DOMAIN + b"\0" + message)
    except (InvalidSignature, ValueError):
        return False
    return True
