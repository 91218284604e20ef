"""Keeps the ledger of irreversible facts in the register; `trust.network.ledger` says what they mean.

The register's `node` table is a projection of it, made anew with every entry."""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Callable, Iterable
from pathlib import Path

import msgspec

from diwan_core.exchange.reopening import refuse_if_closed
from diwan_core.register import Register, RegisterBusy, Transaction
from diwan_core.register.admission import reach
from diwan_core.register.admission.moves import settle_erased
from diwan_core.register.admission.scope_log import NATIONAL
from diwan_core.register.erasure.erase import Order, carry_out
from diwan_core.register.exchange_state import ledger_entries, nodes
from diwan_core.register.records.case_numbers import enrolments, note_enrolments
from diwan_core.register.storage.database import now_ms
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.forget_names import forget
from diwan_core.trust.access_log.log import AuditUnusable
from diwan_core.trust.errors import LedgerRefused
from diwan_core.trust.network.enrolled_keys import load_central
from diwan_core.trust.network.ledger import Ledger, append
from diwan_core.trust.network.ledger_facts import Fact
from diwan_core.trust.people.accounts import AccountsUnusable

PAGE = 200
log = logging.getLogger("diwan.ledger")
_verified: dict[Path, Ledger] = {}
"""What was read and verified already, by database: entries are only ever added."""
_entries = msgspec.msgpack.Decoder(tuple[int, list[bytes]])


def load(register: Register) -> Ledger:
    """The ledger this node holds, verified from its first entry. What this process has verified once it does not verify
    again: of 500 posts that takes a third of a second. Raises LedgerRefused."""
    identity = load_central(register.folder).identity
    known = _verified.get(register.store.path)
    if known is None or known.identity != identity or not _goes_on_from(register, known):
        known = Ledger(identity)
    fresh = ledger_entries.entries_from(register.store, known.length + 1)
    ledger = known.accept(fresh) if fresh else known
    if not register.store.in_transaction:  # else what was read may never be committed
        _verified[register.store.path] = ledger
    return ledger


def _goes_on_from(register: Register, known: Ledger) -> bool:
    """Whether the ledger held here still has all that was verified: its hash covers every entry before."""
    raw = ledger_entries.entry(register.store, known.length)
    return known.length == 0 or (raw is not None and hashlib.sha256(raw).digest() == known.head)


def record(register: Register, keys: NodeKeys, facts: Iterable[Fact]) -> Ledger:
    """Add facts to the ledger at the centre; they are durable when this returns."""
    return record_judged(register, keys, lambda _transaction: facts)


def record_judged(register: Register, keys: NodeKeys, make: Callable[[Transaction], Iterable[Fact]]) -> Ledger:
    """The same with facts that `make` finds in the transaction that writes them: nothing changes in between."""
    with register.store.write() as transaction:
        refuse_if_closed(transaction)
        ledger = load(register)
        for fact in make(transaction):
            raw, ledger = append(ledger, fact, now_ms(), keys)
            ledger_entries.add_entries(transaction, ledger.length, [raw])
        _project(register, transaction, ledger)
    register.wake(b"ledger")
    return ledger


def entries_from(register: Register, payload: bytes) -> bytes | None:
    """At a post: the answer to a centre that asks for entries, by sending none (it was put back to an older copy)."""
    try:
        first, entries = _entries.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if entries:
        return None
    held = ledger_entries.entries_from(register.store, first, PAGE)
    return msgspec.msgpack.encode((first, held)) if held else None


def entries(register: Register) -> bytes:
    """The whole ledger as `take_entries` reads it: it lies beside each backup, so that a centre put back from an older
    one learns what was decided since."""
    return msgspec.msgpack.encode((1, ledger_entries.entries_from(register.store, 1)))


def announces(register: Register, scope: str, key_id: bytes, public: bytes) -> bool:
    """Whether the ledger held here says that this is, or was, the key of a scope. Raises LedgerRefused."""
    fact = load(register).scope_keys.get((scope, key_id))
    return fact is not None and fact.public == public


def take_entries(register: Register, payload: bytes) -> bool:
    """Take entries, at a post from the centre, at a centre that was put back from a post: they are signed by the centre
    whoever brings them. What does not follow is left; the next hello asks again. Whether there were new ones.

    Raises LedgerRefused where the entries are not the centre's."""
    try:
        first, entries = _entries.decode(payload)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return False
    known = load(register)
    if not _following(known, first, entries):
        return False
    known.accept(_following(known, first, entries))  # a stranger's are refused before the database is held
    with register.store.write() as transaction:
        ledger = load(register)
        fresh = _following(ledger, first, entries)
        if not fresh:
            return False
        after = ledger.accept(fresh)
        ledger_entries.add_entries(transaction, ledger.length + 1, fresh)
        if register.config.role == "central":
            _follow_each(register, transaction, ledger, fresh)
        _project(register, transaction, after)
    report_hostile(after, ledger.length)
    return True


