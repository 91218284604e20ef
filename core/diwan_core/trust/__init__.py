"""Trust: who a node is, what it signed, what only it can read, and who may sign in.

The only room that imports `cryptography`; it imports no other room and touches no register. Private keys never leave
it. Nothing about records, parcels or topics may enter. Exported here is what every process of a node needs; the rest is
behind these doors:

- `trust.ca`, `trust.certificates`: the country's authority, certificates and their strict reading, `clock_window`
- `trust.tls`: `client_context` for the broker
- `trust.codes`, `trust.enrolment`, `trust.installed`: from a one-time code to an enrolled node; `create_centre`
- `trust.ledger`, `trust.facts`: the centre's signed log of irreversible facts
- `trust.accounts`, `trust.passwords`: people, roles, sessions
- `trust.errors`: every error, all of them a `TrustError`
"""

from .errors import (
    BadCertificate,
    BadKey,
    BadName,
    KeysExist,
    KeysMissing,
    KeysUnreadable,
    NotForUs,
    SuiteNotBuilt,
    TrustError,
)
from .keys import NodeKeys, fingerprint, verify
from .names import check_id, is_id, mint_id
from .scopes import ScopeKey, ScopeKeyring
from .seal import MLKEM768_X25519, X25519, seal

__all__ = [
    "MLKEM768_X25519",
    "X25519",
    "BadCertificate",
    "BadKey",
    "BadName",
    "KeysExist",
    "KeysMissing",
    "KeysUnreadable",
    "NodeKeys",
    "NotForUs",
    "ScopeKey",
    "ScopeKeyring",
    "SuiteNotBuilt",
    "TrustError",
    "check_id",
    "fingerprint",
    "is_id",
    "mint_id",
    "seal",
    "verify",
]
