"""The tables of `accounts.db` and their migrations, which only add (docs/adr/0003-trust.md)."""

from typing import Any

from sqlite_utils import Database, Migrations

from diwan_core import world

migrations = Migrations("accounts")


def migrate(connection: Any) -> None:
    """Bring the file behind this SQLite connection to this release's tables, inside the caller's transaction."""
    migrations.apply(Database(connection))


@migrations()
def m001_accounts(db: Database) -> None:
    """Accounts, sessions and failed tries. Times are UTC milliseconds. Expand only: see docs/adr/0003-trust.md."""
    db.execute(
        """
        create table account (
            name text primary key,
            display_name text not null,
            role text not null,
            verifier text not null,
            must_change integer not null,
            disabled integer not null default 0,
            created integer not null
        ) strict
        """
    )
    db.execute(
        """
        create table session (
            token_hash blob primary key,
            name text not null references account (name),
            created integer not null,
            seen integer not null,
            address text not null
        ) strict, without rowid
        """
    )
    db.execute("create index session_by_name on session (name)")
    db.execute(
        "create table failure (who blob primary key, count integer not null, last integer not null) "
        "strict, without rowid"
    )
    db.execute("create table secret (name text primary key, value blob not null) strict, without rowid")


@migrations()
def m002_enrolment_codes(db: Database) -> None:
    """One-time codes of the centre; the key derived from a code, never the code."""
    db.execute(
        """
        create table enrolment_code (
            id text primary key,
            key blob not null,
            label text not null,
            created integer not null,
            expires integer not null,
            wrong_tries integer not null default 0,
            used_by blob not null default x'',
            answer blob not null default x''
        ) strict, without rowid
        """
    )


@migrations()
def m003_saved_views(db: Database) -> None:
    """The lists people come back to."""
    db.execute(
        """
        create table saved_view (
            name text not null,
            kind text not null,
            title text not null,
            query text not null,
            primary key (name, kind, title)
        ) strict, without rowid
        """
    )


@migrations()
def m010_codes_for_one_post(db: Database) -> None:
    """What a code is made for and by whom, and which node used it. Codes of an earlier release bind nothing: an unused
    one is refused, and a new one is made."""
    for column in ("office", "node", "made_by", "enrolled"):
        db.execute(f"alter table enrolment_code add column {column} text not null default ''")
    db.execute("update enrolment_code set label = '' where used_by = x''")


@migrations()
def m020_familiar_browsers(db: Database) -> None:
    """Where accounts have signed in, at which account a wrong try was, and when a one-time password ends."""
    db.execute("alter table failure add column account text not null default ''")
    db.execute("create index failure_by_account on failure (account)")
    for table, column in (("known_device", "token_hash"), ("known_address", "address_hash")):
        db.execute(
            f"create table {table} ({column} blob not null, name text not null references account (name), "
            f"seen integer not null, unique ({column}, name)) strict"
        )
        db.execute(f"create index {table}_by_name on {table} (name, seen)")
    db.execute("alter table account add column one_time_until integer not null default 0")
    until = world.wall_ms() + 3 * 24 * 3600 * 1000  # those given out before there was an end
    db.execute("update account set one_time_until = ? where must_change", (until,))


@migrations()
def m021_second_person(db: Database) -> None:
    """How accounts came by their roles, and what was asked for that two people do. Accounts from before have ''."""
    db.execute("alter table account add column vouched text not null default ''")
    db.execute(
        """
        create table grant_request (
            no integer primary key,
            what text not null,
            account text not null,
            display_name text not null,
            before text not null,
            role text not null,
            asked_by text not null,
            asked_role text not null,
            asked integer not null,
            place blob not null,
            device blob not null,
            decision text not null default '',
            decided_by text not null default '',
            decided integer not null default 0,
            age integer not null default 0,
            alike text not null default '',
            reason text not null default ''
        ) strict
        """
    )
    db.execute("create index grant_request_open on grant_request (decision, decided)")


@migrations()
def m030_closed_hints(db: Database) -> None:
    """The first hints of pages that people have closed."""
    db.execute(
        "create table closed_hint (name text not null, topic text not null, primary key (name, topic)) "
        "strict, without rowid"
    )
