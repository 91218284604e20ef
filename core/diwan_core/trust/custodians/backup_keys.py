"""The passphrase of a node's backup repositories, kept in `DIR/keys/backup/`."""

import contextlib
from pathlib import Path

from diwan_core import world
from diwan_core.trust.errors import KeysMissing, KeysUnreadable
from diwan_core.trust.files import make_private_folder, write_private
from diwan_core.trust.network.keys import keys_folder

PASSPHRASE = "passphrase"


def passphrase(folder: Path) -> bytes:
    """The passphrase of the repositories. Raises KeysMissing, KeysUnreadable."""
    path = keys_folder(folder) / "backup" / PASSPHRASE
    try:
        return path.read_bytes().strip()
    except FileNotFoundError as error:
        raise KeysMissing(
            f"{path} is missing, and without it no archive opens. Bring it back with the recovery key: "
            "`diwan backup restore keys`."
        ) from error
    except OSError as error:
        raise KeysUnreadable(
            f"{path} cannot be read ({error.strerror}). Run as the user who owns the folder."
        ) from error


def make_passphrase(folder: Path) -> bytes:
    """The passphrase, made where there is none: 256 bits. Raises OSError."""
    place = keys_folder(folder) / "backup"
    make_private_folder(place)
    with contextlib.suppress(FileExistsError):
        write_private(place / PASSPHRASE, world.random_text(32).encode(), replace=False)
    return passphrase(folder)
