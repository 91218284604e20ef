"""Carries out erasures: values are removed, commitments stay, and the chain of the journal still verifies.

The ledger orders it (a record, which halves, under what); every node carries it out on what it holds, and from then on
on whatever still arrives of that record. Afterwards `purge` leaves nothing of it in the files: FTS5's segments are
merged, the database is written anew and the log emptied."""

from __future__ import annotations

import hashlib
import re
import shutil
import sqlite3
from collections.abc import Callable, Iterable
from contextlib import closing
from pathlib import Path
from typing import Final, NamedTuple

import msgspec

from diwan_core import world
from diwan_core.processes.spool import sqlite_files_in
from diwan_core.register.drafts import FILE as DRAFTS
from diwan_core.register.erasure.erased_words import ErasedWords, erased_words
from diwan_core.register.index import references
from diwan_core.register.index.fold_range import folding_of
from diwan_core.register.journal.row import Meta, Row
from diwan_core.register.journal.rows_of_record import fill, rows_of
from diwan_core.register.records import merge, reasons
from diwan_core.register.records.apply import load_state, reindex, source_hash, store_state, without_halves
from diwan_core.register.records.type_plan import PLANS
from diwan_core.register.storage.blobs import BlobStore
from diwan_core.register.storage.database import (
    DiskFull,
    RegisterDamaged,
    Store,
    connect,
    refuse_if_unusable,
    translate_error,
)
from diwan_core.register.storage.state import get_state, set_state
from diwan_core.trust.access_log import forget_names
from diwan_core.trust.files import sync_folder

REST: Final = 1
NOMINAL: Final = 2
BOTH: Final = 3
PURGE: Final = "purge"
"""State: names of blob files still to be removed, and that the database has to be written anew."""
HALVES_DROPPED: Final = "halves dropped"
"""State: how often nominal halves of others' records were dropped since the files were written anew last, and of which
types: drafts of changes to these records go as well."""
PURGE_WAIT_S: Final = 20.0
MERGE_PAGES: Final = 500
_SHA256: Final = re.compile("[0-9a-f]{64}")
ATTACHMENTS: Final = (
    "SELECT r.id, a.sha256 FROM record_attachment a JOIN record r ON r.no=a.no WHERE a.subject=? "
    "UNION SELECT r.id, a.sha256 FROM record r JOIN record_attachment a ON a.no=r.no WHERE r.id=?"
)
"""The pictures and documents of a record, itself among them where it is one. In one condition with OR, every record of
the register would be read."""
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
    """The pictures and documents of a record: (id of the attachment, name of the blob)."""
    return connection.execute(ATTACHMENTS, (record, record)).fetchall()


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


_ORDERS: Final = "SELECT coalesce(sum(halves), 0) FROM erasure"
"""Grows with every order."""


def is_due(store: Store) -> bool:
    """Whether values erased may still be found in the files."""
    return store.one("SELECT 1 FROM state WHERE key=?", (PURGE,)) is not None


def purge(store: Store, folder: Path) -> bool:
    """Leave nothing of what was erased in the files of a node's folder; False where another process held the database
    for too long: it is then still due. Saves wait meanwhile, a minute for a gigabyte on a Pi."""
    with sqlite_files_in(folder):
        return _purge(store, folder)


