"""The register's tables: a fixed frame, and one STRICT table for each record type, made from the dictionary.

`migrations` brings a database to what is written here. A database that carries this release's MARK is left alone, so
that a process on a Pi need not load the migration library (13 MB) to learn that there is nothing to do."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from diwan_core.dictionary import DICTIONARY
from diwan_core.dictionary.amounts import VERSION as AMOUNTS_VERSION
from diwan_core.dictionary.folding import FOLD_VERSION
from diwan_core.register.storage.list_index import LIST_INDEXES

FRAME = """
CREATE TABLE state (key TEXT PRIMARY KEY, value ANY) STRICT, WITHOUT ROWID;

-- One row for each epoch of each origin this node has heard of. `seq` and `hash` are its head here.
-- applied + duplicates + waiting + quarantined = rows received (own epochs: rows written).
CREATE TABLE epoch (
    no INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    origin TEXT NOT NULL,
    own INTEGER NOT NULL DEFAULT 0,
    parent TEXT, parent_seq INTEGER, parent_hash BLOB,
    seq INTEGER NOT NULL DEFAULT 0,
    hash BLOB NOT NULL,
    signed INTEGER NOT NULL DEFAULT 0,
    applied INTEGER NOT NULL DEFAULT 0,
    duplicates INTEGER NOT NULL DEFAULT 0,
    waiting INTEGER NOT NULL DEFAULT 0,
    quarantined INTEGER NOT NULL DEFAULT 0,
    stored INTEGER NOT NULL DEFAULT 0,
    safe INTEGER NOT NULL DEFAULT 0,
    receipt BLOB,
    heard INTEGER
) STRICT;
CREATE INDEX epoch_origin ON epoch (origin);

-- The journal: every change, in the order it arrived here. verdict: 0 applied, 1 quarantined, 2 waiting.
-- meta, rest and nominal are the bytes their author committed to. `signature` marks a checkpoint.
CREATE TABLE journal (
    no INTEGER PRIMARY KEY,
    epoch INTEGER NOT NULL REFERENCES epoch (no),
    seq INTEGER NOT NULL,
    record INTEGER,
    verdict INTEGER NOT NULL DEFAULT 0,
    meta TEXT NOT NULL,
    rest TEXT,
    nominal TEXT,
    salt BLOB,
    hash BLOB NOT NULL,
    signature BLOB,
    commitments BLOB,
    UNIQUE (epoch, seq)
) STRICT;
CREATE INDEX journal_record ON journal (record);
CREATE INDEX journal_waiting ON journal (no) WHERE verdict = 2;

CREATE TABLE record (no INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, type TEXT NOT NULL) STRICT;

-- All heads of a field group that has more than one: a conflict, until a person resolves it.
CREATE TABLE alternative (
    record INTEGER NOT NULL, key TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL,
    hlc INTEGER NOT NULL, nominal INTEGER NOT NULL, value TEXT NOT NULL,
    PRIMARY KEY (record, key, epoch, seq)
) STRICT, WITHOUT ROWID;

-- Folded words of each half, and identifiers (plates, containers, documents) as whole words; contentless.
CREATE VIRTUAL TABLE search USING fts5 (
    rest, nominal, identifier, content='', columnsize=0, detail=column, tokenize='unicode61 remove_diacritics 2');
-- The same identifiers by their trigrams, for a fragment of one.
CREATE VIRTUAL TABLE fragment USING fts5 (value, content='', columnsize=0, detail=none, tokenize='trigram');
-- FTS5 merges its segments 64 pages at a time, within a save: with small pages no save waits long for it
-- (./diwan bench exchange: p99 of a lone save 10 ms instead of 19).
INSERT INTO search (search, rank) VALUES ('pgsz', 1000);
INSERT INTO fragment (fragment, rank) VALUES ('pgsz', 1000);
-- Which imported rows are here: 8 bytes of SHA-256 over system and source key. Small, since its inserts are scattered.
CREATE TABLE source (hash INTEGER NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (hash, record)) STRICT, WITHOUT ROWID;

