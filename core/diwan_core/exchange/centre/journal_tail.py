"""Writes the tail of the centre's own journal to a second disk: its rows that are in no verified backup yet, and the
ledger.

Posts keep what they wrote until it is safe, and send it again to a centre that was put back. What the centre wrote
itself since its last backup nobody else gives back; so it lies on another disk within a minute, as parcels sealed to
the centre itself, in the form of a stick: `diwan central import-parcels` takes them in at the restored centre."""

from __future__ import annotations

from typing import Final

from diwan_core.exchange.carriers.folder import UP, Looked, Stick
from diwan_core.exchange.pieces import Way
from diwan_core.exchange.stick_files import Moved, ledger_files, row_files, signed_by
from diwan_core.register import Register
from diwan_core.register.storage.database import now_ms
from diwan_core.register.storage.state import set_state
from diwan_core.trust import NodeKeys

WRITTEN: Final = "tail_written"


def write_tail(register: Register, keys: NodeKeys, stick: Stick) -> Moved:
    """Bring the folder of a second disk to what the centre wrote since its last verified backup. Raises NoStick."""
    node = register.config.id
    way = Way(node, node, keys.sealing_public, keys.sign)
    stick.make()
    looked = Looked()
    ours = {letter.name for letter in stick.letters(UP, node, signed_by({node: keys.identity_public}), looked, "lp")}
    with register.store.read() as transaction:
        wanted = ledger_files(way, transaction) | row_files(way, keys, transaction, ours, "safe")
        damaged = {name.rsplit("/", 1)[-1] for name, _ in looked.left}
        written = stick.place(UP, node, wanted, damaged)
    moment = now_ms()
    stick.manifest(moment)
    with register.store.write() as transaction:
        set_state(transaction, WRITTEN, moment)
    return Moved(written=written)
