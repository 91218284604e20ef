"""Packs the archives of a bundle as plain tar files; the same files give the same bytes."""

from __future__ import annotations

import tarfile
from pathlib import Path
from typing import Final

_DATE: Final = 1_790_000_000


def pack(folder: Path, archive: Path) -> None:
    """Write a folder's files, sorted, owned by root, with one date. Nothing is compressed: packages and wheels are."""
    partial = archive.with_name(f".{archive.name}.new")
    with tarfile.open(partial, "w", format=tarfile.PAX_FORMAT) as writer:
        for path in sorted(folder.rglob("*")):
            if path.is_file() and not path.is_symlink():
                entry = tarfile.TarInfo(path.relative_to(folder).as_posix())
                entry.size, entry.mtime = path.stat().st_size, _DATE
                entry.mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
                entry.uname = entry.gname = "root"
                with path.open("rb") as content:
                    writer.addfile(entry, content)
    partial.replace(archive)
