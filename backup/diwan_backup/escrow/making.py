"""Makes, confirms and renews the sheets of the escrow.

A new set counts only when all three custodians have typed their words back: until then the private keys stay sealed to
the key before, so that there is no moment in which nothing opens them."""

from __future__ import annotations

import contextlib
import secrets
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import msgspec
from diwan_core import crash
from diwan_core.archives import settings as all_settings
from diwan_core.custody import naming
from diwan_core.custody.carrying_out import ask as ask_for
from diwan_core.custody.carrying_out import use_up
from diwan_core.custody.standing import Escrow, Sheet, Sheets, escrow, keep_escrow
from diwan_core.trust.access_log.at_machine import note_at_machine
from diwan_core.trust.custodians.recovery import SECRET_BYTES, RecoveryKey, key_of_secret
from diwan_core.trust.network.custodian_acts import MOST, Custodian
from diwan_core.trust.network.labels import folded_label

from diwan_backup.errors import BackupError
from diwan_backup.escrow import shares, sheets
from diwan_backup.node_backups import NodeBackups
from diwan_backup.run import lay_beside

_OTHERS: Final = 0o077


class NoSheets(BackupError):
    """There are no sheets that wait for their words."""


@dataclass
class Made:
    """Three sheets that were written. `files` by custodian; `not_printed` says why there is no PDF, as a rule ""."""

    begins: str
    files: dict[str, list[Path]] = field(default_factory=dict)
    not_printed: str = ""
    before: str = ""
    """The two words that the sheets before begin with; "" where there were none."""


@dataclass
class Confirmed:
    """The custodians whose words were typed back, those still missing, and the disks on which the keys are not sealed
    anew yet."""

    name: str
    waiting: list[str]
    before: str = ""
    away: list[str] = field(default_factory=list)


def ask_to_rotate(backups: NodeBackups, path: Path) -> None:
    """Write the act for new sheets. Raises BackupError, ActNeeded, OSError."""
    ask_for(naming.load(backups.folder), "escrow.rotate", _about(_current(backups)), path)


def make(backups: NodeBackups, out: Path, *, rotate: bool = False, act: Path | None = None, pdf: bool = True) -> Made:
    """Write three sheets into the folder `out`. Raises BackupError, ActNeeded, ActRefused, OSError."""
    if not backups.settings.recovery_key:
        raise BackupError("there is no backup yet that sheets could open: run `diwan backup init` first")
    ledger = naming.load(backups.folder)
    if len(ledger.custodians) != MOST:
        raise BackupError(
            f"three custodians get a sheet each, and the ledger names {len(ledger.custodians)}: name them with "
            "`diwan custodian name`"
        )
    held = escrow(backups.folder)
    if held.current is not None and not rotate:
        raise BackupError("there are sheets already: make new ones with `diwan backup escrow rotate`")
    _check_place(out)
    if rotate:
        use_up(backups.folder, ledger, "escrow.rotate", _about(_current(backups)), act)
    naming.keep_standing(backups.folder, ledger)
    secret = secrets.token_bytes(SECRET_BYTES)
    made = shares.split(secret)
    done = Made(made[0].begins, before=held.current.begins if held.current else "")
    kept = []
    for custodian, one in zip(ledger.custodians, made, strict=True):
        files, done.not_printed = sheets.write(out, backups, custodian, one, pdf=pdf)
        done.files[custodian.name] = files
        kept.append(_kept(custodian, one, files))
    public = RecoveryKey(key_of_secret(secret)).public
    pending = Sheets(public, done.begins, backups.now_ms(), tuple(kept))
    names = ", ".join(done.files)
    note_at_machine(backups.folder, "escrow.made", names=names, begins=done.begins, anew=rotate)
    keep_escrow(backups.folder, Escrow(held.current, pending))
    return done


def confirm(backups: NodeBackups, name: str, typed: str) -> Confirmed:
    """One custodian types the words back; with the last one the keys are sealed to the new set. Raises NoSheets,
    WrongWords, OSError."""
    held = escrow(backups.folder)
    if held.pending is None:
        raise NoSheets("no sheets wait to be confirmed: make them with `diwan backup escrow make`")
    mine = [one for one in held.pending.sheets if folded_label(one.name) == folded_label(name)]
    if not mine:
        who = ", ".join(one.name for one in held.pending.sheets)
        raise NoSheets(f"there is no sheet for {name}: there are sheets for {who}")
    one = shares.read(typed)
    if one.digest != mine[0].digest:
        raise _other_sheet(held, one)
    confirmed = msgspec.structs.replace(mine[0], confirmed_ms=backups.now_ms(), files=())
    new = tuple(confirmed if each is mine[0] else each for each in held.pending.sheets)
    pending = msgspec.structs.replace(held.pending, sheets=new)
    note_at_machine(backups.folder, "escrow.confirmed", name=confirmed.name, begins=pending.begins)
    for path in mine[0].files:
        with contextlib.suppress(OSError):
            Path(path).unlink()
    if pending.unconfirmed:
        keep_escrow(backups.folder, Escrow(held.current, pending))
        return Confirmed(confirmed.name, pending.unconfirmed)
    return _put_in_force(backups, held, pending, confirmed.name)


def _put_in_force(backups: NodeBackups, held: Escrow, pending: Sheets, name: str) -> Confirmed:
    changed = msgspec.structs.replace(backups.settings, recovery_key=pending.public)
    all_settings.save(backups.folder, changed)
    crash.point("escrow-in-force")
    done = Confirmed(name, [], before=held.current.begins if held.current else "")
    renewed = []
    for one in changed.repositories:
        if one.kind != "remote" and one.is_there:
            lay_beside(backups, one)
            renewed.append(one.name)
        elif one.kind != "remote":
            done.away.append(one.name)
    current = msgspec.structs.replace(pending, since_ms=backups.now_ms(), disks=tuple(renewed))
    crash.point("escrow-sealed")
    keep_escrow(backups.folder, Escrow(current, None))
    backups.note("key")
    return done


def _other_sheet(held: Escrow, one: shares.TypedSheet) -> shares.WrongWords:
    for each in held.pending.sheets if held.pending else ():
        if each.digest == one.digest:
            return shares.WrongWords(f"these are the words of the sheet of {each.name}: take your own")
    begins = held.pending.begins if held.pending else ""
    if one.begins != begins:
        return shares.WrongWords(
            f"these are the words of an older set: its sheets begin with “{one.begins}”, the new ones with “{begins}”. "
            "Take the new sheet"
        )
    return shares.WrongWords("these words are of no sheet that was made here: take the sheet with your name")


def _current(backups: NodeBackups) -> Sheets:
    held = escrow(backups.folder).current
    if held is None:
        raise BackupError("there are no sheets yet: make the first ones with `diwan backup escrow make`")
    return held


def _about(current: Sheets) -> dict[str, str]:
    return {"sheets that begin with": current.begins, "key": current.public.hex()}


def _kept(custodian: Custodian, one: shares.TypedSheet, files: list[Path]) -> Sheet:
    return Sheet(custodian.name, custodian.identity, one.digest, files=tuple(str(path.absolute()) for path in files))


def _check_place(out: Path) -> None:
    if not out.is_dir():
        raise BackupError(f"{out} is not a folder: make one that is in memory or on a stick, for its owner alone")
    if out.stat().st_mode & _OTHERS:
        raise BackupError(f"others can read {out}, and sheets would lie there: chmod 700 {out}")
