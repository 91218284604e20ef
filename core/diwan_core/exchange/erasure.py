"""Erasure under the law, from the order to the emptied files: the centre's ledger orders it, every node carries it
out."""

from __future__ import annotations

import fcntl
import hashlib
import logging
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Final

from diwan_core.exchange import ledger
from diwan_core.exchange.erased_parcels import ERASED, keepable
from diwan_core.register import Register, RegisterError, Transaction
from diwan_core.register.erasure.orders import goes_with, named_beside
from diwan_core.register.erasure.purge import is_due, purge
from diwan_core.register.exchange_state import quarantine_lines
from diwan_core.trust import NodeKeys
from diwan_core.trust.files import sync_folder
from diwan_core.trust.network.ledger_facts import ErasureFact

log = logging.getLogger("diwan.erasure")


def order(register: Register, keys: NodeKeys, record: str, halves: int, basis: str) -> list[str]:
    """Order the erasure of a record, at the centre; with what names people its pictures and documents are erased too.
    Returns the ids of all records concerned. Raises UnknownRecord, BadName, LedgerRefused."""
    with register.store.read() as transaction:
        facts = facts_of(transaction, record, halves, basis)
    ledger.record(register, keys, facts)
    tidy(register, keys)
    return [fact.record for fact in facts]


def order_judged(
    register: Register, keys: NodeKeys, judge: Callable[[Transaction], Iterable[tuple[str, int]]], basis: str
) -> None:
    """Order the erasure of the records (and halves) that `judge` names in the transaction that orders it. The files are
    written anew by `tidy`, once for many such orders. Raises BadName, LedgerRefused, Closed."""

    def make(transaction: Transaction) -> list[ErasureFact]:
        facts: dict[str, ErasureFact] = {}
        for record, halves in judge(transaction):
            facts |= {fact.record: fact for fact in facts_of(transaction, record, halves, basis)}
        return [*facts.values()]

    ledger.record_judged(register, keys, make)


def facts_of(transaction: Transaction, record: str, halves: int, basis: str) -> list[ErasureFact]:
    """What the ledger says of a record that is to be erased: its pictures and documents go first, then itself. Raises
    UnknownRecord."""
    attached = goes_with(transaction, record, halves)
    facts = []
    for attachment, name in attached:
        blobs = (hashlib.sha256(bytes.fromhex(name)).digest(),) if name else ()
        facts.append(ErasureFact(attachment, 3, basis, blobs))
    if record not in {attachment for attachment, _ in attached}:
        facts.append(ErasureFact(record, halves, basis))
    return facts


def pictures_that_stay(register: Register, record: str, halves: int) -> dict[str, list[str]]:
    """The names of pictures that would go with a record and stay, since other records name them; and these records."""
    with register.store.read() as transaction:
        return named_beside(transaction, record, halves)


class Tidier:
    """Writes the files of a node anew soon after an erasure, in a long-running process, and tries again where that
    failed."""

    AGAIN_S: Final = 60.0
    PAUSE: Final = 20
    """The pause after it, in times of how long it took: nobody can save meanwhile, and a post that moves its records
    there and back makes it due at others as often as it likes."""

    def __init__(self, register: Register, keys: NodeKeys, monotonic: Callable[[], float]) -> None:
        self._register = register
        self._keys = keys
        self._now = monotonic
        self._due = -1e9

    def turn(self) -> None:
        """Do what is due, if it is time to."""
        began = self._now()
        if began > self._due and is_due(self._register.store):
            try:
                tidy(self._register, self._keys)
            finally:
                self._due = began + max(self.AGAIN_S, self.PAUSE * (self._now() - began))


def tidy(register: Register, keys: NodeKeys) -> bool:
    """Leave nothing of what was erased in this node's files, where that is due; whether nothing is due any more."""
    if not is_due(register.store):
        return True
    shutil.rmtree(register.folder / "snapshots", ignore_errors=True)  # made again when somebody joins
    jobs = register.folder / "jobs"
    for job in sorted(jobs.glob("*")):  # files of imports and exports may hold it too
        if not _is_worked(job):
            shutil.rmtree(job, ignore_errors=True)
    if jobs.is_dir():
        sync_folder(jobs)  # else a power cut would bring them back; `purge` does so with the node's own folder
    _quarantined(register, keys)
    try:
        done = purge(register.store, register.folder)
    except RegisterError as error:
        log.warning("what was erased is not out of the files yet: %s", error)
        return False
    if not done:
        log.warning("what was erased is not out of the files yet: the database is in use; it is tried again")
    return done


def _is_worked(job: Path) -> bool:
    """Whether a process imports or exports with this folder (`intake.run.job_process`). One that was uploaded and
    never run, or was interrupted, has none."""
    try:
        with (job / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


def _quarantined(register: Register, keys: NodeKeys) -> None:
    """Take what was erased out of sealed parcels in quarantine."""
    with register.store.write() as transaction:
        for number, payload in quarantine_lines.messages(transaction):
            kept = keepable(transaction, payload, keys)
            if kept != payload:
                quarantine_lines.overwrite(transaction, number, kept, ERASED)
