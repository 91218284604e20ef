"""The account in whose name a command is run: it proves itself with its password, as in the console, so
that two commands at one machine are still two people."""

from __future__ import annotations

from pathlib import Path

import click

from diwan_core.trust.people.second_person import Actor


def proven_actor(folder: Path, name: str) -> Actor:
    """The account, after its password was typed. Raises NodeError, TrustError."""
    from diwan_core import node
    from diwan_core.trust.people.accounts import Accounts

    node.load(folder)
    accounts = Accounts.open(folder)
    try:
        accounts.confirm(name, click.prompt("Password", hide_input=True, err=True))
        return accounts.actor(name)
    finally:
        accounts.close()


def note_as(folder: Path, actor: Actor, code: str, /, **parameters: str | int) -> None:
    """Write an event of this account into the log of reads. Raises AuditUnusable."""
    from diwan_core.trust.access_log.log import ReadLog, note_event

    log = ReadLog.open(folder)
    try:
        note_event(log, actor.name, actor.role, code, **parameters)
    finally:
        log.close()
