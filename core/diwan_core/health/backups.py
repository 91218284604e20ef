"""Findings about a node's backups, worked out when asked: ages, failures, the drill, the recovery key (ADR 35)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from diwan_core.health.findings import Finding

PART: Final = "backup"


def of_backups(folder: Path, now: Callable[[], float] = time.time) -> list[Finding]:
    """The findings. Where a node cannot be examined, other findings say so."""
    from diwan_core.archives.standing import standing, wrong  # a post without backups need not load it
    from diwan_core.custody.standing import wrong as wrong_with_keys
    from diwan_core.node import NodeError, load

    moment = now()
    try:
        found = list(wrong(folder, int(moment * 1000)))
        now_standing = standing(folder)
        repositories = now_standing.repositories
        if repositories and load(folder).role == "central":
            disks = {one.repository.name: one.made_ms for one in repositories if one.repository.kind != "remote"}
            found += wrong_with_keys(folder, disks, now_standing.settings.recovery_key)
        return [Finding(PART, code, moment, facts) for code, facts in found]
    except (OSError, NodeError):
        return []
