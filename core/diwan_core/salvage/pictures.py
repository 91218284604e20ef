"""Checks the pictures and documents of a node whose disk was damaged: each file against its name, its SHA-256."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core.register import Register
from diwan_core.register.pictures_back import note_found

_NAME: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)


@dataclass
class Pictures:
    """How many files are what their names say, and which are not."""

    whole: int = 0
    damaged: int = 0
    missing_unsent: int = 0
    """This node's own that the centre does not have either."""


def check_pictures(register: Register, blobs: Path, aside: Path) -> Pictures:
    """Read every picture's file in `blobs`; a damaged one is moved into `aside`. The register notes what is here, and
    asks the centre for what is not. Raises RegisterError, OSError."""
    found, here = Pictures(), dict[str, int]()
    for path in sorted(blobs.glob("??/*")):
        if not _NAME.match(path.name):
            continue
        if (size := _whole(path)) is not None:
            here[path.name] = size
            found.whole += 1
        else:
            found.damaged += 1
            aside.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.move(path, aside / path.name)
    found.missing_unsent = note_found(register.store, here)
    return found


def _whole(path: Path) -> int | None:
    """A file's size where its bytes are what its name says; else None."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell() if digest == path.name else None
    except OSError:
        return None
