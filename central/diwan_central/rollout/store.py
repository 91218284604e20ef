"""The file `DIR/rollout.db`: sites with their answers, milestones, and who changed what. Migrations only add."""

from __future__ import annotations

from typing import Final

from diwan_central.table_file import FileUnusable, TableFile

FILE: Final = "rollout.db"


class RolloutUnusable(FileUnusable):
    """The file cannot be opened, read or written; the message names it and the remedy."""


class RolloutStore(TableFile):
    """The database of the roll-out."""

    name = FILE
    unusable = RolloutUnusable
    schema = (
        """
        create table site (
            id integer primary key, code text not null unique, name text not null, country text not null,
            region text not null, answers text not null, revision integer not null, changed_ms integer not null,
            changed_by text not null
        ) strict;
        create table change (
            id integer primary key, site integer not null references site (id), revision integer not null,
            at_ms integer not null, person text not null, field text not null, before text not null,
            after text not null
        ) strict;
        create index change_of_site on change (site, revision);
        """,
        """
        create table milestone (
            id integer primary key, level text not null, place text not null, phase text not null,
            title text not null, owner text not null, starts text not null, due text not null, state text not null,
            done_on text not null, cost text not null, spent text not null, note text not null,
            revision integer not null, changed_ms integer not null, changed_by text not null
        ) strict;
        create index milestone_of_place on milestone (level, place);
        create table need (
            milestone integer not null references milestone (id) on delete cascade,
            needs integer not null references milestone (id) on delete cascade, primary key (milestone, needs)
        ) strict, without rowid;
        create table milestone_change (
            id integer primary key, milestone integer not null, revision integer not null, at_ms integer not null,
            person text not null, field text not null, before text not null, after text not null
        ) strict;
        create index change_of_milestone on milestone_change (milestone, revision);
        create table setting (name text primary key, value text not null) strict;
        """,
        """
        create table trainee (
            id integer primary key, name text not null, site integer references site (id), note text not null,
            changed_ms integer not null, changed_by text not null
        ) strict;
        create table course (
            id integer primary key, module text not null, title text not null, place text not null,
            trainer text not null, starts text not null, ends text not null, note text not null,
            revision integer not null, changed_ms integer not null, changed_by text not null
        ) strict;
        create table attendance (
            course integer not null references course (id), trainee integer not null references trainee (id),
            state text not null, tasks text not null, changed_ms integer not null, changed_by text not null,
            primary key (course, trainee)
        ) strict, without rowid;
        create table certificate (
            serial integer primary key, number text not null unique, trainee integer not null references trainee (id),
            course integer not null references course (id), module text not null, name text not null,
            issued_on text not null, issued_by text not null, signature text not null, withdrawn_on text not null,
            withdrawn_by text not null
        ) strict;
        create unique index certificate_that_holds on certificate (trainee, course) where withdrawn_on = '';
        create index certificate_of_module on certificate (module, trainee);
        """,
        """
        create table site_record (
            site integer primary key references site (id) on delete cascade, record text not null unique
        ) strict;
        """,
    )
