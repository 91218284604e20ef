"""Real damage to a real database file, by a seed."""

from __future__ import annotations

import random
import re
import sqlite3
from contextlib import closing
from pathlib import Path

PAGE = 4096


def overwrite_pages(path: Path, seed: int, share: float, *, sector: bool = False) -> int:
    """Write over a share of a file's pages, at random: with random bytes, zeros or ones, as cards give them. With
    `sector`, over one sector of 512 bytes of each. How many pages were."""
    chance = random.Random(seed)
    size = path.stat().st_size
    pages = size // PAGE
    chosen = chance.sample(range(pages), max(1, int(pages * share)))
    with path.open("r+b") as file:
        for page in chosen:
            place, length = page * PAGE, PAGE
            if sector:
                place, length = place + 512 * chance.randrange(8), 512
            content = chance.choice([chance.randbytes(length), bytes(length), b"\xff" * length])
            file.seek(place)
            file.write(content)
    return len(chosen)


def cut(path: Path, share: float) -> None:
    """Leave only the first part of a file."""
    with path.open("r+b") as file:
        file.truncate(int(path.stat().st_size * share))


def copied_into_database(path: Path) -> None:
    """Bring the log into the database, so that damage hits what it holds."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def overwrite_where(path: Path, *texts: bytes) -> int:
    """Write over every page that holds one of these; how many there were."""
    content = path.read_bytes()
    chosen = {found.start() // PAGE for text in texts for found in re.finditer(re.escape(text), content)}
    with path.open("r+b") as file:
        for page in chosen:
            file.seek(page * PAGE)
            file.write(b"\xa5" * PAGE)
    return len(chosen)
