"""The file `DIR/assets.db`: machines, the sheets by which they were accepted, and who changed what. Migrations only
add."""

from __future__ import annotations

from typing import Final

from diwan_central.table_file import FileUnusable, TableFile, Value

FILE: Final = "assets.db"
_SCHEMA: Final = (
    """
    create table machine (
        id integer primary key, tag text not null, serial text not null, model text not null, profile text not null,
        place text not null, state text not null, since_ms integer not null, warranty_until text not null,
        note text not null, disk text not null, disk_serial text not null
    ) strict;
    create unique index machine_by_serial on machine (serial, model) where serial != '';
    create index machine_by_tag on machine (tag) where tag != '';
    create table sheet (
        name text primary key, machine integer not null references machine (id), signer text not null,
        technician text not null, tag text not null, profile text not null, place text not null, outcome text not null,
        ended_ms integer not null, taken_ms integer not null, taken_by text not null, clock_wrong integer not null
    ) strict;
    create index sheet_of_machine on sheet (machine, ended_ms);
    create table change (
        id integer primary key, machine integer not null references machine (id), at_ms integer not null,
        person text not null, field text not null, before text not null, after text not null
    ) strict;
    create index change_of_machine on change (machine, id);
    """,
)


class AssetsUnusable(FileUnusable):
    """The file cannot be opened, read or written; the message names it and the remedy."""


class AssetStore(TableFile):
    """The register of machines."""

    name = FILE
    schema = _SCHEMA
    unusable = AssetsUnusable


__all__ = ["FILE", "AssetStore", "AssetsUnusable", "Value"]
