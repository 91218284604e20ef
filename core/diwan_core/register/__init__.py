"""The register: the records of a node with their journal, history, search and pictures, and the only room that uses
the node's database file.

What may not enter: the network, the web, and anything that signs but the journal's own checkpoints."""

from diwan_core.register.admission.admit import Admission, admit
from diwan_core.register.admission.bundle import Bundle, NotAdmitted
from diwan_core.register.journal.journal import Draft
from diwan_core.register.journal.row import Ref
from diwan_core.register.records.edits import Edit, Refused
from diwan_core.register.records.history import HistoryEntry
from diwan_core.register.records.record import Alternative, Record, Stamp, UnknownRecord, flatten_values, join_values
from diwan_core.register.register import NewDraft, Register, Saved, SavedMany
from diwan_core.register.search.backlinks import NamedIn, Naming
from diwan_core.register.search.find import Found, ListRow
from diwan_core.register.search.list_query import Place
from diwan_core.register.search.lists import Page
from diwan_core.register.storage.blobs import MAX_BLOB, BlobStore, BlobTooLarge, DamagedBlob
from diwan_core.register.storage.database import DiskFull, RegisterBusy, RegisterDamaged, RegisterError, Transaction

__all__ = [
    "MAX_BLOB",
    "Admission",
    "Alternative",
    "BlobStore",
    "BlobTooLarge",
    "Bundle",
    "DamagedBlob",
    "DiskFull",
    "Draft",
    "Edit",
    "Found",
    "HistoryEntry",
    "ListRow",
    "NamedIn",
    "Naming",
    "NewDraft",
    "NotAdmitted",
    "Page",
    "Place",
    "Record",
    "Ref",
    "Refused",
    "Register",
    "RegisterBusy",
    "RegisterDamaged",
    "RegisterError",
    "Saved",
    "SavedMany",
    "Stamp",
    "Transaction",
    "UnknownRecord",
    "admit",
    "flatten_values",
    "join_values",
]
