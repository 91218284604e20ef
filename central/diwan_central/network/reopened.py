"""Opens a centre that was restored from a backup although not enough posts have answered; two custodians must agree.

Where the ledger names custodians, only an act that two of them signed for this very closing counts. Where it names
none, because nobody has named them yet, two names are written into the log of events; they prove nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from diwan_core.custody import carrying_out
from diwan_core.exchange import ledger as ledgers
from diwan_core.exchange.reopening import challenge, is_closed
from diwan_core.exchange.reopening import reopen as open_again
from diwan_core.node import NodeError
from diwan_core.register import Register
from diwan_core.trust.access_log.at_machine import note_at_machine


class NotClosed(NodeError):
    """The centre is open."""


def ask(folder: Path, path: Path) -> None:
    """Write the act for this closing. Raises NotClosed, ActNeeded, OSError."""
    with Register.open(folder, role="writer") as register:
        carrying_out.ask(ledgers.load(register), "centre.reopen", _about(register), path)


def reopen(folder: Path, names: Sequence[str], act: Path | None) -> tuple[list[str], bool]:
    """Open the centre: on whose word, and whether their keys prove it. Raises NotClosed, ActNeeded, ActRefused,
    AuditUnusable."""
    with Register.open(folder, role="writer") as register:
        ledger, about = ledgers.load(register), _about(register)
        if ledger.custodians or act is not None:
            by, proven = carrying_out.use_up(folder, ledger, "centre.reopen", about, act), True
        else:
            by, proven = sorted({name.strip() for name in names} - {""}), False
            if len(by) < 2:
                raise carrying_out.ActNeeded(
                    "two custodians must answer for it, and the ledger names none yet: --custodian NAME --custodian "
                    "NAME"
                )
        note_at_machine(folder, "centre.reopened", by=" and ".join(by), proven=proven)
        open_again(register.store)
    return by, proven


def _about(register: Register) -> dict[str, str]:
    with register.store.read() as transaction:
        closed = is_closed(transaction)
    if not closed:
        raise NotClosed("the centre is open: there is nothing to do")
    with register.store.write() as transaction:
        return {"closing": challenge(transaction).hex()}
