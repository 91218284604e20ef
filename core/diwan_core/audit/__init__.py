"""Audit: whether what a node holds is what its authors wrote and signed, and one case as evidence for a court.

Recomputes everything from the rows themselves and trusts no column that could have been altered beside them. It reads
registers and files and writes neither; nothing here talks to a network."""

from diwan_core.audit.casefile import BadCaseFile
from diwan_core.audit.check import Checked, check
from diwan_core.audit.export import export
from diwan_core.audit.finding import Finding
from diwan_core.audit.verify import Verified, verify_node

__all__ = ["BadCaseFile", "Checked", "Finding", "Verified", "check", "export", "verify_node"]
