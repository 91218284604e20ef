"""The commands `diwan central confirm` and `reject`, with which a person decides whether a new node is what it claims
to be."""

from __future__ import annotations

from pathlib import Path

import click
from diwan_core import node
from diwan_core.console_line import folder_option, json_option, plain_errors, say


@click.command()
@click.argument("node_id", metavar="NODE")
@click.argument("words", nargs=-1, required=True)
@folder_option
@click.option("--by", "person", required=True, help="The account that answers for it: of a role that may read cases.")
@click.option("--older", is_flag=True, help="Also a post whose release cannot read what is kept from some posts.")
@json_option
@plain_errors
def confirm(node_id: str, words: tuple[str, ...], folder: Path, person: str, older: bool, as_json: bool) -> None:
    """Confirm that NODE is the post it claims to be, by the fingerprint WORDS that are shown there.

    The words are in `diwan post status` and on the page *This machine* of the post's console: have them read out by
    somebody you know to be there. From then on the post reads what others report; but one of release 0.1.0 stands
    still at the first record that is kept from some posts, such as a letter, and is refused without --older."""
    from diwan_core.trust.access_log.at_machine import note_at_machine
    from diwan_core.trust.access_log.log import ReadLog

    from diwan_central.network.confirmation import confirm as confirm_node

    node.load(folder, role="central")
    person = _account_of(folder, person)
    if not older:
        _warn_of_standstill(folder, node_id)
    ReadLog.open(folder).close()  # what cannot be written down is not done
    fact = confirm_node(folder, node_id, " ".join(words), person)
    note_at_machine(folder, "node.confirmed", post=node_id, label=fact.label, by=person)
    say(as_json, f"{fact.label} ({node_id}) is confirmed", node=node_id, label=fact.label, by=person)


@click.command()
@click.argument("node_id", metavar="NODE")
@folder_option
@json_option
@plain_errors
def reject(node_id: str, folder: Path, as_json: bool) -> None:
    """Reject NODE, which nobody has confirmed and nobody can vouch for: its keys are revoked for ever."""
    from diwan_core.trust.access_log.at_machine import note_at_machine

    from diwan_central.network.confirmation import reject as reject_node

    fact = reject_node(folder, node_id)
    note_at_machine(folder, "node.rejected", post=node_id, label=fact.label)
    say(as_json, f"{fact.label} ({node_id}) is shut out", node=node_id, label=fact.label)


def _warn_of_standstill(folder: Path, node_id: str) -> None:
    """Raises ClickException where the post would stand still as soon as it is confirmed."""
    from diwan_core.register import Register

    from diwan_central.network.scopes import would_stand_still

    with Register.open(folder) as register:
        types = " ".join(would_stand_still(register.store, node_id))
    if types:
        raise click.ClickException(
            f"{node_id} has not said that its release can read records of which something is kept from some posts "
            f"({types}). If it cannot, it stands still at the first of them once it is confirmed. Update the post "
            f"first, and let it call in; or have all posts read them: `diwan central reach --dir {folder} {types} "
            "--nominal all`. To confirm it all the same, add --older."
        )


def _account_of(folder: Path, name: str) -> str:
    """The account's name. Raises ClickException unless it exists, may sign in and holds the right."""
    from diwan_core.trust.people.accounts import Accounts
    from diwan_core.web.kit.permissions import Action, allowed

    accounts = Accounts.open(folder)
    try:
        account = accounts.get(name.casefold())
    finally:
        accounts.close()
    if account is None or account.disabled:
        raise click.ClickException(f"{name} is not an account that may sign in here; see `diwan central user list`")
    if not allowed(account.role, Action.CONFIRM_POSTS):
        raise click.ClickException(
            f"{account.name} is {account.role}: only an analyst or a supervisor of the centre confirms a post"
        )
    return account.name
