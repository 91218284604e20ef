"""Migrations that bring a register to this release's schema, with sqlite-utils.

Migrations only ever expand (a column, a table, an index), so that the previous release runs on the new schema."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Final

from sqlite_utils import Database, Migrations

from diwan_core import world
from diwan_core.dictionary import DICTIONARY, RecordType
from diwan_core.dictionary.amounts import VERSION as AMOUNTS_VERSION
from diwan_core.register.admission.scope_numbers import complete, number_read_too_early
from diwan_core.register.admission.waiting import note_all
from diwan_core.register.erasure.erase import erase_unnamed
from diwan_core.register.index import births, codes
from diwan_core.register.index.amounts import note_all_left
from diwan_core.register.index.fold_range import note_folding
from diwan_core.register.index.pending import KEPT as PENDING_KEPT
from diwan_core.register.index.pending import pending
from diwan_core.register.index.references import fields, refill
from diwan_core.register.journal.forks import take_over_held
from diwan_core.register.journal.log_anchors import take_over_anchors
from diwan_core.register.records.dictionary_upgrade import catch_up, knew_less, search_again
from diwan_core.register.records.import_runs import note_names
from diwan_core.register.storage.list_index import BACK_INDEX, CHECK_INDEX, LIST_COLUMNS, NUMBER_INDEX, list_index
from diwan_core.register.storage.schema import (
    ADDED,
    AMOUNTS,
    ARRIVAL,
    BASE_COLUMNS,
    BIRTHS,
    BRANCHES,
    CODED,
    CONFIRMED,
    FRAME,
    HOMES,
    IMPORT_RUNS,
    MARK,
    MENTIONS,
    MERGED_BESIDE,
    NAMED,
    RATES,
    SCOPES,
    SIGNING,
    TUNED,
    WAITING,
    table_of,
)
from diwan_core.register.storage.state import get_state, set_state

migrations = Migrations("diwan_register")
BIRTHS_KEPT: Final = "births"
"""State: the mark of the last release that kept dates of birth."""
AMOUNTS_KEPT: Final = "amounts"
"""State: the mark of the last release that kept amounts, and the version of its rules."""
KEPT: Final = "mentions"
"""State: the mark of the last release that kept the index of who names whom, and the references it knew."""


@migrations()
def m0001_frame(db: Database) -> None:
    """The frame. Type tables follow in `expand`."""
    for statement in FRAME.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0002_joints_and_erasures(db: Database) -> None:
    """Where stretches of a chain begin, and what was erased under the law."""
    for statement in ADDED.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0003_list_index(db: Database) -> None:
    """The list index of tables made before it was declared; a table made later gets it from `expand`."""
    for record_type in LIST_COLUMNS:
        if db[table_of(record_type)].exists():
            db.execute(list_index(record_type))


@migrations()
def m0004_mentions(db: Database) -> None:
    """Who names whom; filled by `migrate`."""
    db.execute(MENTIONS)


@migrations()
def m0005_merge_less(db: Database) -> None:
    """How often the search index merges its segments."""
    for statement in TUNED.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0006_merge_beside(db: Database) -> None:
    """The search index is merged by `merging`; FTS5 itself does it late."""
    for statement in MERGED_BESIDE.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0007_arrival(db: Database) -> None:
    """When rows arrived at the centre."""
    db.execute(ARRIVAL)


@migrations()
def m0008_branches(db: Database) -> None:
    """How epochs stand among the branches of their origins; each origin's are laid out when it sends rows."""
    for statement in BRANCHES.split(";\n"):
        if statement.strip():
            db.execute(statement)
    take_over_held(db.conn)
    take_over_anchors(db.conn)


@migrations()
def m0009_named(db: Database) -> None:
    """Whose row it is that is not applied, and reasons without values; filled and cleaned by `migrate`."""
    for statement in NAMED.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0010_waiting(db: Database) -> None:
    """What each change set waits for; filled by `migrate`."""
    for statement in WAITING.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0011_import_runs(db: Database) -> None:
    """What each import wrote, and the systems rows were imported from; filled by `migrate`."""
    for statement in IMPORT_RUNS.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0012_rates(db: Database) -> None:
    """How fast nodes open epochs."""
    db.execute(RATES.strip().removesuffix(";"))


@migrations()
def m0030_confirmed(db: Database) -> None:
    """Which nodes a person has confirmed."""
    db.execute(CONFIRMED)


@migrations()
def m0031_signing(db: Database) -> None:
    """Who signs what it says."""
    for statement in SIGNING.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0032_births(db: Database) -> None:
    """Dates of birth by their days; filled by `migrate`."""
    db.execute(BIRTHS)