def _purge(store: Store, folder: Path) -> bool:
    due = str(store.one("SELECT value FROM state WHERE key=?", (PURGE,)) or "")
    dropped = str(store.one("SELECT value FROM state WHERE key=?", (HALVES_DROPPED,)) or "")
    orders = store.one(_ORDERS)
    shutil.rmtree(folder / "damaged", ignore_errors=True)  # what was put aside when the register was salvaged
    left = {folder}
    BlobStore(folder / "blobs").forget_abandoned()
    left.add(folder / "blobs" / "part")
    for name in sorted({*due.split(), *_unknown(store, folder)} - _fetched_again(store, due.split())):
        for path in (*sorted(folder.glob(f"blobs/*/{name}*")), *sorted(folder.glob(f"derived/{name}.*"))):
            path.unlink(missing_ok=True)
            left.add(path.parent)
    for place in sorted(left):
        sync_folder(place)  # a power cut would bring the files back, and nobody would look for them again
    beside = forget_names.purge(folder)
    _drafts(folder, [row[0] for row in store.rows("SELECT record FROM erasure")] + _half_known(store, dropped))
    with closing(connect(store.path, wait_s=PURGE_WAIT_S)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.execute("PRAGMA synchronous=FULL")
        connection.execute("PRAGMA wal_autocheckpoint=0")  # SQLite does not say when a sync of its own copying fails
        try:
            refuse_if_unusable(store.path)
            for table in ("search", "fragment", "coded"):
                _merge(connection, table)
            connection.execute("VACUUM")
            # It is due until the very end, whenever the power goes; and the names of pictures go before the mark does.
            if not (_log_emptied(connection) and beside):
                return False
            connection.execute("UPDATE state SET value='' WHERE key=? AND value=?", (PURGE, due))
            if not _log_emptied(connection):
                return False
            connection.execute("DELETE FROM state WHERE key=? AND value=?", (HALVES_DROPPED, dropped))
            gone = connection.execute(
                f"DELETE FROM state WHERE key=? AND value='' AND ({_ORDERS})=? "
                "AND NOT EXISTS (SELECT 1 FROM state WHERE key=?)",
                (PURGE, orders, HALVES_DROPPED),
            )
            return gone.rowcount > 0
        except sqlite3.OperationalError as error:
            found = translate_error(error, store.path)
            if isinstance(found, DiskFull | RegisterDamaged):
                raise found from error
            return False


def _fetched_again(store: Store, names: Iterable[str]) -> set[str]:
    """Which of these pictures have come once more since they were forgotten, and may be here: none that was erased."""
    return {name for name in names if store.one("SELECT 1 FROM blob WHERE sha256=? AND have>0", (name,)) is not None}


def _half_known(store: Store, dropped: str) -> list[str]:
    """The records whose nominal halves were dropped since the files were written anew last: those of others, and one's
    own that others changed."""
    found: list[str] = []
    for kind in dropped.split()[1:]:
        if kind not in PLANS:
            found.append(kind)
            continue
        rows = store.rows(
            f"SELECT r.id FROM [{PLANS[kind].table}] t JOIN record r ON r.no=t.no "
            "LEFT JOIN epoch e ON e.id=t.base_epoch AND e.own=1 WHERE e.no IS NULL OR EXISTS (SELECT 1 "
            "FROM journal j JOIN epoch o ON o.no=j.epoch AND o.own=0 WHERE j.record=t.no AND j.commitments IS NOT NULL)"
        )
        found += [row[0] for row in rows]
    return found


def _unknown(store: Store, folder: Path) -> set[str]:
    """Names of erased blobs whose files are here though the register knows nothing of them: its database was put back
    to a copy from before they came."""
    erased = {digest for (digest,) in store.rows("SELECT hash FROM erased_blob")}
    if not erased:
        return set()
    names = {path.name[:64] for where in ("blobs/*/*", "derived/*") for path in folder.glob(where)}
    return {
        name for name in names if _SHA256.fullmatch(name) and hashlib.sha256(bytes.fromhex(name)).digest() in erased
    }


def _log_emptied(connection: sqlite3.Connection) -> bool:
    """Bring the write-ahead log into the database, and leave an empty file; whether no reader stood in the way."""
    end = world.monotonic_s() + PURGE_WAIT_S
    while connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]:
        if world.monotonic_s() > end:
            return False
        world.sleep(0.05)
    return True


def _drafts(folder: Path, records: list[str]) -> None:
    """Drafts of changes to what was erased, and the drafts it came from."""
    path = folder / DRAFTS
    if not path.exists():
        return
    with closing(connect(path, wait_s=PURGE_WAIT_S)) as connection:
        connection.execute("PRAGMA secure_delete=ON")
        connection.executemany("DELETE FROM draft WHERE record=? OR id=?", [(record, record) for record in records])
        connection.execute("VACUUM")
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def _merge(connection: sqlite3.Connection, table: str) -> None:
    """Merge an index's segments into one, which forgets what was deleted; in steps, so that saves come between."""
    pages = -MERGE_PAGES
    while True:
        before = connection.total_changes
        connection.execute(f"INSERT INTO {table} ({table}, rank) VALUES ('merge', ?)", (pages,))
        # https://sqlite.org/fts5.html#the_merge_command: fewer than two changes mean that nothing is left to merge.
        if connection.total_changes - before < 2:
            return
        pages = MERGE_PAGES
