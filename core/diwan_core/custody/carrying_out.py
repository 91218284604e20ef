"""Write an act for the custodians to sign, check it when it comes back, and note it as used, so that it counts once."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from diwan_core.node import NodeError
from diwan_core.trust.access_log.at_machine import note_at_machine
from diwan_core.trust.files import make_private_folder, sync_folder, write_private
from diwan_core.trust.network.custodian_acts import ActRefused, Deed, SignedAct, check_act, make_act, nonce_of
from diwan_core.trust.network.ledger import Ledger

FOLDER: Final = "custody"
USED: Final = "used-acts"


class ActNeeded(NodeError):
    """Custodians must agree before this is done."""


def now_ms() -> int:
    """The time by the machine's clock (ms since 1970 UTC)."""
    return time.time_ns() // 1_000_000


def ask(ledger: Ledger, deed: Deed, about: Mapping[str, str], path: Path) -> SignedAct:
    """Write an act for custodians to sign into a new file. Raises ActNeeded, OSError."""
    if not ledger.custodians:
        raise ActNeeded("no custodians are named yet: name them first with `diwan custodian name`")
    signed = make_act(ledger.identity, ledger.custodians_since, deed, about, now_ms())
    try:
        write_private(path, signed.encoded(), replace=False)
    except FileExistsError as error:
        raise ActNeeded(f"{path} exists: choose another name for the act's file") from error
    return signed


def read(path: Path) -> SignedAct:
    """Read an act from its file. Raises ActRefused, OSError."""
    return SignedAct.read(path.read_bytes())


def check(ledger: Ledger, deed: Deed, about: Mapping[str, str], path: Path | None) -> tuple[SignedAct, list[str]]:
    """Read an act and check that it is for this deed now; the act and the names of those who signed it. Raises
    ActNeeded, ActRefused, OSError."""
    if path is None:
        raise ActNeeded(
            "two custodians must agree to this: write what they sign with --ask FILE, let each sign it with "
            "`diwan custodian sign FILE --key KEY`, then give it with --act FILE"
        )
    signed = read(path)
    return signed, check_act(signed, ledger.custodians, ledger.custodians_since, ledger.identity, deed, about, now_ms())


def use_up(folder: Path, ledger: Ledger, deed: Deed, about: Mapping[str, str], path: Path | None) -> list[str]:
    """Check an act, note it as used for ever and write it into the log of events, all before the deed itself; the names
    of those who signed. Raises ActNeeded, ActRefused, AuditUnusable, OSError."""
    signed, names = check(ledger, deed, about, path)
    _note_used(folder, nonce_of(signed))
    note_at_machine(folder, "custodians.acted", deed=deed, by=" and ".join(names), act=nonce_of(signed)[:16])
    return names


def _note_used(folder: Path, nonce: str) -> None:
    place = folder / FOLDER
    make_private_folder(place)
    descriptor = os.open(place / USED, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "r+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        if nonce.encode() in file.read().split():
            raise ActRefused("This act was carried out already, and counts once. Make a new one with --ask.")
        file.write(nonce.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())
    sync_folder(place)
