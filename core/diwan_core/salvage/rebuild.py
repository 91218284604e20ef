"""Makes a new register of what was carved from a damaged one: ledger and centre first, then all rows."""

from __future__ import annotations

import msgspec

from diwan_core.exchange.ledger import take_entries
from diwan_core.register import Register
from diwan_core.register.carving.carve import Carved
from diwan_core.register.carving.chains import Chain
from diwan_core.register.carving.refill import Refill, Refilled
from diwan_core.register.carving.scratch import Scratch
from diwan_core.trust import KeysMissing
from diwan_core.trust.errors import KeysUnreadable, LedgerRefused
from diwan_core.trust.network.enrolled_keys import Central, load_central
from diwan_core.trust.network.ledger import Ledger


def rebuild(register: Register, carved: Carved, found: list[Chain]) -> Refilled:
    """Fill a new register. Raises RegisterError."""
    centre = _centre(register)
    entries = [] if centre is None else _ledger_entries(carved.scratch, centre)
    if entries:
        take_entries(register, msgspec.msgpack.encode((1, entries)))
    refill = Refill(register.store, register.config, carved, found)
    if centre is not None:
        refill.add_centre(centre.id, centre.identity, centre.sealing)
    done = refill.run(register.keys)
    done.ledger = len(entries)
    return done


def _centre(register: Register) -> Central | None:
    """The centre, from the file that enrolment left; None where the node is not enrolled or the file is lost."""
    try:
        return load_central(register.folder)
    except (KeysMissing, KeysUnreadable):
        return None


def _ledger_entries(scratch: Scratch, centre: Central) -> list[bytes]:
    """The entries of the ledger that the centre signed, from the first one on without a gap."""
    ledger = Ledger(centre.identity)
    entries: list[bytes] = []
    while True:
        for entry in scratch.ledger_entries(len(entries) + 1):
            try:
                ledger = ledger.accept([entry])
            except LedgerRefused:
                continue
            entries.append(entry)
            break
        else:
            return entries
