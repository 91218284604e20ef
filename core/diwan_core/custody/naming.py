"""Name the custodians of a centre.

The first set is believed; each later set needs an act of two custodians of the set before. A small file beside the
ledger says who the custodians are, for the findings of a node."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from diwan_core.custody.carrying_out import check, now_ms, use_up
from diwan_core.custody.standing import Named, keep_named
from diwan_core.exchange import ledger as ledgers
from diwan_core.exchange.reopening import refuse_if_closed
from diwan_core.register import Register
from diwan_core.trust import NodeKeys
from diwan_core.trust.access_log.at_machine import note_at_machine
from diwan_core.trust.network.custodian_acts import Custodian, about_change, check_set
from diwan_core.trust.network.fingerprint_words import custodian_words
from diwan_core.trust.network.ledger import Ledger, append
from diwan_core.trust.network.ledger_facts import CustodiansFact


def name(folder: Path, custodians: Sequence[Custodian], act: Path | None = None) -> Ledger:
    """Write the custodians into the ledger of the centre. Raises ActNeeded, ActRefused, LedgerRefused, Closed,
    BadName, BadKey, OSError."""
    check_set(custodians, ())
    keys = NodeKeys.load(folder)
    with Register.open(folder, role="writer") as register:
        with register.store.read() as transaction:
            refuse_if_closed(transaction)
        before = ledgers.load(register)
        about = about_change(custodians)
        signed = check(before, "custodians.change", about, act)[0] if before.custodians else None
        fact = CustodiansFact(tuple(custodians), signed)
        append(before, fact, now_ms(), keys)  # refused here, the act is not used up
        if signed is not None:
            use_up(folder, before, "custodians.change", about, act)
        names = ", ".join(one.name for one in custodians)
        note_at_machine(folder, "custodians.named", names=names, first=signed is None)
        after = ledgers.record(register, keys, [fact])
    keep_standing(folder, after)
    return after


def load(folder: Path) -> Ledger:
    """The ledger held in a node's folder. Raises LedgerRefused, RegisterError."""
    with Register.open(folder) as register:
        return ledgers.load(register)


def keep_standing(folder: Path, ledger: Ledger) -> None:
    """Note for the findings who the custodians are. Raises OSError."""
    names = tuple(one.name for one in ledger.custodians)
    identities = tuple(one.identity for one in ledger.custodians)
    keep_named(folder, Named(names, identities, ledger.custodians_since))


def lines(custodians: Sequence[Custodian]) -> list[str]:
    """Names and fingerprint words, a line each."""
    return [f"{one.name}: {custodian_words(one.name, one.identity)}" for one in custodians]
