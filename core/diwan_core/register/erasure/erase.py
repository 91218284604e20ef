"""Carries out erasures: values are removed, commitments stay, and the chain of the journal still verifies.

The ledger orders it (a record, which halves, under what); every node carries it out on what it holds, and from then on
on whatever still arrives of that record. Afterwards `erasure.purge` leaves nothing of it in the files."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable
from typing import Final, NamedTuple

import msgspec

from diwan_core.register.erasure.erased_words import ErasedWords, erased_words
from diwan_core.register.index import references
from diwan_core.register.index.fold_range import folding_of
from diwan_core.register.journal.row import Meta, Row
from diwan_core.register.journal.rows_of_record import fill, rows_of
from diwan_core.register.records import merge, reasons
from diwan_core.register.records.apply import load_state, reindex, source_hash, store_state, without_halves
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.state import get_state, set_state

REST: Final = 1
NOMINAL: Final = 2
BOTH: Final = 3
PURGE: Final = "purge"
"""State: names of blob files still to be removed, and that the database has to be written anew."""
HALVES_DROPPED: Final = "halves dropped"
"""State: how often nominal halves of others' records were dropped since the files were written anew last, and of which
types: drafts of changes to these records go as well."""
ATTACHMENTS: Final = (
    "SELECT r.id, a.sha256 FROM record_attachment a JOIN record r ON r.no=a.no WHERE a.subject=? "
    "UNION SELECT r.id, a.sha256 FROM record r JOIN record_attachment a ON a.no=r.no WHERE r.id=?"
)
"""The pictures and documents that name a record, itself among them where it is one. In one condition with OR, every
record of the register would be read."""
_meta = msgspec.json.Decoder(Meta).decode


class Order(NamedTuple):
    """One erasure of the ledger. `blobs`: SHA-256 of the SHA-256 names of pictures that go with it."""

    record: str
    halves: int
    basis: str
    blobs: tuple[bytes, ...]
    entry: int


def carry_out(
    connection: sqlite3.Connection,
    orders: Iterable[Order],
    forget: Callable[[str, ErasedWords], object] = lambda _record, _words: None,
) -> None:
    """Carry out what was not yet, in the transaction that takes the orders in. `forget` takes the words of what goes
    out of the files beside the register, for good when it returns: should this transaction fail, they are erased
    early."""
    is_new = False
    known = {row[0] for row in connection.execute("SELECT hash FROM erased_blob")}
    for order in orders:
        before = connection.execute("SELECT halves FROM erasure WHERE record=?", (order.record,)).fetchone()
        halves = order.halves | (before[0] if before else 0)
        if before and before[0] == halves and known.issuperset(order.blobs):
            continue
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute(
            "INSERT INTO erasure (record, halves, basis, entry) VALUES (?, ?, ?, ?) ON CONFLICT (record) DO UPDATE SET "
            "halves=excluded.halves, basis=excluded.basis, entry=excluded.entry",
            (order.record, halves, order.basis, order.entry),
        )
        connection.executemany("INSERT OR IGNORE INTO erased_blob (hash) VALUES (?)", [(name,) for name in order.blobs])
        known.update(order.blobs)
        forget(order.record, erased_words(connection, order.record, halves))
        names = _record(connection, order.record, halves)
        if halves == BOTH:
            references.forget(connection, order.record)
        _journal(connection, order.record, halves)
        _blobs(connection, names)
        _remember(connection)
        is_new = True
    if is_new:
        _forbidden_blobs(connection)


def erase_unnamed(connection: sqlite3.Connection) -> None:
    """After an update from a release that did not store whose row it is that is not applied, or quoted values in
    reasons: whatever orders carried out before did not reach is erased now, in a write transaction."""
    quoted = reasons.clean(connection)
    ordered = dict(connection.execute("SELECT record, halves FROM erasure").fetchall())
    found = fill(connection) & ordered.keys()
    for record in found:
        _journal(connection, record, ordered[record])
    if found or (quoted and ordered):
        _remember(connection)


def attachments_of(connection: sqlite3.Connection, record: str) -> list[tuple[str, str]]:
    """The pictures and documents of a record, those of its pictures too, and so on: (id of the attachment, name of the
    blob)."""
    found: dict[str, str] = {}
    left = [record]
    while left:
        one = left.pop()
        fresh = {at: name for at, name in connection.execute(ATTACHMENTS, (one, one)) if at not in found}
        found |= fresh
        left += fresh.keys() - {one}
    return sorted(found.items())


def is_erased_blob(connection: sqlite3.Connection, name: str) -> bool:
    """Whether a picture was erased, and is not to be taken in again."""
    digest = hashlib.sha256(bytes.fromhex(name)).digest()
    return connection.execute("SELECT 1 FROM erased_blob WHERE hash=?", (digest,)).fetchone() is not None


def without_values(state: merge.State, halves: int) -> merge.State:
    """A record's state without the erased halves."""
    kept = {key: dict(held) for key, held in state.alternatives.items()}
    for key, held in state.alternatives.items():
        kept[key] = {head: (secret, value) for head, (secret, value) in held.items() if not halves & (1 + secret)}
    return merge.State(
        state.base,
        {} if halves & REST else state.rest,
        {} if halves & NOMINAL else state.nominal,
        {} if halves == BOTH else state.heads,
        {key: held for key, held in kept.items() if held},
    )


