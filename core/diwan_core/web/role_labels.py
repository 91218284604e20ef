"""What each role is called, and what it does, in a few words."""

from typing import Final

from diwan_core.web.i18n import N_, _

ROLE_LABELS: Final = {
    "officer": N_("Officer: reports cases"),
    "supervisor": N_("Supervisor: reports and validates cases"),
    "analyst": N_("Analyst: reads, searches and exports cases"),
    "administrator": N_("Administrator: people, posts, imports; no cases"),
    "technician": N_("Technician: machines; no cases"),
    "auditor": N_("Auditor: who saw and changed what"),
}


def role_name(role: str) -> str:
    """What a role is called; one of another release as it is written."""
    return _(ROLE_LABELS[role]).partition(":")[0] if role in ROLE_LABELS else role
