"""The nodes of the network as a node knows them: what the ledger says of each, and when it was heard last.

The table is a projection of the ledger (`exchange.ledger`); what was heard stands beside it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, NamedTuple

from diwan_core.register.admission.newest_dictionary import note_newest
from diwan_core.register.journal.forks import keys_changed
from diwan_core.register.storage.database import Store, Transaction
from diwan_core.register.storage.state import get_state, set_state

_DICTIONARY: Final = "dictionary of:"
"""State: the version of the dictionary that a node said it has."""
_ENROLLED: Final = "enrolled with dictionary:"
"""State: the version that a node named when it was enrolled."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What the ledger says of a node that sends."""

    role: str
    signing_key: bytes
    revoked: bool
    confirmed: bool
    """Whether a person has confirmed it: who reads nothing of a scope is not told its numbers."""


class NodeRow(NamedTuple):
    """What the ledger says of a node, as the table holds it."""

    id: str
    label: str
    office: str
    role: str
    signing_key: bytes
    sealing_key: bytes
    revoked: int
    confirmed: int


def sender(transaction: Transaction, node: str) -> Sender | None:
    """What is known of a node that sends; None where it is not enrolled."""
    sql = "SELECT role, signing_key, revoked, confirmed FROM node WHERE id=?"
    row = transaction.execute(sql, (node,)).fetchone()
    return None if row is None else Sender(row[0], row[1], bool(row[2]), bool(row[3]))


def signing_key(transaction: Transaction, node: str) -> bytes:
    """The key with which an enrolled node signs."""
    (key,) = transaction.execute("SELECT signing_key FROM node WHERE id=?", (node,)).fetchone()
    return bytes(key)


def reader(transaction: Transaction, node: str) -> tuple[bytes, bool]:
    """The key to which an enrolled node is sealed, and whether a person has confirmed the node."""
    sql = "SELECT sealing_key, confirmed FROM node WHERE id=?"
    sealing, is_confirmed = transaction.execute(sql, (node,)).fetchone()
    return bytes(sealing), bool(is_confirmed)


def is_confirmed(transaction: Transaction, node: str) -> bool | None:
    """Whether a person has confirmed a node; None where it is not enrolled, or its keys are revoked."""
    row = transaction.execute("SELECT confirmed FROM node WHERE id=? AND revoked=0", (node,)).fetchone()
    return None if row is None else bool(row[0])


def role_of(transaction: Transaction, node: str) -> str:
    """The role of a node; a centre where it is not known, since the centre's own rows are older than its entry."""
    row = transaction.execute("SELECT role FROM node WHERE id=?", (node,)).fetchone()
    return "central" if row is None else str(row[0])


def posts(transaction: Transaction) -> list[str]:
    """The ids of all posts."""
    return [row[0] for row in transaction.execute("SELECT id FROM node WHERE role='post'")]


def confirmed_posts(transaction: Transaction) -> set[str]:
    """The ids of the posts that a person has confirmed and whose keys are not revoked."""
    sql = "SELECT id FROM node WHERE role='post' AND revoked=0 AND confirmed=1"
    return {row[0] for row in transaction.execute(sql)}


def members(transaction: Transaction) -> list[tuple[str, bool]]:
    """The same posts, each with whether it is heard and was never heard to sign what it says."""
    sql = "SELECT id, signs=0 AND heard IS NOT NULL FROM node WHERE role='post' AND revoked=0 AND confirmed=1"
    return [(node, bool(unsigned)) for node, unsigned in transaction.execute(sql)]


def nodes_in_force(store: Store) -> list[str]:
    """The ids of all nodes whose keys are not revoked. Raises RegisterError."""
    return [str(row[0]) for row in store.rows("SELECT id FROM node WHERE revoked=0")]


def confirmed_key(store: Store, post: str) -> bytes | None:
    """The key with which a confirmed post signs; None where there is no such post, or its keys are revoked. Raises
    RegisterError."""
    sql = "SELECT signing_key FROM node WHERE id=? AND role='post' AND revoked=0 AND confirmed=1"
    found: bytes | None = store.one(sql, (post,))
    return found


def is_present_key(store: Store, post: str, key: bytes) -> bool:
    """Whether a post signs with this key today. Raises RegisterError."""
    sql = "SELECT 1 FROM node WHERE id=? AND signing_key=? AND role='post' AND revoked=0"
    return store.one(sql, (post, key)) is not None


class CentreRow(NamedTuple):
    """What a post knows of its centre. `signs`: it was heard to sign what it says."""

    id: str
    signing_key: bytes
    sealing_key: bytes
    signs: bool


def centre(store: Store) -> CentreRow | None:
    """The centre of a post; None where the post is not enrolled. Raises RegisterError."""
    found = store.rows("SELECT id, signing_key, sealing_key, signs FROM node WHERE role='central'")
    if not found:
        return None
    node, signing, sealing, signs = found[0]
    return CentreRow(node, signing, sealing, bool(signs))


def note_centre(transaction: Transaction, found: CentreRow) -> None:
    """At a post that enrols: the centre it enrolled at."""
    transaction.execute(
        "INSERT OR REPLACE INTO node (id, label, office, role, signing_key, sealing_key, signs) "
        "VALUES (?, '', '', 'central', ?, ?, ?)",
        (found.id, found.signing_key, found.sealing_key, int(found.signs)),
    )


