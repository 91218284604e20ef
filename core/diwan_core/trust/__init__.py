"""Trust: the identity of nodes, signatures, encryption, the ledger, and the people who may sign in.

The only room that imports `cryptography`; it imports no other room and touches no register. Private keys never leave
it. Nothing about records, parcels or topics may enter. This package exports what every process of a node needs; the
rest is in these modules:

- `trust.network.ca`, `trust.network.certificates`: the country's authority, certificates and their strict reading,
  `clock_window`
- `trust.network.tls`: `client_context` for the broker
- `trust.network.enrolment_codes`, `trust.network.enrolment`, `trust.network.enrolled_keys`: from a one-time code to
  an enrolled node; `create_centre`
- `trust.network.ledger`, `trust.network.ledger_facts`: the centre's signed log of irreversible facts
- `trust.people.accounts`, `trust.people.passwords`: people, roles, sessions
- `trust.errors`: every error, all of them a `TrustError`
"""

from diwan_core.trust.network.keys import NodeKeys, fingerprint, verify
from diwan_core.trust.network.scope_keys import ScopeKey, ScopeKeyring
from diwan_core.trust.network.seal import MLKEM768_X25519, X25519, seal

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
from .names import check_id, is_id, mint_id

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