def _journal(connection: sqlite3.Connection, record: str, halves: int) -> None:
    """The rows of a record, whatever their verdict."""
    columns = "no, seq, meta, rest, nominal, salt, hash, commitments"
    for no, seq, meta, rest, nominal, salt, digest, kept in rows_of(connection, record, columns):
        row = Row(
            seq, _meta(meta), meta.encode(), (rest or "").encode(), None if nominal is None else nominal.encode(),
            {}, None, salt or b"", digest, kept,
        )  # fmt: skip
        left = without_halves(row, halves)
        if left is not row:
            connection.execute(
                "UPDATE journal SET rest=?, nominal=?, salt=?, commitments=? WHERE no=?",
                (
                    left.rest_json.decode() or None,
                    None if left.nominal_json is None else left.nominal_json.decode(),
                    left.salt or None,
                    left.commitments,
                    no,
                ),
            )


def _record(connection: sqlite3.Connection, record: str, halves: int) -> list[str]:
    """The present state of a record; names of the blobs it held and nobody else does."""
    held = connection.execute("SELECT no, type FROM record WHERE id=?", (record,)).fetchone()
    if held is None or held[1] not in PLANS:
        return []
    plan, number = PLANS[held[1]], held[0]
    updated = connection.execute(f"SELECT updated FROM [{plan.table}] WHERE no=?", (number,)).fetchone()[0]
    state = load_state(connection, plan, number)
    folding = folding_of(connection, number)
    before = plan.derived(state, folding)
    name = state.rest.get("sha256") if halves & REST and held[1] == "attachment" else None
    if halves & REST and (key := state.rest.get("source_key")) is not None:
        connection.execute(
            "DELETE FROM source WHERE hash=? AND record=?",
            (source_hash(state.rest.get("source_system", ""), key), number),
        )
    left = without_values(state, halves)
    store_state(connection, plan, number, left, updated)
    reindex(connection, number, before, plan.derived(left, folding))
    if not isinstance(name, str):
        return []
    others = connection.execute("SELECT 1 FROM record_attachment WHERE sha256=?", (name,)).fetchone()
    return [] if others else [name]


def _blobs(connection: sqlite3.Connection, names: Iterable[str]) -> None:
    """Forget blobs; their files go with `purge`."""
    for name in names:
        connection.execute("DELETE FROM blob WHERE sha256=?", (name,))
        forget_claims(connection, name)
        connection.execute("DELETE FROM state WHERE key GLOB ?", (f"unnamed:*:{name}",))
        _remember(connection, name)


def forget_pictures_of_others(connection: sqlite3.Connection) -> None:
    """Forget the pictures and documents that came from others; what may be here is fetched again when somebody looks at
    it."""
    found = connection.execute(
        "SELECT b.sha256 FROM blob b WHERE b.own=0 "
        "AND EXISTS (SELECT 1 FROM record_attachment a WHERE a.sha256=b.sha256)"
    ).fetchall()
    _blobs(connection, [name for (name,) in found])


def forget_pictures_of(connection: sqlite3.Connection, records: Iterable[str]) -> None:
    """Forget the pictures and documents that came from others and these records name."""
    found = [
        name
        for record in records
        for (name,) in connection.execute(
            "SELECT b.sha256 FROM record r JOIN record_attachment a ON a.no=r.no JOIN blob b ON b.sha256=a.sha256 "
            "WHERE r.id=? AND b.own=0",
            (record,),
        )
    ]
    _blobs(connection, found)


def forget_claims(connection: sqlite3.Connection, name: str) -> None:
    """Forget how large a picture is by the words of those who send it."""
    connection.execute("DELETE FROM state WHERE key>=? AND key<?", (f"claimed:{name}:", f"claimed:{name};"))


def _forbidden_blobs(connection: sqlite3.Connection) -> None:
    """Blobs that the ledger names, also where a record names them that the centre did not know of."""
    if connection.execute("SELECT 1 FROM erased_blob LIMIT 1").fetchone() is None:
        return
    for (name,) in connection.execute("SELECT sha256 FROM blob").fetchall():
        if is_erased_blob(connection, name):
            _blobs(connection, [name])


def _remember(connection: sqlite3.Connection, *names: str) -> None:
    """Note that the files have to be written anew, without these blobs, until it is done."""
    known = str(get_state(connection, PURGE) or "").split()
    set_state(connection, PURGE, " ".join(sorted({*known, *names})))


def note_halves_dropped(connection: sqlite3.Connection, kinds: Iterable[str]) -> None:
    """Note that nominal halves of others' records of these types went, or of single records by their ids, and the files
    have to be written anew until that is done."""
    times, *known = str(get_state(connection, HALVES_DROPPED) or "0").split()
    set_state(connection, HALVES_DROPPED, " ".join((str(int(times) + 1), *sorted({*known, *kinds}))))
    _remember(connection)
