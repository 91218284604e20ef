"""What each role is called, and what it does, in a few words."""

from typing import Final

from diwan_core.web.i18n import N_

ROLE_LABELS: Final = {
    "officer": N_("Officer: reports cases"),
    "supervisor": N_("Supervisor: reports and validates cases"),
    "analyst": N_("Analyst: reads, searches and exports cases"),
    "administrator": N_("Administrator: people, posts, imports; no cases"),
    "technician": N_("Technician: machines; no cases"),
    "auditor": N_("Auditor: who saw and changed what"),
}
