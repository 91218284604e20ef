"""Tells the register which rows are safe, after an archive was verified."""

from __future__ import annotations

from pathlib import Path

from diwan_core import node
from diwan_core.archives.verified import safe_heads
from diwan_core.register import Register
from diwan_core.register.archived import mark_safe


def advance(folder: Path) -> int:
    """Mark rows in verified archives on enough media as safe, at the centre, so that posts learn of it; returns how
    many there are. Raises RegisterError."""
    if node.load(folder).role != "central":
        return 0
    heads = safe_heads(folder)
    with Register.open(folder, role="writer") as register:
        rows = mark_safe(register.store, heads)
        register.wake(b"safe")
    return rows
