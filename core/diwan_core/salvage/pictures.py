"""Pictures and documents of a node whose disk was damaged: each file read and held against its name, its SHA-256."""

from __future__ import annotations

import hashlib
import re
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core.register import Register

_NAME: Final = re.compile(r"[0-9a-f]{64}\Z", re.ASCII)


@dataclass
class Pictures:
    """How many files are what their names say, and which are not."""

    whole: int = 0
    damaged: int = 0
    missing_unsent: int = 0
    """One's own that the centre does not have either."""


def check_pictures(register: Register, blobs: Path, aside: Path) -> Pictures:
    """Look at every picture's file in `blobs`; a damaged one goes into `aside`. The register is told what is here, and
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
    with register.store.write() as connection:
        connection.executemany(
            "UPDATE blob SET have=size, wanted=0 WHERE sha256=? AND size=?",
            [(name, size) for name, size in here.items()],
        )
        connection.execute("UPDATE blob SET wanted=1 WHERE have<size AND own=1 AND stored=1")
        found.missing_unsent = connection.execute(
            "SELECT count(*) FROM blob WHERE have<size AND own=1 AND stored=0"
        ).fetchone()[0]
    return found


def _whole(path: Path) -> int | None:
    """A file's size, where it is what its name says."""
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
            return file.tell() if digest == path.name else None
    except OSError:
        return None