def _following(ledger: Ledger, first: int, entries: list[bytes]) -> list[bytes]:
    """The entries from number `first` on that a ledger lacks and that follow it."""
    return entries[max(0, ledger.length + 1 - first) :] if first <= ledger.length + 1 else []


def begin(register: Register) -> None:
    """Check the ledger when a process that writes starts: log whether somebody posed as the centre in it, and make
    the table of nodes agree with it, since another release may have read it otherwise."""
    try:
        ledger = load(register)
    except LedgerRefused as error:
        log.error("the ledger held here does not verify: %s", error)
        return
    report_hostile(ledger)
    held = nodes.posts_in_force(register.store)
    said = {
        (node, fact.identity, int(ledger.trusted(node) is None), int(ledger.is_confirmed(node)))
        for node, fact in ledger.nodes.items()
    }
    with register.store.read() as transaction:
        is_followed = reach.held(transaction) == _said_of_scopes(ledger)
        is_followed = is_followed and enrolments(transaction) == ledger.enrolments.get(register.config.id, 0)
    if said - held or not is_followed:
        with register.store.write() as transaction:
            _project(register, transaction, load(register))


def report_hostile(ledger: Ledger, after: int = 0) -> None:
    """Say in the log which entries after number `after` claim to be the centre. Nobody believes them."""
    for number, entry in ledger.hostile.items():
        if number > after:
            log.error(
                "ledger entry %d is hostile: %s. Its key is believed by nobody; tell the administration",
                number,
                entry.why,
            )
    for number, why in ledger.doubted.items():
        if number > after:
            log.error(
                "ledger entry %d names custodians and counts for nothing: %s. Tell the administration", number, why
            )


def _forget(register: Register, record: str, names: Callable[[str], bool]) -> None:
    """Words out of the files beside the register. One that is in use stops the transaction, which is tried again; one
    that is damaged stops nothing, since nobody can read it either."""
    try:
        forget(register.folder, record, names)
    except (AuditUnusable, AccountsUnusable) as error:
        if error.passing:
            raise RegisterBusy(f"words that were erased cannot be taken out of their file yet: {error}") from error
        log.error("a damaged file may hold words that were erased: %s", error)


def _said_of_scopes(ledger: Ledger) -> reach.Said:
    """What the ledger says of scopes beside the national one, and of what travels how far."""
    far = {kind: (fact.nominal, number) for kind, (fact, number) in ledger.reach.items()}
    members = {
        (node, scope)
        for node, fact in ledger.nodes.items()
        if ledger.trusted(node) is not None
        for scope in fact.scopes
        if scope != NATIONAL
    }
    homes = {(node, scope) for node, scopes in ledger.homes.items() for scope in scopes if scope != NATIONAL}
    return reach.Said(far, members, homes)


def _follow_each(register: Register, transaction: Transaction, ledger: Ledger, entries: Iterable[bytes]) -> None:
    """At a centre that was put back: do what each of these entries, which follow a ledger, says of how far something
    travels. A post may have heard some of them only."""
    for raw in entries:
        before, ledger = ledger.reach, ledger.accept([raw])
        if ledger.reach != before:
            reach.follow(transaction, register.config.id, register.config.role, _said_of_scopes(ledger))


def _project(register: Register, transaction: Transaction, ledger: Ledger) -> None:
    rows = [
        nodes.NodeRow(
            fact.node,
            fact.label,
            fact.office,
            "post",
            fact.identity,
            fact.sealing_key,
            int(ledger.trusted(fact.node) is None),
            int(ledger.is_confirmed(fact.node)),
        )
        for fact in ledger.nodes.values()
    ]
    if ledger.central is not None:
        centre = ledger.central
        rows.append(nodes.NodeRow(centre.node, centre.label, "", "central", centre.identity, centre.sealing_key, 0, 1))
    nodes.write_nodes(transaction, rows)
    note_enrolments(transaction, ledger.enrolments.get(register.config.id, 0))
    reach.follow(transaction, register.config.id, register.config.role, _said_of_scopes(ledger))
    carry_out(
        transaction,
        [Order(fact.record, fact.halves, fact.basis, fact.blobs, number) for fact, number in ledger.erasures.values()],
        lambda record, words: _forget(register, record, words.among),
    )
    if register.config.role != "central":
        settle_erased(transaction, register.config.id)
