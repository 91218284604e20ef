"""The tail mark: a small file beside the database that says how far this node has written.

A database put back in place while the machine runs has the same boot, the same inode and fewer rows; without the
mark its writer would give numbers a second time. Written after each commit and never synchronised: after a power
cut a new boot id opens a new epoch anyway."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

FILE = "register.tail"


class Tail:
    """The mark of one node's folder."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / FILE

    def read(self) -> tuple[str, int] | None:
        """The last row written as far as the mark knows, or None."""
        try:
            epoch, _, seq = self._path.read_text(encoding="ascii").partition(" ")
            return epoch, int(seq)
        except (OSError, ValueError):
            return None

    @property
    def exists(self) -> bool:
        """Whether this folder had a register: the mark is made with it."""
        return self._path.exists()

    def begin(self) -> None:
        """There is a register from now on. It may be on a disk that cannot be written, and is then as it was."""
        if not self.exists:
            with contextlib.suppress(OSError):
                os.close(os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600))

    def note(self, epoch: str, seq: int) -> None:
        """A row was committed."""
        handle = os.open(self._path, os.O_WRONLY | os.O_CREAT, 0o600)
        try:
            os.pwrite(handle, f"{epoch} {seq:020d}".encode("ascii"), 0)
        finally:
            os.close(handle)
