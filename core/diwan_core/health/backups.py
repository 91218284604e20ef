"""What is wrong with a node's backups, looked at now: ages, failures, the drill, the recovery key (ADR 35)."""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from diwan_core.health.findings import Finding

PART: Final = "backup"


def of_backups(folder: Path, now: Callable[[], float] = time.time) -> list[Finding]:
    """The findings. A node that cannot be looked at has others."""
    from diwan_core.archives.standing import wrong  # a post without backups need not load it
    from diwan_core.node import NodeError

    moment = now()
    try:
        return [Finding(PART, code, moment, facts) for code, facts in wrong(folder, int(moment * 1000))]
    except (OSError, NodeError):
        return []
