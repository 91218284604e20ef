"""The file `DIR/rollout.db`: sites with their answers, and who changed what. Its schema only grows."""

from __future__ import annotations

from typing import Final

from diwan_central.table_file import FileUnusable, TableFile

FILE: Final = "rollout.db"


class RolloutUnusable(FileUnusable):
    """The file cannot be opened, read or written; the message names it and the remedy."""


class RolloutStore(TableFile):
    """What is known of the roll-out."""

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
    )
