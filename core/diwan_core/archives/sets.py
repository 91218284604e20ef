"""The files and databases that belong in a backup; each unit declares its part in the entry-point group
`diwan.backup_sets`.

The name of an entry is the role of the nodes it is for: `central`, `post`, or `node` for all. No set contains private
keys, since whoever finds a backup disk would have them; `diwan_core.trust.custodians.recovery` seals them apart."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import entry_points
from pathlib import Path, PurePosixPath
from typing import Final

from diwan_core.node import NodeError, Role
from diwan_core.trust.people.accounts_db import LEAVE_OUT_OF_COPIES

GROUP: Final = "diwan.backup_sets"
_SECRET: Final = (".pem", ".key", ".passphrase", ".sealed")


class SecretInSet(NodeError):
    """A set names a file that holds a private key."""


@dataclass(frozen=True)
class Database:
    """A database of a node's folder. `scrub` are statements that take secrets out of the copy."""

    name: str
    scrub: tuple[str, ...] = ()


@dataclass(frozen=True)
class BackupSet:
    """One part of a backup. Each database is copied in one step; `files` (patterns) are copied as they are; the files
    of `trees`, which never change once they are written, are archived straight from the folder."""

    databases: tuple[Database, ...] = ()
    files: tuple[str, ...] = ()
    trees: tuple[str, ...] = ()


NODE_SET: Final = BackupSet(
    databases=(
        Database("register.db"),
        Database("accounts.db", LEAVE_OUT_OF_COPIES),
        Database("audit.db"),
        Database("drafts.db"),
    ),
    files=(
        "node.toml",
        "keys/central.json",
        "keys/*.crt",
        "console-authority/root.crt",
        "console-authority/issued/*.crt",
        "mappings/**/*",
        "maps/**/*",
        "codes/*.db",
        "backup/settings.json",
        "backup/archives.jsonl",
        "custody/*",
    ),
    trees=("blobs",),
)


def of_role(role: Role) -> BackupSet:
    """Everything that the installed units declare for nodes of this role."""
    found = [point.load() for point in sorted(entry_points(group=GROUP)) if point.name in ("node", role)]
    return BackupSet(
        tuple(database for one in found for database in one.databases),
        tuple(pattern for one in found for pattern in one.files),
        tuple(tree for one in found for tree in one.trees),
    )


def files_of(folder: Path, backup_set: BackupSet) -> Iterator[PurePosixPath]:
    """The files of a node that are copied as they are, relative to its folder. Raises SecretInSet."""
    for pattern in backup_set.files:
        for path in sorted(folder.glob(pattern)):
            if path.is_file() and not path.is_symlink():
                yield refuse_secret(PurePosixPath(path.relative_to(folder)))


def refuse_secret(path: PurePosixPath) -> PurePosixPath:
    """Returns the path itself. Raises SecretInSet where it may be a private key."""
    in_keys = path.parts[0] == "keys" and path.name != "central.json" and path.suffix != ".crt"
    if in_keys or path.suffix in _SECRET:
        raise SecretInSet(f"{path} may hold a private key and must not be in a backup: take it out of the backup set")
    return path
