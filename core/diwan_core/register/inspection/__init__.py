"""Inspection: what an auditor reads of a register, as it lies in the database, from one moment.

It gives rows, epochs, the ledger's entries, the scopes' runs and the records' states, and judges none of them: what is
right is said by `diwan_core.audit`. What may not enter: anything that writes."""

from diwan_core.register.inspection.epochs import HeldEpoch, HeldRow
from diwan_core.register.inspection.evidence import Stretch
from diwan_core.register.inspection.inspect import Inspection, inspect
from diwan_core.register.inspection.states import EditedState, UneditedState

__all__ = [
    "EditedState",
    "HeldEpoch",
    "HeldRow",
    "Inspection",
    "Stretch",
    "UneditedState",
    "inspect",
]
