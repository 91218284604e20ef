"""Finds the playbooks and roles: in the source tree, or unpacked from the bundle on a technician's laptop."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Final

VARIABLE: Final = "DIWAN_PROVISIONING"
INSTALLED: Final = Path("/opt/diwan/playbooks")


def provisioning_folder() -> Path:
    """The folder that holds `playbooks` and `roles`."""
    if given := os.environ.get(VARIABLE):
        return Path(given)
    tree = Path(__file__).parents[1]
    return tree if (tree / "roles").is_dir() else INSTALLED
