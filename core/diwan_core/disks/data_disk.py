"""The encrypted disk that holds a machine's data: made once, and opened after each start with one of its keys.

Three kinds of keys open it: a passphrase that people know, a file on a USB stick that a custodian keeps, and a key
on paper. None of them is on the machine. Until one has come, nothing of the data can be read and no console runs."""

from __future__ import annotations

import os
import re
import secrets
import socket
import time
import tomllib
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from diwan_core.disks import luks
from diwan_core.disks.backup_disk import DiskRefused, WrongWord
from diwan_core.disks.examine import Disk, all_devices, examine
from diwan_core.trust.files import write_private

SETTINGS: Final = Path("/etc/diwan/data-disk.toml")
LABEL: Final = "diwan-data"
MAPPER: Final = "diwan-data"
PLACE: Final = Path("/var/lib/diwan")
STICK: Final = "DIWANKEY"
"""Label of a file system on a stick that holds keys."""
SOCKET: Final = Path("/run/diwan-unlock/key.sock")
SHORTEST: Final = 15
"""Characters of a passphrase: four or five words."""
LONGEST: Final = 512
_UUID: Final = re.compile(r"[0-9a-f-]{36}")
LOOKS_S: Final = 2.0


class NotSetUp(Exception):
    """This machine has no encrypted data disk, or what is said of it cannot be read; the text says which."""


@dataclass(frozen=True)
class DataDisk:
    """Which disk it is, by the identity in its LUKS header."""

    uuid: str

    @property
    def device(self) -> str:
        """The device at which the disk is plugged in now. Raises NotSetUp."""
        for path in all_devices():
            if luks.uuid_of(path) == self.uuid:
                return path
        raise NotSetUp(f"the data disk {self.uuid} is not there: look whether it is plugged in")

    @property
    def key_file(self) -> str:
        """The name of its key file on a stick."""
        return f"diwan-{self.uuid}.key"

    @property
    def is_open(self) -> bool:
        """Whether its data can be read now."""
        return (Path("/dev/mapper") / MAPPER).exists() and os.path.ismount(PLACE)


def load(settings: Path = SETTINGS) -> DataDisk:
    """The data disk named in this machine's settings. Raises NotSetUp."""
    try:
        uuid = str(tomllib.loads(settings.read_text())["uuid"])
    except (OSError, tomllib.TOMLDecodeError, KeyError) as error:
        raise NotSetUp(f"{settings} names no data disk: it is set up by the role luks_data") from error
    if not _UUID.fullmatch(uuid):
        raise NotSetUp(f"{settings}: {uuid[:40]!r} is not a UUID of a disk")
    return DataDisk(uuid)


def check_passphrase(text: bytes) -> None:
    """Raises WrongWord for one that is too short to withstand guessing on a stolen disk."""
    if not SHORTEST <= len(text) <= LONGEST:
        raise WrongWord(f"a passphrase has {SHORTEST} to {LONGEST} characters: take five words that nobody connects")


def make(device: Path, passphrase: bytes, settings: Path = SETTINGS) -> tuple[DataDisk, str]:
    """Make a blank disk or partition the data disk; it, and its paper key, which is told once. An unfinished one is
    begun again. Raises DiskRefused, WrongWord, CannotExamine, DiskFailed, OSError."""
    check_passphrase(passphrase)
    disk, reasons = examine(device)
    if disk is None:
        raise DiskRefused(reasons)
    unfinished = luks.label_of(disk.path) == f"{LABEL}-making"
    left = [reason for reason in reasons if reason.code != "partition" and not (unfinished and reason.code == "data")]
    if left:
        raise DiskRefused(left)
    paper = luks.mint_paper_key()
    luks.make(disk.path, f"{LABEL}-making", passphrase, slow=True)
    luks.add_key(disk.path, passphrase, luks.paper_key_bytes(paper), _memory())
    _format(disk, passphrase)
    luks.set_label(disk.path, LABEL)
    found = DataDisk(luks.uuid_of(disk.path))
    settings.parent.mkdir(parents=True, exist_ok=True)
    write_private(
        settings, f'# Written by Diwan; which disk holds the data of this machine.\nuuid = "{found.uuid}"\n'.encode()
    )
    return found, paper


