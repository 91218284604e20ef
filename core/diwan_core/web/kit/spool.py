"""The place of an upload while it arrives: a nameless file in the node's data folder, which is on the encrypted
disk."""

import os
from pathlib import Path
from typing import BinaryIO, Final, cast

from werkzeug.datastructures import FileStorage

from diwan_core.processes.nameless import NoSecondName, give_name, nameless
from diwan_core.web.kit.console import console

INCOMING: Final = "incoming"
"""The folder for it, in the data folder."""
IN_MEMORY: Final = 512 * 1024 + 64 * 1024
"""Files of a route that takes no more than this wait in memory: a piece of a picture is written once, to its place."""


def spool() -> BinaryIO:
    """A file that vanishes when it is closed, or when the process ends, unless it was given a name where it stays."""
    folder = console().folder / INCOMING
    folder.mkdir(mode=0o700, exist_ok=True)
    return nameless(folder)


def keep_as(uploaded: FileStorage, path: Path) -> None:
    """Let an uploaded file stay under this name, which nothing has yet; it is not copied. Raises OSError."""
    try:
        give_name(cast(BinaryIO, uploaded.stream), path)
    except NoSecondName:
        uploaded.save(os.fspath(path))
