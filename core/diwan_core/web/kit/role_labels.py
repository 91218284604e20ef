"""The name and a short description of each role."""

from typing import Final

from diwan_core.roles import ROLES
from diwan_core.web.language.i18n import _

ROLE_LABELS: Final = {name: role.label for name, role in ROLES.items()}


def role_name(role: str) -> str:
    """The name of a role; a role of another release, and "command line" for a person at the machine, are shown as
    they are written."""
    return _(ROLE_LABELS[role]).partition(":")[0] if role in ROLE_LABELS else _(role)
