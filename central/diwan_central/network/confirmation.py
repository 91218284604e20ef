"""Confirmation of a new node: a person with case rights compares its fingerprint words with the people at the node.

Until then the node sends, and reads nothing but the ledger and its receipts. From the confirmation on it is a member of
the national scope, and of the units it was in before its keys were revoked: the broker lets it listen, and the relay
sends it the keys of these scopes and what others reported."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from diwan_core import node
from diwan_core.dictionary.scopes import UNITS
from diwan_core.exchange import ledger
from diwan_core.register import Register
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.trust import NodeKeys
from diwan_core.trust.errors import TrustError
from diwan_core.trust.network.enrolment_codes import Codes
from diwan_core.trust.network.fingerprint_words import are_words, fingerprint_words
from diwan_core.trust.network.ledger import Ledger
from diwan_core.trust.network.ledger_facts import ConfirmedFact, NodeFact
from diwan_core.trust.people.accounts_db import Store

from diwan_central.network.revocation import revoke
from diwan_central.setup import write_access

REJECTED: Final = "not confirmed: the fingerprint words were other ones"


class NotWaiting(node.NodeError):
    """The node is not enrolled with valid keys, or is confirmed already."""


class WrongWords(TrustError):
    """The typed words are not the fingerprint words of this node's keys."""

    code = "wrong_words"


class MadeTheCode(TrustError):
    """The person who made a node's code may not confirm the node; where nobody knows who made it, nobody may."""

    code = "made_the_code"


def words_of(fact: NodeFact) -> str:
    """The words that the people at this node see as well, where it is the node that enrolled."""
    return fingerprint_words(fact.node, fact.identity, fact.sealing_key)


def confirm(folder: Path, node_id: str, typed: str, person: str) -> NodeFact:
    """Confirm a node by its words, as they are read at the node; the node as it is from now on. `person` is the account
    that answers for it; the caller has checked that it may. To say it again of a node that is confirmed changes
    nothing. Raises NotWaiting, WrongWords, MadeTheCode, RegisterError."""
    node.load(folder, role="central")
    keys = NodeKeys.load(folder)
    with Register.open(folder, role="writer") as register:
        known = ledger.load(register)
        fact = _trusted(known, node_id)
        if not known.is_confirmed(node_id):
            _check_person(folder, node_id, person)
        if not are_words(typed, words_of(fact)):
            raise WrongWords(
                f"These are not the words of {fact.label}. Have them read out again at the post itself; if they stay "
                "different, another machine was enrolled under this name: reject it."
            )
        units = [scope for scope in known.homes.get(node_id, ()) if scope.startswith(UNITS)]
        member = msgspec.structs.replace(fact, scopes=(NATIONAL, *units))
        if not known.is_confirmed(node_id):
            ledger.record(register, keys, [ConfirmedFact(node_id, fact.identity), member])
    write_access(folder)
    return member


def reject(folder: Path, node_id: str) -> NodeFact:
    """Shut out a node that nobody can vouch for: its keys are revoked for ever. Raises NotWaiting, RegisterError."""
    node.load(folder, role="central")
    with Register.open(folder) as register:
        known = ledger.load(register)
    fact = _trusted(known, node_id)
    if known.is_confirmed(node_id):
        raise NotWaiting(f"{fact.label} ({node_id}) is confirmed already; to shut it out, revoke it")
    revoke(folder, node_id, REJECTED)
    return fact


def _trusted(known: Ledger, node_id: str) -> NodeFact:
    fact = known.trusted(node_id)
    if fact is None:
        raise NotWaiting(f"{node_id} is not an enrolled node with valid keys; see `diwan central status`")
    return fact


def _check_person(folder: Path, node_id: str, person: str) -> None:
    store = Store.open(folder)
    try:
        makers = Codes(store).makers_of(node_id)
    finally:
        store.close()
    if not makers or "" in makers:
        raise MadeTheCode(
            "It is not known who made the code with which this node was enrolled, so nobody can confirm it. Make a new "
            "code for the same node (`diwan central code --node`), and enrol it again."
        )
    if person in makers:
        raise MadeTheCode(
            "The person who made the code of a node cannot confirm the node. Another person has to do it."
        )
