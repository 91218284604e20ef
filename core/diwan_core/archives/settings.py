"""The settings of a node's backups: repositories, ages and numbers of archives, in `DIR/backup/settings.json`.
Nothing in it is secret."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Final, Literal

import msgspec

from diwan_core.archives.record import FOLDER
from diwan_core.node import NodeError
from diwan_core.trust.files import make_private_folder, write_private

FILE: Final = "settings.json"
DISKS: Final = Path("/run/diwan/backup")
IN_DISK: Final = "diwan.borg"
_DISK: Final = re.compile(r"diwan-backup-[a-z0-9]{1,3}")
_REMOTE: Final = re.compile(r"ssh://[^\s]{3,250}")
Kind = Literal["disk", "remote", "folder"]


class BadSettings(NodeError):
    """The settings cannot be read, or a place or number in them is wrong."""


class NoBackupYet(NodeError):
    """No repository was made for this node."""


class Repository(msgspec.Struct, frozen=True):
    """A repository of archives. `place` is the label of a backup disk, `ssh://…` or a folder; `id` is borg's;
    `detached` says that it is taken out of the building between backups."""

    name: str
    place: str
    id: str
    detached: bool

    @property
    def kind(self) -> Kind:
        """Whether it is on a disk, on another machine or in a folder."""
        return kind_of(self.place)

    @property
    def location(self) -> str:
        """The address at which borg finds it."""
        return location_of(self.place)

    @property
    def is_there(self) -> bool:
        """Whether it can be reached now; a repository on another machine counts as reachable until it is asked."""
        if self.kind == "disk":
            return os.path.ismount(DISKS / self.place)
        return self.kind == "remote" or Path(self.place).is_dir()


class Settings(msgspec.Struct, frozen=True):
    """What was agreed: after how many hours and days the console complains, and how many archives are kept."""

    repositories: tuple[Repository, ...] = ()
    media: int = 2
    """A row is safe in verified archives on so many media, one of them detached. 1 is for a pilot."""
    first_hours: int = 26
    second_days: int = 8
    drill_days: int = 32
    daily: int = 14
    weekly: int = 8
    monthly: int = 24
    erased_days: int = 90
    """So many days after an erasure no archive that can be reached holds the values any more."""
    tail: str = ""
    """The folder on a second disk that takes every minute what the centre itself wrote; empty where there is none."""
    recovery_key: bytes = b""
    """The public half of the key on paper that opens the sealed private keys."""

    def repository(self, name: str) -> Repository:
        """A repository by its name. Raises BadSettings."""
        for one in self.repositories:
            if one.name == name:
                return one
        have = ", ".join(one.name for one in self.repositories) or "none"
        raise BadSettings(f"there is no repository {name!r} here; there are: {have}. Make one with `diwan backup init`")


def kind_of(place: str) -> Kind:
    """Whether a place is a disk, another machine or a folder. Raises BadSettings."""
    if _DISK.fullmatch(place):
        return "disk"
    if place.startswith("ssh://"):
        if not _REMOTE.fullmatch(place):
            raise BadSettings(f"{place!r} is not an address: write ssh://USER@HOST/path")
        return "remote"
    if place.startswith("/"):
        return "folder"
    raise BadSettings(
        f"{place!r} is not a place for backups: give a disk's label (diwan-backup-a), ssh://USER@HOST/path, or a "
        "folder by its whole path"
    )


def location_of(place: str) -> str:
    """The address at which borg finds a repository at this place. Raises BadSettings."""
    return str(DISKS / place / IN_DISK) if kind_of(place) == "disk" else place


def load(folder: Path) -> Settings:
    """Read the settings; where there are none, those of a node without backups. Raises BadSettings."""
    path = folder / FOLDER / FILE
    try:
        return msgspec.json.decode(path.read_bytes(), type=Settings)
    except FileNotFoundError:
        return Settings()
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadSettings(
            f"{path} cannot be understood ({error}): correct it, or bring it back from a backup"
        ) from error
    except OSError as error:
        raise BadSettings(f"{path} cannot be read ({error.strerror}): run as the user who owns the folder") from error


def needed_settings(folder: Path) -> Settings:
    """The settings of a node that has a repository. Raises NoBackupYet, BadSettings."""
    found = load(folder)
    if not found.repositories:
        raise NoBackupYet(
            f"{folder} has no backups yet: make a repository with `diwan backup init PLACE --dir {folder}`"
        )
    return found


def without_setting(settings: Settings, name: str) -> Settings:
    """The settings without one repository."""
    left = tuple(one for one in settings.repositories if one.name != name)
    return msgspec.structs.replace(settings, repositories=left)


def save(folder: Path, settings: Settings) -> None:
    """Write the settings. Raises OSError."""
    make_private_folder(folder / FOLDER)
    write_private(folder / FOLDER / FILE, msgspec.json.format(msgspec.json.encode(settings)) + b"\n")
