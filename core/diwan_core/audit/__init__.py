"""Audit: find out whether what a node holds is what its authors wrote and signed, and give one case as evidence.

Everything is recomputed from the rows themselves; no column is trusted that could have been altered beside them. A
register is read through `diwan_core.register.inspection`. What may not enter: SQL, the network, and anything that
writes to a register."""

from diwan_core.audit.casefile import BadCaseFile
from diwan_core.audit.check import check
from diwan_core.audit.checked import Checked
from diwan_core.audit.export import export
from diwan_core.audit.finding import Finding
from diwan_core.audit.verify import Verified, verify_node

__all__ = ["BadCaseFile", "Checked", "Finding", "Verified", "check", "export", "verify_node"]
