"""The acceptance sheets at the centre: each with its signature in `DIR/acceptance`, never replaced, in the order of
arrival."""

from __future__ import annotations

import hashlib
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core.acceptance.sheet import LARGEST, BadSheet, Sheet, decode
from diwan_core.acceptance.signature import SIGNERS, signer_of
from diwan_core.trust.files import make_private_folder, write_private

FOLDER: Final = "acceptance"
_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9.-]{0,200}")
MOST: Final = 20_000
"""Sheets of one centre: 500 posts, each accepted forty times."""


class TooManySheets(Exception):
    """The centre keeps as many as it may; old ones have to be archived first."""


@dataclass(frozen=True)
class Kept:
    """A sheet at the centre."""

    name: str
    sheet: Sheet
    signer: str
    came: int
    """Seconds since 1970 UTC, by the centre's clock."""


def keep(folder: Path, content: bytes, signature: bytes, signers: Path = SIGNERS) -> tuple[Kept, bool]:
    """Keep a sheet of a technician who is known here; the sheet, and whether it is new.

    Raises BadSheet, NotSigned, TooManySheets, OSError."""
    sheet = decode(content)
    signer = signer_of(content, signature, signers)
    place = folder / FOLDER
    make_private_folder(place)
    digest = hashlib.sha256(content).hexdigest()[:16]
    for path in place.glob(f"*-{digest}.json"):
        return Kept(path.stem, sheet, signer, int(path.stat().st_mtime)), False
    if sum(1 for _ in place.glob("*.json")) >= MOST:
        raise TooManySheets(f"{place} holds {MOST:,} sheets: move old ones to an archive")
    stamp = sheet.taken.replace("-", "").replace(":", "")
    name = f"{sheet.machine}-{sheet.kind}-{stamp}-{digest}"
    # The signature first: a sheet that is there has one, whenever the power fails.
    write_private(place / f"{name}.sig", signature)
    write_private(place / f"{name}.json", content)
    return Kept(name, sheet, signer, int(time.time())), True


def all_kept(folder: Path) -> list[Kept]:
    """Every sheet, the newest first; one that was damaged on the disk is left out."""
    found = []
    for path in sorted((folder / FOLDER).glob("*.json"), key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            with path.open("rb") as file:
                sheet = decode(file.read(LARGEST + 1))
            found.append(Kept(path.stem, sheet, "", int(path.stat().st_mtime)))
        except (BadSheet, OSError):
            continue
    return found


def read(folder: Path, name: str) -> tuple[bytes, bytes] | None:
    """A sheet's bytes and signature by its name; None where there is none."""
    if not _NAME.fullmatch(name):
        return None
    path = folder / FOLDER / f"{name}.json"
    try:
        return path.read_bytes(), path.with_name(f"{name}.sig").read_bytes()
    except OSError:
        return None