-- Pictures and documents; the bytes are files named by their SHA-256. have = bytes present.
CREATE TABLE blob (
    sha256 TEXT PRIMARY KEY, size INTEGER NOT NULL, media_type TEXT NOT NULL,
    have INTEGER NOT NULL, stored INTEGER NOT NULL DEFAULT 0, wanted INTEGER NOT NULL DEFAULT 0,
    own INTEGER NOT NULL DEFAULT 0, added INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX blob_unstored ON blob (added) WHERE stored = 0 AND own = 1;
CREATE INDEX blob_wanted ON blob (added) WHERE wanted = 1;

-- A scope's log at the centre: runs of rows, numbered without gaps, each closing a link of the scope's own chain.
CREATE TABLE scope_run (
    scope TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    epoch INTEGER NOT NULL, first_seq INTEGER NOT NULL, last_seq INTEGER NOT NULL,
    feed_hash BLOB NOT NULL, PRIMARY KEY (scope, first)
) STRICT, WITHOUT ROWID;
-- A member's place in each scope it reads.
CREATE TABLE feed (scope TEXT PRIMARY KEY, cursor INTEGER NOT NULL, hash BLOB NOT NULL) STRICT, WITHOUT ROWID;

CREATE TABLE ledger (number INTEGER PRIMARY KEY, entry BLOB NOT NULL) STRICT;
CREATE TABLE quarantine (
    no INTEGER PRIMARY KEY, received INTEGER NOT NULL, sender TEXT NOT NULL, code TEXT NOT NULL, reason TEXT NOT NULL,
    epoch TEXT, first INTEGER, last INTEGER, payload BLOB
) STRICT;
CREATE TABLE counter (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;

-- At the centre: what is known of each node.
CREATE TABLE node (
    id TEXT PRIMARY KEY, label TEXT NOT NULL, office TEXT NOT NULL, role TEXT NOT NULL,
    signing_key BLOB NOT NULL, sealing_key BLOB NOT NULL, revoked INTEGER NOT NULL DEFAULT 0,
    heard INTEGER, receipted INTEGER, report TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE enrolment_code (id TEXT PRIMARY KEY, entry BLOB NOT NULL) STRICT, WITHOUT ROWID;
"""

# Added since the first release; each statement does nothing where it was done.
ADDED = """
-- What is known of a chain before the first row held of a stretch: the hash after row `seq` (joined by snapshot, rows
-- not in a scope, rows pruned).
CREATE TABLE IF NOT EXISTS joint (
    epoch INTEGER NOT NULL, seq INTEGER NOT NULL, hash BLOB NOT NULL, PRIMARY KEY (epoch, seq)
) STRICT, WITHOUT ROWID;
-- Erasures the ledger orders: which halves (1 rest, 2 nominal, 3 both) of which record, under what; and SHA-256 of the
-- names of the blobs that went with them.
CREATE TABLE IF NOT EXISTS erasure (
    record TEXT PRIMARY KEY, halves INTEGER NOT NULL, basis TEXT NOT NULL, entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS erased_blob (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID;
"""

# At the centre: the journal's next number when rows arrived, once a minute (minutes since 1970 UTC by its own clock).
# What an origin says of when it wrote is its own word; this is not.
ARRIVAL = "CREATE TABLE arrival (minute INTEGER PRIMARY KEY, first INTEGER NOT NULL) STRICT"

# At the centre, how each epoch stands among the branches of its origin (`forks`). Made from the other tables, and made
# again where it is missing. grown: it or one that goes on from it has rows beyond those held; overtaken: a newer branch
# stands beside one it lies in; left_at: the first row that another goes on from. `held` is what posts said they hold
# after the centre was put back; `anchored` the last head of a log of reads on the branch up to an epoch (`anchors`),
# seq 0 where it stands in an epoch before.
BRANCHES = """
CREATE TABLE IF NOT EXISTS branch (
    epoch INTEGER PRIMARY KEY, parent INTEGER, grown INTEGER NOT NULL, overtaken INTEGER NOT NULL DEFAULT 0,
    left_at INTEGER
) STRICT;
CREATE INDEX IF NOT EXISTS branch_parent ON branch (parent);
CREATE INDEX IF NOT EXISTS branch_latest ON branch (parent) WHERE overtaken = 0;
CREATE INDEX IF NOT EXISTS epoch_parent ON epoch (parent, origin);
CREATE TABLE IF NOT EXISTS held (
    origin TEXT NOT NULL, epoch TEXT NOT NULL, seq INTEGER NOT NULL, PRIMARY KEY (origin, epoch)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS anchored (
    epoch INTEGER PRIMARY KEY, seq INTEGER NOT NULL, rows INTEGER NOT NULL, seal TEXT NOT NULL
) STRICT;
"""

# A row that is not applied belongs to no `record`; `record_id` is the one its meta names. `value_free`: the reason
# names a field and a rule, and quotes no value, as earlier releases did.
NAMED = """
ALTER TABLE journal ADD COLUMN record_id TEXT;
CREATE INDEX journal_record_id ON journal (record_id) WHERE record_id IS NOT NULL;
ALTER TABLE quarantine ADD COLUMN value_free INTEGER NOT NULL DEFAULT 0;
"""

# Change sets that wait, by the numbers of their rows in the journal, and what each waits for first: a change (id of an
# epoch, seq), a record (its id, 0) or a newer release ('', 0). Made again where another release has written.
WAITING = """
CREATE TABLE IF NOT EXISTS waiting (
    first INTEGER PRIMARY KEY, last INTEGER NOT NULL, key TEXT NOT NULL, seq INTEGER NOT NULL, due INTEGER NOT NULL
) STRICT;
CREATE INDEX IF NOT EXISTS waiting_for ON waiting (key, seq) WHERE due = 0;
CREATE INDEX IF NOT EXISTS waiting_due ON waiting (first) WHERE due = 1;
CREATE INDEX IF NOT EXISTS quarantine_sender ON quarantine (sender);
"""

# At the centre: how fast each node opens epochs (`epoch_rate`), and how often one was put off since the last it opened.
RATES = """
CREATE TABLE IF NOT EXISTS epoch_rate (
    origin TEXT PRIMARY KEY, since INTEGER NOT NULL, over INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# Who signs what it says (`exchange.wire.peers`), and, at the centre, the time and nonce of the latest hello of each
# node.
SIGNING = """
ALTER TABLE node ADD COLUMN signs INTEGER NOT NULL DEFAULT 0;
ALTER TABLE node ADD COLUMN said INTEGER;
ALTER TABLE node ADD COLUMN nonce BLOB;
"""

# FTS5 merges its segments when there are so many of a size (4 is its default): half as often, for 5 us less a row
# admitted, and a lone save meets a merge more seldom (p99 of its index part 2.4 ms instead of 3.4).
TUNED = """
INSERT INTO search (search, rank) VALUES ('automerge', 8);
INSERT INTO fragment (fragment, rank) VALUES ('automerge', 8);
"""

# With `merging` at work hardly any of this is reached. Where it is not, FTS5 begins to merge in steps when there are 64
# segments of a size, and does not merge many at once (0.1 s within a save after 20,000 rows; 1,999 is its limit).
MERGED_BESIDE = """
INSERT INTO search (search, rank) VALUES ('automerge', 64);
INSERT INTO fragment (fragment, rank) VALUES ('automerge', 64);
INSERT INTO search (search, rank) VALUES ('crisismerge', 1999);
INSERT INTO fragment (fragment, rank) VALUES ('crisismerge', 1999);
INSERT INTO search (search, rank) VALUES ('usermerge', 8);
INSERT INTO fragment (fragment, rank) VALUES ('usermerge', 8);
"""

# import_batch: rows `first` to `last` of an epoch of ours. undone: records that a run took back, which an import may
# bring again. source_name: the systems that rows were imported from, a few names, for search by a row's key.
IMPORT_RUNS: Final = """
CREATE TABLE IF NOT EXISTS import_run (
    id TEXT PRIMARY KEY, what TEXT NOT NULL, began INTEGER NOT NULL, ended INTEGER, author TEXT NOT NULL,
    file TEXT NOT NULL, mapping TEXT NOT NULL, system TEXT NOT NULL, type TEXT NOT NULL,
    summary TEXT NOT NULL DEFAULT '{}', undoes TEXT, undone TEXT
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS import_batch (
    run TEXT NOT NULL, epoch TEXT NOT NULL, first INTEGER NOT NULL, last INTEGER NOT NULL,
    PRIMARY KEY (run, epoch, first)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS undone (record INTEGER PRIMARY KEY) STRICT;
CREATE TABLE IF NOT EXISTS source_name (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
"""
# Dates of birth, for search by year and range (`index.births`).
# In the order of the first day, since a search asks for those that begin before its end.
BIRTHS: Final = """
CREATE TABLE IF NOT EXISTS birth (
    first TEXT NOT NULL, last TEXT NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (first, last, record)
) STRICT, WITHOUT ROWID;
"""

# Who names whom (`index.references`).
# `target` is the 16 bytes of the named record's id, which need not be known here; `day` (20261122) the date of the
# record that names it, or the day it was written: what a list of them is sorted by.
MENTIONS: Final = """
CREATE TABLE IF NOT EXISTS mention (
    target BLOB NOT NULL, day INTEGER NOT NULL, record INTEGER NOT NULL, PRIMARY KEY (target, day, record)
) STRICT, WITHOUT ROWID;
"""

# What each goods line comes to (`index.amounts`), as exact decimals; null where it is not known. `given` names the
# measures that are the author's own fields, `national` the national unit a line depends on.
AMOUNTS: Final = """
CREATE TABLE IF NOT EXISTS amount (
    record INTEGER NOT NULL, line TEXT NOT NULL, kilograms TEXT, pieces TEXT, litres TEXT, cubic_metres TEXT,
    value TEXT, currency TEXT, value_kind TEXT, basis TEXT, mass_basis TEXT, given TEXT, national TEXT,
    PRIMARY KEY (record, line)
) STRICT, WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS amount_national ON amount (record) WHERE national IS NOT NULL;
"""

# Which records hold which code in which field (`index.codes`), for records up to the number in `state`; contentless.
CODED: Final = """
CREATE VIRTUAL TABLE IF NOT EXISTS coded USING fts5 (
    codes, content='', columnsize=0, detail=none, tokenize="ascii tokenchars '.=_-'");
INSERT INTO coded (coded, rank) VALUES ('pgsz', 1000);
INSERT INTO coded (coded, rank) VALUES ('automerge', 64);
INSERT INTO coded (coded, rank) VALUES ('crisismerge', 1999);
INSERT INTO coded (coded, rank) VALUES ('usermerge', 8);
"""

# A record nobody has edited yet is its creating change: `base` is that row's number in the journal, and rest and
# nominal are null. From the first edit on (and in a register that joined by snapshot) they hold the merged state.
BASE_COLUMNS: Sequence[tuple[str, str]] = (
    ("no", "INTEGER PRIMARY KEY"),
    ("base_epoch", "TEXT NOT NULL"),
    ("base_seq", "INTEGER NOT NULL"),
    ("base", "INTEGER"),
    ("created", "INTEGER NOT NULL"),
    ("updated", "INTEGER NOT NULL"),
    ("heads", "TEXT"),
    ("conflicts", "INTEGER NOT NULL DEFAULT 0"),
    ("rest", "TEXT"),
    ("nominal", "TEXT"),
)


# What the ledger says of scopes beside the national one: which nodes are members of each, and how far the nominal
# halves of a type's records travel ("all", "unit", "centre"), with the number of the entry that says so.
SCOPES = """
CREATE TABLE IF NOT EXISTS member (
    node TEXT NOT NULL, scope TEXT NOT NULL, PRIMARY KEY (node, scope)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS reach (
    type TEXT PRIMARY KEY, nominal TEXT NOT NULL, entry INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# The scopes to which the records of a node belong: those it is or was a member of, also while its keys are revoked.
HOMES = """
CREATE TABLE IF NOT EXISTS home (
    node TEXT NOT NULL, scope TEXT NOT NULL, PRIMARY KEY (node, scope)
) STRICT, WITHOUT ROWID;
"""

# Whether a person at the centre has confirmed the node's keys. Nodes enrolled before there were confirmations count as
# confirmed; of others the ledger says.
CONFIRMED = "ALTER TABLE node ADD COLUMN confirmed INTEGER NOT NULL DEFAULT 1"


def table_of(record_type: str) -> str:
    """The table that holds the present state of a type's records."""
    return f"record_{record_type}"


_ALL: Final = (
    f"{FRAME}{ADDED}{LIST_INDEXES}{MENTIONS}{TUNED}{MERGED_BESIDE}{ARRIVAL}{BRANCHES}{NAMED}{WAITING}"
    f"{IMPORT_RUNS}{BIRTHS}{AMOUNTS}{RATES}{CONFIRMED}{SIGNING}{SCOPES}{HOMES}{CODED}".encode()
    + DICTIONARY.digest
    + f"folding {FOLD_VERSION} amounts {AMOUNTS_VERSION}".encode()
)
MARK: Final = int.from_bytes(hashlib.sha256(_ALL).digest()[:4], "big") >> 1
"""What `PRAGMA user_version` says of a database that has this release's schema."""
