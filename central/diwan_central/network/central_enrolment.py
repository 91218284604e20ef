"""Enrolment at the centre: makes one-time codes and gives a post its certificate and its place in the ledger."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import msgspec
from diwan_core import node
from diwan_core.exchange import ledger
from diwan_core.exchange.reopening import refuse_if_closed
from diwan_core.register import Register
from diwan_core.register.exchange_state.nodes import note_enrolled
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.log import ReadLog, note_event
from diwan_core.trust.errors import BadName, IdTaken, LabelTaken
from diwan_core.trust.network import enrolment, enrolment_codes
from diwan_core.trust.network.ca import CertificateAuthority
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.enrolment import Received, SealedScopeKey
from diwan_core.trust.network.enrolment_codes import CodeFor
from diwan_core.trust.network.labels import holder_of
from diwan_core.trust.network.ledger import Ledger
from diwan_core.trust.network.ledger_facts import NodeFact
from diwan_core.trust.people.accounts_db import Store

from diwan_central.setup import now, scope_key, write_access

_one_at_a_time = threading.Lock()


def make_code(folder: Path, meant: CodeFor) -> str:
    """A new one-time code for one post, as it is shown. A code for a post that comes back takes the label and office
    that it had where none are given. Raises BadName, IdTaken, LabelTaken."""
    with Register.open(folder) as register:
        known = ledger.load(register)
    if meant.node:
        held = known.nodes.get(meant.node)
        if held is None:
            raise BadName(f"{meant.node[:40]!r} is not a post that was ever enrolled here; see `diwan central status`")
        meant = dataclasses.replace(meant, label=meant.label or held.label, office=meant.office or held.office)
    _check_label(known, meant.label, meant.node)
    store = Store.open(folder)
    try:
        kept = enrolment_codes.Codes(store)
        shown, code = enrolment_codes.mint_code(now(), meant, taken=kept.ids())
        kept.add(code)
    finally:
        store.close()
    return shown


def enrol(folder: Path, raw: bytes) -> bytes:
    """Answer an enrolment request. Raises TrustError where the code or the request is wrong, RegisterError where this
    centre cannot enrol anybody now."""
    store = Store.open(folder)
    try:
        kept = enrolment_codes.Codes(store)
        # What is refused is so before anybody waits for anybody: only those who know a code get any further.
        enrolment.receive_request(kept, raw, now())
        with _one_at_a_time:
            received = enrolment.receive_request(kept, raw, now())
            return received.answer or _enrol(folder, kept, received)
    finally:
        store.close()


def _enrol(folder: Path, store: enrolment_codes.Codes, received: Received) -> bytes:
    config = node.load(folder, role="central")
    keys, centre = NodeKeys.load(folder), load_central(folder)
    authority = CertificateAuthority.load(folder)
    with Register.open(folder, role="writer") as register:
        with register.store.read() as connection:
            refuse_if_closed(connection)
        known = ledger.load(register)
        _check_id(known, received)
        _check_label(known, received.code.label, received.request.node)
        _check_keys(known, received)
        _note(folder, received)
        enrolment.use_up(store, received)
        fact, after = _recorded(register, keys, authority, known, received)
        with register.store.write() as transaction:
            note_enrolled(transaction, fact.node, received.request.dictionary)
    answer = enrolment.Answer(
        version=enrolment.VERSION,
        node=fact.node,
        certificate=fact.certificate,
        authority=authority.certificate.decode(),
        central=config.id,
        central_certificate=centre.certificate.decode(),
        central_sealing_key=centre.sealing,
        broker_host=config.broker_host,
        broker_port=config.broker_port,
        scope_keys=_scope_keys(folder, after, fact),
        time=int(now().timestamp() * 1000),
        ledger_length=after.length,
        ledger_head=after.head,
        label=fact.label,
        office=fact.office,
        unconfirmed=not after.is_confirmed(fact.node),
        signs=True,
    )
    # The access list first: a post that has its answer may connect at once.
    write_access(folder)
    return enrolment.answer_request(store, received, answer)


def _scope_keys(folder: Path, known: Ledger, fact: NodeFact) -> tuple[SealedScopeKey, ...]:
    """The scope keys that a node may have already: none before a person has confirmed it; a post that comes back with
    the keys with which it was confirmed keeps them."""
    return (SealedScopeKey.of(scope_key(folder, known), fact.sealing_key),) if known.is_confirmed(fact.node) else ()


def _check_id(known: Ledger, received: Received) -> None:
    """A new node must have an id that nobody has or ever had; one that comes back must be the one its code is for."""
    asked, code = received.request.node, received.code
    if known.central is not None and asked == known.central.node:
        raise IdTaken(f"{asked} is this centre's own id. Only an attacker asks for that: find out who had the code.")
    if code.node and asked != code.node:
        raise IdTaken(
            f"This code was made for post {code.node}; this is {asked}. Ask the centre for a code of its own."
        )
    if not code.node and not received.resumed and known.is_taken(asked):
        raise IdTaken(
            f"Node {asked} is enrolled, or was once. If this is that post and it comes back, ask the centre for a code "
            "made for it; if it is a new one, make it anew with `diwan post init`."
        )
    if not code.node and known.begins_like(asked):
        raise IdTaken(f"The id {asked} begins like another node's. Make the post anew with `diwan post init`.")


def _check_label(known: Ledger, label: str, node_id: str) -> None:
    holder = holder_of(label, known.nodes, known.central, node_id)
    if holder is not None:
        raise LabelTaken(f"Node {holder} has the label {label!r}, or one that looks like it. Choose another label.")


def _note(folder: Path, received: Received) -> None:
    """Into the log of reads, under the name of who made the code. Raises AuditUnusable: then nobody is enrolled."""
    if received.resumed:
        return
    code = received.code
    log = ReadLog.open(folder)
    try:
        about = {"post": received.request.node, "label": code.label, "office": code.office}
        note_event(log, code.made_by, "", "node.enrolled", **about)
    finally:
        log.close()


def _check_keys(known: Ledger, received: Received) -> None:
    """A post comes back with both keys it had, or, once those are revoked, with two new ones."""
    held, request = known.trusted(received.request.node), received.request
    if held is not None and (held.identity, held.sealing_key) != (received.identity, request.sealing_key):
        raise IdTaken(
            f"Post {held.node} is enrolled with other keys. Revoke those first (`diwan central revoke`), make new ones "
            "at the post (`diwan post rekey`), then enrol it."
        )


def _recorded(
    register: Register, keys: NodeKeys, authority: CertificateAuthority, known: Ledger, received: Received
) -> tuple[NodeFact, Ledger]:
    """The node's entry, written now unless this very request got so far before the centre was interrupted."""
    request, code = received.request, received.code
    held = known.trusted(request.node)
    same_keys = held is not None and held.identity == received.identity
    wanted = NodeFact(
        node=request.node,
        label=code.label,
        office=code.office,
        identity=received.identity,
        sealing_key=request.sealing_key,
        certificate="",
        scopes=held.scopes if held is not None and same_keys else (),
    )
    if received.resumed and held is not None and msgspec.structs.replace(held, certificate="") == wanted:
        return held, known
    certificate = authority.issue(request.signing_request.encode(), request.node, now())
    fact = msgspec.structs.replace(wanted, certificate=certificate.decode())
    return fact, ledger.record(register, keys, [fact])
