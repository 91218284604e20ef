"""An act of custodians in words, for the person who is to sign it."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from diwan_core.trust import fingerprint
from diwan_core.trust.network.custodian_acts import Act
from diwan_core.trust.network.fingerprint_words import custodian_words

_KEY: Final = re.compile(r"[0-9a-f]{64}")
_DEEDS: Final = {
    "custodians.change": "From now on these are the custodians, and nobody else:",
    "centre.reopen": "Open a centre that was put back from a backup although its posts have not shown their ledgers:",
    "backup.prune": "Delete these archives for ever:",
    "escrow.rotate": "Make new sheets of the escrow; those before are to be destroyed:",
}


def lines_of(act: Act) -> list[str]:
    """The sentences that say what an act does, to whom, at which centre and until when."""
    said = [f"{_DEEDS.get(act.deed, act.deed)}"]
    for name, value in act.about.items():
        if act.deed == "custodians.change" and _KEY.fullmatch(value):
            said.append(f"  {name}: {custodian_words(name, bytes.fromhex(value))}")
        else:
            said.append(f"  {name}: {value}")
    until = datetime.fromtimestamp(act.expires / 1000, UTC)
    said.append(f"At the centre {fingerprint(act.centre)}, until {until:%Y-%m-%d %H:%M} UTC.")
    return said
