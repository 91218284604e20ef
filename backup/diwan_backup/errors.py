"""Errors of backups: each text names the thing and the remedy."""

from diwan_core.node import NodeError


class BackupError(NodeError):
    """Something about a backup failed."""


class BorgMissing(BackupError):
    """The program borg is not installed."""


class RepositoryAway(BackupError):
    """The repository cannot be reached: the disk is not plugged in, or the other machine does not answer."""


class RepositoryLocked(BackupError):
    """Another program holds the repository's lock, or one that is dead left it."""


class WrongRepository(BackupError):
    """The repository at this place is not the one that was recorded."""


class WrongPassphrase(BackupError):
    """The passphrase does not open the repository."""


class NoRoom(BackupError):
    """The disk of the repository, or of the node, is full."""


class ReadOnly(BackupError):
    """The disk of the repository cannot be written."""


class DamagedRepository(BackupError):
    """The repository does not hold what was written: its disk loses bits, or somebody changed it."""


class NotProven(BackupError):
    """An archive, read back, is not what its manifest says."""


class NewerRelease(BackupError):
    """The archive was made by a newer release than this one."""


class ClockDoubtful(BackupError):
    """The machine's clock says less than what was recorded before."""
