"""Makes a repository for a node, or takes over one that holds the node's archives already."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec
from diwan_core.archives import settings as all_settings
from diwan_core.archives.settings import BadSettings, Repository
from diwan_core.trust.custodians import backup_keys, recovery
from diwan_core.trust.network.keys import keys_folder

from diwan_backup import manifest as manifests
from diwan_backup.borg import Borg
from diwan_backup.borg_words import away
from diwan_backup.errors import BackupError, NotProven, RepositoryAway
from diwan_backup.node_backups import NodeBackups
from diwan_backup.snapshot import PREFIX

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,30}")
_MOST_RESERVE: Final = 2 * 1000**3
_LEAST_RESERVE: Final = 10 * 1000**2
"""What borg 1.4 takes for a number that was meant."""
_ENCRYPTION: Final = "repokey-blake2"
_OF_BORG: Final = frozenset({"config", "data"})
"""What a repository holds, also one that is damaged, and hardly any other folder."""


@dataclass(frozen=True)
class Begun:
    """A repository that is ready. `paper_key` is told once, when the first one is made, and kept nowhere."""

    repository: Repository
    taken_over: int
    strangers: list[str]
    paper_key: str


def init(backups: NodeBackups, place: str, name: str = "", *, detached: bool | None = None) -> Begun:
    """Make a repository at a place, or take over the one that is there. Raises BackupError, BadSettings."""
    settings = backups.settings
    kind = all_settings.kind_of(place)
    given, name = name, name or (place if kind == "disk" else "remote" if kind == "remote" else _named_after(place))
    if not _NAME.fullmatch(name):
        raise BadSettings(f"{name!r} is not a name of a repository: give --name with small letters, digits and hyphens")
    for one in settings.repositories:
        if one.place == place and given in ("", one.name):
            taken, strangers = _take_over(backups, backups.opened(one)[0])
            return Begun(one, taken, strangers, "")
        if one.name == name:
            raise BadSettings(f"{name} is a repository of this node already, at {one.place}: give another --name")
    draft = Repository(name, place, "", (kind == "disk") if detached is None else detached)
    if kind == "disk" and not draft.is_there:
        raise away(draft)
    backup_keys.make_passphrase(backups.folder)
    if kind == "remote":
        make_ssh_key(backups.folder)
    borg = backups.borg(draft)
    borg.may_have_moved = True
    _make_unless_there(borg)
    said = borg.run("list", "--json", borg.names()).json
    repository = msgspec.structs.replace(draft, id=said["repository"]["id"])
    same = [one.name for one in settings.repositories if one.id == repository.id]
    if same:
        raise BadSettings(
            f"what is at {place} is a copy of the repository {same[0]}: two copies of one repository spoil each "
            "other. Erase it (`diwan disks prepare`) and begin again"
        )
    _keep_room(borg)
    paper = "" if settings.recovery_key else recovery.mint()
    public = recovery.RecoveryKey(paper).public if paper else settings.recovery_key
    repositories = (*settings.repositories, repository)
    changed = msgspec.structs.replace(settings, repositories=repositories, recovery_key=public)
    all_settings.save(backups.folder, changed)
    backups.note("repository", name, text=place)
    taken, strangers = _take_over(backups, backups.borg(repository))
    return Begun(repository, taken, strangers, paper)


def _named_after(folder: str) -> str:
    """A name made from the folder's, which may be any."""
    return re.sub(r"[^a-z0-9]+", "-", Path(folder).stem.lower()).strip("-")[:31] or "backup"


def _make_unless_there(borg: Borg) -> None:
    if borg.repository.kind != "remote":
        _make_folder_unless_there(borg)
        return
    try:
        borg.run("info", "--json", borg.names())
    except RepositoryAway:
        _make_remote(borg)


def _make_folder_unless_there(borg: Borg) -> None:
    """borg calls an empty folder, and one with other files, a repository that is damaged: they are told apart here."""
    place = Path(borg.repository.location)
    held = {one.name for one in place.iterdir()} if place.is_dir() else set()
    if held & _OF_BORG:
        borg.run("info", "--json", borg.names())
        return
    if held or (place.exists() and not place.is_dir()):
        raise BackupError(f"{place} holds other files: name an empty or new folder")
    place.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    borg.run("init", "--encryption", _ENCRYPTION, borg.names())


def _make_remote(borg: Borg) -> None:
    try:
        borg.run("init", "--encryption", _ENCRYPTION, borg.names())
    except RepositoryAway as error:
        place = "/" + borg.repository.place.removeprefix("ssh://").partition("/")[2]
        public = (borg.home.parent.parent / "keys" / "backup" / "ssh.pub").read_text().strip()
        raise RepositoryAway(
            f"{error}. There, borg and this line in ~/.ssh/authorized_keys are needed: "
            f'command="borg serve --append-only --restrict-to-repository {place}",restrict {public}'
        ) from error


def make_ssh_key(folder: Path) -> None:
    """The key this node shows to another machine that keeps its backups, where it has none. Raises BackupError."""
    path = keys_folder(folder) / "backup" / "ssh"
    if path.exists():
        return
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "diwan-backup", "-f", str(path)]
    try:
        done = subprocess.run(argv, capture_output=True, text=True, check=False, stdin=subprocess.DEVNULL)
    except FileNotFoundError as error:
        raise BackupError("ssh-keygen is not installed: apt install openssh-client") from error
    if done.returncode:
        raise BackupError(f"a key for SSH could not be made: {done.stderr.strip()}")


def _keep_room(borg: Borg) -> None:
    """borg needs some room even to delete: let it keep a fiftieth of the disk, at most 2 GB."""
    if borg.repository.kind == "remote":
        return
    disk = os.statvfs(borg.repository.location)
    reserve = min(_MOST_RESERVE, disk.f_blocks * disk.f_frsize // 50)
    if reserve >= _LEAST_RESERVE:
        borg.run("config", borg.names(), "additional_free_space", str(reserve))


def _take_over(backups: NodeBackups, borg: Borg) -> tuple[int, list[str]]:
    """Note the archives that are there and whose manifests this node signed; how many, and the names of the
    others."""
    known = {archive.id for archive in backups.known().archives}
    taken, strangers = 0, []
    for one in backups.inventory(borg):
        if one.id in known:
            continue
        try:
            raw, signature = (
                borg.run("extract", "--stdout", borg.names(one.name), PREFIX + name).out
                for name in (manifests.NAME, manifests.SIGNATURE)
            )
            manifest = manifests.read(raw, signature, backups.identity)
        except NotProven:
            strangers.append(one.name)
            continue
        backups.note(
            "made", borg.repository.name, archive=one.id, name=one.name, manifest=manifests.digest(raw),
            **manifest.facts,
        )  # fmt: skip
        taken += 1
    return taken, strangers