@migrations()
def m0033_amounts(db: Database) -> None:
    """What goods lines come to; filled beside the writers."""
    for statement in AMOUNTS.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0034_scopes(db: Database) -> None:
    """Members of scopes, and how far nominal halves travel; filled from the ledger."""
    for statement in SCOPES.split(";\n"):
        if statement.strip():
            db.execute(statement)


@migrations()
def m0035_homes(db: Database) -> None:
    """Where the records of nodes belong; filled from the ledger."""
    db.execute(HOMES)


@migrations()
def m0057_coded(db: Database) -> None:
    """Which records hold which code; filled beside the writers."""
    for statement in CODED.split(";\n"):
        if statement.strip():
            db.execute(statement)


def expand(db: Database, types: Iterable[RecordType] = tuple(DICTIONARY.types.values())) -> None:
    """Make each type's table, or add the columns a newer dictionary declares. Nothing is ever dropped."""
    for declared in types:
        name = table_of(declared.name)
        columns = [(column, f"{kind}") for column, kind in declared.columns()]
        present = {row[1] for row in db.execute(f"PRAGMA table_info([{name}])")}
        if not present:
            listing = ", ".join(f"[{column}] {kind}" for column, kind in (*BASE_COLUMNS, *columns))
            db.execute(f"CREATE TABLE [{name}] ({listing}) STRICT")
            _indexes(db, name, {column for column, _ in columns})
            if declared.name in LIST_COLUMNS:
                db.execute(list_index(declared.name))
            continue
        for column, kind in columns:
            if column not in present:
                db.execute(f"ALTER TABLE [{name}] ADD COLUMN [{column}] {kind}")
    for index in (CHECK_INDEX, BACK_INDEX, NUMBER_INDEX):  # an earlier dictionary's table has just got its columns
        db.execute(index)


def _indexes(db: Database, table: str, columns: set[str]) -> None:
    db.execute(f"CREATE INDEX [{table}_updated] ON [{table}] (updated)")
    if "date" in columns:
        db.execute(f"CREATE INDEX [{table}_date] ON [{table}] (date)")
    for column in ("subject", "sha256"):
        if column in columns:
            db.execute(f"CREATE INDEX [{table}_{column}] ON [{table}] ({column})")


def _apply(db: Database) -> None:
    """Apply what is due. The library dates it by the system clock; here the node's own clock counts, as everywhere."""
    done = len(migrations.applied(db))
    migrations.apply(db)
    if len(migrations.applied(db)) > done:
        newer = "SELECT id FROM _sqlite_migrations ORDER BY id LIMIT -1 OFFSET ?"
        db.execute(f"UPDATE _sqlite_migrations SET applied_at=? WHERE id IN ({newer})", [str(world.now()), done])


def migrate(connection: sqlite3.Connection) -> None:
    """Bring a database to this release's schema, in the caller's write transaction: of several processes that open a
    new register together one makes it, and the others find it made."""
    before = connection.execute("PRAGMA user_version").fetchone()[0]
    db = Database(connection)
    _apply(db)
    expand(db)
    if get_state(connection, codes.KEPT) != f"{before}:{codes.known_fields()}":
        codes.begin_anew(connection)
    set_state(connection, codes.KEPT, f"{MARK}:{codes.known_fields()}")
    # One that did not know of pending records may have written them into the index, or not.
    had_pending = pending(connection) is not None and get_state(connection, PENDING_KEPT) != str(before)
    if not note_folding(connection, before, MARK) or had_pending:
        search_again(connection)
    set_state(connection, PENDING_KEPT, str(MARK))
    was_older = knew_less(connection)
    catch_up(connection)
    if was_older and get_state(connection, "role") == "central":
        complete(connection)
        number_read_too_early(connection)
    erase_unnamed(connection)
    # A release that did not keep the index leaves its own mark on the database; one that did leaves the mark here too.
    if get_state(connection, KEPT) != f"{before}:{fields()}":
        refill(connection)
    note_all(connection)
    note_names(connection)
    if get_state(connection, BIRTHS_KEPT) != str(before):
        births.refill(connection)
    set_state(connection, BIRTHS_KEPT, str(MARK))
    if get_state(connection, AMOUNTS_KEPT) != f"{before}:{AMOUNTS_VERSION}":
        note_all_left(connection)
    set_state(connection, AMOUNTS_KEPT, f"{MARK}:{AMOUNTS_VERSION}")
    connection.execute("DELETE FROM branch")  # an earlier release may have written meanwhile, and did not keep it
    set_state(connection, KEPT, f"{MARK}:{fields()}")
    connection.execute(f"PRAGMA user_version={MARK}")
