"""Takes in a signed acceptance sheet: keeps it with the others and notes its machine in the asset register."""

from __future__ import annotations

from pathlib import Path

from diwan_core.acceptance import kept
from diwan_core.acceptance.kept import Kept
from diwan_core.acceptance.sheet import BadSheet
from diwan_core.acceptance.signature import SIGNERS, NotSigned, signer_of

from diwan_central.assets.model import KIND, Accepted, NoMachine, accept_sheet
from diwan_central.assets.store import AssetStore
from diwan_central.assets.taking import Taken, take
from diwan_central.days import now_ms


class SheetRefused(Exception):
    """The sheet is not taken; the message says why and what to do."""


def take_sheet(
    folder: Path, content: bytes, signature: bytes, person: str, signers: Path = SIGNERS
) -> tuple[Taken, Accepted]:
    """Keep a sheet of a machine's hardware and note the machine. Raises SheetRefused, AssetsUnusable, OSError."""
    try:
        made, _is_new = kept.keep(folder, content, signature, signers)
    except (BadSheet, NotSigned, kept.TooManySheets) as error:
        raise SheetRefused(str(error)) from error
    found = note(folder, made, person)
    if found is None:
        raise SheetRefused(
            f"the sheet is kept, but describes no machine for the register (its kind is {made.sheet.kind}). "
            "Only sheets made with `diwan hardware sign` do"
        )
    return found


def note(folder: Path, made: Kept, person: str) -> tuple[Taken, Accepted] | None:
    """Note the machine of a sheet that is kept; None where the sheet is of another kind or names no machine. Raises
    AssetsUnusable."""
    if made.sheet.kind != KIND:
        return None
    try:
        found = accept_sheet(made.sheet, made.name, made.signer)
    except NoMachine:
        return None
    with AssetStore.open(folder) as store:
        return take(store, found, person, now_ms()), found


def note_all(folder: Path, person: str, signers: Path = SIGNERS) -> int:
    """Note every sheet that is kept, the oldest first: how many machines became known. What was noted is left as it is.
    Raises AssetsUnusable."""
    new = 0
    for one in reversed(kept.all_kept(folder)):
        read = kept.read(folder, one.name)
        if read is None:
            continue
        try:
            signer = signer_of(*read, signers)
        except NotSigned:
            continue
        found = note(folder, Kept(one.name, one.sheet, signer, one.came), person)
        new += found is not None and found[0].is_new
    return new
