"""Makes a named blank disk an encrypted backup disk: LUKS2 over the whole disk with ext4 in it, both labelled.

A disk in the making is labelled `diwan-making-…`, and its serial number is noted on the machine before the first byte
is written: after a power cut the next run knows its own unfinished work, and nothing else, and begins it again."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from diwan_core.disks import luks
from diwan_core.disks.examine import Disk, Reason, examine, signatures
from diwan_core.trust.files import make_private_folder, write_private

PREFIX: Final = "diwan-backup-"
UNFINISHED: Final = "diwan-making-"
LABEL: Final = re.compile(r"diwan-backup-[a-z0-9]{1,3}")
"""ext4 labels have 16 characters; the letter or number is what people say: "take disk b home"."""
STATE: Final = Path("/var/lib/diwan-disks")


class DiskRefused(Exception):
    """The disk must not be erased; one line for each reason."""

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__("\n".join(reason.text for reason in reasons))
        self.reasons = reasons


class WrongWord(Exception):
    """The typed text does not name the disk, or the label has the wrong form."""


@dataclass(frozen=True)
class Made:
    """A finished backup disk. `paper_key` is told once, and kept nowhere."""

    label: str
    disk: Disk
    paper_key: str


def check_label(label: str) -> None:
    """Raises WrongWord."""
    if not LABEL.fullmatch(label):
        raise WrongWord(
            f"{label!r} is not a label of a backup disk: give diwan-backup- and one to three letters or digits"
        )


def check_erasable(device: Path, label: str, state: Path = STATE) -> Disk:
    """The disk, if it may be made a backup disk under this label: blank and free, or our own unfinished work.

    Raises DiskRefused, CannotExamine."""
    disk, reasons = examine(device)
    if disk is None:
        raise DiskRefused(reasons)
    if _is_ours(disk, label, state):
        reasons = [reason for reason in reasons if reason.code != "data"]
    if reasons:
        raise DiskRefused(reasons)
    return disk


def prepare(device: Path, label: str, typed: str, key: bytes, state: Path = STATE) -> Made:
    """Erase a disk and make it the backup disk `label`, which `key` opens, and a paper key made here.

    `typed` must be the disk's serial number (its name where it has none), so that nobody erases what they did not mean.
    Raises WrongWord, DiskRefused, CannotExamine, DiskFailed, OSError."""
    check_label(label)
    disk = check_erasable(device, label, state)
    if typed.strip() != disk.proof:
        raise WrongWord(f"{typed.strip()!r} is not the serial number of {disk.said}; nothing was changed")
    if len(key) < 20:
        raise WrongWord("the disk's key has fewer than 20 characters: make one with `openssl rand -base64 32`")
    _note(disk, label, state)
    paper = luks.mint_paper_key()
    making = UNFINISHED + label.removeprefix(PREFIX)
    luks.make(disk.path, making, key)
    make_private_folder(state)
    with TemporaryDirectory(prefix="key-", dir="/dev/shm" if Path("/dev/shm").is_dir() else state) as spool:  # noqa: S108  memory, so that a secret reaches no disk
        luks.add_key(disk.path, key, luks.paper_key_bytes(paper), Path(spool))
    opened = luks.unlock(disk.path, making, key)
    try:
        luks.run(
            "making the file system",
            ["mkfs.ext4", "-q", "-F", "-L", label, "-m", "0", "-E", "lazy_itable_init=1", str(opened)],
        )
        os.sync()
    finally:
        luks.lock(making)
    luks.set_label(disk.path, label)
    _unfinished(state).unlink(missing_ok=True)
    return Made(label, disk, paper)


def is_backup_disk(device: Path, label: str) -> bool:
    """Whether the disk is this backup disk already."""
    return device.exists() and luks.is_encrypted(str(device)) and luks.label_of(str(device.resolve())) == label


def _unfinished(state: Path) -> Path:
    return state / "unfinished.json"


def _note(disk: Disk, label: str, state: Path) -> None:
    make_private_folder(state)
    write_private(_unfinished(state), json.dumps({"label": label, **asdict(disk)}).encode())


def _is_ours(disk: Disk, label: str, state: Path) -> bool:
    """Whether an earlier run began to make this very disk this very label, and was cut off: it has the label of a disk
    in the making, or was noted and holds nothing but perhaps the beginning of a LUKS header."""
    if luks.label_of(disk.path) == UNFINISHED + label.removeprefix(PREFIX):
        return True
    try:
        noted = json.loads(_unfinished(state).read_text())
        same = all(noted[name] == getattr(disk, name) for name in ("path", "size", "serial"))
        return bool(same and noted["label"] == label and set(signatures(Path(disk.path))) <= {"crypto_LUKS"})
    except (OSError, ValueError, KeyError, TypeError):
        return False
