"""Taking a post into the network: its one-time code, its certificate, its place in the ledger and the broker's list."""

from __future__ import annotations

import threading
from pathlib import Path

from diwan_core import node
from diwan_core.exchange import ledger
from diwan_core.register import Register
from diwan_core.register.scopes import NATIONAL
from diwan_core.trust import NodeKeys, codes, enrolment
from diwan_core.trust.ca import CertificateAuthority
from diwan_core.trust.facts import NodeFact
from diwan_core.trust.installed import load_central
from diwan_core.trust.store import Store

from diwan_central.setup import now, scope_key, write_access

_one_at_a_time = threading.Lock()


def make_code(folder: Path, label: str) -> str:
    """A new one-time code, as it is shown. Raises BadName."""
    store = Store.open(folder)
    try:
        kept = codes.Codes(store)
        shown, code = codes.mint_code(now(), label=label, taken=kept.ids())
        kept.add(code)
    finally:
        store.close()
    return shown


def enrol(folder: Path, request: bytes) -> bytes:
    """Answer an enrolment request. Raises TrustError where the code or the request is wrong."""
    with _one_at_a_time:
        store = Store.open(folder)
        try:
            return _enrol(folder, codes.Codes(store), request)
        finally:
            store.close()


def _enrol(folder: Path, store: codes.Codes, raw: bytes) -> bytes:
    received = enrolment.receive_request(store, raw, now())
    if received.answer is not None:
        return received.answer
    request = received.request
    config = node.load(folder, role="central")
    keys, centre = NodeKeys.load(folder), load_central(folder)
    authority = CertificateAuthority.load(folder)
    certificate = authority.issue(request.signing_request.encode(), request.node, now())
    fact = NodeFact(
        node=request.node,
        label=request.label,
        office=request.office,
        identity=received.identity,
        sealing_key=request.sealing_key,
        certificate=certificate.decode(),
        scopes=(NATIONAL,),
    )
    with Register.open(folder, role="writer") as register:
        known = ledger.load(register)
        after = known if known.nodes.get(request.node) == fact else ledger.record(register, keys, [fact])
    answer = enrolment.Answer(
        version=enrolment.VERSION,
        node=request.node,
        certificate=certificate.decode(),
        authority=authority.certificate.decode(),
        central=config.id,
        central_certificate=centre.certificate.decode(),
        central_sealing_key=centre.sealing,
        broker_host=config.broker_host,
        broker_port=config.broker_port,
        scope_keys=(enrolment.SealedScopeKey.of(scope_key(folder, after), request.sealing_key),),
        time=int(now().timestamp() * 1000),
        ledger_length=after.length,
        ledger_head=after.head,
    )
    # The access list first: a post that has its answer may connect at once.
    write_access(folder)
    return enrolment.answer_request(store, received, answer)
