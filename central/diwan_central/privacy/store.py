"""The file `DIR/privacy.db`: records held back, runs of erasure with what they list, and reports to persons. Migrations
only add.

It holds ids, digests, paths and reasons, never a value of a record."""

from __future__ import annotations

from typing import Final

from diwan_central.table_file import FileUnusable, TableFile

FILE: Final = "privacy.db"


class PrivacyUnusable(FileUnusable):
    """The file cannot be opened, read or written; the message names it and the remedy."""


class PrivacyStore(TableFile):
    """The database of retention and access."""

    name = FILE
    unusable = PrivacyUnusable
    schema = (
        """
        create table hold (
            id integer primary key, record text not null, reason text not null, review text not null,
            at_ms integer not null, person text not null, lifted_ms integer not null, lifted_by text not null,
            lifted_reason text not null
        ) strict;
        create index hold_of_record on hold (record);
        create table run (
            id integer primary key, state text not null, basis text not null, over text not null,
            proposed_by text not null, proposed_role text not null, proposed_ms integer not null,
            place blob not null, device blob not null,
            decided_by text not null, decided_role text not null, decided_ms integer not null, reason text not null,
            alike text not null, ended_ms integer not null
        ) strict;
        create table item (
            run integer not null references run (id), no integer not null, record text not null, type text not null,
            kept text not null, content blob not null, halves integer not null, outcome text not null,
            primary key (run, no)
        ) strict, without rowid;
        create index item_of_record on item (record);
        create table report (
            id text primary key, person text not null, role text not null, reason text not null,
            at_ms integer not null, chosen text not null
        ) strict;
        create table held_type (
            type text primary key, held integer not null, law text not null, person text not null,
            at_ms integer not null
        ) strict;
        """,
        """
        create table post_log (
            node text primary key, rows integer not null, at_ms integer not null, taken_ms integer not null
        ) strict;
        create table post_read (
            node text not null, no integer not null, record text not null, at_ms integer not null, role text not null,
            what text not null, primary key (node, no)
        ) strict, without rowid;
        create index post_read_of_record on post_read (record);
        """,
        """
        create table log_run (
            node text not null, run integer not null, rows integer not null, seal blob not null,
            vouched integer not null, vouched_ms integer not null, taken_ms integer not null, primary key (node, run)
        ) strict, without rowid;
        create table log_seal (
            node text not null, run integer not null, no integer not null, seal blob not null, at_ms integer not null,
            ends integer not null, primary key (node, run, no)
        ) strict, without rowid;
        create table log_look (
            node text not null, run integer not null, no integer not null, record text not null, at_ms integer not null,
            role text not null, what text not null, primary key (node, run, no)
        ) strict, without rowid;
        create index log_look_of_record on log_look (record);
        insert into log_run select node, 1, rows, x'', rows, at_ms, taken_ms from post_log;
        insert into log_look select node, 1, no, record, at_ms, role, what from post_read;
        drop table post_read;
        drop table post_log;
        """,
    )