def _format(disk: Disk, key: bytes) -> None:
    name = f"{MAPPER}-making"
    opened = luks.unlock(disk.path, name, key)
    try:
        luks.run(
            "making the file system", ["mkfs.ext4", "-q", "-F", "-L", LABEL, "-E", "lazy_itable_init=1", str(opened)]
        )
        os.sync()
    finally:
        luks.lock(name)


def add_stick(disk: DataDisk, key: bytes, folder: Path) -> Path:
    """Write a new key onto a mounted stick, and let it open the disk; the file. Raises DiskFailed, OSError."""
    path = folder / disk.key_file
    made = secrets.token_bytes(luks.KEY_BYTES).hex().encode()
    luks.add_key(disk.device, key, made, _memory())
    write_private(path, made)
    return path


def open_with(disk: DataDisk, key: bytes) -> bool:
    """Open and mount the disk; whether the key was right. Raises NotSetUp, DiskFailed."""
    if disk.is_open:
        return True
    device = disk.device
    if not (Path("/dev/mapper") / MAPPER).exists():
        right = next(
            (one for one in (key, luks.paper_key_bytes(key.decode(errors="replace"))) if luks.opens(device, one)), None
        )
        if right is None:
            return False
        luks.unlock(device, MAPPER, right)
    PLACE.mkdir(parents=True, exist_ok=True)
    luks.run("mounting the data", ["mount", "-o", "nosuid,nodev,noatime", f"/dev/mapper/{MAPPER}", str(PLACE)])
    return True


def key_on_a_stick(disk: DataDisk) -> bytes | None:
    """The key for this disk on a stick that is plugged in, the first of several; None where there is none."""
    for path in all_devices():
        if luks.label_of(path) != STICK:
            continue
        place = Path("/run/diwan-stick")
        place.mkdir(mode=0o700, exist_ok=True)
        try:
            luks.run("reading the stick", ["mount", "-o", "ro,nosuid,nodev,noexec", path, str(place)])
        except luks.DiskFailed:
            continue
        try:
            return (place / disk.key_file).read_bytes()[:LONGEST].strip()
        except OSError:
            continue
        finally:
            luks.run("letting go of the stick", ["umount", str(place)])
    return None


def wait_for_a_key(disk: DataDisk, listener: socket.socket) -> None:
    """Until the disk is open: look for a stick, and try what the page passes on. Raises NotSetUp, DiskFailed."""
    tried: bytes | None = None
    listener.settimeout(LOOKS_S)
    while not disk.is_open:
        found = key_on_a_stick(disk)
        if found is not None and found != tried and open_with(disk, found):
            return
        tried = found
        with suppress(TimeoutError):
            line, _ = listener.accept()
            with line:
                line.settimeout(5.0)
                _answer(disk, line)


def _answer(disk: DataDisk, line: socket.socket) -> None:
    """Try one key from the page; `ok`, `wrong` or `failed` goes back, a wrong one after a second."""
    try:
        given = b""
        while len(given) <= LONGEST and not given.endswith(b"\n"):
            piece = line.recv(LONGEST)
            if not piece:
                break
            given += piece
        try:
            answer = b"ok" if open_with(disk, given.strip()) else b"wrong"
        except (luks.DiskFailed, NotSetUp):
            answer = b"failed"
        if answer == b"wrong":
            time.sleep(1.0)
        line.sendall(answer)
    except OSError:
        return


def _memory() -> Path:
    """A folder in memory where a key may lie for a moment."""
    place = Path("/dev/shm")  # noqa: S108  memory, so that a secret reaches no disk
    return place if place.is_dir() else Path("/run")
