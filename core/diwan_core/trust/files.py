"""Writes private files so that nobody else can read them and a power cut right afterwards does not lose them.

One exception is made by whoever sets a machine up, never by us: a folder with the set-group-ID bit is for a service
that runs as another user (the broker), whose group may read what is written there.
"""

import os
import stat
from pathlib import Path

from diwan_core import world

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700
GROUP_FILE = 0o640


def make_private_folder(folder: Path) -> None:
    """Create `folder` (and its parents) and make it readable by its owner only; one that is there for a service's group
    stays as it is. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=PRIVATE_FOLDER)
    if not _for_a_group(folder):
        folder.chmod(PRIVATE_FOLDER)


def write_private(path: Path, content: bytes, *, replace: bool = True) -> None:
    """Write `content` as a 0600 file (0640 in a folder for a service's group), whole or not at all, and on the disk
    when this returns.

    Raises FileExistsError when the file is there and `replace` is false (nothing is changed), OSError otherwise.
    """
    partial = path.with_name(f".{path.name}.{world.random_hex(4)}")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, PRIVATE_FILE)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if _for_a_group(path.parent):
                os.fchmod(descriptor, GROUP_FILE)
            file.write(content)
            file.flush()
            world.sync_file(file.fileno())
        if replace:
            world.replace(partial, path)
        else:
            os.link(partial, path)  # fails when the name is taken, where rename would silently overwrite
            partial.unlink()
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def _for_a_group(folder: Path) -> bool:
    return bool(folder.stat().st_mode & stat.S_ISGID)


def sync_folder(folder: Path) -> None:
    """Make renames in `folder` durable: without it a power cut may bring the old name back."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        world.sync_folder(descriptor)
    finally:
        os.close(descriptor)
