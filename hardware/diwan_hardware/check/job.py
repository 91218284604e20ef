"""The work folder of a check: what is done is kept after each step and within long ones, so that it can go on."""

from __future__ import annotations

import fcntl
import hashlib
import os
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct, field

from diwan_hardware.check.result import FORMAT, Done, Identity, Result
from diwan_hardware.profile import Profile

STATE: Final = "check.json"
_LARGEST: Final = 8 * 1024 * 1024
Tell = Callable[[str], None]


class CannotCheck(Exception):
    """The check cannot begin or go on; the message says why and what to do."""


class Wanted(Struct, frozen=True):
    """What a check was asked to do. A check that goes on does what it was asked at first."""

    profile: str
    tested: str
    """The folder whose disk is tested."""
    device: str = ""
    disk_gb: float = 0.0
    """Limit of the capacity test; 0 is all that is free."""
    memory_mb: int = 0
    load_minutes: float = 5.0
    burn_in_hours: float = 0.0
    central: str = ""
    authority: str = ""
    asset: str = ""
    place: str = ""
    technician: str = ""


class State(Struct):
    """What `check.json` holds."""

    format: int
    wanted: Wanted
    profile_digest: str
    identity: Identity
    began: int
    interrupted: int = 0
    done: list[Done] = field(default_factory=list)
    progress: dict[str, dict[str, float | int | str]] = field(default_factory=dict)
    """Of steps that are not finished: whatever they need to go on."""


class Job:
    """A check at work: the profile, what was asked, what is done, and whom to tell."""

    def __init__(self, folder: Path, profile: Profile, state: State, tell: Tell) -> None:
        self.folder, self.profile, self.state, self.tell = folder, profile, state, tell

    @property
    def wanted(self) -> Wanted:
        """What the check was asked to do."""
        return self.state.wanted

    def progress(self, step: str) -> dict[str, float | int | str]:
        """What an unfinished step has kept; change it and `save`."""
        return self.state.progress.setdefault(step, {})

    def save(self) -> None:
        """Keep the state: whole or as it was. Raises OSError."""
        file = self.folder / STATE
        passing = file.with_suffix(".part")
        with passing.open("wb") as out:
            out.write(msgspec.json.encode(self.state))
            out.flush()
            os.fsync(out.fileno())
        os.replace(passing, file)

    def finish(self, done: Done) -> None:
        """Keep the findings of a step. Raises OSError."""
        self.state.done.append(done)
        self.state.progress.pop(done.step, None)
        self.save()

    def result(self) -> Result:
        """All that was found so far."""
        state, wanted = self.state, self.wanted
        return Result(
            FORMAT, wanted.profile, state.profile_digest, state.identity, state.began, int(time.time()),
            state.interrupted, tuple(state.done), wanted.asset, wanted.place, wanted.technician,
            self.profile.warranty_months,
        )  # fmt: skip


@contextmanager
def begun(folder: Path, profile: Profile, wanted: Wanted, identity: Identity, tell: Tell) -> Iterator[Job]:
    """A new check in a folder, or the one that was interrupted there. Raises CannotCheck, OSError."""
    own_folder(folder)
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise CannotCheck(
                f"{folder}: another check is at work there. Wait for it, or name another folder."
            ) from None
        state = read_state(folder)
        if state is None:
            state = State(FORMAT, wanted, digest(profile), identity, int(time.time()))
        else:
            _agree(folder, state, profile, wanted, identity)
            state.interrupted += 1
            tell(f"goes on where it was interrupted: {len(state.done)} steps are done")
        job = Job(folder, profile, state, tell)
        job.save()
        yield job
    finally:
        os.close(lock)


def own_folder(folder: Path) -> None:
    """Make a folder, or make sure that it is ours: in one of somebody else's, names could lead elsewhere. Raises
    CannotCheck, OSError."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    about = folder.lstat()
    if not stat.S_ISDIR(about.st_mode) or about.st_uid != os.geteuid():
        raise CannotCheck(f"{folder}: belongs to somebody else. Name another folder.")


def read_state(folder: Path) -> State | None:
    """What a work folder holds; None where nothing has begun. Raises CannotCheck, OSError."""
    try:
        content = (folder / STATE).read_bytes()
    except FileNotFoundError:
        return None
    try:
        state = msgspec.json.decode(content[:_LARGEST], type=State)
    except (msgspec.DecodeError, RecursionError) as error:
        raise CannotCheck(
            f"{folder / STATE}: is damaged ({error}). Begin again with --again; nothing but the check is lost."
        ) from error
    if state.format != FORMAT:
        raise CannotCheck(f"{folder / STATE}: was written by another release. Begin again with --again.")
    return state


def digest(profile: Profile) -> str:
    """A short name of exactly these limits, so that a sheet says by which it was judged."""
    return hashlib.sha256(msgspec.json.encode(profile, order="sorted")).hexdigest()[:16]


def _agree(folder: Path, state: State, profile: Profile, wanted: Wanted, identity: Identity) -> None:
    """Refuse to mix two machines, profiles or orders in one result."""
    mine = (identity.model, identity.serial, identity.architecture)
    theirs = (state.identity.model, state.identity.serial, state.identity.architecture)
    if mine != theirs:
        raise CannotCheck(
            f"{folder}: holds the check of another machine ({' '.join(filter(None, theirs))}). Name another "
            "folder with --work."
        )
    if state.profile_digest != digest(profile) or state.wanted.profile != wanted.profile:
        raise CannotCheck(
            f"{folder}: holds a check by other limits ({state.wanted.profile}). Begin again with --again."
        )
    if state.wanted != wanted:
        raise CannotCheck(
            f"{folder}: holds a check that was asked for otherwise. Give the same options to go on, or begin "
            "again with --again."
        )
