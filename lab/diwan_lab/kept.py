"""The folder of a demonstration: whether it may be used, and what an earlier start set up in it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path

NOTES = "demo.json"
LOCK = "demo.lock"
NEEDED_MEGABYTES = 300


class FolderRefused(Exception):
    """The folder cannot serve; the message says why and what to do."""


@dataclass(frozen=True)
class Account:
    """A person of the demonstration. The one-time password must be changed at the first sign-in."""

    node: str
    user: str
    role: str
    password: str


@dataclass
class Notes:
    """What an earlier start set up: nothing at the first."""

    posts: int = 0
    records: int | None = None
    """None until everything asked for was imported."""
    accounts: list[Account] = field(default_factory=list)

    def save(self, folder: Path) -> None:
        scratch = folder / f"{NOTES}.new"
        scratch.write_text(json.dumps(asdict(self), indent=1), encoding="utf-8")
        scratch.chmod(0o600)
        scratch.replace(folder / NOTES)


def read_notes(folder: Path) -> Notes:
    """Notes of the earlier start in this folder, empty ones where there was none."""
    path = folder / NOTES
    if not path.exists():
        return Notes()
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        accounts = [Account(**account) for account in kept.pop("accounts")]
        return Notes(**kept, accounts=accounts)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise FolderRefused(f"{path} cannot be understood: remove {folder} or choose another with --dir") from error


@contextmanager
def occupied(folder: Path) -> Iterator[None]:
    """Hold the folder for one demonstration; make it if needed. Raises FolderRefused."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        strangers = not (folder / NOTES).exists() and any(path.name != LOCK for path in folder.iterdir())
        lock = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise FolderRefused(f"{folder} cannot be written ({error.strerror}): choose another with --dir") from error
    try:
        if strangers:
            raise FolderRefused(f"{folder} holds other things: name a new or empty folder with --dir")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise FolderRefused(
                f"a demonstration is running in {folder}: end it, or choose another with --dir"
            ) from None
        free = shutil.disk_usage(folder).free // 1_000_000
        if free < NEEDED_MEGABYTES:
            raise FolderRefused(
                f"the disk of {folder} is nearly full ({free} MB free, {NEEDED_MEGABYTES} needed):"
                " free some space or choose another with --dir"
            )
        yield
    finally:
        os.close(lock)