# -- what the ledger says ---------------------------------------------------------------------------------------------


def posts_in_force(store: Store) -> set[tuple[str, bytes, int, int]]:
    """Of each post its id, signing key, whether its keys are revoked, and whether it is confirmed. Raises
    RegisterError."""
    return {
        (node, key, revoked, confirmed)
        for node, key, revoked, confirmed in store.rows(
            "SELECT id, signing_key, revoked, confirmed FROM node WHERE role='post'"
        )
    }


def write_nodes(transaction: Transaction, rows: Iterable[NodeRow]) -> None:
    """Have the table say what the ledger says; the epochs of a node that has another key now are judged anew."""
    rows = list(rows)
    held = dict(transaction.execute("SELECT id, signing_key FROM node").fetchall())
    for row in rows:
        if held.get(row.id, row.signing_key) != row.signing_key:
            keys_changed(transaction, row.id)
    transaction.executemany(
        "INSERT INTO node (id, label, office, role, signing_key, sealing_key, revoked, confirmed) "
        "VALUES (?, ?, ?, ?, ?, ?, ?, ?) "
        "ON CONFLICT (id) DO UPDATE SET label=excluded.label, office=excluded.office, "
        "signing_key=excluded.signing_key, "
        "sealing_key=excluded.sealing_key, revoked=excluded.revoked, confirmed=excluded.confirmed",
        rows,
    )


# -- what was heard ---------------------------------------------------------------------------------------------------


def has_signed(transaction: Transaction, node: str) -> bool:
    """Whether a node was ever heard to sign what it says."""
    return transaction.execute("SELECT 1 FROM node WHERE id=? AND signs=1", (node,)).fetchone() is not None


def note_signing(transaction: Transaction, node: str) -> None:
    """A node was heard to sign what it says."""
    transaction.execute("UPDATE node SET signs=1 WHERE id=?", (node,))


def latest_hello(transaction: Transaction, node: str) -> tuple[int, bytes]:
    """The time and nonce of the latest signed hello of a node; 0 and none where there was none."""
    row = transaction.execute("SELECT said, nonce FROM node WHERE id=?", (node,)).fetchone()
    return (row[0] or 0, row[1] or b"") if row else (0, b"")


def note_hello(transaction: Transaction, node: str, time: int, nonce: bytes) -> None:
    """The latest signed hello of a node."""
    transaction.execute("UPDATE node SET signs=1, said=?, nonce=? WHERE id=?", (time, nonce, node))


def note_heard(transaction: Transaction, node: str, time_ms: int, release: str) -> None:
    """A node was heard, and says that it runs this release."""
    transaction.execute("UPDATE node SET heard=?, report=? WHERE id=?", (time_ms, release, node))


def note_dictionary(transaction: Transaction, node: str, version: int) -> None:
    """A node says which version of the dictionary it has."""
    key = f"{_DICTIONARY}{node}"
    if get_state(transaction, key) != version:
        set_state(transaction, key, version)
    note_newest(transaction, node, version)


def dictionary_of(transaction: Transaction, node: str) -> int | None:
    """The version of the dictionary that a node said last; None where it never did."""
    found = get_state(transaction, f"{_DICTIONARY}{node}")
    return None if found is None else int(found)


def note_enrolled(transaction: Transaction, node: str, version: int) -> None:
    """A node that is being enrolled names the version of the dictionary that it has."""
    set_state(transaction, f"{_ENROLLED}{node}", version)


def is_older(store: Store, node: str, version: int) -> bool:
    """Whether a node has an earlier version of the dictionary than this, by what it said last, or when it was enrolled.
    Raises RegisterError."""
    sql = "SELECT coalesce((SELECT value FROM state WHERE key=?), (SELECT value FROM state WHERE key=?), 0)"
    return int(store.one(sql, (f"{_DICTIONARY}{node}", f"{_ENROLLED}{node}"))) < version


def older_posts(store: Store, version: int) -> list[tuple[str, str]]:
    """The confirmed posts in force that were never heard to have this version of the dictionary or a later one: id and
    label. Raises RegisterError."""
    sql = (
        "SELECT n.id, n.label FROM node n LEFT JOIN state s ON s.key=? || n.id WHERE n.role='post' AND n.revoked=0 "
        "AND n.confirmed=1 AND coalesce(s.value, 0)<? ORDER BY n.label"
    )
    return [(node, label) for node, label in store.rows(sql, (_DICTIONARY, version))]


def note_rows(transaction: Transaction, node: str, time_ms: int) -> None:
    """New rows of a node came."""
    transaction.execute("UPDATE node SET heard=?, receipted=? WHERE id=?", (time_ms, time_ms, node))


def kept_hellos(store: Store, prefix: str) -> list[tuple[str, bytes, bool, bytes]]:
    """At the centre: of each node that said hello by stick and whose keys are not revoked its id, the key to which it
    is sealed, whether it is confirmed, and the hello, which is kept as a state under `prefix` and the id. Raises
    RegisterError."""
    return [
        (node, sealing, bool(confirmed), hello)
        for node, sealing, confirmed, hello in store.rows(
            "SELECT n.id, n.sealing_key, n.confirmed, s.value FROM node n JOIN state s ON s.key=? || n.id "
            "WHERE n.revoked=0",
            (prefix,),
        )
    ]
