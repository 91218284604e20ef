"""The place of an upload while it arrives: a nameless file in the node's data folder, which is on the encrypted
disk."""

import os
import tempfile
from typing import IO, Final

from diwan_core.web.kit.console import console

INCOMING: Final = "incoming"
"""The folder for it, in the data folder."""


def spool() -> IO[bytes]:
    """A file that vanishes when it is closed, or when the process ends, however it ends (O_TMPFILE where offered)."""
    folder = console().folder / INCOMING
    folder.mkdir(mode=0o700, exist_ok=True)
    return tempfile.TemporaryFile(dir=os.fspath(folder))
