"""The hardware profiles for provisioning, from `hardware.json`, which is generated from hardware/profiles."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Final

from diwan_provisioning.inventory.specs import PROVISIONING

FILE: Final = PROVISIONING / "hardware.json"
VARIABLE: Final = "diwan_hardware_profile"
_KIND: Final[Mapping[str, str]] = {"central": "central", "posts": "post", "laptops": "laptop"}


def fits(group: str) -> list[str]:
    """Names of the profiles that a machine of this group may have."""
    return [name for name, kind in _kinds().items() if kind == _KIND.get(group)]


@functools.cache
def _kinds() -> Mapping[str, str]:
    profiles = json.loads(FILE.read_text())["profiles"]
    return {str(name): str(profile["kind"]) for name, profile in profiles.items()}
