"""Translates borg's errors into ours. borg names each kind of error by a `msgid`, which stays the same between its
releases."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from diwan_core.archives.settings import Repository

from diwan_backup import errors
from diwan_backup.errors import BackupError

_LOST: Final = (
    "ConnectionClosed",
    "ConnectionClosedWithHint",
    "Repository.DoesNotExist",
    "Repository.PathNotADirectory",
)
_DAMAGED: Final = (
    "IntegrityError", "DecompressionError", "Repository.CheckNeeded", "Repository.ObjectNotFound", "DecryptionError",
    "Repository.InvalidRepository", "Repository.InvalidRepositoryConfig", "FileIntegrityError", "NoManifestError",
    "Archive.IncompatibleFilesystemEncodingError", "TAMRequiredError", "TAMInvalid", "ManifestTAMInvalid",
    "ArchiveTAMInvalid", "ArchiveTAMRequiredError", "Manifest.MandatoryFeatureUnsupported",
)  # fmt: skip
_LOCKED: Final = ("LockTimeout", "LockError", "LockErrorT", "LockFailed", "NotLocked", "NotMyLock")


def in_our_words(repository: Repository, command: str, code: int, messages: Sequence[dict[str, Any]]) -> BackupError:
    """The error of a run of borg that did not end well."""
    said = [one for one in messages if one.get("type") == "log_message"]
    kinds = [str(one["msgid"]) for one in said if one.get("msgid")]
    text = _text(said)
    name = f"the repository {repository.name} ({repository.place})"
    if any(kind in ("PassphraseWrong", "NoPassphraseFailure", "PasscommandFailure") for kind in kinds):
        return errors.WrongPassphrase(
            f"the passphrase of this node does not open {name}: it is another node's repository, or "
            "keys/backup/passphrase was changed. Bring the keys back with the key on paper: `diwan backup restore "
            "keys`"
        )
    if any(kind in ("Cache.RepositoryReplay", "Cache.RepositoryIDNotUnique") for kind in kinds):
        return errors.WrongRepository(
            f"{name} is an older copy of itself: the disk was cloned, or put back. Take it away and plug in the "
            "disk that was used last; a copy can be made a repository of its own after it was erased (`diwan disks "
            "prepare`)"
        )
    if "Cache.RepositoryAccessAborted" in kinds or "Cache.EncryptionMethodMismatch" in kinds:
        return errors.WrongRepository(
            f"{name} was at another place before, or is another one now: somebody moved or replaced it. Look at "
            "`diwan backup status`; if you moved it yourself, run `diwan backup init` for the new place"
        )
    if "No space left" in text or "InsufficientFreeSpaceError" in " ".join(kinds) or "Insufficient free space" in text:
        return errors.NoRoom(
            f"the disk of {name} is full; all archives that were there are still good. Delete old ones with "
            f"`diwan backup prune --repository {repository.name}`, or take a larger disk"
        )
    if "Read-only file system" in text:
        return errors.ReadOnly(
            f"the disk of {name} cannot be written: it was mounted read-only, as a rule because of errors. Unplug "
            "it, plug it in again; if it stays so, replace the disk (docs/how-to/backup-disk-died.md)"
        )
    if any(kind in _LOCKED for kind in kinds) and "Permission denied" not in text:
        return lock_error(repository, text)
    if any(kind in _LOST for kind in kinds):
        return away(repository, text)
    if "Permission denied" in text:
        return errors.ReadOnly(f"{name} cannot be opened: run as the user who owns it ({text[-200:]})")
    if any(kind in _DAMAGED for kind in kinds) or "Data integrity error" in text or "Input/output error" in text:
        return errors.DamagedRepository(
            f"{name} is damaged: {text[-300:].rstrip('.')}. Run `diwan backup repair --repository {repository.name}`, "
            "then `diwan backup run`; a disk that did this once is replaced soon"
        )
    return BackupError(f"borg {command} failed for {name}: {text[-400:] or f'it ended with {code}'}")


def _text(said: Sequence[dict[str, Any]]) -> str:
    """The message of borg in one line. Of a traceback only the last line of the error counts."""
    lines = []
    for one in said:
        message = str(one.get("message", "")).strip()
        if message.startswith("Traceback"):
            message = message.partition("\n\nPlatform:")[0].splitlines()[-1]
        if message and message not in lines:
            lines.append(message)
    return " ".join(" ".join(lines).split())


def away(repository: Repository, text: str = "") -> BackupError:
    """The repository is not there."""
    if repository.kind == "disk":
        return errors.RepositoryAway(
            f"the disk {repository.place} is not plugged in, or not open: plug it in, and if nothing happens run "
            f"`diwan disks open {repository.place}`"
        )
    if repository.kind == "remote":
        return errors.RepositoryAway(
            f"{repository.place} does not answer ({text[-200:] or 'no reason given'}): look whether the machine "
            "runs, and whether it knows this node's key keys/backup/ssh.pub"
        )
    return errors.RepositoryAway(f"there is no repository at {repository.place}: look whether its disk is mounted")


def lock_error(repository: Repository, text: str) -> BackupError:
    """The lock is held."""
    return errors.RepositoryLocked(
        f"another program holds the lock of the repository {repository.name} ({text[-200:]}). Wait until it has "
        f"ended; if its machine is gone for good, run `diwan backup unlock --repository {repository.name}`"
    )
