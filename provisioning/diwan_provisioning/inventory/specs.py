"""The variables that the roles declare; inventories are checked against them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import yaml

from diwan_provisioning.place import provisioning_folder

PROVISIONING: Final = provisioning_folder()
ROLES: Final = PROVISIONING / "roles"

OF_GROUP: Final[Mapping[str, tuple[str, ...]]] = {
    "central": (
        "base",
        "hardening",
        "time",
        "firewall",
        "broker",
        "central",
        "luks_data",
        "session_log",
        "monitoring",
        "verify",
    ),
    "posts": (
        "base",
        "hardening",
        "time",
        "firewall",
        "post",
        "luks_data",
        "session_log",
        "wifi_access_point",
        "verify",
    ),
    "backup_disks": ("backup_disk",),
    "laptops": ("base", "laptop_officer", "laptop_technician"),
}
"""The roles whose variables a machine of a group may set."""

GENERAL: Final[Mapping[str, str]] = {
    "diwan_country": "str", "diwan_administration": "str", "diwan_domain": "str", "diwan_languages": "list",
    "diwan_laptop_kind": "str", "diwan_profile": "str", "diwan_first_user": "str", "diwan_first_people": "list",
}  # fmt: skip
"""Variables of the country itself, and what playbooks choose by. Inventories of before name `diwan_languages`; every
console offers all languages, so that it changes nothing."""

BY_PLAYBOOKS: Final = frozenset({
    "diwan_firewall_open", "diwan_firewall_redirect", "diwan_time_serves", "diwan_signed_in_as",
    "diwan_technician_proven",
})  # fmt: skip
"""Set by the playbooks; an inventory that sets them would open what nobody expects."""


def options(group: str) -> dict[str, Mapping[str, Any]]:
    """Every variable that a machine of a group may have, with its declaration."""
    found: dict[str, Mapping[str, Any]] = {name: {"type": kind} for name, kind in GENERAL.items()}
    for role in ("bundle", *OF_GROUP[group]):
        path = ROLES / role / "meta/argument_specs.yml"
        if path.exists():
            spec = yaml.safe_load(path.read_text())["argument_specs"]["main"]
            found |= spec.get("options") or {}
    return found
